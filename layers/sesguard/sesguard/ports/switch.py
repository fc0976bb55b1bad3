"""SES, asked one call a second: what turns streams on and off, and who waits for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

from sesguard.deciding.decide import Alarm
from sesguard.ports.streams import BY_SET, Means
from sesguard.stream import StreamId


class Sending(StrEnum):
    """What SES says of a stream's sending. OFF is somebody's own doing in this account, OFF_BY_AWS is SES's verdict."""

    ON = "on"
    OFF = "off"
    OFF_BY_AWS = "off_by_aws"
    UNKNOWN_SET = "unknown_set"


class Switch(Protocol):
    """Turns a stream's sending on and off, by the means that are on record for it."""

    def look(self, stream: StreamId, means: Means = BY_SET) -> Sending:
        """Read whether the stream may send. Raises AwsError."""
        ...

    def turn(self, stream: StreamId, *, on: bool, means: Means = BY_SET) -> Sending:
        """Set whether the stream may send; what is already so is no error. Returns what was set. Raises AwsError."""
        ...


class Turn(NamedTuple):
    """An alarm's message that needs calls to SES and waits for its turn.

    urgency: the stream's risk when the message came, which says whose turn is first.
    about: what evidence the message itself brings, such as the alarm's name.
    """

    stream: StreamId
    urgency: float
    alarm: Alarm
    about: Mapping[str, Any]


class Turns(Protocol):
    """Who waits for SES, and who serves them: one worker at a time, so that the worst is first among all."""

    def line_up(self, turn: Turn) -> None:
        """Let it wait; what waits already waits once. Raises AwsError."""
        ...

    def worst(self, most: int) -> Sequence[Turn]:
        """Read consistently at most ``most`` that wait, the worst first. Raises AwsError."""
        ...

    def served(self, turn: Turn) -> None:
        """Take it out. Raises AwsError."""
        ...

    def take(self) -> bool:
        """Become the one who serves, or stay so for another while; False where another one is. Raises AwsError."""
        ...

    def leave(self) -> None:
        """Let somebody else serve. Raises AwsError."""
        ...


class TenantStreams(Protocol):
    """Which streams send for an SES tenant."""

    def streams_of(self, home: StreamId, tenant: str) -> Sequence[StreamId]:
        """Read the configuration sets of the tenant of that name, of the account and region ``home``, sorted.

        None for a tenant that is gone. Raises AwsError.
        """
        ...
