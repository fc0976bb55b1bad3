"""One guard of several, over a fleet in memory."""

from __future__ import annotations

from sesguard.fleet.many import Opened
from sesguard.stream import StreamId
from tests.fakes.fleet import MemoryFleet


class MemoryMember:
    """The port MemberGuard. broken: what stands in the way of opening it."""

    def __init__(self, fleet: MemoryFleet, caller: str, broken: Exception | None = None) -> None:
        self.fleet, self.caller, self.broken = fleet, caller, broken

    @property
    def name(self) -> str:
        return self.fleet.place.name

    @property
    def home(self) -> StreamId:
        return self.fleet.place.home

    def open(self) -> Opened:
        if self.broken is not None:
            raise self.broken
        return Opened(self.fleet, lambda: self.caller)
