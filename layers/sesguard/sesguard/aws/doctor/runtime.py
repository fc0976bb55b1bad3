"""The port ``RuntimeFacts`` over Lambda and CloudWatch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sesguard.aws.clients import Clients, calling
from sesguard.aws.doctor.resources import Memory, StackResources
from sesguard.aws.metric_data import Metric, metric_data
from sesguard.doctor.facts import AlarmFacts, FunctionFacts, SourceFacts

_RECENT: Final = timedelta(minutes=15)
"""Lambda publishes each minute, late by a few."""
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


class RuntimeReader:
    """Reads them."""

    ACTIONS: ClassVar = frozenset(
        """
        lambda:GetFunctionConfiguration lambda:GetFunctionConcurrency lambda:ListEventSourceMappings
        cloudwatch:DescribeAlarms cloudwatch:GetMetricData cloudformation:ListStackResources
        """.split()
    )

    def __init__(self, clients: Clients, resources: StackResources, now: datetime) -> None:
        self._clients = clients
        self._resources = resources
        self._now = now
        self._memory = Memory()

    def functions(self) -> Sequence[FunctionFacts]:
        return self._memory.ask(self._functions, "functions")

    def sources(self) -> Sequence[SourceFacts]:
        client: Any = self._clients.make("lambda")
        found = []
        for function in self._resources.of("AWS::Lambda::Function"):
            with calling("ListEventSourceMappings"):
                pages = client.get_paginator("list_event_source_mappings").paginate(FunctionName=function.physical)
                found += [
                    SourceFacts(function.physical, each["EventSourceArn"].split(":")[5], each["State"])
                    for page in pages
                    for each in page.get("EventSourceMappings", ())
                ]
        return found

    def alarms(self) -> Sequence[AlarmFacts]:
        return self._memory.ask(self._alarms, "alarms")

    def sent(self) -> float:
        (sent,) = self._sums([Metric("AWS/SES", "Send", "Sum")], _DAY, 3_600)
        return sent

    def _functions(self) -> Sequence[FunctionFacts]:
        client: Any = self._clients.make("lambda")
        names = [each.physical for each in self._resources.of("AWS::Lambda::Function")]
        runs, throttles = (
            self._sums([Metric("AWS/Lambda", metric, "Sum", (("FunctionName", name),)) for name in names], span, 300)
            for metric, span in (("Invocations", _RECENT), ("Throttles", _HOUR))
        )
        found = []
        for name, ran, throttled in zip(names, runs, throttles, strict=True):
            with calling("GetFunctionConcurrency"):
                reserved = client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")
            with calling("GetFunctionConfiguration"):
                layers = client.get_function_configuration(FunctionName=name).get("Layers") or ()
            found.append(FunctionFacts(name, ran, throttled, reserved, tuple(each["Arn"] for each in layers)))
        return found

    def _sums(self, metrics: Sequence[Metric], span: timedelta, period_seconds: int) -> list[float]:
        found = metric_data(self._clients.cloudwatch, metrics, self._now - span, self._now, period_seconds)
        return [sum((value for _, value in points), 0.0) for points in found]

    def _alarms(self) -> Sequence[AlarmFacts]:
        with calling("DescribeAlarms"):
            # Not composite ones, of which the guard makes none: to read them wants the right to all there is.
            pages = self._clients.cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
            found = [each for page in pages for each in page.get("MetricAlarms", ())]
        return [
            AlarmFacts(each["AlarmName"], bool(each.get("ActionsEnabled", True)), tuple(each.get("AlarmActions", ())))
            for each in found
        ]
