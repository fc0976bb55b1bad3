"""Where a stream stands: what is on record of it between two decisions."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Self

import msgspec
from msgspec.structs import replace

from sesguard.policy import Policy


class Status(StrEnum):
    HEALTHY = "healthy"
    WATCHED = "watched"
    PAUSED = "paused"
    PROBATION = "probation"
    HELD = "held"


class Origin(StrEnum):
    """Who turned sending off. Each undoes only its own pauses."""

    GUARD = "guard"
    OPERATOR = "operator"
    AWS = "aws"


OFF = frozenset({Status.PAUSED, Status.HELD})


class AccountAlarm(msgspec.Struct, frozen=True):
    """What an alarm on a whole account's rates said last: of which kinds of rate, whether it is up, and since when."""

    kinds: tuple[str, ...]
    up: bool
    at: datetime
    reason: str = ""


class HeardAlarm(msgspec.Struct, frozen=True):
    """The newest message of one alarm on a stream: whether it was up, and the alarm's own time of that."""

    up: bool
    at: datetime


REFUSAL_KEPT: Final = timedelta(days=3)
"""For which posture's word on a domain holds, which says it daily: what is not said again is over."""
MOST_REFUSED: Final = 20
"""Domains of one stream that are remembered so, the newest."""

MOST_HEARD: Final = 20
"""Alarms of one stream that are remembered, the newest."""


class StreamState(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state of one stream; every change of it is one decision. All times are aware UTC.

    since: when this status began. counted_from: the last resume; only mail sent since then weighs.
    calm_since: since when the risk has been low enough to end watching or probation, None while it is not.
    strikes: the automatic pauses that are still remembered.
    cool_down_until, acknowledge: what a pause waits for; acknowledge is true until the owner has spoken.
    reminded: whether the owner has been told that nothing but that word is missing; once a pause.
    heard: of others' alarms on the stream, by name, the newest message that was taken, so that an older one loses.
    alarm_at: the time of the newest of all. It is all that versions before ``heard`` wrote, and what they read.
    incident: names the episode, from the first warning to the recovery, by when it began, so that names sort by time;
    empty while healthy.
    volume_missing: since when outcomes wait for the volume of their mail, which they came before; None where none do.
    left: when it left the registry; None while it is there.
    inherited: pauses of other streams that it took over, each ``stream@since``.
    volume_told: when people were told that volume of its mail is not published; None where that was not so.
    refused: domains of the stream whose mail is going to be refused, by when that was said last.
    for_domain: whether it is watched for those alone, and for no evidence of its own mail.
    alarms: of an account (a stream without a configuration set), the alarms on its own rates, by name.
    """

    status: Status = Status.HEALTHY
    since: datetime | None = None
    counted_from: datetime | None = None
    calm_since: datetime | None = None
    strikes: tuple[datetime, ...] = ()
    cool_down_until: datetime | None = None
    acknowledge: bool = False
    reminded: bool = False
    origin: Origin | None = None
    alarm_at: datetime | None = None
    incident: str = ""
    volume_told: datetime | None = None
    volume_missing: datetime | None = None
    left: datetime | None = None
    inherited: tuple[str, ...] = ()
    alarms: dict[str, AccountAlarm] = {}  # msgspec copies an empty default for each instance
    heard: dict[str, HeardAlarm] = {}
    refused: dict[str, datetime] = {}
    for_domain: bool = False

    def refused_at(self, now: datetime) -> dict[str, datetime]:
        """The domains whose mail is going to be refused, as far as that has been said again lately."""
        return {domain: at for domain, at in self.refused.items() if now - at < REFUSAL_KEPT}

    @property
    def off(self) -> bool:
        """Whether this state wants the stream's sending turned off."""
        return self.status in OFF

    @property
    def on_probation(self) -> bool:
        """Whether the stricter limits apply."""
        return self.status is Status.PROBATION

    def has_heard(self, name: str, at: datetime) -> bool:
        """Whether this message of the alarm ``name``, or a newer one, was taken already."""
        heard = self.heard.get(name)
        newest = heard.at if heard is not None else None if self.heard else self.alarm_at
        return newest is not None and at <= newest

    def hear(self, name: str, at: datetime, *, up: bool) -> Self:
        """The state that remembers this message of the alarm ``name``."""
        heard = {**self.heard, name: HeardAlarm(up, at)}
        newest = sorted(heard.items(), key=lambda it: it[1].at)[-MOST_HEARD:]
        return replace(self, heard=dict(newest), alarm_at=max(at, self.alarm_at or at))

    @property
    def risen_since(self) -> frozenset[str]:
        """The alarms of others that rose in this state and have not said since that all is well."""
        return frozenset(
            name for name, it in self.heard.items() if it.up and self.since is not None and it.at > self.since
        )

    def resumed(self, now: datetime) -> Self:
        """The state on probation from ``now`` on: only mail sent since then weighs, and nobody's pause is left."""
        return replace(
            self,
            status=Status.PROBATION,
            since=now,
            counted_from=now,
            calm_since=now,
            cool_down_until=None,
            acknowledge=False,
            reminded=False,
            origin=None,
        )

    @property
    def unacknowledged(self) -> datetime | None:
        """When the pause began that waits for the owner's word: that names it. None where none does."""
        return self.strikes[-1] if self.off and self.acknowledge and self.strikes else None

    def may_resume(self, now: datetime) -> bool:
        """Whether the pause is over by the guard's own rules: cooled down, acknowledged, nobody's hold."""
        return not self.acknowledge and self._cooled_down(now)

    def only_waits_for_word(self, now: datetime) -> bool:
        """Whether the pause would be over if the owner had spoken."""
        return self.acknowledge and self._cooled_down(now)

    def _cooled_down(self, now: datetime) -> bool:
        return (
            self.status is Status.PAUSED
            and self.origin is Origin.GUARD
            and self.cool_down_until is not None
            and now >= self.cool_down_until
        )


def next_look(state: StreamState, policy: Policy) -> datetime | None:
    """When time alone may next end ``state.status``; None where only new mail, an alarm or a person can."""
    if state.status is Status.PAUSED and state.origin is Origin.GUARD and not state.acknowledge:
        return state.cool_down_until
    if state.status is Status.PROBATION and state.since is not None:
        passed = state.calm_since + policy.probation_for if state.calm_since else state.since + policy.probation_at_most
        return min(passed, state.since + policy.probation_at_most)
    if state.status is Status.WATCHED and state.calm_since is not None:
        return state.calm_since + policy.calm_for
    return None


def cool_down(strikes: int, policy: Policy) -> timedelta:
    """How long the pause after ``strikes`` remembered pauses (itself included) lasts: doubling, up to the limit."""
    doublings = min(strikes - 1, 16)  # past any limit that a policy allows, and far from timedelta's own
    doubled: timedelta = policy.cool_down * 2**doublings
    return min(doubled, policy.cool_down_at_most)
