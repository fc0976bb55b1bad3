"""The fleet of many guards as live views show it: a guard that cannot be read stops no other, and is tried again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sesguard.cli.connect import now
from sesguard.cli.live.feed import Feed
from sesguard.errors import SesguardError
from sesguard.fleet.fleet import Fleet
from sesguard.fleet.many import ManyRead, MemberGuard, common_place, join, read_each
from sesguard.fleet.ports import FleetSource
from sesguard.fleet.read import read_fleet
from sesguard.pausing.ports import Parallel
from sesguard.stream import StreamId


class UnknownPlaceError(SesguardError):
    """No guard that is shown stands in the account and region of ``stream``."""

    def __init__(self, stream: StreamId) -> None:
        super().__init__(f"no guard that is shown stands in account {stream.account}, region {stream.region}")


class ManyFeed(Feed):
    """A feed over several guards: a word on a stream goes to its own guard, by the credentials of that account.

    refused: guards that are left out, with why. own: the fleet of each guard, as it was read last.
    """

    def __init__(
        self,
        members: Sequence[MemberGuard],
        caller: Callable[[], str],
        parallel: Parallel,
        *,
        refused: Mapping[str, str],
        read_only: bool = False,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.own: dict[str, Fleet] = {}
        self.members = members
        self._parallel, self._refused = parallel, refused
        self._prepare(common_place(members, ()), caller, read_only=read_only, clock=clock)

    def member_of(self, stream: StreamId) -> MemberGuard:
        """Find the guard of the account and region of ``stream``. Raises UnknownPlaceError."""
        for member in self.members:
            if member.home[:2] == stream[:2]:
                return member
        raise UnknownPlaceError(stream)

    def fleet_of(self, guard: str) -> Fleet | None:
        return self.own.get(guard)

    def source_of(self, stream: StreamId) -> FleetSource:
        return self.member_of(stream).open().source

    def caller_of(self, stream: StreamId) -> str:
        return self.member_of(stream).open().caller()

    def _read(self) -> Fleet:
        at = self.clock()
        found = read_each(
            self.members, lambda member, source: read_fleet(source, at, self.own.get(member.name)), self._parallel
        )
        self.own |= found.own
        unread = {**found.unread, **self._refused}
        # As one guard's fleet stays on show where a reading fails, so does that of one among many; it is said.
        stale = {name: replace(self.own[name], dead_letters=None) for name in found.unread if name in self.own}
        return join(self.members, ManyRead(dict(sorted({**found.own, **stale}.items())), unread), at)
