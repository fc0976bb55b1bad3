"""Counts of mail: written by ingest, read by whoever weighs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from sesguard.counting.history import History
from sesguard.counting.tally import Part
from sesguard.policy import Policy
from sesguard.stream import StreamId


class Unwritten(NamedTuple):
    """Sums that could not be written: whose, the numbers of the messages they came from, and the error's code."""

    stream: StreamId
    messages: tuple[int, ...]
    code: str


class CountsWriter(Protocol):
    """Writes what ingest counts."""

    def add(self, parts: Sequence[Part], now: datetime, left: Callable[[], bool]) -> list[Unwritten]:
        """Write the sums of a batch; return what could not be written. ``left``: is there time for another call."""
        ...


class Counts(Protocol):
    """Reads what ingest has counted."""

    def history(self, stream: StreamId, now: datetime, since: datetime | None, policy: Policy) -> History:
        """The stream's counts of the last month; mail sent before ``since`` does not weigh. Raises AwsError."""
        ...
