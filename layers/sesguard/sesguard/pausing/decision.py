"""What is decided on and what comes of it: the signals that a stream's state answers to, actions and reasons.

:mod:`sesguard.pausing.decide` has the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sesguard.bus.details import PausedElsewhere
from sesguard.pausing.state import StreamState, cool_down
from sesguard.policy import Policy
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
