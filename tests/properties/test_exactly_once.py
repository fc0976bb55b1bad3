"""Bounces and complaints count exactly once, whatever happens.

The real use case runs over the real store adapter, against truth that the test keeps itself. Messages are delivered
again, reordered, days late, in parallel; and at every call to DynamoDB anything may happen: the process dies before or
after it, another transaction is in the way, the table throttles, the answer is lost though the write was done (and the
client tries again by itself, or not). In the middle of any call another ingest, a reader or a fold may run. Clocks are
minutes off, or jump by hours and days, and a fold has time for few writes. What only much volume comes to comes to pass
with little.

When all is delivered at last, the outcomes of each stream, minute and receiving domain are the truth's; volume is at
least the truth and at most what all deliveries together brought, tries of the client included; and a history read
through settled days is the history of the raw counts, now and at any later time; nor does it matter how much of the
volume is folded into the streams' hours, or in the middle of what somebody died.
"""

import itertools
import json
from collections import Counter
from contextlib import suppress
from copy import deepcopy
from datetime import timedelta
from functools import cache

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from sesguard.aws.counts import carried, counts, fold_writes, volume_fold, volume_log
from sesguard.aws.counts.carried import read_carried
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.volume_fold import VolumeFold
from sesguard.aws.workers import Workers
from sesguard.detection.history import History
from sesguard.errors import AwsError
from sesguard.ingest.batch import ingest
from sesguard.ingest.evaluate import Evaluator
from sesguard.policy import Policy
from sesguard.ses_events.context import Context
from sesguard.stream import StreamId
from tests.examples import examples
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW, minute_of
from tests.fakes.dynamodb import cancelled, failure
from tests.fakes.tables import TABLES, in_memory, outcomes_in, volume_in
from tests.fakes.world import Memory
from tests.ses_events import (
    ACCOUNT,
    REGION,
    a_bounce,
    a_bounced,
    a_complaint,
    a_delivery,
    a_mail,
    a_send,
    in_eventbridge,
)

STREAMS = [StreamId(ACCOUNT, REGION, name) for name in ("acme-news", "acme-receipts")]
HOME = StreamId(ACCOUNT, REGION, "")
POLICY = Policy(clump_per_domain=2)  # so that few bounces make a clump
LATER = (timedelta(0), HOUR, DAY, DAY * 5, DAY * 16)
SINCE = (None, NOW - DAY * 5 - MINUTE * 7, NOW - HOUR * 30)
ALL_READINGS = list(itertools.product(LATER, SINCE))
"""How much later a history is read, and from when on it counts."""

ON_TIME = timedelta(0)
"""A clock that is right."""

FAULTS = ["die before", "die after", "conflict", "throttle", "lost", "answer lost", "answer lost, tried again"]
MEANWHILE = ["an ingest", "a reader", "a fold"]
WRITES = {"update_item", "put_item", "transact_write_items"}


class DeathError(BaseException):
    """The process is gone: nothing may handle it."""


class Client:
    """DynamoDB to one process. ``happenings``: what happens at which of its calls; ("write", 0) is the first write.

    ahead: how far the process's clock is. AWS takes no call whose clock is more than some minutes off; what those may
    come to at both ends is what is kept for what comes late.
    """

    def __init__(self, store, happenings=(), meanwhile=None, ahead=ON_TIME):
        self.ahead = ahead
        self._store = store
        self._happenings = dict(happenings)
        self._meanwhile = meanwhile or dict.fromkeys(MEANWHILE, lambda: None)
        self.calls = Counter()
        self.tried_again = False

    @property
    def refused(self):
        return abs(self.ahead) > volume_fold.LATEST

    def __getattr__(self, name):
        def call(**request):
            kind = "write" if name in WRITES else "read"
            happening = self._happenings.get((kind, self.calls[kind]))
            self.calls[kind] += 1
            if happening == "the clock jumps":
                self.ahead = DAY
            if self.refused:
                raise failure("InvalidSignatureException", name)
            if happening in MEANWHILE:
                self._meanwhile[happening]()
                happening = None
            return self._suffer(happening, name, request)

        return call

    def _suffer(self, happening, name, request):
        do = getattr(self._store, name)
        match happening:
            case "die before":
                raise DeathError
            case "die after":
                do(**request)
                raise DeathError
            case "conflict" if name == "transact_write_items":
                raise cancelled(*["TransactionConflict"] * len(request["TransactItems"]))
            case "conflict" | "throttle":
                raise failure("ProvisionedThroughputExceededException", name)
            case "lost":
                raise ReadTimeoutError(endpoint_url="")
            case "answer lost":
                do(**request)
                raise ReadTimeoutError(endpoint_url="")
            case "answer lost, tried again" if name != "transact_write_items":  # whose token makes the second try none
                self.tried_again = True
                do(**request)
        return do(**request)


class Message:
    """A message: its body, and of volume the stream, minute and column that it adds to, and how much."""

    def __init__(self, body, volume=None, count=0):
        self.body, self.volume, self.count = body, volume, count


class Rig:
    """A store, a queue in front of it, and the truth."""

    def __init__(self):
        self.store = in_memory()
        self.now = NOW
        self.events = []
        self.queue = []
        self.outcomes = Counter()
        self.sent = Counter()
        self.brought = Counter()

    def publish(self, kind, stream, at, count, domain):
        mail = a_mail(*[f"{n}@{domain}" for n in range(count)], configuration_set=stream.configuration_set)
        mail |= {"timestamp": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        minute = minute_of(at)
        new = {"mail": mail, "feedbackId": str(len(self.events))}
        volume = None
        match kind:
            case "bounce":
                event = a_bounce(*[a_bounced(f"{n}@{domain}") for n in range(count)], **new)
                self.outcomes[stream, "b", minute, domain] += count
            case "complaint":
                event = a_complaint(*mail["destination"], **new)
                self.outcomes[stream, "c", minute, domain] += 1
            case "delivery":
                event, volume = a_delivery(*mail["destination"], mail=mail), (stream, minute, 1)
            case "bus send":
                event, volume = in_eventbridge(a_send(mail=mail)), (stream, minute, 2)
            case _:
                event, volume = a_send(mail=mail), (stream, minute, 0)
        if volume:
            self.sent[volume] += count
        message = Message(json.dumps(event), volume, count)
        self.events.append(message)
        self.queue.append(message)

    def ingest(self, messages, client):
        """Take a batch; what is acknowledged leaves the queue."""
        if not messages:
            return
        memory = Memory(POLICY)
        counts = DynamoCounts(client, TABLES.cohorts)
        workers = Workers(1)
        watch = Evaluator(
            streams=memory.streams,
            counts=counts,
            alarms=memory.alarms,
            bus=memory.bus,
            requests=memory.requests,
            parallel=workers,
        )
        now = self.now + client.ahead
        ticks = itertools.count()  # so that two items are of two milliseconds, as they mostly are
        clock = lambda: now.timestamp() + next(ticks) / 1_000  # noqa: E731  # short
        writer = DynamoCountsWriter(client, TABLES, workers, pause=lambda _: None, home=HOME, clock=clock)
        failed, refused = range(len(messages)), client.refused
        with suppress(DeathError):
            bodies = [message.body for message in messages]
            failed = ingest(bodies, Context(), writer, watch, now, lambda: 60.0).failed
        assert not refused or len(failed) == len(messages)
        for message in messages:
            if message.volume:
                self.brought[message.volume] += message.count * (2 if client.tried_again else 1)
        for number, message in enumerate(messages):
            if number not in failed and message in self.queue:
                self.queue.remove(message)

    def read(self, stream, client):
        with suppress(DeathError, AwsError):
            DynamoCounts(client, TABLES.cohorts).history(stream, self.now + client.ahead, None, POLICY)

    def fold(self, client, now=None, lots=1_000):
        """Fold what is due at ``now``; there is time for so many lots of writes."""
        left = iter([True] * lots)
        with suppress(DeathError, AwsError):
            return VolumeFold(client, TABLES.cohorts, HOME, Workers(1)).fold(now or self.now, lambda: next(left, False))

    def check(self, late=False, readings=ALL_READINGS):
        """Deliver what is left, and compare with the truth: before all is folded, and after.

        late: something was logged so late that it is read only once it is folded. readings: of histories, see there.
        """
        for _ in range(2):
            self.ingest(list(self.queue), Client(self.store))
        assert not self.queue
        before = {stream: self._rows(stream) for stream in STREAMS}
        # To finish what was begun, then the rest, then what is carried to the end of its block of hours.
        for after in (MINUTE * 61, MINUTE * 61, HOUR * 7):
            assert self.fold(Client(self.store), self.now + after).done
            assert late or {stream: self._rows(stream) for stream in STREAMS} == before
        found = {stream: outcomes_in(self.store, stream) for stream in STREAMS}
        assert {(s, *outcome): n for s in STREAMS for outcome, n in found[s].items()} == self.outcomes
        volume = Counter({(s, *at): n for s in STREAMS for at, n in volume_in(self.store, s).items()})
        assert all(self.sent[at] <= volume[at] <= self.brought[at] for at in volume | self.sent)
        for stream, (later, since) in itertools.product(STREAMS, readings):
            self._check_history(stream, self.now + later, since, volume)

    def _rows(self, stream, client=None):
        history = DynamoCounts(client or self.store, TABLES.cohorts).history(stream, self.now, None, POLICY)
        return history.rows(minute_of(self.now))

    def _check_history(self, stream, now, since, volume):
        minute = minute_of(now)
        raw = History.under(POLICY, minute_of(since) if since else 0)
        for (of, at, column), count in volume.items():
            if of == stream:
                raw.add(at, column, count)
        for (of, kind, at, domain), count in self.outcomes.items():
            if of == stream:
                (raw.add_bounces if kind == "b" else raw.add_complaints)(at, count, domain)
        raw.prune(minute)
        ours = DynamoCounts(self.store, TABLES.cohorts).history(stream, now, since, POLICY)
        assert ours.rows(minute) == raw.rows(minute)
        assert ours.weighed_volume(minute) == raw.weighed_volume(minute)


# ---- one thing at a time, at every single call ----


def a_rig():
    """A stream with settled days, and a batch of all kinds on its way: new, twice, and late for a settled day."""
    return deepcopy(_a_rig())


@cache
def _a_rig():
    rig = Rig()
    for days in (0, 4, 5, 6):
        for kind in ("send", "bounce"):
            rig.publish(kind, STREAMS[0], NOW - DAY * days, 2, "a.example")
    rig.ingest(list(rig.queue), Client(rig.store))
    for kind in ("send", "bounce", "complaint"):
        for stream, days in ((STREAMS[0], 0), (STREAMS[0], 5), (STREAMS[1], 4)):
            rig.publish(kind, stream, NOW - DAY * days, 1, "b.example")
    rig.queue += rig.events[-4:] + rig.events[:2]
    return rig


@pytest.fixture
def carrying(monkeypatch):
    """Volume of so few streams is carried from fold to fold, as that of many is."""
    monkeypatch.setattr(volume_fold, "FEWEST", 1)


def a_rig_that_carries():
    """The same, with volume of both streams that the last fold has left to later ones."""
    return deepcopy(_a_rig_that_carries())


@cache
def _a_rig_that_carries():
    rig = a_rig()
    for _ in range(2):  # the first fold of all carries nothing on
        for stream in STREAMS:
            rig.publish("send", stream, rig.now, 2, "a.example")
            rig.ingest(rig.queue[-1:], Client(rig.store))
        rig.now += MINUTE * 31
        assert rig.fold(Client(rig.store)).done
    carried = read_carried(rig.store, TABLES.cohorts, HOME, 2)
    assert set(carried) == {stream.configuration_set for stream in STREAMS}
    return rig


def some_readings(place):
    """Every LATER with one SINCE; three places that follow one another try them all."""
    return [(later, SINCE[(number + place) % len(SINCE)]) for number, later in enumerate(LATER)]


def everywhere(run, *kinds):
    """Run with a happening at the first write, at the second and so on, then at each read, until there are no more."""
    for kind in kinds or ("write", "read"):
        for place in itertools.count():
            if run(kind, place).calls[kind] <= place:
                assert place > 2
                break


@pytest.mark.parametrize("happening", FAULTS)
def test_counts_are_exact_whatever_fails_at_any_call_of_an_ingest(happening):
    def run(kind, place):
        rig = a_rig()
        client = Client(rig.store, {(kind, place): happening})
        rig.ingest(list(rig.queue), client)
        rig.check(readings=some_readings(place))
        return client

    everywhere(run)


@pytest.mark.parametrize("happening", FAULTS)
def test_counts_are_exact_whatever_fails_at_any_call_of_a_reader(happening):
    def run(kind, place):
        rig = a_rig()
        client = Client(rig.store, {(kind, place): happening})
        rig.now += DAY * 3
        rig.read(STREAMS[0], client)
        rig.check(readings=some_readings(place))
        return client

    everywhere(run)


@pytest.mark.parametrize(
    ("happening", "share"),
    [*itertools.product(["an ingest"], [0, 3, 20]), *itertools.product(["a reader", "a fold"], [0])],
)
def test_counts_are_exact_whatever_runs_in_the_middle_of_any_call(happening, share):
    """``share``: how many of its messages the ingest in the middle has too, as a queue may deliver one twice."""

    def run(kind, place):
        rig = a_rig()
        rig.now += MINUTE * 20  # so that a fold a quarter of an hour later takes what is written now
        mine, theirs = rig.queue[::2], rig.queue[1::2] + rig.queue[::2][:share]
        meanwhile = {
            "an ingest": lambda: rig.ingest(theirs, Client(rig.store)),
            "a reader": lambda: rig.read(STREAMS[0], Client(rig.store)),
            "a fold": lambda: rig.fold(Client(rig.store), rig.now + MINUTE * 14),
        }
        client = Client(rig.store, {(kind, place): happening}, meanwhile)
        rig.ingest(mine, client)
        rig.check(late=happening == "a fold", readings=some_readings(place))
        return client

    everywhere(run)


@pytest.mark.parametrize("happening", FAULTS)
def test_counts_are_exact_whatever_fails_at_any_call_of_a_fold(happening):
    def run(kind, place):
        rig = a_rig()
        rig.ingest(rig.queue[:4], Client(rig.store))
        client = Client(rig.store, {(kind, place): happening})
        rig.now += MINUTE * 31
        rig.fold(client)
        rig.check(readings=some_readings(place))
        return client

    everywhere(run)


@pytest.mark.usefixtures("carrying")
@pytest.mark.parametrize("happening", FAULTS)
@pytest.mark.parametrize("later", [MINUTE * 31, HOUR * 7], ids=["carried on", "added"])
def test_counts_are_exact_whatever_fails_at_any_call_of_a_fold_that_takes_over_what_was_carried(later, happening):
    def run(kind, place):
        rig = a_rig_that_carries()
        rig.ingest(rig.queue[:4], Client(rig.store))
        client = Client(rig.store, {(kind, place): happening})
        rig.now += later
        rig.fold(client)
        rig.check(readings=some_readings(place))
        return client

    everywhere(run)


@pytest.mark.usefixtures("carrying")
@pytest.mark.parametrize("later", [MINUTE * 31, HOUR * 7], ids=["carried on", "added"])
@pytest.mark.parametrize("one", ["fold", "read"])
def test_counts_are_exact_whatever_reads_or_folds_in_the_middle_of_any_call_while_volume_is_carried(one, later):
    def run(kind, place):
        rig = a_rig_that_carries()
        rig.ingest(rig.queue[:4], Client(rig.store))
        rig.now += later
        before, read = rig._rows(STREAMS[0]), []

        def two_folds():
            rig.fold(Client(rig.store))
            rig.fold(Client(rig.store), rig.now + MINUTE * 31)

        happening = "a reader" if one == "fold" else "a fold"
        meanwhile = {"a reader": lambda: read.append(rig._rows(STREAMS[0])), "a fold": two_folds}
        client = Client(rig.store, {(kind, place): happening}, meanwhile)
        if one == "fold":
            rig.fold(client)
        else:
            assert rig._rows(STREAMS[0], client) == before
        assert all(rows == before for rows in read)
        rig.check(readings=some_readings(place))
        return client

    everywhere(run, "read") if one == "read" else everywhere(run)


@pytest.mark.parametrize("happening", MEANWHILE)
@pytest.mark.parametrize("one", ["fold", "read"])
def test_counts_are_exact_whatever_runs_in_the_middle_of_any_call_of_a_fold_or_a_reader(happening, one):
    def run(kind, place):
        rig = a_rig()
        mine, theirs = rig.queue[:4], rig.queue[4:]
        rig.ingest(mine, Client(rig.store))
        rig.now += MINUTE * 31
        read = []
        meanwhile = {
            "an ingest": lambda: rig.ingest(theirs, Client(rig.store)),
            "a reader": lambda: read.append(rig._rows(STREAMS[0])),
            "a fold": lambda: rig.fold(Client(rig.store)),
        }
        before = rig._rows(STREAMS[0])
        client = Client(rig.store, {(kind, place): happening}, meanwhile)
        if one == "fold":
            rig.fold(client)
        else:
            rig.read(STREAMS[0], client)
        assert all(rows == before for rows in read)
        rig.check(readings=some_readings(place))
        return client

    everywhere(run, "read") if one == "read" else everywhere(run)


def test_counts_are_exact_though_events_come_late_in_the_middle_of_any_call_of_a_reader():
    def run(kind, place):
        rig = a_rig()
        rig.now += DAY * 3
        late = {"an ingest": lambda: rig.ingest(list(rig.queue), Client(rig.store))}
        client = Client(rig.store, {(kind, place): "an ingest"}, late)
        rig.read(STREAMS[0], client)
        rig.check(readings=some_readings(place))
        return client

    everywhere(run)


# ---- many things in any order ----

# Few times, so that they meet: just now, and long enough ago for a day to be settled before, while or after it comes.
AGO = [MINUTE * 0, MINUTE, HOUR, DAY * 2, DAY * 3, DAY * 4, DAY * 4 + HOUR * 2, DAY * 5, DAY * 9, DAY * 29, DAY * 33]
things = st.tuples(
    st.sampled_from(["send", "delivery", "bus send", "bounce", "bounce", "complaint"]),
    st.sampled_from(STREAMS),
    st.sampled_from(AGO),
    st.integers(1, 3),
    st.sampled_from(["a.example", "b.example", "gmail.com"]),
)
# The first few writes and the first few reads, as there are many more reads.
happenings = st.dictionaries(
    st.tuples(st.sampled_from(["write", "write", "write", "read"]), st.integers(0, 5)),
    st.sampled_from([*FAULTS, *MEANWHILE, "the clock jumps"]),
    max_size=6,
)


# How far ahead a process's clock is: mostly not at all, often a little. Far, AWS takes no call of it.
NEAR = [MINUTE * 4, -MINUTE * 4, MINUTE * 14, -MINUTE * 14]
FAR = [HOUR * 3, -HOUR * 3, DAY * 2, -DAY * 2]
clocks = st.sampled_from([ON_TIME] * 6 + NEAR + FAR)
# Of folding and rolling up, so small that two streams cross them.
THRESHOLDS = {
    (volume_fold, "FEWEST"): [1, 2, volume_fold.FEWEST],
    (volume_fold, "LARGEST"): [1, 100, volume_fold.LARGEST],
    (volume_fold, "MOST_ITEMS"): [4, volume_fold.MOST_ITEMS],
    (volume_fold, "MOST_CARRIED"): [60, volume_fold.MOST_CARRIED],
    (volume_log, "MOST_ENTRIES"): [1, volume_log.MOST_ENTRIES],
    (carried, "PART_BYTES"): [20, carried.PART_BYTES],
    (fold_writes, "AT_ONCE"): [1, fold_writes.AT_ONCE],
    (fold_writes, "SMALL"): [40, fold_writes.SMALL],
    (counts, "WORTH_ROLLING_UP"): [1, counts.WORTH_ROLLING_UP],
    (counts, "MOST_HOURS_AT_ONCE"): [1, counts.MOST_HOURS_AT_ONCE],
}


class ExactlyOnce(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.rig = Rig()
        self.clocks = set()
        self.patch = pytest.MonkeyPatch()

    @initialize(data=st.data())
    def thresholds_are_small_enough_to_be_crossed(self, data):
        for (module, name), values in THRESHOLDS.items():
            self.patch.setattr(module, name, data.draw(st.sampled_from(values), label=name))

    @rule(news=st.lists(things, min_size=1, max_size=5))
    def mail_is_sent_and_things_become_of_it(self, news):
        for kind, stream, ago, count, domain in news:
            self.rig.publish(kind, stream, (self.rig.now if ago <= HOUR else NOW) - ago, count, domain)

    @precondition(lambda self: self.rig.events)
    @rule(data=st.data())
    def something_is_delivered_again(self, data):
        self.rig.queue.append(data.draw(st.sampled_from(self.rig.events)))

    @rule(by=st.sampled_from([MINUTE, MINUTE * 4, MINUTE * 14, MINUTE * 31, HOUR * 7, DAY, DAY * 4]))
    def time_goes_by(self, by):
        self.rig.now += by

    @precondition(lambda self: self.rig.queue)
    @rule(data=st.data(), share=st.integers(1, 100), mine=happenings, theirs=happenings, ahead=clocks)
    def a_batch_is_taken(self, data, share, mine, theirs, ahead):
        rig = self.rig
        shuffled = data.draw(st.permutations(rig.queue))
        cut = max(1, len(shuffled) * share // 100)
        meanwhile = {
            "an ingest": lambda: rig.ingest(shuffled[cut:], Client(rig.store, theirs)),
            "a reader": lambda: rig.read(STREAMS[0], Client(rig.store, theirs)),
            "a fold": lambda: rig.fold(Client(rig.store, theirs)),
        }
        self.clocks.add(ahead)
        rig.ingest(shuffled[:cut], Client(rig.store, mine, meanwhile, ahead))

    @rule(stream=st.sampled_from(STREAMS), mine=happenings, ahead=clocks)
    def a_stream_is_weighed(self, stream, mine, ahead):
        rig = self.rig
        meanwhile = {
            "an ingest": lambda: rig.ingest(list(rig.queue), Client(rig.store)),
            "a reader": lambda: rig.read(stream, Client(rig.store)),
            "a fold": lambda: rig.fold(Client(rig.store)),
        }
        rig.read(stream, Client(rig.store, mine, meanwhile, ahead))

    @rule(mine=happenings, ahead=clocks, lots=st.sampled_from([0, 1, 2, 1_000]))
    def volume_is_folded(self, mine, ahead, lots):
        rig = self.rig
        meanwhile = {
            "an ingest": lambda: rig.ingest(list(rig.queue), Client(rig.store)),
            "a reader": lambda: rig.read(STREAMS[0], Client(rig.store)),
            "a fold": lambda: rig.fold(Client(rig.store)),
        }
        self.clocks.add(ahead)
        # Of a fold also the time may be far off that it was told before its clock was put right.
        rig.fold(Client(rig.store, mine, meanwhile), rig.now + ahead, lots)

    def teardown(self):
        try:
            self.rig.check(late=not self.clocks <= {ON_TIME})
        finally:
            self.patch.undo()


ExactlyOnce.TestCase.settings = settings(
    max_examples=examples(150),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestExactlyOnce = ExactlyOnce.TestCase
