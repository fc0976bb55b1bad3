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

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from msgspec.structs import replace

from sesguard.bus.details import PausedElsewhere
from sesguard.bus.events import iso
from sesguard.detection.evidence import COMPLAINTS
from sesguard.detection.weigh import Verdict
from sesguard.pausing.state import MOST_REFUSED, REFUSAL_KEPT, Origin, Status, StreamState, cool_down
from sesguard.policy import Elsewhere, Policy
from sesguard.signals.alarm_value import AlarmValue


class Action(StrEnum):
    """What a decision asks for. HOLD turns sending off like PAUSE, until an operator turns it on."""

    NONE = "none"
    WARN = "warn"
    CALM = "calm"
    PAUSE = "pause"
    HOLD = "hold"
    RESUME = "resume"
    RECOVER = "recover"
    REMIND = "remind"


class Reason(StrEnum):
    BOUNCES = "bounces"
    COMPLAINTS = "complaints"
    ALARM = "alarm"
    STRIKES = "strikes"
    OPERATOR = "operator"
    COOLED_DOWN = "cooled_down"
    ACKNOWLEDGED = "acknowledged"
    DRIFT = "drift"  # over its own normal, under every limit: a ground to warn
    PROVIDER = "provider"  # a mailbox provider fails, and the stream's bounces are its
    DOMAIN_REFUSED = "domain_refused"  # receivers are going to refuse the mail of a domain, whatever the list
    DOMAIN_MENDED = "domain_mended"
    CALM = "calm"
    PROBATION_PASSED = "probation_passed"
    PROBATION_OVER = "probation_over"
    NO_CHANGE = "no_change"
    ALREADY_OFF = "already_off"
    STALE_MESSAGE = "stale_message"
    OUTDATED = "outdated"
    ALARM_UP = "alarm_up"  # another alarm rose during the pause, and is up
    NOT_YET = "not_yet"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    NOT_OURS = "not_ours"
    FOUND = "found"  # somebody else turned it, and the guard found it so
    ENFORCED = "enforced"  # a pause that was observed only became one in earnest
    AWS = "aws"  # SES's own verdict
    RETURNED = "returned"  # it, or an identity of its, was paused when it left the registry
    TENANT = "tenant"  # all streams of its tenant together are over the limit, and this one more than most
    ACCOUNT_SHIELD = "account_shield"  # the account nears SES's review line, and pausing this stream helps most
    PAUSED_ELSEWHERE = "paused_elsewhere"  # its tenant is paused in another account or region, and its policy follows
    PROPOSED = "proposed"  # the same, and its policy asks an operator


@dataclass(frozen=True, slots=True)
class Look:
    """New evidence came in, or time went by. Never resumes: that takes the alarm's OK or an operator."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A message of the alarm ``name``: its new ``value``, and the alarm's own time ``at`` of the change.

    own: it is on the guard's own metrics, or the guard's own word in its place. It says no more than the guard found a
    while ago, before a resume perhaps, and the evidence of now has the last word.
    stands: CloudWatch says just now that the alarm is up. others_up: the same of those that rose during the pause.
    """

    value: AlarmValue
    at: datetime
    name: str = ""
    own: bool = False
    stands: bool = False
    others_up: frozenset[str] = frozenset()

    def is_late(self, state: StreamState, policy: Policy, now: datetime) -> bool:
        """Whether it has to be up still to be obeyed: it is old, or from before the resume."""
        before = state.counted_from is not None and self.at < state.counted_from
        return before or now - self.at > policy.alarm_age


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """The owner said what was fixed: of the pause that began at ``pause`` and of no other; None: of whichever it is."""

    pause: datetime | None = None


class Command(StrEnum):
    HOLD = "hold"
    RELEASE = "release"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator's word."""

    command: Command


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause on other ground than this look: for the account's sake, or an operator lets one go ahead that waited."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class PauseElsewhere:
    """A guard elsewhere has paused the stream's tenant. approved: an operator says so here too, whatever the policy."""

    pause: PausedElsewhere
    approved: bool = False

    @property
    def at(self) -> datetime:
        return self.pause.at

    def until(self, policy: Policy) -> datetime:
        """Until when it says something of the stream: as long as ``policy`` pauses after as many strikes as there."""
        return self.pause.at + cool_down(max(self.pause.strikes, 1), policy)


@dataclass(frozen=True, slots=True)
class Excuse:
    """What a pause rested on has turned out to be a failing provider's: it is undone, as if it had never been."""

    below: float
    """The risk that the stream must have fallen under."""


@dataclass(frozen=True, slots=True)
class RefusalSeen:
    """Receivers that follow its policy refuse all mail from ``domain``, as posture found ``at``, or do so no more."""

    domain: str
    refused: bool
    at: datetime


Signal = Look | Alarm | Acknowledge | Operator | Pause | PauseElsewhere | Excuse | RefusalSeen


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do (``action``), the state it leads to, and why."""

    action: Action
    state: StreamState
    reason: Reason


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
