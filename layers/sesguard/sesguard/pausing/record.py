"""A stream as it is on record, and what is on record beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec

from sesguard.bus.details import PausedElsewhere
from sesguard.errors import SesguardError
from sesguard.pausing.decision import Alarm, PauseElsewhere
from sesguard.pausing.state import Status, StreamState
from sesguard.policy import Limits, Policy
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId


class AlarmNow(NamedTuple):
    """What CloudWatch says of an alarm: its state, and since when."""

    value: AlarmValue
    since: datetime


class DesiredAlarm(NamedTuple):
    """What the registry wishes of a stream's alarm: that it stay while the stream is healthy, and its tags."""

    kept: bool = False
    tags: tuple[tuple[str, str], ...] = ()


PLAIN: Final = DesiredAlarm()


class Sending(StrEnum):
    """What SES says of a stream's sending.

    OFF is somebody's own doing in this account, OFF_BY_AWS is SES's verdict. OUT_OF_REACH: the stream is in another
    account or region than the guard, which may not ask there.
    """

    ON = "on"
    OFF = "off"
    OFF_BY_AWS = "off_by_aws"
    UNKNOWN_SET = "unknown_set"
    OUT_OF_REACH = "out_of_reach"


class QueuedAlarm(NamedTuple):
    """An alarm's message, or word of a pause elsewhere, that needs calls to SES and waits for its turn.

    urgency: the stream's risk when the message came: the highest is served first.
    about: what evidence the message itself brings, such as the alarm's name.
    """

    stream: StreamId
    urgency: float
    alarm: Alarm | PauseElsewhere
    about: Mapping[str, Any]

    @property
    def turns_off(self) -> bool:
        """Whether it asks for a pause."""
        return isinstance(self.alarm, PauseElsewhere) or self.alarm.value is AlarmValue.ALARM


class Loaded(NamedTuple):
    """Records of many streams, and the errors of those that could not be read."""

    records: Sequence[StreamRecord]
    failed: Mapping[StreamId, SesguardError]


class Waiting(msgspec.Struct, frozen=True):
    """A pause that was decided and found no room under the cap on automatic pauses: it waits for room or an operator.

    reason: why it was decided. risk: of the evidence then. alarm: the name of the alarm that asked for it, "" for none.
    elsewhere: the pause in another account or region that asked for it; None where none did.
    """

    since: datetime
    reason: str
    risk: float = 0.0
    alarm: str = ""
    elsewhere: PausedElsewhere | None = None

    def is_over(self, policy: Policy, now: datetime) -> bool:
        """Whether the pause elsewhere that it rests on says nothing any more."""
        return self.elsewhere is not None and now >= PauseElsewhere(self.elsewhere).until(policy)


class PauseTarget(NamedTuple):
    """What turns a stream's sending on and off: its configuration set, an SES tenant (its ARN), or both."""

    configuration_set: bool = True
    tenant_arn: str = ""


BY_CONFIGURATION_SET: Final = PauseTarget()


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """A stream as it is on record.

    version: rises by one with every save; a save names the version it read.
    policy: the default with the overrides of this stream laid over it.
    switch_due: the sending state ("on", "off") that was decided and not yet confirmed done; "" where none is due.
    turned_off: whether the guard has turned sending off (or is about to) and not on again. Only then may it turn on.
    trouble: what the last try of the switch failed with for good, told to the operator already; "" where none.
    announce: events for the guard's bus that were decided and not yet accepted by it, oldest first.
    known: whether there is an item at all.
    waiting: the pause that waits for room or an operator; None where there is none.
    proposed: the pause that waits for an operator alone, since a guard elsewhere proposes it; None where there is none.
    target: what turns the stream on and off, as the registry says.
    alarm: what the registry wishes of its alarm.
    offboarded: whether it has left the registry; nobody compares it with SES any more.
    newer: fields of the stored state that a newer version wrote and this one does not know; saved again as they are.
    """

    stream: StreamId
    version: int
    state: StreamState
    policy: Policy
    tenant: str = ""
    switch_due: str = ""
    turned_off: bool = False
    trouble: str = ""
    announce: tuple[Mapping[str, Any], ...] = field(default=())
    known: bool = True
    waiting: Waiting | None = None
    proposed: Waiting | None = None
    target: PauseTarget = BY_CONFIGURATION_SET
    alarm: DesiredAlarm = PLAIN
    offboarded: bool = False
    newer: Mapping[str, Any] = field(default_factory=dict)

    @property
    def needs_sweep(self) -> bool:
        """Whether somebody has to look after it every minute: not healthy and registered, or something is still due.

        Volume is due where outcomes came before it.
        """
        unhealthy = self.state.status is not Status.HEALTHY and self.state.left is None
        due = bool(self.switch_due or self.announce) or self.state.volume_missing is not None
        return unhealthy or due or self.proposed is not None

    @property
    def backlog(self) -> Waiting | None:
        """The pause on which an operator may say a word."""
        return None if self.state.off else self.waiting or self.proposed

    @property
    def limits(self) -> Limits:
        """What the stream is weighed by as it stands."""
        return self.policy.limits(probation=self.state.on_probation)
