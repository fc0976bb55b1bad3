"""How the guard's queues and functions stand: the port ``GuardSource``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final

from sesguard.aws import metric_data
from sesguard.aws.clients import Clients
from sesguard.aws.dead_letter_queues import messages
from sesguard.aws.metric_data import Metric
from sesguard.aws.stack_resources import StackResource, stack_resources
from sesguard.fleet.guard_page import FunctionNow, QueueNow

ACTIONS: Final = metric_data.ACTIONS | {"cloudformation:ListStackResources", "sqs:GetQueueAttributes"}
_DAY: Final = timedelta(days=1)


class AwsGuardFacts:
    """The port ``GuardSource`` over AWS. waiting: counts the alarms that wait for SES."""

    def __init__(self, clients: Clients, stack: str, waiting: Callable[[], int]) -> None:
        self._clients = clients
        self._stack = stack
        self._waiting = waiting

    @cached_property
    def _resources(self) -> Sequence[StackResource]:
        return stack_resources(self._clients.make("cloudformation"), self._stack)

    def _of(self, kind: str) -> dict[str, str]:
        return {each.name: each.physical for each in self._resources if each.kind == kind}

    def queues(self, now: datetime) -> Sequence[QueueNow]:
        sqs, found = self._clients.make("sqs"), self._of("AWS::SQS::Queue")
        wanted = [
            Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", (("QueueName", url.rpartition("/")[2]),))
            for url in found.values()
        ]
        ages = metric_data.metric_data(self._clients.cloudwatch, wanted, now - timedelta(minutes=15), now, 60)
        return [
            QueueNow(name, messages(sqs, url), points[-1][1] if points else None)
            for (name, url), points in zip(found.items(), ages, strict=True)
        ]

    def functions(self, now: datetime) -> Sequence[FunctionNow]:
        found = self._of("AWS::Lambda::Function")
        wanted = [
            Metric("AWS/Lambda", what, "Sum", (("FunctionName", function),))
            for function in found.values()
            for what in ("Invocations", "Errors")
        ]
        points = metric_data.metric_data(self._clients.cloudwatch, wanted, now - _DAY, now, 3_600)
        sums = [sum(value for _, value in each) for each in points]
        return [FunctionNow(name, *sums[2 * place : 2 * place + 2]) for place, name in enumerate(found)]

    def last_sweep(self, now: datetime) -> datetime | None:
        dimensions = (("service", "sweep"), ("stack", self._stack))
        metric = Metric("Sesguard", "DeadLetters", "SampleCount", dimensions)
        (points,) = metric_data.metric_data(self._clients.cloudwatch, [metric], now - timedelta(hours=1), now, 60)
        return points[-1][0] if points else None

    def in_line(self) -> int:
        return self._waiting()
