"""A day of mail through the real ingest, with every call counted. :mod:`bench.priced` says what it costs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bench.block import FoldedBlock, fold_block
from bench.ingest import ENVIRONMENT
from bench.instant import InstantClient, InstantClients
from bench.looked import LookedDays, look_for_days
from bench.mail_day import BEGIN, DAY, Event, Traffic, events
from bench.metered import MeteredDynamoDB
from bench.outcomes import OutcomesHour, hour_of_outcomes
from bench.past import Past
from bench.queue import Queue
from bench.traffic import ACCOUNT, BOUNCES, COMPLAINTS, REGION, configuration_set
from sesguard.aws.counts.volume_fold import EVERY, SETTLED, VolumeFold
from sesguard.aws.settings import IngestSettings
from sesguard.aws.workers import Workers
from sesguard.costs.sqs_model import ReceivePace
from sesguard.costs.usage import ANSWER, AT_ONCE, CALL, CORE
from sesguard.ingest.batch import ingest
from sesguard.ingest.sender_sample import note_senders
from sesguard.ses_events.context import Context
from sesguard.stream import StreamId
from sesguard.wiring.ingest import ingesting


@dataclass(slots=True)
class Day:
    """What one day came to. block, looked, written: what folding, looks and outcomes came to, by longer times."""

    traffic: Traffic
    queue: Queue[Event]
    store: MeteredDynamoDB
    block: FoldedBlock
    looked: LookedDays
    written: OutcomesHour
    metrics: int = 0
    mails: int = 0
    events: int = 0
    outcomes: int = 0
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
    timed = Timed(store)
    clients = InstantClients(timed)
    cloudwatch = clients.cloudwatch = CountedClient()
    clock = Clock()
    wired = ingesting(IngestSettings.from_env(ENVIRONMENT), clients, Workers(1), clock)  # type: ignore[arg-type]  # stands in for the clients
    fold = VolumeFold(store, "cohorts", home, Workers(1))  # type: ignore[arg-type]  # as above
    context = Context(account=ACCOUNT, region=REGION)
    pace = ReceivePace(traffic.mails, DAY, window, pollers)
    block = fold_block(store, fold, home, names, pace, BEGIN)
    day = Day(traffic, Queue(pollers, window), store, block, looked, hour_of_outcomes(traffic, window, pollers))
    for at, batch in day.queue.batches(events(traffic)):
        while clock.minute_began(at):  # the sweep, each minute
            fold.fold(BEGIN + timedelta(seconds=clock.minute * 60))
        clock.at = at
        bodies = [event.body() for event in batch]
        calls, began = store.calls.total(), time.thread_time() - timed.seconds
        now = BEGIN + timedelta(seconds=at)
        done = ingest(bodies, context, wired.writer, wired.guard, now, lambda: 60.0, wired.senders, wired.tenants)
        note_senders(bodies, context, wired.sampling, wired.domains, wired.guard.parallel)
        assert not done.failed, done.failed
        day.events += done.events
        day.batches += 1
        day.weighed += len(done.looked)
        day.seconds += (time.thread_time() - timed.seconds - began) / CORE + ANSWER
        day.seconds += _seconds_of(store.calls.total() - calls)
        day.mails += sum(event.is_send for event in batch)
        day.outcomes += sum(event.is_bad for event in batch)
    fold.fold(BEGIN + timedelta(seconds=DAY * traffic.share) + EVERY + SETTLED)  # what is logged has to be folded, too
    day.seconds += _seconds_of(looked.calls * traffic.streams * traffic.share)
    day.metrics = cloudwatch.requests
    return day


def _seconds_of(calls: float) -> float:
    """Of an invocation, that its calls take."""
    return calls * (CALL / CORE + ANSWER / AT_ONCE)


class Timed:
    """The calls of a store, which DynamoDB would carry out itself. seconds: what they took."""

    def __init__(self, store: MeteredDynamoDB) -> None:
        self._store = store
        self.seconds = 0.0

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        call = getattr(self._store, name)

        def timed(**request: object) -> dict[str, Any]:
            began = time.thread_time()
            found: dict[str, Any] = call(**request)
            self.seconds += time.thread_time() - began
            return found

        return timed


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
