"""The alarm of each stream in CloudWatch, and the metrics that it looks at."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from sesguard.aws.clients import Clients, calling
from sesguard.aws.cloudwatch.stream_alarm import alarm_name, dimensions, put_alarm
from sesguard.detection.weigh import Verdict, WeighedRun
from sesguard.errors import AwsError
from sesguard.pausing.record import PLAIN, AlarmNow, DesiredAlarm
from sesguard.signals.alarm_metrics import OWN_NAMESPACE
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId

ACTIONS: Final = frozenset(
    {
        "cloudwatch:PutMetricData",
        "cloudwatch:SetAlarmState",
        "cloudwatch:DescribeAlarms",
    }
)

_MOST_METRICS = 1_000  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
_MOST_ALARMS = 100  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
_LONGEST_REASON, _LONGEST_DATA = 1_023, 4_000  # .../API_SetAlarmState.html
_TRIPPED_FOR = 20.0  # seconds
_RISEN = 0.05  # of risk


class CloudWatchAlarms:
    """The port ``Alarms`` over CloudWatch; the client is made when first needed.

    prefix: of the alarms' names. topic_arn: where they report ALARM and OK. clock: seconds that only rise.

    What was done for a stream is remembered while the process lives, because CloudWatch takes three calls a second of a
    kind (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html) and bills each metric
    call: an alarm is put once, one that was tripped is not tripped again for a while, and a risk that is no higher than
    was published for the same minute is not published again.
    """

    def __init__(
        self, clients: Clients, prefix: str, topic_arn: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clients = clients
        self._prefix = prefix
        self._topic_arn = topic_arn
        self._clock = clock
        self._ensured: dict[StreamId, DesiredAlarm] = {}
        self._tripped: dict[StreamId, float] = {}
        self._published: dict[StreamId, tuple[int, float]] = {}

    def name(self, stream: StreamId) -> str:
        """The name of the stream's alarm."""
        return alarm_name(self._prefix, stream)

    def now(self, streams: Iterable[StreamId]) -> Mapping[StreamId, AlarmNow]:
        asked = list(streams)
        found = self._read(asked)
        for deleted in set(asked) - found.keys():
            self._ensured.pop(deleted, None)
        return found

    def _read(self, streams: Iterable[StreamId]) -> Mapping[StreamId, AlarmNow]:
        by_name = {self.name(stream): stream for stream in streams}
        names = list(by_name)
        found: dict[StreamId, AlarmNow] = {}
        for first in range(0, len(names), _MOST_ALARMS):
            some = names[first : first + _MOST_ALARMS]
            answer = self._call(
                "DescribeAlarms",
                "describe_alarms",
                AlarmNames=some,
                AlarmTypes=["MetricAlarm"],
                MaxRecords=_MOST_ALARMS,
            )
            for alarm in answer.get("MetricAlarms", ()):
                since = alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"]
                found[by_name[alarm["AlarmName"]]] = AlarmNow(AlarmValue(alarm["StateValue"]), since)
        return found

    def publish(self, verdicts: Iterable[tuple[StreamId, Verdict]]) -> None:
        news = [(stream, verdict) for stream, verdict in verdicts if self._is_news(stream, verdict)]
        metrics = [metric for stream, verdict in news for metric in _metrics(stream, verdict)]
        for first in range(0, len(metrics), _MOST_METRICS):
            some = metrics[first : first + _MOST_METRICS]
            self._call("PutMetricData", "put_metric_data", Namespace=OWN_NAMESPACE, MetricData=some)

        for stream, verdict in news:
            self._published[stream] = verdict.at, verdict.risk

    def _is_news(self, stream: StreamId, verdict: Verdict) -> bool:
        """Whether the alarm would see anything new: it looks at the highest risk of each minute."""
        minute, risk = self._published.get(stream, (0, 0.0))
        return minute != verdict.at or (verdict.risk >= 1 > risk) or verdict.risk > risk + _RISEN

    def ensure(self, stream: StreamId, desired: DesiredAlarm = PLAIN) -> None:
        if self._ensured.get(stream) == desired:
            return
        put_alarm(self._clients.cloudwatch, self._prefix, self._topic_arn, stream, desired)
        self._ensured[stream] = desired

    def trip(self, stream: StreamId, reason: str, data: Mapping[str, Any] | None = None) -> bool:
        at = self._tripped.get(stream)
        if (at is not None and self._clock() - at < _TRIPPED_FOR) or self._is_up(stream):
            return False
        text = json.dumps(data or {}, separators=(",", ":"))
        set_state = partial(
            self._call,
            "SetAlarmState",
            "set_alarm_state",
            AlarmName=self.name(stream),
            StateValue=AlarmValue.ALARM.value,
            StateReason=_reason(reason, data),
            **({"StateReasonData": text} if len(text) <= _LONGEST_DATA else {}),
        )
        try:
            set_state()
        except AwsError as error:
            if error.code not in {"ResourceNotFound", "ResourceNotFoundException"}:
                raise
            self.ensure(stream, self._ensured.pop(stream, PLAIN))  # somebody deleted it
            set_state()
        self._tripped[stream] = self._clock()
        return True

    def _is_up(self, stream: StreamId) -> bool:
        alarm = self._read([stream]).get(stream)
        return alarm is not None and alarm.value is AlarmValue.ALARM

    def _call(self, operation: str, method: str, **request: object) -> Any:  # noqa: ANN401  # as the service answers
        with calling(operation):
            return getattr(self._clients.cloudwatch, method)(**request)


def _reason(reason: str, data: Mapping[str, Any] | None) -> str:
    """The sentence and the risk, as :mod:`sesguard.signals.cloudwatch_alarm` reads it: SNS carries no data."""
    risk = (data or {}).get("risk")
    tail = f" [risk {risk:.2f}]" if isinstance(risk, int | float) else ""
    return reason[: _LONGEST_REASON - len(tail)] + tail


def _metrics(stream: StreamId, verdict: Verdict) -> Iterable[dict[str, Any]]:
    """Risk, and the rate of the worst run of each kind; a rate is left out where no run is over its limit."""
    values = {"Risk": verdict.risk, "BounceRate": _rate(verdict.bounces), "ComplaintRate": _rate(verdict.complaints)}
    for name, value in values.items():
        if value is not None:
            yield {
                "MetricName": name,
                "Dimensions": dimensions(stream),
                "Timestamp": datetime.fromtimestamp(verdict.at * 60, UTC),
                "Value": value,
                "Unit": "None",
            }


def _rate(run: WeighedRun | None) -> float | None:
    return run.rate if run is not None else None
