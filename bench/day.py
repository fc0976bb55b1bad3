"""A day of mail through the real ingest, with every call counted. :mod:`bench.priced` says what it costs."""

from __future__ import annotations

import heapq
import json
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.block import FoldedBlock, fold_block
from bench.ingest import ENVIRONMENT
from bench.instant import InstantClient, InstantClients
from bench.looked import LookedDays, look_for_days
from bench.metered import MeteredDynamoDB
from bench.past import Past
from bench.queue import Queue
from bench.traffic import (
    ACCOUNT,
    BOUNCES,
    COMPLAINTS,
    REGION,
    a_bounce,
    a_complaint,
    a_delivery,
    a_mail,
    a_send,
    configuration_set,
)
from sesguard.aws.counts.volume_fold import EVERY, SETTLED, VolumeFold
from sesguard.aws.settings import IngestSettings
from sesguard.aws.workers import Workers
from sesguard.costs.usage import ANSWER, AT_ONCE, CALL, CORE
from sesguard.ingest.batch import ingest
from sesguard.ingest.sender_sample import note_senders
from sesguard.ses_events.context import Context
from sesguard.stream import StreamId
from sesguard.wiring.ingest import ingesting

DAY = 86_400
BEGIN = datetime(2026, 11, 21, 12, tzinfo=UTC)
BURST_RATE = 14.0  # mails a second, SES's usual first quota


@dataclass(frozen=True, slots=True)
class Traffic:
    """``mails`` a day by ``streams``, of which ``hours`` are lived through."""

    mails: int
    streams: int
    hours: float
    delivery: bool
    bursts: bool

    @property
    def share(self) -> float:
        """Of the day."""
        return self.hours / 24


def events(traffic: Traffic, seed: int = 1) -> Iterator[tuple[float, str]]:
    """Seconds into the day and body of each event, in that order.

    Of all mails exactly a share of BOUNCES and of COMPLAINTS come back, at random places. When they are sent and come
    back does not depend on how many streams send them, so that a comparison of such numbers is of nothing else.
    """
    chance = random.Random(seed)
    mails = _mails(traffic, chance)
    bounces, complaints = round(len(mails) * BOUNCES), round(len(mails) * COMPLAINTS)
    places = chance.sample(range(len(mails)), bounces + complaints)
    bad = dict.fromkeys(places[:bounces], a_bounce) | dict.fromkeys(places[bounces:], a_complaint)
    later: list[tuple[float, str]] = []
    for number, (at, stream) in enumerate(mails):
        while later and later[0][0] <= at:
            yield heapq.heappop(later)
        mail = a_mail(number, stream, BEGIN.timestamp() + at)
        yield at, json.dumps(a_send(mail))
        if number in bad:
            heapq.heappush(later, (at + chance.uniform(0.5, 120), json.dumps(bad[number](mail, number))))
        if traffic.delivery and bad.get(number) is not a_bounce:
            heapq.heappush(later, (at + chance.uniform(0.5, 5), json.dumps(a_delivery(mail))))
    while later:
        yield heapq.heappop(later)


def _mails(traffic: Traffic, chance: random.Random) -> list[tuple[float, int]]:
    """When each mail is sent, and by which stream."""
    end = DAY * traffic.share
    if not traffic.bursts:
        times = sorted(chance.uniform(0, end) for _ in range(round(traffic.mails * traffic.share)))
        senders = random.Random(traffic.streams)
        return [(at, senders.randrange(traffic.streams)) for at in times]
    each = traffic.mails // traffic.streams
    starts = [chance.uniform(-each / BURST_RATE, DAY) for _ in range(traffic.streams)]
    mails = ((start + n / BURST_RATE, stream) for stream, start in enumerate(starts) for n in range(each))
    return sorted(mail for mail in mails if 0 <= mail[0] < end)


@dataclass(slots=True)
class Day:
    """What one day came to. block, looked: what folding and looks came to in some hours and days before."""

    traffic: Traffic
    queue: Queue[str]
    store: MeteredDynamoDB
    block: FoldedBlock
    looked: LookedDays
    metrics: int = 0
    mails: int = 0
    events: int = 0
    batches: int = 0
    weighed: int = 0
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / (DAY * self.traffic.share)


def live(traffic: Traffic, window: float, pollers: int) -> Day:
    """Run a day of ``traffic`` through ingest."""
    names = [configuration_set(number) for number in range(traffic.streams)]
    home = StreamId(ACCOUNT, REGION, "")
    mails = traffic.mails / traffic.streams
    past = Past(mails / 24, BOUNCES, traffic.streams)
    streams = [home._replace(configuration_set=name) for name in names]
    looked = look_for_days(past, streams, mails * (BOUNCES + COMPLAINTS), BEGIN)
    store = MeteredDynamoDB(int(BEGIN.timestamp()) // 3600, past, names)
    store.rolled_up = math.inf, math.inf  # what looks roll up is counted apart
    clients = InstantClients(store)
    cloudwatch = clients.cloudwatch = CountedClient()
    clock = Clock()
    wired = ingesting(IngestSettings.from_env(ENVIRONMENT), clients, Workers(1), clock)  # type: ignore[arg-type]  # stands in for the clients
    fold = VolumeFold(store, "cohorts", home, Workers(1))  # type: ignore[arg-type]  # as above
    context = Context(account=ACCOUNT, region=REGION)
    day = Day(
        traffic, Queue(pollers, window), store, fold_block(store, fold, home, names, traffic.mails, BEGIN), looked
    )
    for at, bodies in day.queue.batches(events(traffic)):
        while clock.minute_began(at):  # the sweep, each minute
            fold.fold(BEGIN + timedelta(seconds=clock.minute * 60))
        clock.at = at
        before, began = store.calls.total(), time.thread_time()
        now = BEGIN + timedelta(seconds=at)
        done = ingest(bodies, context, wired.writer, wired.guard, now, lambda: 60.0, wired.senders, wired.tenants)
        note_senders(bodies, context, wired.sampling, wired.domains, wired.guard.parallel)
        assert not done.failed, done.failed
        calls = store.calls.total() - before
        day.events += done.events
        day.batches += 1
        day.weighed += len(done.looked)
        day.seconds += (time.thread_time() - began) / CORE + ANSWER + _seconds_of(calls)
        day.mails += sum('"eventType": "Send"' in body for body in bodies)
    fold.fold(BEGIN + timedelta(seconds=DAY * traffic.share) + EVERY + SETTLED)  # what is logged has to be folded, too
    day.seconds += _seconds_of(looked.calls * traffic.streams * traffic.share)
    day.metrics = cloudwatch.requests
    return day


def _seconds_of(calls: float) -> float:
    """Of an invocation, that its calls take."""
    return calls * (CALL / CORE + ANSWER / AT_ONCE)


class Clock:
    """The time of the day that is lived through: seconds since it began, and the last minute that was swept."""

    def __init__(self) -> None:
        self.at = 0.0
        self.minute = 0

    def __call__(self) -> float:
        return BEGIN.timestamp() + self.at

    def minute_began(self, at: float) -> bool:
        """Whether another minute begins before ``at``; then that is the last."""
        if at < (self.minute + 1) * 60:
            return False
        self.minute += 1
        return True


class CountedClient(InstantClient):
    """CloudWatch, counted. The streams of this traffic are healthy: there should be nothing to count."""

    def __init__(self) -> None:
        self.requests = 0

    def put_metric_data(self, **_: object) -> dict[str, Any]:
        self.requests += 1
        return {}

    put_metric_alarm = set_alarm_state = put_metric_data
