"""Weigh streams that had a bounce or complaint: publish what is at risk, trip the alarm of what is to be paused.

Pausing itself is enforce's. What is saved here is what a look alone changes: a warning, a recovery, since when the risk
has been low.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

from sesguard.detection.explain import Explanation, explain
from sesguard.detection.look import look_at
from sesguard.detection.ports import Counts
from sesguard.detection.weigh import Verdict
from sesguard.errors import AwsError, ConflictError
from sesguard.pausing.decide import Action, Decision, Look, decide
from sesguard.pausing.intent import TURNS_OFF, intend, keep_in_sight, outcome_of
from sesguard.pausing.outbox import complete_announcements
from sesguard.pausing.ports import Alarms, Bus, Parallel, Streams
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.unknown_volume import tell_unknown_volume
from sesguard.stream import StreamId

_ATTEMPTS = 3  # looks at a stream that others write to at the same time


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluator:
    """What looking at streams needs."""

    streams: Streams
    counts: Counts
    alarms: Alarms
    bus: Bus
    parallel: Parallel


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of looking at a stream; ``failed`` is the code of the error for which it has to be looked at again."""

    stream: StreamId
    action: Action = Action.NONE
    reason: str = ""
    risk: float = 0.0
    sentence: str = ""
    failed: str = ""


@dataclass(frozen=True, slots=True)
class _View:
    """A stream as it was weighed, of which something has to be told or kept."""

    record: StreamRecord
    verdict: Verdict
    explanation: Explanation
    decision: Decision

    @property
    def stream(self) -> StreamId:
        return self.record.stream

    @property
    def at_risk(self) -> bool:
        return self.verdict.risk >= self.record.policy.warn_at

    def looked(self) -> Looked:
        sentence = self.explanation.sentence if self.at_risk else ""
        return Looked(self.stream, self.decision.action, self.decision.reason.value, self.verdict.risk, sentence)


def evaluate(
    evaluator: Evaluator, streams: Sequence[StreamId], now: datetime, left: Callable[[], bool]
) -> list[Looked]:
    """Look at ``streams``. ``left``: whether there is time for more. Streams that are paused are left out.

    Raises nothing: what failed for a stream is said of that stream.
    """
    failed: dict[StreamId, str] = {}
    found: dict[StreamId, _View | Looked] = {}

    def look(stream: StreamId) -> None:
        with _failing(failed, stream):
            if not left():
                raise AwsError("Weighing", "OutOfTime", retryable=True)
            seen = _view(evaluator, stream, now)
            if seen is not None:
                found[stream] = seen

    def act(view: _View) -> None:
        with _failing(failed, view.stream):
            found[view.stream] = _act(evaluator, view, now)

    evaluator.parallel.each(look, streams)
    _publish(evaluator, _views(found, streams), failed)
    evaluator.parallel.each(act, [view for view in _views(found, streams) if view.stream not in failed])
    looked: list[Looked] = []
    for stream in streams:
        if stream in failed:
            looked.append(Looked(stream, failed=failed[stream]))
        elif stream in found:
            seen = found[stream]
            looked.append(seen.looked() if isinstance(seen, _View) else seen)
    return looked


def _views(found: Mapping[StreamId, _View | Looked], streams: Sequence[StreamId]) -> list[_View]:
    """What needs something to be done, in the order of ``streams``."""
    return [view for stream in streams if isinstance(view := found.get(stream), _View)]


@contextmanager
def _failing(failed: dict[StreamId, str], *streams: StreamId) -> Iterator[None]:
    try:
        yield
    except AwsError as error:
        failed.update(dict.fromkeys(streams, error.code))
    except ConflictError:
        failed.update(dict.fromkeys(streams, "Conflict"))


def _view(evaluator: Evaluator, stream: StreamId, now: datetime) -> _View | Looked | None:
    """Weigh a stream; None while it is paused, when only time, its owner or an operator changes anything.

    The history is not kept, nor explained where nobody asks: a batch may be of thousands of streams.
    """
    record = evaluator.streams.load(stream)
    if record.state.off:
        return None
    since = record.state.counted_from
    history, verdict = look_at(evaluator.counts, stream, now, since, record.policy, record.limits)
    record = tell_unknown_volume(evaluator, record, verdict.unknown, now)
    decision = decide(record.state, Look(), verdict, record.policy, now)
    quiet = decision.action is Action.NONE and decision.state == record.state
    if quiet and verdict.risk < record.policy.warn_at:
        return Looked(stream, risk=verdict.risk, reason=decision.reason.value)
    return _View(record, verdict, explain(verdict, history), decision)


def _publish(evaluator: Evaluator, views: Sequence[_View], failed: dict[StreamId, str]) -> None:
    """Make sure of the alarms of streams at risk, and let them see how high the risk is, all in one call."""
    at_risk = [view for view in views if view.at_risk]
    for view in at_risk:
        with _failing(failed, view.stream):
            evaluator.alarms.ensure(view.stream, view.record.alarm)
    ensured = [view for view in at_risk if view.stream not in failed]
    if ensured:
        with _failing(failed, *(view.stream for view in ensured)):
            evaluator.alarms.publish([(view.stream, view.verdict) for view in ensured])


def _act(evaluator: Evaluator, view: _View, now: datetime) -> _View | Looked:
    """Do what was decided; where another writer was first, look again. Returns what was acted on."""
    for _ in range(_ATTEMPTS - 1):
        with suppress(ConflictError):
            _act_once(evaluator, view, now)
            return view
        again = _view(evaluator, view.stream, now)
        if not isinstance(again, _View):
            return again or Looked(view.stream)
        view = again
    _act_once(evaluator, view, now)
    return view


def _act_once(evaluator: Evaluator, view: _View, now: datetime) -> None:
    decision, explanation = view.decision, view.explanation
    if decision.action in TURNS_OFF:
        if view.record.waiting is not None:
            return  # the alarm is up, and an operator has the word
        in_sight = keep_in_sight(view.record, now)
        if in_sight != view.record:
            evaluator.streams.save(in_sight)
        evaluator.alarms.trip(view.stream, explanation.sentence, explanation.as_dict())
    elif decision.action is not Action.NONE or decision.state != view.record.state:
        outcome = outcome_of(view.record, decision, None)
        intended, journal = intend(view.record, decision, outcome, explanation.as_dict(), now)
        complete_announcements(evaluator, evaluator.streams.save(intended, journal), now)
