"""What a stream's mail makes the guard do, from its counts alone: a model; ``bench/bill.py`` holds it to counted calls.

It takes the dearest case that counts allow: each mail has one recipient and an event of its own over SNS, and is sent
evenly through the month, so that hardly two events of a stream meet in a batch and each costs a write. Sent in
campaigns the same mail makes fewer writes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

from sesguard.costs.sqs_model import ReceivePace

# Bytes: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
WRITE_UNIT, READ_UNIT = 1_024, 4_096
_NUMBER: Final = 4  # of a number: ours take no more
_KEY: Final = len("streamcohortv#2026-11-21T18expires") + _NUMBER + len("123456789012/eu-central-1/tenant-name-news")
_VOLUME: Final = _KEY + len("s") + _NUMBER
_MINUTE: Final = len("s00") + _NUMBER
_OUTCOMES: Final = _KEY + len("x#5.1.1w") + 2 * _NUMBER
_BOUNCE: Final = len("b00#mail000.example.com") + _NUMBER
_DAY: Final = _KEY + len("clump10/200seenvolumebouncesforgivencomplaints") + 5 * _NUMBER
_MARKER: Final = 32 + len("id") + len("expires") + _NUMBER
_OVERHEAD: Final = 100  # bytes of storage that an item is billed beside its attributes

_RECENT_HOURS: Final = 84  # that a weighing reads: three days and half of this one
_SETTLED_DAYS: Final = 28
_IN_TRANSACTION: Final = 2
_QUERIES: Final = 4  # of a weighing, beside the stream's state

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
    volume_writes = pace.batches_with(events - counts.bad)
    weighed = pace.batches_with(counts.bad)
    settled = days * -math.expm1(-weighed / days)
    calls = volume_writes + weighed * (_QUERIES + 2) + settled  # beside its queries, a state and a transaction
    seconds = batches * ANSWER + calls * (CALL / CORE + ANSWER / AT_ONCE) + events * EVENT / CORE
    return Usage(
        published=events,
        queue_requests=events * (1 + pace.receives_an_event) + batches * pace.deletes_a_batch,
        invocations=batches,
        gigabyte_seconds=seconds * GIGABYTES,
        volume_writes=volume_writes,
        outcome_writes=_IN_TRANSACTION * (counts.bad + weighed * _mean_units(bad)),
        settled_writes=settled,
        reads=weighed * _reads_a_weighing(mails, bad),
        byte_days=_bytes(counts, mails, bad, hours, settled) * kept_days,
    )


def _mean_units(bad: float) -> float:
    """Write units of an hour's outcomes: its item grows with each of ``bad`` names that join it."""
    names = max(1, round(bad))
    fitting = max(1, (WRITE_UNIT - _OUTCOMES) // _BOUNCE)
    if names <= fitting:
        return 1.0
    # Between the first unit and the last the item is of each size for equally long.
    last = (_OUTCOMES + names * _BOUNCE) / WRITE_UNIT
    return (fitting + (names - fitting) * (1 + last + 1) / 2) / names


def _reads_a_weighing(mails: float, bad: float) -> float:
    """Read units: the stream's state, its settled days, the last hours' volume and outcomes, the last minutes."""
    volume = _RECENT_HOURS * _volume_bytes(mails)
    outcomes = _RECENT_HOURS * _outcome_bytes(bad)
    settled = _SETTLED_DAYS * _DAY
    return 1 + _units(settled) + _units(volume) + _units(outcomes) + 1


def _units(size: float) -> float:
    """Of one query, on average over sizes near this one."""
    return max(1.0, size / READ_UNIT + 0.5)


def _volume_bytes(mails: float) -> float:
    """Of an hour, in which each minute with any of ``mails`` by chance has an attribute."""
    return _some(mails) * _VOLUME + 60 * _some(mails / 60) * _MINUTE


def _outcome_bytes(bad: float) -> float:
    return _some(bad) * _OUTCOMES + bad * _BOUNCE


def _some(mean: float) -> float:
    """The chance of any, of what comes by chance."""
    return -math.expm1(-mean)


def _bytes(counts: MailCounts, mails: float, bad: float, hours: float, settled: float) -> float:
    volume = _volume_bytes(mails) + _some(mails) * _OVERHEAD
    outcomes = _outcome_bytes(bad) + _some(bad) * _OVERHEAD
    return hours * (volume + outcomes) + counts.bad * (_MARKER + _OVERHEAD) + settled * (_DAY + _OVERHEAD)
