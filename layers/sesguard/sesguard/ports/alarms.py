"""The alarms of streams in CloudWatch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from sesguard.deciding.decide import AlarmValue
from sesguard.stream import StreamId
from sesguard.weighing.weigh import Verdict


class AlarmNow(NamedTuple):
    """What CloudWatch says of an alarm: its state, and since when."""

    value: AlarmValue
    since: datetime


class AlarmWish(NamedTuple):
    """What the registry wishes of a stream's alarm: that it stay while the stream is healthy, and its tags."""

    kept: bool = False
    tags: tuple[tuple[str, str], ...] = ()


PLAIN: Final = AlarmWish()


class Alarms(Protocol):
    """The alarm of each stream, in CloudWatch."""

    def now(self, streams: Iterable[StreamId]) -> Mapping[StreamId, AlarmNow]:
        """Read the alarms of many streams; one that has no alarm is left out. Raises AwsError."""
        ...

    def publish(self, verdicts: Iterable[tuple[StreamId, Verdict]]) -> None:
        """Put the metrics Risk, BounceRate and ComplaintRate of each stream, the rates where there is one.

        What says nothing new about its minute may be left out. Raises AwsError.
        """
        ...

    def ensure(self, stream: StreamId, wish: AlarmWish = PLAIN) -> None:
        """Make sure that the stream's alarm exists as designed; it gets its tags when it is made. Raises AwsError."""
        ...

    def trip(self, stream: StreamId, reason: str, data: Mapping[str, Any] | None = None) -> None:
        """Set the stream's alarm to ALARM at once; its actions run if it was in another state. Raises AwsError.

        ``reason`` is a sentence for people, ``data`` the same for programs, JSON-ready.
        """
        ...


class IdleAlarms(Protocol):
    """The alarms of streams that need none any more."""

    def remove(self, keep: Collection[StreamId], before: datetime) -> int:
        """Delete each stream's alarm that is OK and untouched since ``before``, but for ``keep`` and those wished kept.

        Raises AwsError.
        """
        ...
