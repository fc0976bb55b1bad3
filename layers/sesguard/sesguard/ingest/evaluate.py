"""Weigh streams that had a bounce or complaint: publish what is at risk, trip the alarm of what is to be paused.

Pausing itself is enforce's. What is at risk goes on record first; then its alarm is made, sees the risk and is tripped,
as far as CloudWatch lets it: where the alarm reports nothing, enforce is told directly. What is saved here besides is
what a look alone changes: a warning, a recovery, since when the risk has been low.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from sesguard.detection.explain import Explanation, explain
from sesguard.detection.history import History
from sesguard.detection.look import look_at
from sesguard.detection.ports import Counts
from sesguard.detection.refused import refusing_provider
from sesguard.detection.weigh import Verdict
from sesguard.errors import AwsError, ConflictError, RecordError, log_failure
from sesguard.pausing.alarm_quota import AlarmQuota
from sesguard.pausing.decide import decide
from sesguard.pausing.decision import Action, Decision, Look
from sesguard.pausing.intent import TURNS_OFF, intend, keep_in_sight, outcome_of
from sesguard.pausing.outbox import complete_announcements
from sesguard.pausing.ports import Alarms, Bus, Parallel, PauseRequests, Refusals, Streams
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.refused import Refused
from sesguard.pausing.saving import until_saved
from sesguard.pausing.unknown_volume import note_unknown_volume
from sesguard.pausing.unreadable import tell_unreadable
from sesguard.stream import StreamId

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator:
    """What looking at streams needs."""

    streams: Streams
    counts: Counts
    alarms: Alarms
    bus: Bus
    requests: PauseRequests
    parallel: Parallel
    refusals: Refusals | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of looking at a stream, of which tenant.

    failed: the code of the error for which it has to be looked at again.
    """

    stream: StreamId
    action: Action = Action.NONE
    reason: str = ""
    risk: float = 0.0
    sentence: str = ""
    failed: str = ""
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class _View:
    """A stream as it was weighed, of which something has to be told or kept.

    held: a provider refuses several tenants' mail just now, this one's too: its pause is left to the sweep, which
    looks at all of them within a minute.
    """

    record: StreamRecord
    verdict: Verdict
    explanation: Explanation
    decision: Decision
    held: bool = False

    @property
    def stream(self) -> StreamId:
        return self.record.stream

    @property
    def at_risk(self) -> bool:
        return self.verdict.risk >= self.record.policy.warn_at and not self.held

    @property
    def turns_off(self) -> bool:
        """Whether its alarm is to pause it. Where the pause waits for room the alarm is up, and the sweep looks on."""
        return self.decision.action in TURNS_OFF and self.record.waiting is None and not self.held

    def looked(self) -> Looked:
        sentence = self.explanation.sentence if self.at_risk else ""
        record, decision = self.record, self.decision
        return Looked(
            self.stream, decision.action, decision.reason.value, self.verdict.risk, sentence, tenant=record.tenant
        )


@dataclass(slots=True)
class _Evaluation:
    """One evaluation: what was found of each stream, and the codes of what failed."""

    evaluator: Evaluator
    now: datetime
    left: Callable[[], bool]
    found: dict[StreamId, _View | Looked] = field(default_factory=dict)
    failed: dict[StreamId, str] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    ensuring: AlarmQuota = field(default_factory=AlarmQuota)
    tripping: AlarmQuota = field(default_factory=AlarmQuota)

    @contextmanager
    def failing(self, stream: StreamId) -> Iterator[None]:
        """Note what fails within for the stream: it stops no other."""
        try:
            yield
        except RecordError as error:
            # The bounces are counted, and coming again heals nothing: told, and left as it is.
            self.unreadable[error.key] = error.problem
            self.found[stream] = Looked(stream, reason=error.code)
        except AwsError as error:
            self.failed[stream] = error.code
        except ConflictError:
            self.failed[stream] = "Conflict"
        except Exception as error:
            _log.exception("stream %s", stream)
            self.failed[stream] = type(error).__name__

    def views(self, streams: Sequence[StreamId]) -> list[_View]:
        """What needs something to be done, in the order of ``streams``."""
        found = (self.found.get(stream) for stream in streams if stream not in self.failed)
        return [view for view in found if isinstance(view, _View)]

    def load(self, streams: Sequence[StreamId]) -> Sequence[StreamRecord]:
        """The records of ``streams``, a hundred a call: a batch may be of thousands of streams."""
        if not streams:
            return []
        try:
            loaded = self.evaluator.streams.load_many(streams)
        except Exception as error:
            _log.exception("records of %d streams", len(streams))
            self.failed |= dict.fromkeys(streams, type(error).__name__)
            return []
        for stream, failure in loaded.failed.items():
            with self.failing(stream):
                raise failure
        return loaded.records

    def look(self, record: StreamRecord) -> None:
        with self.failing(record.stream):
            if not self.left():
                raise AwsError("Weighing", "OutOfTime", retryable=True)
            view = _view(self.evaluator, record, self.now)
            if view is not None:
                self.found[record.stream] = view

    def put_on_record(self, view: _View) -> None:
        with self.failing(view.stream):
            self.found[view.stream] = _put_on_record(self.evaluator, view, self.now)

    def ensure(self, view: _View) -> None:
        """Make sure of the alarm, best effort."""
        if self.left() and not self.ensuring.spent:
            with _best_effort("alarm", view.stream), self.ensuring.asked():
                self.evaluator.alarms.ensure(view.stream, view.record.alarm)

    def trip(self, view: _View) -> None:
        """Trip the alarm; where that fails, CloudWatch or we have no time for it, or it was up before, tell enforce.

        Up before is also an alarm that was tripped by bounces which overtook the volume that they belong to: enforce
        has seen both, and paused nobody.
        """
        with self.failing(view.stream):
            explanation = view.explanation
            if self.left() and not self.tripping.spent:
                with _best_effort("alarm not tripped", view.stream), self.tripping.asked():
                    if self.evaluator.alarms.trip(view.stream, explanation.sentence, explanation.as_dict()):
                        return
            self.evaluator.requests.send(view.stream, view.verdict.risk, self.now)


def evaluate(
    evaluator: Evaluator, streams: Sequence[StreamId], now: datetime, left: Callable[[], bool]
) -> list[Looked]:
    """Look at ``streams``. ``left``: whether there is time for more. Streams that are paused are left out.

    Raises nothing: what failed for a stream is said of that stream.
    """
    work = _Evaluation(evaluator, now, left)
    each = evaluator.parallel.each
    each(work.look, work.load(streams))
    each(work.put_on_record, work.views(streams))
    at_risk = [view for view in work.views(streams) if view.at_risk]
    each(work.ensure, at_risk)
    if at_risk and left():
        with _best_effort("metrics"):
            evaluator.alarms.publish([(view.stream, view.verdict) for view in at_risk])
    each(work.trip, [view for view in at_risk if view.turns_off])
    if work.unreadable:
        with _best_effort("notice of unreadable records"):
            tell_unreadable(evaluator.bus, work.unreadable, now)
    looked: list[Looked] = []
    for stream in streams:
        if stream in work.failed:
            looked.append(Looked(stream, failed=work.failed[stream]))
        elif stream in work.found:
            seen = work.found[stream]
            looked.append(seen.looked() if isinstance(seen, _View) else seen)
    return looked


@contextmanager
def _best_effort(what: str, stream: StreamId | None = None) -> Iterator[None]:
    """Log what fails within, whatever it is, and go on: a pause must not hang on it."""
    try:
        yield
    except Exception as error:
        log_failure(_log, f"{what} {stream or ''}", error)


def _view(evaluator: Evaluator, record: StreamRecord, now: datetime) -> _View | Looked | None:
    """Weigh a stream; None while it is paused, when only time, its owner or an operator changes anything.

    The history is not kept, nor explained where nobody asks: a batch may be of thousands of streams.
    """
    if record.state.off:
        return None
    stream, since = record.stream, record.state.counted_from
    history, verdict = look_at(evaluator.counts, stream, now, since, record.policy, record.limits, record.tenant)
    record = note_unknown_volume(evaluator, record, verdict.unknown, now)
    decision = decide(record.state, Look(), verdict, record.policy, now)
    quiet = decision.action is Action.NONE and decision.state == record.state
    if quiet and verdict.risk < record.policy.warn_at:
        return Looked(stream, risk=verdict.risk, reason=decision.reason.value, tenant=record.tenant)
    refused = verdict.risk >= record.policy.warn_at and _refused(evaluator, record, history, now)
    return _View(record, verdict, explain(verdict, history), decision, refused and decision.action in TURNS_OFF)


def _refused(evaluator: Evaluator, record: StreamRecord, history: History, now: datetime) -> bool:
    """Note where one provider refuses its mail; whether it refuses several tenants' just now."""
    provider = refusing_provider(history, int(now.timestamp()) // 60)
    if not provider or evaluator.refusals is None:
        return False
    with _best_effort("refusal not noted", record.stream):
        return evaluator.refusals.note(Refused(record.stream, record.tenant, provider), now)
    return False


def _put_on_record(evaluator: Evaluator, view: _View, now: datetime) -> _View | Looked:
    """Save and announce what was decided; where another writer was first, look again. Returns what was acted on."""
    last: _View | Looked | None = view

    def once() -> _View | Looked:
        nonlocal last
        current, last = last or _view(evaluator, evaluator.streams.load(view.stream), now), None
        if isinstance(current, _View):
            _save(evaluator, current, now)
        return current or Looked(view.stream)

    return until_saved(once)


def _save(evaluator: Evaluator, view: _View, now: datetime) -> None:
    decision, explanation = view.decision, view.explanation
    if decision.action in TURNS_OFF:
        in_sight = keep_in_sight(view.record, now)
        if view.record.waiting is None and in_sight != view.record:
            evaluator.streams.save(in_sight)
    elif decision.action is not Action.NONE or decision.state != view.record.state:
        outcome = outcome_of(view.record, decision, None)
        saved = evaluator.streams.save(*intend(view.record, decision, outcome, explanation.as_dict(), now))
        with suppress(AwsError):  # the news stays due, and the sweep publishes it; the alarm must not wait for it
            complete_announcements(evaluator, saved, now)
