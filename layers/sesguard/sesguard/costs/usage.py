"""What a stream's mail makes the guard do, from its counts alone: a model; ``bench/bill.py`` holds it to counted calls.

It takes the dearest case that counts allow: each mail has one recipient and an event of its own over SNS, and is sent
evenly through the month, so that each half hour has some of nearly every stream and hardly two events of one meet in a
batch. Sent in campaigns the same mail makes fewer writes. Whether a stream is one of many, whose volume is carried from
fold to fold, is told by its share of the account's events.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

from sesguard.costs.sqs_model import ReceivePace

# Bytes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
WRITE_UNIT, READ_UNIT = 1_024, 4_096
_NUMBER, _EXPIRES = 2, 5  # of a number: of most counts; of a time
_STREAM: Final = len("123456789012/eu-central-1/tenant-name-news")
_KEY: Final = len("streamcohortv#2026-11-21T18expires") + _EXPIRES + _STREAM
_VOLUME: Final = _KEY + len("folded") + _NUMBER
_TOTAL: Final = len("s") + 2 * _NUMBER
_MINUTE: Final = len("s00") + _NUMBER
_OUTCOMES: Final = _KEY + len("x#5.1.1") + _NUMBER
_OUTCOME: Final = len("b00#") + _NUMBER
_DOMAIN: Final = len("mail000.example.com")
_NAMED: Final = _KEY + len("x#5.1.1w") + 2 * _NUMBER
_ROLLUP: Final = _KEY + len("seenvolumebouncesforgivencomplaintspublishedsampledreporting") + 8 * _NUMBER
_DAY: Final = _ROLLUP + len("clump10/200")
_MARKER: Final = 32 + len("idset") + len("expires") + _EXPIRES + len("tenant-name-news")
_OVERHEAD: Final = 100  # bytes of storage that an item is billed beside its attributes
_OWN_DOMAINS: Final = 0.6
"""Share of the mail that goes to domains of which there are many; the rest goes to a few that serve the public."""

# As the log of volume lies and is folded: sesguard/aws/counts/volume_log.py and volume_fold.py.
_LOGGED: Final = len("123456789012/eu-central-1/" + "streamcohortw#1764172800123#9f86d081vmexpires") + _EXPIRES + 10
_LOGGED_EVENT: Final = len("tenant-name-news") + 3
_FOLDS_A_DAY: Final = 48
_BLOCK_HOURS: Final = 6
_IN_BLOCK: Final = len("k3")  # more of an attribute's name
_SMALL: Final = 3_000 // len("k3s00 :fff, ")  # minutes of a block of hours, up to which they are carried
_FEWEST: Final = 64  # streams
_CARRIED_CHARACTERS, _MOST_CARRIED = 12, 6_000_000  # of an event, of all
_CARRIED_ENTRY: Final = 4
_COMPRESSED: Final = 0.31  # of what is carried: measured, with names of sets that are much alike
_LARGEST_LOG: Final = 1_000_000
_READ_AGAIN: Final = 20.0  # seconds of the log that each weighing reads, beside what came since the last
_LISTED: Final = 15
"""Bytes of an item of the log in what a fold says it takes: its key, compressed, and in half of all folds once more."""
_LOG_READ: Final = 3.5  # times by the sweep: how much there is, what is new or late, what is taken
_MINUTES_A_DAY: Final = 1_440  # in each of which the sweep reads what the last fold took
_CARRIED_READ: Final = 2.0
"""Read units for each unit written of what is carried: four processes read it, with what the last but one carried."""

# One Send event in so many is in the sample: see ses_events/observe.py and ingest/sender_sample.py.
_SAMPLED, _SENDERS_SAMPLED = 16, 128
_SAMPLE: Final = 3 * (len("tenant-name-news") + len("p3google") + 1)  # bytes more of the log
_SAMPLE_IN_HOUR: Final = len("p3google") + _NUMBER
_TAKEN: Final = 1 / 4  # writes of what a domain took, for each mail in the sample: sesguard/aws/counts/taken_marks.py

_BY_MINUTE_HOURS: Final = 2.5  # that a weighing reads by the minute: two, and half of this one
_ROLLED_HOURS: Final = 81.5  # until three days and a half are full
_WORTH_ROLLING_UP: Final = 1_600  # numbers in those hours: sesguard/aws/counts/counts.py
_AT_ONCE: Final = 24.0  # hours that are rolled up, the newest
_SETTLED_DAYS: Final = 28
_IN_TRANSACTION: Final = 2
_BESIDE: Final = 2  # outcomes of an hour whose names lie beside the counts: sesguard/aws/counts/outcome_writes.py
_QUERIES: Final = 5  # of a weighing, beside the stream's state: the log, two of minutes, hours, days

# How long an invocation takes on 256 MB, a seventh of a core: botocore takes 0.35 ms a call, ingest 0.01 ms an event
# (bench/ingest.py) and a look 3 ms beside its calls (bench/look.py); AWS answers in about 5 ms, 16 calls at once. An
# ordinary batch logs nothing.
CALL, EVENT, LOOK, ANSWER, AT_ONCE = 0.35e-3, 0.01e-3, 3e-3, 5e-3, 16
GIGABYTES, CORE = 0.25, 256 / 1_769  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html


class MailCounts(NamedTuple):
    """Of a stream or a tenant in some time: recipients sent to, hard bounces, complaints. Whole, but where a mean."""

    volume: float = 0
    bounces: float = 0
    complaints: float = 0

    @property
    def bad(self) -> float:
        return self.bounces + self.complaints

    def events(self, *, deliveries: bool = False) -> float:
        """That SES publishes, at most. deliveries: published beside the Send events."""
        return self.volume + self.bad + (max(0, self.volume - self.bounces) if deliveries else 0)

    def plus(self, other: MailCounts) -> MailCounts:
        return MailCounts(*(a + b for a, b in zip(self, other, strict=True)))


def total(counts: Iterable[MailCounts]) -> MailCounts:
    """All of them together."""
    return MailCounts(*map(sum, zip(*counts, strict=True)))


@dataclass(frozen=True, slots=True)
class Usage:
    """What AWS bills: requests, GB-seconds, units, and byte-days stored."""

    published: float = 0.0
    queue_requests: float = 0.0
    invocations: float = 0.0
    gigabyte_seconds: float = 0.0
    volume_writes: float = 0.0
    outcome_writes: float = 0.0
    settled_writes: float = 0.0
    reads: float = 0.0
    byte_days: float = 0.0

    def plus(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def usage(counts: MailCounts, pace: ReceivePace, days: float, kept_days: int, *, deliveries: bool = False) -> Usage:
    """What a stream with these ``counts`` in ``days`` makes the guard do, whose queue is worked at ``pace``.

    deliveries: it publishes them beside its Send events.
    """
    events = counts.events(deliveries=deliveries)
    if not events:
        return Usage()
    batches = events / pace.events_a_batch
    hours = days * 24
    mails, bad = counts.volume / hours, counts.bad / hours
    weighed = pace.batches_with(counts.bad)
    logged = _logged(counts.bad, events, weighed, pace)
    log_item = _LOGGED + pace.events_a_batch * (_LOGGED_EVENT + counts.volume / events / _SAMPLED * _SAMPLE)
    carried = counts.volume * _FEWEST <= pace.events and _is_small(mails)
    folds = (_carried_until(pace) if carried else _folds(pace)) * days
    folded = folds * _some((events - counts.bad) / folds)
    volume_item = _block_bytes(mails) if carried else _volume_bytes(mails) / 2
    carrying = folded * _carried_bytes(mails) / WRITE_UNIT if carried else 0.0
    listed = logged * _LISTED * _MINUTES_A_DAY / _FOLDS_A_DAY
    folding_reads = (listed + _LOG_READ * logged * log_item) / READ_UNIT + _CARRIED_READ * carrying
    sampled = counts.volume * (_OWN_DOMAINS * _TAKEN / _SAMPLED + 1 / _SENDERS_SAMPLED)
    names = _apart(bad) * _units(_names_bytes(bad) / 2, WRITE_UNIT)
    rolled = _rolled_up(mails, bad, carried=carried)
    settled = days * _some((mails + bad) * 24) * _some(_SETTLED_DAYS * weighed / days)
    rollups = settled * (1 + rolled.hours_a_day)
    # Beside its queries a weighing makes a state and a transaction. Folding is the sweep's.
    calls = batches + weighed * (_QUERIES + 2) + rollups + counts.volume / _SENDERS_SAMPLED
    seconds = batches * ANSWER + calls * (CALL / CORE + ANSWER / AT_ONCE)
    seconds += (events * EVENT + weighed * LOOK) / CORE
    return Usage(
        published=events,
        queue_requests=events * (1 + pace.receives_an_event) + batches * pace.deletes_a_batch,
        invocations=batches,
        gigabyte_seconds=seconds * GIGABYTES,
        volume_writes=logged * (_units(log_item, WRITE_UNIT) + _LISTED / WRITE_UNIT)
        + folded * _units(volume_item, WRITE_UNIT)
        + carrying
        + sampled,
        outcome_writes=_IN_TRANSACTION * (counts.bad + weighed * (1 + names)),
        settled_writes=rollups,
        reads=weighed * _reads_a_weighing(mails, bad, rolled, log_item, pace, carried=carried)
        + settled * _reads_to_settle(mails, bad, carried=carried)
        + folding_reads,
        byte_days=_bytes(counts, hours, rollups, carried=carried) * kept_days,
    )


def _logged(bad: float, events: float, weighed: float, pace: ReceivePace) -> float:
    """A stream's share of the log's items: one of each batch that has any volume.

    Two, where what is weighed has volume in the batch and others have, too: that is written first.
    """
    share, later = events / pace.events, pace.events_a_batch - 1
    all_bad = bad / events * math.exp(-later * (1 - bad / events))
    first = weighed * _some(later * share) * _some(later * (1 - share))
    return events / pace.events_a_batch * (1 - all_bad) + first


def _folds(pace: ReceivePace) -> float:
    """How often a day the log is folded: each half hour, or when it has grown large."""
    a_day = pace.rate * pace.pollers * 86_400 * _LOGGED_EVENT
    return max(_FOLDS_A_DAY, a_day / _LARGEST_LOG)


def _carried_until(pace: ReceivePace) -> float:
    """How often a day what is carried is added: at the end of each block of hours, or when it is much."""
    a_day = pace.rate * pace.pollers * 86_400 * _CARRIED_CHARACTERS
    return max(24 / _BLOCK_HOURS, a_day / _MOST_CARRIED)


class _RolledUp(NamedTuple):
    """How hours are rolled up of a stream that is weighed. missing: those that are read by the minute, on average.

    runs: in how many runs of consecutive hours these lie, with the last hours.
    """

    hours_a_day: float
    missing: float
    runs: float


def _rolled_up(mails: float, bad: float, *, carried: bool) -> _RolledUp:
    """Each time there is enough to be worth it the newest hours are; older ones that are left stay until they leave."""
    enough = _WORTH_ROLLING_UP / _numbers(mails, bad, carried=carried)
    if enough >= _ROLLED_HOURS:
        return _RolledUp(0.0, _ROLLED_HOURS, 1.0)
    if enough <= _AT_ONCE:
        return _RolledUp(24.0, enough / 2, 1.0)
    # Every so many hours: those, and of each such time within what is read what was left then, are enough.
    every = _AT_ONCE * _ROLLED_HOURS / (_ROLLED_HOURS + _AT_ONCE - enough)
    left = min(1.0, every - _AT_ONCE)
    return _RolledUp(24.0 * _AT_ONCE / every, enough - _AT_ONCE / 2, 1 + left * (_ROLLED_HOURS / every - 1))


def _numbers(mails: float, bad: float, *, carried: bool) -> float:
    """Attributes of an hour's items of volume and outcomes."""
    key, outcome_key = (2 if carried else 4) + 1, 3 + 1  # with the total, and a code
    sample = 6 * 2 * _some(mails / _SAMPLED / 12) + 2 * _some(mails / _SAMPLED)
    volume = _some(mails) * key + 60 * _some(mails / 60) + sample
    return volume + _some(bad) * outcome_key + 60 * _some(bad / 60)


def _reads_a_weighing(
    mails: float, bad: float, rolled: _RolledUp, log_item: float, pace: ReceivePace, *, carried: bool
) -> float:
    """Read units: the stream's state, the log, hours by the minute, rolled-up hours and days."""
    volume = _block_bytes(mails) / _BLOCK_HOURS if carried else _volume_bytes(mails)
    by_minute = (rolled.missing + _BY_MINUTE_HOURS) / rolled.runs
    minutes = rolled.runs * sum(_units(by_minute * each, READ_UNIT) for each in (volume, _outcome_bytes(bad)))
    rolled_up = _units((_ROLLED_HOURS - rolled.missing) * _ROLLUP, READ_UNIT)
    log = _units(pace.rate * pace.pollers / pace.events_a_batch * _READ_AGAIN * log_item, READ_UNIT)
    return 1 + log + minutes + rolled_up + _units(_SETTLED_DAYS * _DAY, READ_UNIT)


def _reads_to_settle(mails: float, bad: float, *, carried: bool) -> float:
    """Read units of rolling up a day: where it begins, twice, and its hours."""
    volume = _block_bytes(mails) / _BLOCK_HOURS if carried else _volume_bytes(mails)
    return 2 + sum(_units(24 * each, READ_UNIT) for each in (volume, _outcome_bytes(bad)))


def _units(size: float, unit: int) -> float:
    """Of one call, on average over sizes near this one."""
    return max(1.0, size / unit + 0.5) if size > unit / 2 else 1.0


def _volume_bytes(mails: float) -> float:
    """Of an hour, in which each minute with any of ``mails`` by chance has an attribute."""
    return _some(mails) * _VOLUME + _hour_bytes(mails, _MINUTE)


def _hour_bytes(mails: float, minute: int) -> float:
    """Of an hour's attributes: its minutes, its total, and what is in the sample, by the providers of a slot."""
    sample = 6 * 2 * _some(mails / _SAMPLED / 12) * _SAMPLE_IN_HOUR + 2 * _some(mails / _SAMPLED) * _TOTAL
    return 60 * _some(mails / 60) * minute + _some(mails) * _TOTAL + sample


def _is_small(mails: float) -> bool:
    """Whether what a stream sends in a block of hours is carried until that is over, where many are like it."""
    return _BLOCK_HOURS * 60 * _some(mails / 60) < _SMALL


def _block_bytes(mails: float) -> float:
    """Of a block of hours, as it is written once."""
    return _some(mails * _BLOCK_HOURS) * _VOLUME + _BLOCK_HOURS * _hour_bytes(mails, _MINUTE + _IN_BLOCK)


def _carried_bytes(mails: float) -> float:
    """Of a stream's volume in all folds of a block but the last, each of which carries what there is by then."""
    folds = _FOLDS_A_DAY * _BLOCK_HOURS // 24 - 1
    entries = _BLOCK_HOURS * 60 * _some(mails / 60)
    return _COMPRESSED * folds * (len("tenant-name-news") + entries * _CARRIED_ENTRY / 2)


def _outcome_bytes(bad: float) -> float:
    """Of an hour: its minutes with any, the first few of an hour with their names."""
    beside = (1 - _apart(bad)) * bad * _DOMAIN
    return _some(bad) * _OUTCOMES + 60 * _some(bad / 60) * _OUTCOME + beside


def _apart(bad: float) -> float:
    """The share of outcomes whose names are written apart, where an hour has ``bad`` of them by chance."""
    if not bad:
        return 0.0
    chances = [math.exp(-bad) * bad**count / math.factorial(count) for count in range(_BESIDE)]
    few = sum(count * chance for count, chance in enumerate(chances))
    return max(0.0, 1 - (few + _BESIDE * (1 - sum(chances))) / bad)


def _names_bytes(bad: float) -> float:
    """Of the names of a slot of ten minutes with any: of most domains one each, of the others one a minute."""
    more, others = max(0.0, bad / 6 - 1), (1 - _OWN_DOMAINS) * bad / 60
    return _NAMED + (1 + more * _OWN_DOMAINS + 10 * (_some(others) if more else 0.0)) * (_OUTCOME + _DOMAIN)


def _some(mean: float) -> float:
    """The chance of any, of what comes by chance."""
    return -math.expm1(-mean)


def _bytes(counts: MailCounts, hours: float, rollups: float, *, carried: bool) -> float:
    """That stay of some hours."""
    mails, bad = counts.volume / hours, counts.bad / hours
    volume = _volume_bytes(mails) + _some(mails) * _OVERHEAD
    if carried:
        volume = (_block_bytes(mails) + _some(mails * _BLOCK_HOURS) * _OVERHEAD) / _BLOCK_HOURS
    outcomes = _outcome_bytes(bad) + _some(bad) * _OVERHEAD
    apart = bad * _apart(bad)
    names = 6 * _some(apart / 6) * (_names_bytes(apart) + _OVERHEAD)
    return hours * (volume + outcomes + names) + counts.bad * (_MARKER + _OVERHEAD) + rollups * (_ROLLUP + _OVERHEAD)
