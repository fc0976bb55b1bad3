"""The loop: moments in the order in which they became visible, and between them the looks that were due."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from math import ceil

from sesguard.backtest.guarded import Decided, GuardedStream, ReplayTerms
from sesguard.backtest.ledger import Ledger
from sesguard.backtest.moment import SeenMoment
from sesguard.backtest.rivals import RIVALS, RivalStream


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
        self._identities: set[str] = set()

    def run(self, moments: Iterable[SeenMoment]) -> Iterator[Decided]:
        """Yield each decision as it falls. ``moments`` come by ``seen_at``; after them the record ends."""
        due, streams, rivals = self._due, self.streams, self.rivals
        last = 0.0
        for moment in moments:
            last = moment.seen_at
            if due and due[0][0] < last:
                yield from self._look(last)
            if moment.identity and self._duplicate(moment.identity):
                continue
            self.moments += 1
            name = moment.stream
            stream = streams.get(name) or self._meet(name)
            before = stream.due
            yield from stream.take(moment)
            if stream.due is not None and stream.due != before:
                heapq.heappush(due, (stream.due, name))
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
            stream = self.streams[name]
            if stream.due == at:
                yield from stream.look(at)
                if stream.due is not None:
                    heapq.heappush(due, (stream.due, name))

    def _meet(self, name: str) -> GuardedStream:
        traced = self._trace == name or (self._trace == "" and not self.streams)
        ledger = Ledger(self._terms.policy, 1 + len(RIVALS) if self._compare else 1)
        stream = self.streams[name] = GuardedStream(name, self._terms, ledger)
        stream.risks = [] if traced else None
        if self._compare:
            self.rivals[name] = [
                RivalStream(number, rival, self._terms, ledger) for number, rival in enumerate(RIVALS, start=1)
            ]
        return stream

    def _duplicate(self, identity: str) -> bool:
        if identity in self._identities:
            self.duplicates += 1
            return True
        self._identities.add(identity)
        return False

    def _close(self) -> None:
        for name, stream in self.streams.items():
            for rival in self.rivals.get(name, []):
                rival.close()
            stream.ledger.close()
