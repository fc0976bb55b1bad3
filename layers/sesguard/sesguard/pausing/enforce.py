"""Take what an alarm, an operator or the passing of time says about a stream, decide, and carry it out.

The order makes a crash at any line harmless: decide, look at the switch, save the intent, turn, save the outcome,
announce, save that. A redelivered message and the sweep both begin with what is still due.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sesguard.bus.details import PausedElsewhere
from sesguard.bus.events import Outcome, iso, operator_notice
from sesguard.detection.explain import Explanation, explain
from sesguard.detection.look import look_at
from sesguard.detection.weigh import Verdict
from sesguard.pausing.backlog import alarm_gone, claim_pause, drop_out, propose, put_off
from sesguard.pausing.decide import decide
from sesguard.pausing.decision import Action, Alarm, Decision, Excuse, Look, Pause, PauseElsewhere, Reason, Signal
from sesguard.pausing.intent import TURNS_OFF, intend, outcome_of
from sesguard.pausing.journal import UNSIGNED, Signature
from sesguard.pausing.outbox import PausingDeps, complete, complete_switch
from sesguard.pausing.record import Sending, StreamRecord
from sesguard.pausing.saving import until_saved
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.cloudwatch_alarm import AlarmSignal
from sesguard.stream import StreamId


@dataclass(frozen=True, slots=True)
class Weighed:
    """A stream's verdict now, and what it rests on; no explanation where the signal needed no evidence."""

    verdict: Verdict
    explanation: Explanation | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What was decided, and what became of it. ``problem`` is an alarm message's that named no stream."""

    stream: StreamId | None
    action: Action = Action.NONE
    reason: str = ""
    outcome: Outcome = Outcome.NOTED


def alarm_of(signal: AlarmSignal, now: datetime) -> Alarm:
    """What the message says to :func:`sesguard.pausing.decide.decide`."""
    # A time to come would shut out every later message.
    return Alarm(signal.value, min(signal.at, now), signal.alarm_name, own=signal.own)


def act(
    deps: PausingDeps,
    stream: StreamId,
    signal: Signal,
    now: datetime,
    about: Mapping[str, Any] | None = None,
    *,
    by: Signature = UNSIGNED,
    granted: bool = False,
) -> Result:
    """Decide what ``signal`` means for ``stream`` and carry it out, again from the start if another writer was first.

    about: what evidence the signal itself brings, such as an alarm's name. by: whose word it is, for the journal.
    granted: a pause goes ahead, whatever the cap on pauses. Raises AwsError, RecordError or ConflictError.
    """

    def once() -> Result:
        record = complete_switch(deps, deps.streams.load(stream), now)
        if alarm_gone(record, signal, about):
            record = drop_out(deps, record, now)
        asked = ask_cloudwatch(deps, record, signal, now)
        weighed = weigh_stream(deps, record, asked, now)
        decision = decide(record.state, asked, weighed.verdict, record.policy, now)
        evidence = evidence_of(weighed, about_elsewhere(asked) if isinstance(asked, PauseElsewhere) else about)
        if decision.reason is Reason.ALARM_UP and isinstance(asked, Alarm):
            _tell_alarm_up(deps, record, asked, now)
        there = asked.pause if isinstance(asked, PauseElsewhere) else None
        return carry_out(deps, record, decision, evidence, now, by=by, granted=granted, there=there)

    return until_saved(once)


def ask_cloudwatch(deps: PausingDeps, record: StreamRecord, signal: Signal, now: datetime) -> Signal:
    """Ask whether a late alarm of somebody else's is up still, and at a resume, which of those that rose meanwhile are.

    Raises AwsError: then nothing can be decided yet.
    """
    if not isinstance(signal, Alarm):
        return signal
    state = record.state
    if signal.value is AlarmValue.OK and state.may_resume(now) and state.risen_since:
        return replace(signal, others_up=deps.alarm_states.up(state.risen_since))
    late = signal.value is AlarmValue.ALARM and not signal.own and signal.is_late(state, record.policy, now)
    if late and signal.name and not state.has_heard(signal.name, signal.at):
        return replace(signal, stands=signal.name in deps.alarm_states.up({signal.name}))
    return signal


def carry_out(
    deps: PausingDeps,
    record: StreamRecord,
    decision: Decision,
    evidence: Mapping[str, Any],
    now: datetime,
    *,
    by: Signature = UNSIGNED,
    granted: bool = False,
    there: PausedElsewhere | None = None,
) -> Result:
    """Put ``decision`` on record, do it, announce it. Raises AwsError or ConflictError, and what is left stays due.

    there: the pause elsewhere that it follows.
    """
    stream = record.stream
    if decision.reason is Reason.PROPOSED and there is not None:
        propose(deps, record, there, evidence, now)
        return Result(stream, decision.action, decision.reason.value, Outcome.WAITS)
    turns_off = decision.action in TURNS_OFF
    if turns_off and stream in deps.spared and decision.reason is not Reason.OPERATOR:
        _tell_spared(deps, record, decision, now)
        return Result(stream, decision.action, decision.reason.value, Outcome.LEFT)
    sending = deps.switch.look(stream, record.target) if turns_off else None
    if sending is Sending.OUT_OF_REACH:
        _tell_out_of_reach(deps, stream, now)
    outcome = outcome_of(record, decision, sending)
    if not record.known and (outcome is Outcome.UNKNOWN_SET or decision.action is Action.NONE):
        if outcome is Outcome.UNKNOWN_SET:
            _tell_unknown(deps, stream, evidence, now)
        return Result(stream, decision.action, decision.reason.value, outcome)
    if outcome is Outcome.ASKED and turns_off and decision.reason is not Reason.OPERATOR and not granted:
        grant = claim_pause(deps, record, decision.reason, evidence.get("risk", 0.0), now)
        if not grant.granted:
            put_off(deps, record, decision, evidence, grant, now, there)
            return Result(stream, decision.action, decision.reason.value, Outcome.WAITS)
    if decision.action is not Action.NONE or decision.state != record.state:
        intended, journal = intend(record, decision, outcome, evidence, now, by)
        record = deps.streams.save(intended, journal)
    completed = complete(deps, record, now)
    if outcome is Outcome.ASKED:
        outcome = _done(completed, decision)
    return Result(stream, decision.action, decision.reason.value, outcome)


def weigh_stream(deps: PausingDeps, record: StreamRecord, signal: Signal, now: datetime) -> Weighed:
    """Weigh the stream's evidence as it is now; only signals that may turn sending off need any."""
    minute = int(now.timestamp() // 60)
    if isinstance(signal, Excuse):
        return weigh_now(deps, record, now)
    is_alarm = isinstance(signal, Alarm) and signal.value is AlarmValue.ALARM
    needed = is_alarm or isinstance(signal, Look | Pause | PauseElsewhere)
    if not needed or record.state.off:
        return Weighed(Verdict(minute, 0.0, None, None, 0))
    return weigh_now(deps, record, now)


def weigh_now(deps: PausingDeps, record: StreamRecord, now: datetime) -> Weighed:
    """Weigh the stream's evidence, whatever state it is in."""
    since = record.state.counted_from
    policy = record.policy
    history, verdict = look_at(deps.counts, record.stream, now, since, policy, record.limits, record.tenant)
    return Weighed(verdict, explain(verdict, history))


def evidence_of(weighed: Weighed, about: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Put together what goes on record and into the event."""
    return {**(weighed.explanation.as_dict() if weighed.explanation else {}), **(about or {})}


def about_elsewhere(signal: PauseElsewhere) -> dict[str, Any]:
    there = signal.pause
    return {"elsewhere": {**there.stream._asdict(), "reason": there.reason, "at": iso(there.at)}}


def alarm_fields(signal: AlarmSignal) -> dict[str, Any]:
    return {"alarm": {"name": signal.alarm_name, "own": signal.own, "reason": signal.reason}}


def _done(completed: StreamRecord, decision: Decision) -> Outcome:
    if decision.action is Action.RESUME:
        return Outcome.RESUMED
    return Outcome.PAUSED if completed.turned_off else Outcome.UNKNOWN_SET


def _tell_unknown(deps: PausingDeps, stream: StreamId, evidence: Mapping[str, Any], now: datetime) -> None:
    name = evidence.get("alarm", {}).get("name", "")
    text = f'An alarm names {stream}, and SES has no such configuration set there: nobody is paused. Alarm: "{name}".'
    key = f"unknown/{stream}/{name}/{now:%Y-%m-%d}"
    deps.bus.publish([operator_notice("An alarm names an unknown configuration set", text, key, now, stream)])


def _tell_out_of_reach(deps: PausingDeps, stream: StreamId, now: datetime) -> None:
    text = (
        f"The evidence says that {stream} should be paused. It is in another account or region than this guard, which "
        "reads its events and may not turn it: what happens to it is on record and told, as in observe mode. Deploy "
        f"the guard in account {stream.account}, region {stream.region}."
    )
    key = f"out-of-reach/{stream.account}/{stream.region}"
    deps.bus.publish([operator_notice("A configuration set is out of the guard's reach", text, key, now, stream)])


def _tell_alarm_up(deps: PausingDeps, record: StreamRecord, alarm: Alarm, now: datetime) -> None:
    names = ", ".join(f'"{name}"' for name in sorted(alarm.others_up))
    text = (
        f"The pause of {record.stream} would be over, and it stays off: these alarms rose during the pause and are up: "
        f"{names}. It comes back when they are OK, or when you resume it."
    )
    key = f"alarm-up/{record.stream}/{record.state.since}/{names}"
    deps.bus.publish([operator_notice("A pause waits for an alarm", text, key, now, record.stream)])


def _tell_spared(deps: PausingDeps, record: StreamRecord, decision: Decision, now: datetime) -> None:
    text = (
        f"The evidence says that {record.stream} should be paused ({decision.reason.value}), but it carries the "
        "guard's own notices and is never paused. Look at the addresses of your tenants' owners."
    )
    key = f"spared/{record.stream}/{now:%Y-%m-%d}"
    deps.bus.publish([operator_notice("The guard's own mail is at risk", text, key, now, record.stream)])
