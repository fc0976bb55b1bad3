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
_NUMBER: Final = 4  # of a number: ours take no more
_STREAM: Final = len("123456789012/eu-central-1/tenant-name-news")
_KEY: Final = len("streamcohortv#2026-11-21T18expires") + _NUMBER + _STREAM
_VOLUME: Final = _KEY + len("sfolded") + 2 * _NUMBER
_MINUTE: Final = len("s00") + _NUMBER
_OUTCOMES: Final = _KEY + _MINUTE
_NAMED: Final = _KEY + len("b00#mail000.example.comx#5.1.1w") + 3 * _NUMBER
_NAME: Final = len("b00#mail000.example.com") + _NUMBER
_ROLLUP: Final = _KEY + len("seenvolumebouncesforgivencomplaintspublishedsampledreporting") + 8 * _NUMBER
_DAY: Final = _ROLLUP + len("clump10/200")
_MARKER: Final = 32 + len("idset") + len("expires") + _NUMBER + len("tenant-name-news")
_OVERHEAD: Final = 100  # bytes of storage that an item is billed beside its attributes

# As the log of volume lies and is folded: sesguard/aws/counts/volume_log.py and volume_fold.py.
_LOGGED: Final = len("123456789012/eu-central-1/" + "streamcohortw#1764172800123#9f86d081vexpires") + _NUMBER + 10
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

_BY_MINUTE_HOURS: Final = 2.5  # that a weighing reads by the minute: two, and half of this one
_ROLLED_HOURS: Final = 81.5  # until three days and a half are full
_WORTH_ROLLING_UP: Final = 1_600  # numbers in those hours: sesguard/aws/counts/counts.py
_SETTLED_DAYS: Final = 28
_IN_TRANSACTION: Final = 2
_BESIDE: Final = 2  # outcomes of an hour whose names lie beside the counts: sesguard/aws/counts/outcome_writes.py
_QUERIES: Final = 6  # of a weighing, beside the stream's state: the log, minutes, hours, days

# How long an invocation takes on 256 MB, a seventh of a core: botocore takes 0.35 ms a call and ingest 0.01 ms an event
# (bench/ingest.py), AWS answers in about 5 ms, 16 calls at once. An ordinary batch logs nothing.
CALL, EVENT, ANSWER, AT_ONCE = 0.35e-3, 0.01e-3, 5e-3, 16
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
    item = _LOGGED + pace.events_a_batch * _LOGGED_EVENT
    logged = (events - counts.bad) / pace.events_a_batch * _units(item, WRITE_UNIT)
    carried = counts.volume * _FEWEST <= pace.events and _is_small(mails)
    folds = (_carried_until(pace) if carried else _folds(pace)) * days
    folded = folds * _some((events - counts.bad) / folds)
    volume_item = _block_bytes(mails) if carried else _volume_bytes(mails) / 2
    carrying = folded * _carried_bytes(mails) / WRITE_UNIT if carried else 0.0
    weighed = pace.batches_with(counts.bad)
    names = _apart(bad) * _units(_names_bytes(bad) / 2, WRITE_UNIT)
    rollups = days * _some(weighed / days) * (1 + _rolled_up(mails, bad))
    # Beside its queries a weighing makes a state and a transaction. Folding is the sweep's.
    calls = batches + weighed * (_QUERIES + 2) + rollups
    seconds = batches * ANSWER + calls * (CALL / CORE + ANSWER / AT_ONCE) + events * EVENT / CORE
    seconds += folded * (CALL / CORE + ANSWER / AT_ONCE)
    return Usage(
        published=events,
        queue_requests=events * (1 + pace.receives_an_event) + batches * pace.deletes_a_batch,
        invocations=batches,
        gigabyte_seconds=seconds * GIGABYTES,
        volume_writes=logged + folded * _units(volume_item, WRITE_UNIT) + carrying,
        outcome_writes=_IN_TRANSACTION * (counts.bad + weighed * (1 + names)),
        settled_writes=rollups,
        reads=weighed * _reads_a_weighing(mails, bad, pace),
        byte_days=_bytes(counts, mails, bad, hours, blocks=carried) * kept_days,
    )


def _folds(pace: ReceivePace) -> float:
    """How often a day the log is folded: each half hour, or when it has grown large."""
    a_day = pace.rate * pace.pollers * 86_400 * _LOGGED_EVENT
    return max(_FOLDS_A_DAY, a_day / _LARGEST_LOG)


def _carried_until(pace: ReceivePace) -> float:
    """How often a day what is carried is added: at the end of each block of hours, or when it is much."""
    a_day = pace.rate * pace.pollers * 86_400 * _CARRIED_CHARACTERS
    return max(24 / _BLOCK_HOURS, a_day / _MOST_CARRIED)


def _rolled_up(mails: float, bad: float) -> float:
    """Hours of a day that are rolled up of a stream that is weighed: none where they have few numbers."""
    numbers = _ROLLED_HOURS * (60 * (_some(mails / 60) + _some(bad / 60)) + 4 * _some(mails))
    return 24.0 if numbers >= _WORTH_ROLLING_UP else 0.0


def _reads_a_weighing(mails: float, bad: float, pace: ReceivePace) -> float:
    """Read units: the stream's state, the log, the last hours by the minute, rolled-up hours and days."""
    minutes = _volume_bytes(mails), _outcome_bytes(bad)
    if _rolled_up(mails, bad):
        older = _units(_ROLLED_HOURS * _ROLLUP, READ_UNIT)
    else:
        older = 1 + sum(_units(_ROLLED_HOURS * each, READ_UNIT) for each in minutes)
    recent = sum(_units(_BY_MINUTE_HOURS * each, READ_UNIT) for each in minutes)
    batches = pace.rate * pace.pollers / pace.events_a_batch * _READ_AGAIN
    log = _units(batches * (_LOGGED + pace.events_a_batch * _LOGGED_EVENT), READ_UNIT)
    return 1 + log + recent + older + _units(_SETTLED_DAYS * _DAY, READ_UNIT)


def _units(size: float, unit: int) -> float:
    """Of one call, on average over sizes near this one."""
    return max(1.0, size / unit + 0.5) if size > unit / 2 else 1.0


def _volume_bytes(mails: float) -> float:
    """Of an hour, in which each minute with any of ``mails`` by chance has an attribute."""
    return _some(mails) * _VOLUME + 60 * _some(mails / 60) * _MINUTE


def _is_small(mails: float) -> bool:
    """Whether what a stream sends in a block of hours is carried until that is over, where many are like it."""
    return _BLOCK_HOURS * 60 * _some(mails / 60) < _SMALL


def _block_bytes(mails: float) -> float:
    """Of a block of hours, as it is written once."""
    minutes, totals = 60 * _some(mails / 60) * (_MINUTE + _IN_BLOCK), _some(mails) * (len("k3s") + _NUMBER)
    return _some(mails * _BLOCK_HOURS) * _VOLUME + _BLOCK_HOURS * (minutes + totals)


def _carried_bytes(mails: float) -> float:
    """Of a stream's volume in all folds of a block but the last, each of which carries what there is by then."""
    folds = _FOLDS_A_DAY * _BLOCK_HOURS // 24 - 1
    entries = _BLOCK_HOURS * 60 * _some(mails / 60)
    return _COMPRESSED * folds * (len("tenant-name-news") + entries * _CARRIED_ENTRY / 2)


def _outcome_bytes(bad: float) -> float:
    return _some(bad) * _OUTCOMES + 60 * _some(bad / 60) * _MINUTE


def _apart(bad: float) -> float:
    """The share of outcomes whose names are written apart, where an hour has ``bad`` of them by chance."""
    if not bad:
        return 0.0
    chances = [math.exp(-bad) * bad**count / math.factorial(count) for count in range(_BESIDE)]
    few = sum(count * chance for count, chance in enumerate(chances))
    return max(0.0, 1 - (few + _BESIDE * (1 - sum(chances))) / bad)


def _names_bytes(bad: float) -> float:
    """Of the names of a slot of ten minutes."""
    return _NAMED + max(0.0, bad / 6 - 1) * _NAME


def _some(mean: float) -> float:
    """The chance of any, of what comes by chance."""
    return -math.expm1(-mean)


def _bytes(counts: MailCounts, mails: float, bad: float, hours: float, *, blocks: bool) -> float:
    volume = _volume_bytes(mails) + _some(mails) * _OVERHEAD
    if blocks:
        volume = (_block_bytes(mails) + _some(mails * _BLOCK_HOURS) * _OVERHEAD) / _BLOCK_HOURS
    outcomes = _outcome_bytes(bad) + _some(bad) * _OVERHEAD
    names = 6 * _some(bad / 6) * (_NAMED + _OVERHEAD) + bad * _NAME
    rollups = (_ROLLUP + _OVERHEAD) * (_rolled_up(mails, bad) + 1) * hours / 24
    return hours * (volume + outcomes + names) + counts.bad * (_MARKER + _OVERHEAD) + rollups
