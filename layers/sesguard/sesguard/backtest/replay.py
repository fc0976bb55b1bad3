"""The loop: moments in the order in which they became visible, and between them the looks that were due."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from math import ceil

from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.guarded import GuardedStream
from sesguard.backtest.ledger import Ledger
from sesguard.backtest.moment import SeenMoment
from sesguard.backtest.rivals import RIVALS, RivalStream
from sesguard.backtest.tenants import ReplayedTenant
from sesguard.detection.outage import OutageWatch, ProviderFailure

_DUPLICATES_WITHIN = 15 * 86_400
"""Seconds within which a second record of one event is known as such, whatever the length of the whole: a queue keeps a
message for 14 days at most (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html)."""

_ALL = ""
"""Sorts before the name of any stream: the look across streams comes first in its second."""
_TENANT = "\U0010ffff"
"""Sorts behind: a tenant's streams are weighed together once each of them has been looked at."""


class Replay:
    """Replays recorded mail of any number of streams, each under its own state.

    A stream is looked at on the next multiple of ``terms.every`` seconds after a bounce or complaint came in, when time
    alone may change something, and every hour while it is watched. What becomes visible at the second of a look is
    part of it. On probation everything that comes in is looked at.
    compare: replay the same traffic under the rivals too, each with its own loop.
    trace: the stream whose risk at each look is kept; "" is the first that is met.
    """

    def __init__(self, terms: ReplayTerms, *, compare: bool = False, trace: str | None = None) -> None:
        self.streams: dict[str, GuardedStream] = {}
        self.rivals: dict[str, list[RivalStream]] = {}
        self.moments = self.duplicates = 0
        self._terms = terms
        self._compare = compare
        self._trace = trace
        self._due: list[tuple[float, str]] = []
        self._identities: tuple[set[str], set[str]] = set(), set()  # of this period, and of the one before
        self._period = 0
        self._tenants: dict[str, ReplayedTenant] = {}
        self.failures: list[ProviderFailure] = []
        self._outages = OutageWatch(
            lambda name: self.streams[name].unhealthy_since(), tenant_of=lambda name: self.streams[name].tenant
        )
        self._watched: set[float] = set()
        self._tidy_at = self._until = 0.0

    def run(self, moments: Iterable[SeenMoment]) -> Iterator[Decided]:
        """Yield each decision as it falls. ``moments`` come by ``seen_at``; after them the record ends."""
        due, streams, rivals = self._due, self.streams, self.rivals
        last = 0.0
        for moment in moments:
            last = self._until = moment.seen_at
            if due and due[0][0] < last:
                yield from self._look(last)
            if moment.identity and self._duplicate(moment.identity, last):
                continue
            self.moments += 1
            name = moment.stream
            stream = streams.get(name) or self._meet(name)
            before, bad = stream.due, stream.bad
            if decided := stream.take(moment):
                yield from decided
            if stream.tenant and (stream.bad != bad or moment.tenant):
                self._note(stream, last)
            looks_at = stream.due
            if looks_at is not None and looks_at != before:
                heapq.heappush(due, (looks_at, name))
                self._watch_by(looks_at)
            if self._compare:
                for rival in rivals[name]:
                    rival.take(moment)
        yield from self._look((ceil(last / self._terms.every) + 1) * self._terms.every)
        self._close()

    def _look(self, before: float) -> Iterator[Decided]:
        """Make the looks that are due before this second, by time and name."""
        due = self._due
        while due and due[0][0] < before:
            at, name = heapq.heappop(due)
            if name == _ALL:
                yield from self._look_across(at)
                continue
            if name.startswith(_TENANT):
                yield from self._look_at_tenant(name.removeprefix(_TENANT), at)
                continue
            stream = self.streams[name]
            if stream.due == at:
                yield from stream.look(at)
                if stream.due is not None:
                    heapq.heappush(due, (stream.due, name))

    def _note(self, stream: GuardedStream, at: float) -> None:
        """Weigh the streams of its tenant together, once what came in of them is enough to matter."""
        tenant = self._tenants.get(stream.tenant)
        if tenant is None:
            tenant = self._tenants[stream.tenant] = ReplayedTenant(stream.tenant, self._terms)
        before = tenant.due
        tenant.note(stream, at)
        if tenant.due is not None and tenant.due != before:
            heapq.heappush(self._due, (tenant.due, _TENANT + tenant.name))

    def _look_at_tenant(self, name: str, at: float) -> Iterator[Decided]:
        tenant = self._tenants[name]
        for decided in tenant.look(at):
            stream = self.streams[decided.stream]
            if stream.due is not None:
                heapq.heappush(self._due, (stream.due, stream.name))
            yield decided
        if tenant.due is not None:
            heapq.heappush(self._due, (tenant.due, _TENANT + name))

    def _watch_by(self, at: float) -> None:
        """Look across streams at ``at``, before any of them is looked at: where several are refused at once."""
        if at not in self._watched and len(self.streams) > 1:
            self._watched.add(at)
            heapq.heappush(self._due, (at, _ALL))

    def _look_across(self, at: float) -> Iterator[Decided]:
        self._watched.discard(at)
        minute = int(at // 60)
        self.failures += self._outages.look(minute)
        for name, found in self._outages.set_aside(minute):
            stream = self.streams[name]
            before = stream.due
            yield from stream.excuse(found, at, self._outages.rule)
            if stream.due is not None and stream.due != before:
                heapq.heappush(self._due, (stream.due, name))
        if at >= self._tidy_at:
            self._tidy_at = at + 3_600
            self._outages.prune(minute)
        if self._outages.busy and at <= self._until:
            self._watch_by(at + self._terms.every)

    def _meet(self, name: str) -> GuardedStream:
        traced = self._trace == name or (self._trace == "" and not self.streams)
        ledger = Ledger(self._terms.policy, 1 + len(RIVALS) if self._compare else 1)
        stream = self.streams[name] = GuardedStream(name, self._terms, ledger, self._outages)
        stream.risks = [] if traced else None
        if self._compare:
            self.rivals[name] = [
                RivalStream(number, rival, self._terms, ledger) for number, rival in enumerate(RIVALS, start=1)
            ]
        return stream

    def _duplicate(self, identity: str, at: float) -> bool:
        period = int(at // _DUPLICATES_WITHIN)
        if period != self._period:
            self._identities = set(), self._identities[0] if period == self._period + 1 else set()
            self._period = period
        latest, before = self._identities
        if identity in latest or identity in before:
            self.duplicates += 1
            return True
        latest.add(identity)
        return False

    def _close(self) -> None:
        for name, stream in self.streams.items():
            for rival in self.rivals.get(name, []):
                rival.close()
            stream.ledger.close()
