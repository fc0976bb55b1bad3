"""A policy change unsettles a month of every stream at once: looks take longer for a while, and none is given up."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.detection.look import look_at
from sesguard.ingest.batch import Batch
from sesguard.ingest.tally import Tally
from sesguard.policy import Policy
from sesguard.ses_events.observation import CountsFor, Observation, Via
from sesguard.stream import StreamId
from tests.fakes.clock import DAY, MINUTE, NOW, minute_of
from tests.fakes.ingesting import MemoryIngest
from tests.fakes.tables import TABLES
from tests.fakes.world import ACME
from tests.ses_events import Event, a_bounce, a_bounced, a_mail

STRICTER = Policy(clump_per_domain=8)
A_CALL = 0.1
"""Seconds that a query takes here; ingest looks at no more streams once 14 of its 60 seconds are left."""

CLEAN_DAYS = 5
"""Longer ago than these, the names of what bounced are not read again without need."""


def a_month(stream: StreamId) -> Iterator[Observation]:
    """Healthy for one reason: of a day's 25 bounces at a dead domain ten count, of 300 mails. It is so no more."""
    for day in range(31):
        at, name = minute_of(NOW - DAY * day), f"{stream.configuration_set}-{day}"
        yield Observation("send", stream, at, 300, CountsFor.VOLUME, "", Via.SNS)
        if day < CLEAN_DAYS:
            continue
        yield Observation(
            "bounce",
            stream,
            at,
            25,
            CountsFor.HARD_BOUNCE,
            "",
            Via.SNS,
            name,
            (("dead.example", 25),),
            (("5.1.1", 25),),
        )


class Guard(MemoryIngest):
    """Ingest whose every query takes a while. ``streams`` have a month behind them, settled by the usual policy."""

    def __init__(self, streams: int) -> None:
        super().__init__()
        self.streams = [ACME._replace(configuration_set=f"s{number}") for number in range(streams)]
        self.queries = 0
        tally = Tally()
        for number, seen in enumerate(each for stream in self.streams for each in a_month(stream)):
            tally.add(seen, number)
        first, rest = tally.parts()
        writer = DynamoCountsWriter(self.store, TABLES, self.workers, pause=lambda _: None)
        assert writer.add([*first, *rest], NOW, lambda: True) == []
        for stream in self.streams:
            self.risk(stream, Policy())
        self._query, self.store.query = self.store.query, self._counted

    def _counted(self, **request: object) -> object:
        self.queries += 1
        return self._query(**request)

    def risk(self, stream: StreamId, policy: Policy) -> float:
        return look_at(self.counts, stream, NOW, None, policy, policy.limits(probation=False))[1].risk

    def take_for_a_minute(self, bodies: list[Event], now: datetime) -> Batch:
        began = self.queries
        return self.take(*bodies, now=now, left=lambda: 60.0 - A_CALL * (self.queries - began))

    def bounces(self, name: str) -> list[Event]:
        """One of each stream."""
        return [
            a_bounce(
                a_bounced(f"x@{name}.example"),
                mail=a_mail(configuration_set=stream.configuration_set) | {"timestamp": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"},
                feedbackId=f"{name}-{stream.configuration_set}",
            )
            for stream in self.streams
        ]


def test_each_batch_goes_on_where_time_ran_out_and_soon_looks_are_as_cheap_as_before():
    guard = Guard(8)
    assert guard.take_for_a_minute(guard.bounces("before"), NOW).failed == {}
    usual = guard.queries
    guard.memory.streams.policy = STRICTER

    waiting, left = guard.bounces("after"), []
    while waiting:
        batch = guard.take_for_a_minute(waiting, NOW + MINUTE * len(left))
        assert set(batch.failed.values()) <= {"OutOfTime"}  # and so they come again
        waiting = [waiting[number] for number in sorted(batch.failed)]
        left.append(len(waiting))
    assert len(left) > 1, "a month of eight streams is more than fits into one batch"
    assert left == sorted(set(left), reverse=True), "each batch got further"

    guard.queries = 0
    assert guard.take_for_a_minute(guard.bounces("later"), NOW + MINUTE * len(left)).failed == {}
    assert guard.queries < usual * 1.5


def test_what_the_new_rule_forgives_counts_from_the_first_look():
    guard = Guard(1)
    (stream,) = guard.streams
    assert guard.risk(stream, Policy()) == 0
    per_domain = Policy(clump_per_domain=25)  # forgives none of these
    strict = guard.risk(stream, per_domain)
    assert strict >= 1
    fresh = Guard(1)
    assert fresh.risk(stream, per_domain) == strict
    assert guard.risk(stream, replace(per_domain, clump_per_domain=10)) == 0, "and back"
