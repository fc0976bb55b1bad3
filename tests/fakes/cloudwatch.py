"""CloudWatch in memory: an alarm's state follows the risk that was published, and each change sends a message."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sesguard.detection.weigh import Verdict
from sesguard.errors import AwsError
from sesguard.pausing.record import PLAIN, AlarmNow, DesiredAlarm
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId
from tests.fakes.alarms import a_body, own_trigger
from tests.fakes.world import MemoryAlarms


class LivelyAlarms(MemoryAlarms):
    """The port Alarms with a life of its own. ``now_is`` is moved by the test, ``messages`` are taken by it."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.now_is = now
        self.risks: dict[StreamId, float] = {}
        self.messages: list[str] = []

    def publish(self, verdicts: Iterable[tuple[StreamId, Verdict]]) -> None:
        self.hook("metrics")
        self.risks.update({stream: verdict.risk for stream, verdict in verdicts})

    def ensure(self, stream: StreamId, desired: DesiredAlarm = PLAIN) -> None:
        self.hook("ensure")
        self.alarms.setdefault(stream, AlarmNow(AlarmValue.INSUFFICIENT_DATA, self.now_is))

    def trip(self, stream: StreamId, reason: str, data: object = None) -> bool:
        self.hook("trip")
        if stream not in self.alarms:
            raise AwsError("SetAlarmState", "ResourceNotFound", retryable=True)
        return self.change(stream, AlarmValue.ALARM)

    def evaluate(self) -> None:
        """Put each alarm into the state that its metric says; without any, it stays as it is."""
        for stream in list(self.alarms):
            if stream in self.risks:
                self.change(stream, AlarmValue.ALARM if self.risks[stream] >= 1 else AlarmValue.OK)

    def change(self, stream: StreamId, value: AlarmValue) -> bool:
        if self.alarms[stream].value is value:
            return False
        self.put(stream, value, self.now_is)
        self.messages.append(a_body(self.now_is, value.value, own_trigger(stream)))
        return True
