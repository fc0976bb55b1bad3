"""A guard as the centre knows it, and what stands out among several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from sesguard.bus.heartbeat import MOST_STREAMS, Heartbeat, StreamStanding


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One guard.

    heard: its last sign of life. takes: the kinds of the centre's events that it has a rule for; older ones have none.
    states: how many streams that are not healthy it has of each state. worst: those of them that stand worst.
    silent_told: when the operator was told that it is silent.
    """

    account: str
    region: str
    stack: str
    guard: str
    heard: datetime
    settings: Mapping[str, str] = {}
    unhealthy: int = 0
    waiting: int = 0
    dead_letters: int = 0
    takes: tuple[str, ...] = ()
    states: Mapping[str, int] = {}
    worst: tuple[StreamStanding, ...] = ()
    silent_told: datetime | None = None

    @property
    def name(self) -> str:
        """Account, region and stack."""
        return f"{self.account}/{self.region}/{self.stack}"

    def is_silent(self, now: datetime, after: timedelta) -> bool:
        """Whether nothing was heard of it for longer than ``after``."""
        return now - self.heard > after


class Oddity(NamedTuple):
    """Something about a member that an operator should look at: a code for programs, and a sentence."""

    member: Member
    code: str
    says: str


def member_of(beat: Heartbeat) -> Member:
    """The member as its heartbeat describes it."""
    return Member(
        account=beat.account,
        region=beat.region,
        stack=beat.stack,
        guard=beat.guard,
        heard=beat.at,
        settings=beat.settings,
        unhealthy=beat.unhealthy,
        waiting=beat.waiting,
        dead_letters=beat.dead_letters,
        takes=beat.takes,
        states=beat.states,
        worst=beat.worst[:MOST_STREAMS],
    )


def oddities(members: Sequence[Member], now: datetime, silent_after: timedelta) -> Iterator[Oddity]:
    """Find what stands out, by member: silence, age of the code, settings unlike the others', two in one place."""
    newest = max((version_of(it.guard) for it in members), default=())
    usual = _usual_settings(members)
    places = Counter((it.account, it.region) for it in members)
    for member in sorted(members, key=lambda it: it.name):
        if member.is_silent(now, silent_after):
            minutes = int((now - member.heard).total_seconds() // 60)
            yield Oddity(member, "silent", f"nothing was heard of it for {minutes:,} minutes")
        if version_of(member.guard) < newest:
            says = f"runs version {member.guard}; {'.'.join(map(str, newest))} is the newest among the members"
            yield Oddity(member, "older_version", says)
        if places[member.account, member.region] > 1:
            says = "another guard stands in the same account and region: both pause and resume the same sets"
            yield Oddity(member, "two_guards", says)
        for name, value in sorted(member.settings.items()):
            if value != usual.get(name, value):
                yield Oddity(member, "drift", f"{name} is {value}; most members have {usual[name]}")
        if member.dead_letters:
            yield Oddity(member, "dead_letters", f"holds {member.dead_letters:,} dead letters: sesguard redrive")


def version_of(text: str) -> tuple[int, ...]:
    """A version to compare; what is none is older than all."""
    parts = text.split(".")
    return tuple(map(int, parts)) if all(part.isascii() and part.isdigit() for part in parts) else ()


def _usual_settings(members: Sequence[Member]) -> dict[str, str]:
    """Of each setting the value that most members have; of equally many the first by name."""
    values: dict[str, Counter[str]] = {}
    for member in sorted(members, key=lambda it: it.name):
        for name, value in member.settings.items():
            values.setdefault(name, Counter())[value] += 1
    return {name: counted.most_common(1)[0][0] for name, counted in values.items()}
