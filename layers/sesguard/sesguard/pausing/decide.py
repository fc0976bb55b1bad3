"""The heart: one pure function says what to do with a stream, and why.

=========  =======  ====================================================================================
state      sending  leaves when
=========  =======  ====================================================================================
healthy    on       risk at the warning → watched; risk 1 or an alarm → paused
watched    on       risk 1 or an alarm → paused; risk low for a day → healthy
           on       (only for a domain whose mail is going to be refused: until it is in order)
paused     off      cooled down, acknowledged where asked, the guard's own → probation; operator → any;
                    cooled down and only the owner's word missing → the owner is reminded, once a pause
probation  on       risk 1 under the stricter limits, or an alarm → paused, longer; clean → healthy
held       off      an operator resumes → probation, or releases → paused
=========  =======  ====================================================================================

The fourth pause within the strikes' memory is a hold. Only an alarm's OK or an operator resumes, and an OK only what
this table lets resume, and not while another alarm that rose meanwhile is up. INSUFFICIENT_DATA moves nothing. The
guard's own alarm needs risk 1 now, and one from before the resume has had its say: what came since trips it anew. Of
another's alarm a message loses that is older than one already taken, and one that is late, or from before the resume,
has to hold still.
A pause of the same tenant in another account or region pauses, or is proposed, where the stream's policy says so.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from sesguard.bus.events import iso
from sesguard.detection.evidence import COMPLAINTS
from sesguard.detection.weigh import Verdict
from sesguard.pausing.decision import (
    Acknowledge,
    Action,
    Alarm,
    Command,
    Decision,
    Excuse,
    Look,
    Operator,
    Pause,
    PauseElsewhere,
    Reason,
    RefusalSeen,
    Signal,
)
from sesguard.pausing.state import MOST_REFUSED, REFUSAL_KEPT, Origin, Status, StreamState, cool_down
from sesguard.policy import Elsewhere, Policy
from sesguard.signals.alarm_value import AlarmValue


def decide(state: StreamState, signal: Signal, verdict: Verdict, policy: Policy, now: datetime) -> Decision:
    """Decide what ``signal`` and ``verdict`` mean for a stream in ``state`` under ``policy`` at ``now`` (aware UTC).

    ``verdict`` has been weighed with ``policy.limits(probation=state.on_probation)``, from ``state.counted_from`` on.
    """
    match signal:
        case Operator(command):
            return _obey(state, command, now)
        case Acknowledge(pause):
            return _acknowledge(state, pause)
        case Alarm():
            return _alarm(state, signal, verdict, policy, now)
        case Look():
            return _look(state, verdict, policy, now)
        case RefusalSeen():
            return _refusal(state, signal, now)
        case Excuse(below):
            return _excuse(state, verdict, now, below)
        case Pause(reason):
            if state.off:
                return _nothing(state, Reason.ALREADY_OFF)
            return _pause(state, verdict, policy, now, reason)
        case PauseElsewhere():
            return _pause_elsewhere(state, signal, verdict, policy, now)


def _look(state: StreamState, verdict: Verdict, policy: Policy, now: datetime) -> Decision:
    if state.off:
        return _remind(state, now)
    if verdict.risk >= 1:
        return _pause(state, verdict, policy, now, _cause(verdict))
    if state.status is Status.PROBATION:
        return _probation(state, verdict, policy, now)
    if state.status is Status.WATCHED:
        return _watch(state, verdict, policy, now)
    if verdict.risk >= policy.warn_at:
        return Decision(Action.WARN, _enter(state, Status.WATCHED, now, incident=iso(now)), _cause(verdict))
    if verdict.drift is not None:
        return Decision(Action.WARN, _enter(state, Status.WATCHED, now, incident=iso(now)), Reason.DRIFT)
    return _nothing(state, Reason.NO_CHANGE)


def _alarm(state: StreamState, alarm: Alarm, verdict: Verdict, policy: Policy, now: datetime) -> Decision:
    if alarm.value is AlarmValue.INSUFFICIENT_DATA:
        return _nothing(state, Reason.NO_CHANGE)
    if not alarm.own and state.has_heard(alarm.name, alarm.at):
        return _nothing(state, Reason.STALE_MESSAGE)
    if alarm.value is AlarmValue.OK:
        return _well(_heard_well(state, alarm), alarm, now)
    if alarm.own:
        if state.off:
            return _nothing(state, Reason.ALREADY_OFF)
        # Cohorts are of minutes: in that of the resume lies the mail, too, for which this alarm has paused it before.
        if verdict.risk < 1 or (state.counted_from is not None and alarm.at < state.counted_from):
            return _nothing(state, Reason.OUTDATED)
        return _look(state, verdict, policy, now)
    if alarm.is_late(state, policy, now) and not alarm.stands:
        return _nothing(state, Reason.OUTDATED)
    taken = state.hear(alarm.name, alarm.at, up=True)
    if state.off:
        return _nothing(taken, Reason.ALREADY_OFF)
    return _pause(taken, verdict, policy, now, _cause(verdict) if verdict.risk >= 1 else Reason.ALARM)


def _heard_well(state: StreamState, alarm: Alarm) -> StreamState:
    """Remember an OK where there is something that it ends: one that overtook its ALARM must not make that stale."""
    heard = state.heard.get(alarm.name)
    if alarm.own or not (state.off or (heard is not None and heard.up)):
        return state
    return state.hear(alarm.name, alarm.at, up=False)


def _well(state: StreamState, alarm: Alarm, now: datetime) -> Decision:
    if not state.off:
        return _nothing(state, Reason.NO_CHANGE)
    if state.since is not None and alarm.at < state.since:
        return _nothing(state, Reason.STALE_MESSAGE)  # it is from before the pause
    if not state.may_resume(now):
        return _nothing(state, _waits(state, now))
    if alarm.others_up - {alarm.name}:
        return _nothing(state, Reason.ALARM_UP)
    return _resume(state, now, Reason.COOLED_DOWN)


def _obey(state: StreamState, command: Command, now: datetime) -> Decision:
    if command is Command.RESUME:
        return _resume(state, now, Reason.OPERATOR) if state.off else _nothing(state, Reason.NO_CHANGE)
    if command is Command.HOLD:
        held = _enter(state, Status.HELD, now, origin=Origin.OPERATOR, incident=state.incident or iso(now))
        return Decision(Action.HOLD, held, Reason.OPERATOR)
    if state.status is not Status.HELD:
        return _nothing(state, Reason.NO_CHANGE)
    if state.cool_down_until is None:
        return _resume(state, now, Reason.OPERATOR)
    return _nothing(_enter(state, Status.PAUSED, now, origin=Origin.GUARD), Reason.OPERATOR)


def _acknowledge(state: StreamState, pause: datetime | None) -> Decision:
    if not state.off or not state.acknowledge or pause not in {None, state.unacknowledged}:
        return _nothing(state, Reason.NO_CHANGE)
    return _nothing(replace(state, acknowledge=False), Reason.ACKNOWLEDGED)


def _refusal(state: StreamState, signal: RefusalSeen, now: datetime) -> Decision:
    """A domain's mail is going to be refused: watched before its first bounce. It ends what it began, and no more.

    A message loses that is older than one already taken, and one that is redriven when it says nothing any more.
    """
    known = state.refused.get(signal.domain)
    if now - signal.at >= REFUSAL_KEPT or (known is not None and signal.at < known):
        return _nothing(state, Reason.STALE_MESSAGE)
    others = {domain: at for domain, at in state.refused_at(now).items() if domain != signal.domain}
    newest = sorted(others.items(), key=lambda it: it[1])[1 - MOST_REFUSED :]
    refused = dict(newest) | ({signal.domain: signal.at} if signal.refused else {})
    taken = replace(state, refused=refused)
    if refused and state.status is Status.HEALTHY:
        watched = _enter(taken, Status.WATCHED, now, incident=iso(now), for_domain=True)
        return Decision(Action.WARN, watched, Reason.DOMAIN_REFUSED)
    if not refused and state.for_domain:
        return _mended(taken, now)
    return _nothing(taken, Reason.NO_CHANGE)


def _mended(state: StreamState, now: datetime) -> Decision:
    return Decision(Action.CALM, _enter(state, Status.HEALTHY, now, incident=""), Reason.DOMAIN_MENDED)


def _excuse(state: StreamState, verdict: Verdict, now: datetime, below: float) -> Decision:
    if not state.off or state.origin is not Origin.GUARD or verdict.risk >= below:
        return _nothing(state, Reason.NOT_OURS)
    back = _enter(
        state,
        Status.HEALTHY,
        now,
        strikes=state.strikes[:-1],
        cool_down_until=None,
        acknowledge=False,
        reminded=False,
        origin=None,
        incident="",
    )
    return Decision(Action.RESUME, back, Reason.PROVIDER)


def _remind(state: StreamState, now: datetime) -> Decision:
    if state.reminded or not state.only_waits_for_word(now):
        return _nothing(state, Reason.ALREADY_OFF)
    return Decision(Action.REMIND, replace(state, reminded=True), Reason.NOT_ACKNOWLEDGED)


def _watch(state: StreamState, verdict: Verdict, policy: Policy, now: datetime) -> Decision:
    refused = state.refused_at(now)
    if state.for_domain:
        if verdict.risk >= policy.warn_at or verdict.drift is not None:  # now for its own mail, too
            warned = replace(state, for_domain=False, calm_since=None)
            return Decision(Action.WARN, warned, _cause(verdict) if verdict.risk >= policy.warn_at else Reason.DRIFT)
        return _nothing(state, Reason.NO_CHANGE) if refused else _mended(replace(state, refused={}), now)
    if verdict.risk >= policy.calm_below or verdict.drift is not None:
        return _nothing(replace(state, calm_since=None), Reason.NO_CHANGE)
    calm_since = state.calm_since or now
    if now - calm_since >= policy.calm_for:
        if refused:
            return _nothing(replace(state, for_domain=True), Reason.NO_CHANGE)
        return Decision(Action.CALM, _enter(state, Status.HEALTHY, now, incident=""), Reason.CALM)
    return _nothing(replace(state, calm_since=calm_since), Reason.NO_CHANGE)


def _probation(state: StreamState, verdict: Verdict, policy: Policy, now: datetime) -> Decision:
    healthy = _enter(state, Status.HEALTHY, now, incident="")
    if state.since is not None and now - state.since >= policy.probation_at_most:
        return Decision(Action.RECOVER, healthy, Reason.PROBATION_OVER)
    if verdict.risk >= policy.warn_at:
        return _nothing(replace(state, calm_since=None), Reason.NO_CHANGE)
    calm_since = state.calm_since or now
    if now - calm_since >= policy.probation_for and verdict.volume >= policy.probation_mails:
        return Decision(Action.RECOVER, healthy, Reason.PROBATION_PASSED)
    return _nothing(replace(state, calm_since=calm_since), Reason.NO_CHANGE)


def _pause(state: StreamState, verdict: Verdict, policy: Policy, now: datetime, reason: Reason) -> Decision:
    strikes = (*(s for s in state.strikes if now - s < policy.strike_memory), now)
    hold = len(strikes) >= policy.strikes_to_hold
    off = _enter(
        state,
        Status.HELD if hold else Status.PAUSED,
        now,
        strikes=strikes,
        cool_down_until=now + cool_down(len(strikes), policy),
        acknowledge=_needs_word(verdict, policy),
        reminded=False,
        origin=Origin.GUARD,
        incident=state.incident or iso(now),
    )
    return Decision(Action.HOLD, off, Reason.STRIKES) if hold else Decision(Action.PAUSE, off, reason)


def _pause_elsewhere(
    state: StreamState, signal: PauseElsewhere, verdict: Verdict, policy: Policy, now: datetime
) -> Decision:
    """Follow a pause elsewhere: it is no strike here, waits for no word, and ends when that one's time is up.

    What came before the stream's last resume has had its say, and so has what is over by now.
    """
    if state.off:
        return _nothing(state, Reason.ALREADY_OFF)
    until = signal.until(policy)
    if now >= until or (state.counted_from is not None and signal.at <= state.counted_from):
        return _nothing(state, Reason.OUTDATED)
    if policy.elsewhere is Elsewhere.LEAVE and not signal.approved:
        return _nothing(state, Reason.NO_CHANGE)
    if verdict.risk >= 1:
        return _pause(state, verdict, policy, now, _cause(verdict))
    if policy.elsewhere is Elsewhere.PROPOSE and not signal.approved:
        return _nothing(state, Reason.PROPOSED)
    off = _enter(
        state,
        Status.PAUSED,
        now,
        cool_down_until=until,
        acknowledge=False,
        reminded=False,
        origin=Origin.GUARD,
        incident=state.incident or iso(now),
    )
    return Decision(Action.PAUSE, off, Reason.PAUSED_ELSEWHERE)


def _needs_word(verdict: Verdict, policy: Policy) -> bool:
    run = verdict.worst
    return run is not None and verdict.risk >= 1 and needs_word(run.kind, run.rate, policy)


def needs_word(kind: str, rate: float, policy: Policy) -> bool:
    """Whether the owner has to say what was fixed: after complaints, or a bounce rate at which SES pauses accounts."""
    return policy.acknowledge_complaints if kind == COMPLAINTS else rate >= policy.acknowledge_bounce_rate


def _resume(state: StreamState, now: datetime, reason: Reason) -> Decision:
    return Decision(Action.RESUME, state.resumed(now), reason)


def _enter(state: StreamState, status: Status, now: datetime, **changes: object) -> StreamState:
    return replace(state, **{"status": status, "since": now, "calm_since": None, "for_domain": False, **changes})


def _waits(state: StreamState, now: datetime) -> Reason:
    if state.status is Status.HELD or state.origin is not Origin.GUARD:
        return Reason.NOT_OURS
    cooled = state.cool_down_until is not None and now >= state.cool_down_until
    return Reason.NOT_ACKNOWLEDGED if cooled else Reason.NOT_YET


def _cause(verdict: Verdict) -> Reason:
    run = verdict.worst
    return Reason.COMPLAINTS if run is not None and run.kind == COMPLAINTS else Reason.BOUNCES


def _nothing(state: StreamState, reason: Reason) -> Decision:
    return Decision(Action.NONE, state, reason)
