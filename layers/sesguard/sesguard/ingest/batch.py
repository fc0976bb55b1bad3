"""Take a batch of SES events: count them, weigh the streams that had a bounce or complaint, trip what is to be paused.

A batch is taken as a whole, not record by record, because a stream's counts are written once a batch. What fails, fails
for the messages that it rests on alone, and they come again; bounces and complaints count once all the same.
A duplicate is weighed again too: the batch that counted it may have died before it could trip the alarm.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from sesguard.detection.causes import Cause, family_of
from sesguard.errors import AwsError, RecordError, code_of
from sesguard.ingest.evaluate import Evaluator, Looked, evaluate
from sesguard.ingest.plain_volume import tally_plain
from sesguard.ingest.ports import CountsWriter, SendersStore, TenantNotes
from sesguard.ingest.senders import attribute
from sesguard.ingest.tally import Tally
from sesguard.pausing.ports import Parallel
from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import read
from sesguard.ses_events.observation import CountsFor, Ignored, Observation, Rejected
from sesguard.ses_events.reasons import REPORTED, Why
from sesguard.stream import StreamId

_log = logging.getLogger(__name__)

_VOLUME = CountsFor.VOLUME

MOST_NOTES = 20
"""Lines of a batch's log that tell of single messages; the counts tell of all."""

_AHEAD = 60  # minutes by which SES's clock may be ahead; mail sent later than that has not been sent
# Seconds of the function's time that are kept for what comes after: a call may take that long before it fails.
_TO_WEIGH, _TO_REPORT = 24.0, 14.0


@dataclass(slots=True)
class Batch:
    """What became of a batch.

    failed: numbers of the messages that are to come again, with why. ignored, rejected: messages by reason. unknown:
    events of a kind's subtype that the guard does not know, by kind.
    notes: some of them, with what exactly was seen: reason and detail, nothing personal.
    unattributed: recipients of mail that named no configuration set. framed: outcomes of mail that was sent from
    another tenant's identity, by stream and identity. deferred: recipients whose mail was deferred as not
    authenticated, by stream. looked: the streams that were weighed.
    """

    events: int = 0
    failed: dict[int, str] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    notes: list[tuple[str, str]] = field(default_factory=list)
    unattributed: int = 0
    framed: Counter[tuple[StreamId, str]] = field(default_factory=Counter)
    deferred: Counter[StreamId] = field(default_factory=Counter)
    looked: list[Looked] = field(default_factory=list)

    def note(self, reason: str, detail: str) -> None:
        if len(self.notes) < MOST_NOTES:
            self.notes.append((reason, detail))


def ingest(
    bodies: Sequence[str],
    context: Context,
    writer: CountsWriter,
    guard: Evaluator,
    now: datetime,
    left: Callable[[], float],
    senders: SendersStore | None = None,
    tenants: TenantNotes | None = None,
) -> Batch:
    """Take the bodies of a batch's messages. ``left`` gives the seconds until the function is stopped.

    Raises nothing for what a message may hold or a call may answer: ``Batch.failed`` names the messages to send again.
    """
    batch = Batch()
    latest = int(now.timestamp()) // 60 + _AHEAD
    drills = _Drills(guard)
    reading = msgspec.structs.replace(context, latest_minute=latest)
    tally = _read(bodies, reading, batch, _Attributing(senders, now), drills)
    batch.unattributed = tally.unattributed()
    urgent, rest = tally.parts()
    # First what a pause may hang on, then the volume of everybody else.
    unwritten = writer.add(urgent, now, lambda: left() > _TO_WEIGH)
    wanting = {part.stream for part in unwritten}
    bad = {stream: messages for stream, messages in tally.bad_streams().items() if stream.attributed}
    # Without its volume a stream would look worse than it is: it is weighed when its messages come again.
    ready = sorted(stream for stream in bad if stream not in wanting)
    batch.looked = evaluate(guard, ready, now, lambda: left() > _TO_REPORT)
    unwritten += writer.add(rest, now, lambda: left() > _TO_REPORT)
    for part in unwritten:
        batch.failed.update(dict.fromkeys(part.messages, part.code))
    for stream in wanting & bad.keys():
        batch.failed.update(dict.fromkeys(bad[stream], "NotWeighed"))
    for looked in batch.looked:
        if looked.failed:
            batch.failed.update(dict.fromkeys(bad[looked.stream], looked.failed))
    if tenants is not None:
        _note_tenants(tenants, senders, guard.parallel, batch, tally, now)
    return batch


def _note_tenants(
    tenants: TenantNotes,
    senders: SendersStore | None,
    parallel: Parallel,
    batch: Batch,
    tally: Tally,
    now: datetime,
) -> None:
    """Note what came in of each tenant's streams. What time heals comes again; the streams are weighed in any case."""
    by_tenant: dict[tuple[StreamId, str], set[StreamId]] = {}
    for looked in batch.looked:
        if looked.tenant and not looked.failed:
            home = looked.stream._replace(configuration_set="")
            by_tenant.setdefault((home, looked.tenant), set()).add(looked.stream)
    by_tenant = _of_several_streams(by_tenant, senders, now)
    bad = tally.bad_streams() if by_tenant else {}

    def note(each: tuple[StreamId, str]) -> None:
        streams = by_tenant[each]
        try:
            tenants.note(*each, *tally.outcomes_of(streams), now)
        except AwsError as error:
            _log.warning("tenant %s not noted: %s", each[1], error)
            if error.retryable:
                for stream in streams:
                    batch.failed.update(dict.fromkeys(bad[stream], error.code))
        except Exception:  # its streams are weighed one by one all the same
            _log.exception("tenant %s not noted", each[1])

    parallel.each(note, list(by_tenant))


def _of_several_streams(
    by_tenant: dict[tuple[StreamId, str], set[StreamId]], senders: SendersStore | None, now: datetime
) -> dict[tuple[StreamId, str], set[StreamId]]:
    """Leave out tenants of whom the registry knows one configuration set: nothing is to be weighed together."""
    if senders is None:
        return by_tenant
    sets: dict[StreamId, Counter[str]] = {}
    for home in {home for home, _ in by_tenant}:
        try:
            sets[home] = Counter(senders.load(home, now).sets.values())
        except Exception as error:  # then all are noted
            _log.warning("senders of %s not read: %r", home, error)
            sets[home] = Counter()
    return {(home, tenant): streams for (home, tenant), streams in by_tenant.items() if sets[home][tenant] != 1}


class _Attributing:
    """Says whose outcomes are. senders: None where nothing is known of identities."""

    def __init__(self, senders: SendersStore | None, now: datetime) -> None:
        self._senders = senders
        self._now = now

    def __call__(self, seen: Observation) -> Observation:
        """The outcome as it is to be counted. Raises AwsError."""
        if self._senders is None:
            return seen
        return attribute(seen, self._senders.load(seen.stream._replace(configuration_set=""), self._now))


class _Drills:
    """Says of which streams mail to the mailbox simulator counts, by their policies: each is looked up once a batch."""

    def __init__(self, guard: Evaluator) -> None:
        self._guard = guard
        self._known: dict[StreamId, bool] = {}

    def __call__(self, stream: StreamId) -> bool:
        """Whether it does. Raises AwsError."""
        if stream not in self._known:
            try:
                counts = stream.attributed and self._guard.streams.load(stream).policy.count_simulator
            except RecordError:  # the evaluation tells of it
                counts = False
            self._known[stream] = counts
        return self._known[stream]


def _read(bodies: Sequence[str], context: Context, batch: Batch, attributing: _Attributing, drills: _Drills) -> Tally:
    batch.events = len(bodies)
    tally = Tally()
    others = tally_plain(bodies, context, tally)
    # All are read before any is counted: two short loops find what they need in the processor's caches, one does not.
    for number, reading in zip(others, [read(bodies[number], context) for number in others], strict=True):
        if not isinstance(reading, Observation):
            _set_aside(number, reading, batch)
            continue
        if reading.why is Why.SIMULATOR:
            try:
                reading = _of_drill(reading, bodies[number], context, drills)
            except Exception as error:
                _fail(batch, number, error)
                continue
        if reading.counts_for is _VOLUME:
            tally.add(reading, number)
        else:
            _add_outcome(reading, number, tally, batch, attributing)
    return tally


def _of_drill(seen: Observation, body: str, context: Context, drills: _Drills) -> Observation:
    """What an event of simulated mail says: read again where the stream is a drill's. Raises AwsError."""
    if not drills(seen.stream):
        return seen
    again = read(body, msgspec.structs.replace(context, count_simulator=True))
    return again if isinstance(again, Observation) else seen


def _add_outcome(seen: Observation, number: int, tally: Tally, batch: Batch, attributing: _Attributing) -> None:
    if seen.why in REPORTED:
        batch.unknown[seen.kind] += 1
        batch.note(seen.kind, seen.why)
    refused = _refused_as_not_authenticated(seen) if seen.counts_for is CountsFor.NOTHING else 0
    if seen.counts_for is CountsFor.NOTHING and not refused:
        return
    try:
        seen = attributing(seen)
    except Exception as error:
        if not refused:  # what weighs nothing need not come again
            _fail(batch, number, error)
        return
    if refused:
        if not seen.foreign and seen.stream.attributed:
            batch.deferred[seen.stream] += refused
        return
    if seen.foreign:
        batch.framed[seen.stream, seen.source] += seen.count
    tally.add(seen, number)


def _fail(batch: Batch, number: int, error: Exception) -> None:
    """Let one message come again, whatever kept it from being counted, and no other."""
    if not isinstance(error, AwsError):
        _log.error("message %d", number, exc_info=error)
    batch.failed[number] = code_of(error)


def _refused_as_not_authenticated(seen: Observation) -> int:
    return sum(count for code, count in seen.codes if family_of(code) is Cause.AUTHENTICATION)


def _set_aside(number: int, reading: Ignored | Rejected, batch: Batch) -> None:
    batch.note(reading.reason, reading.detail)
    if isinstance(reading, Ignored):
        batch.ignored[reading.reason] += 1
    else:
        batch.rejected[reading.reason] += 1
        # Comes again in vain, and so ends where somebody can look at it: among the dead letters.
        batch.failed[number] = reading.reason


def failures(batch: Batch, records: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, str]]]:
    """The answer that Lambda expects, by the ids of the batch's ``records``.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
    """
    return {"batchItemFailures": [{"itemIdentifier": records[number]["messageId"]} for number in sorted(batch.failed)]}
