"""What the centre does with what members forward, and with members that forward nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from sesguard.bus.details import AccountAtRisk, News, Transition
from sesguard.bus.events import SOURCE, DetailType, OperatorNotice
from sesguard.bus.heartbeat import Heartbeat
from sesguard.bus.read import read
from sesguard.errors import SesguardError
from sesguard.members.member import Member, member_of
from sesguard.members.pass_on import pass_on
from sesguard.members.ports import CentralTopic, MemberBuses, MemberStore
from sesguard.notices import compose
from sesguard.notices.message import NoticeText
from sesguard.notices.wording import Wording
from sesguard.text import decode_json, one_line

OPERATORS_BUSINESS: Final = frozenset({DetailType.HELD, DetailType.PAUSED})
"""Transitions that the operator of all guards hears of; the rest is on the bus for whoever wants it."""


class ForgedError(SesguardError):
    """An event says that it is of another account than the one that sent it."""


class Forwarded(StrEnum):
    """What became of a forwarded event."""

    HEARD = "heard"
    TOLD = "told"
    TOLD_BEFORE = "told_before"
    LEFT = "left"  # nothing for the operator


class CentralDeps(NamedTuple):
    """What the centre works with."""

    members: MemberStore
    topic: CentralTopic
    buses: MemberBuses
    wording: Wording
    silent_after: timedelta


class _Envelope(msgspec.Struct, frozen=True):
    """EventBridge's own fields. ``account`` is whose bus the event came from: EventBridge writes it, no sender can."""

    source: str
    account: str
    detail: msgspec.Raw
    detail_type: str = msgspec.field(name="detail-type")


class _Place(msgspec.Struct, frozen=True):
    account: str = ""


class _Placed(msgspec.Struct, frozen=True):
    """Where a detail says that it is from: a heartbeat and an account's risk at the top, a transition in its stream."""

    account: str = ""
    stream: _Place | None = None


def take(deps: CentralDeps, body: str, now: datetime) -> Forwarded:
    """Take one event that a member forwarded.

    Raises AwsError where it has to come again, msgspec.DecodeError for what is no event of a guard's, and ForgedError.
    """
    envelope = decode_json(body, _Envelope)
    if envelope.source != SOURCE:
        raise ForgedError(f"source {one_line(envelope.source, 40)!r}; expected {SOURCE}")
    _refuse_forged(envelope)
    if envelope.detail_type == DetailType.HEARTBEAT:
        member = member_of(decode_json(bytes(envelope.detail), Heartbeat))
        # A clock that runs ahead, or somebody who wants it so, must not keep a silence from being told.
        deps.members.heard(msgspec.structs.replace(member, heard=min(member.heard, now)))
        return Forwarded.HEARD
    news = read(body)
    # First, since a pause is worth more than a notice of it; a second time does no harm.
    if isinstance(news, Transition):
        for name, why in pass_on(deps.buses, deps.members, news).items():
            _tell_once(deps, f"not-told/{name}/{now:%Y-%m-%d}", *_not_told(name, why), now)
    notice = _notice(deps, news)
    if news is None or notice is None:
        return Forwarded.LEFT
    subject = f"[{envelope.account}] {notice.subject}"[:_LONGEST_SUBJECT]
    told = _tell_once(deps, news.id, subject, notice.text, now)
    return Forwarded.TOLD if told else Forwarded.TOLD_BEFORE


def _tell_once(deps: CentralDeps, identity: str, subject: str, text: str, now: datetime) -> bool:
    """Tell the operator; False where that had been done. Raises AwsError, and then it has to come again."""
    if not deps.members.first_told(identity, now):
        return False
    try:
        deps.topic.tell(subject, text)
    except SesguardError:
        deps.members.forget_told(identity)
        raise
    return True


_LONGEST_SUBJECT: Final = 99  # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: under 100 characters


def _refuse_forged(envelope: _Envelope) -> None:
    """Raise ForgedError where the detail speaks for another account than the one whose bus it came from.

    A member is trusted with its own account only: nobody in one account can have the operator told of another, or keep
    a silent guard from being missed.
    """
    placed = decode_json(bytes(envelope.detail), _Placed)
    said = placed.account or (placed.stream.account if placed.stream is not None else "")
    if said not in {"", envelope.account}:
        message = f"an event from account {one_line(envelope.account, 20)} speaks for account {one_line(said, 20)}"
        raise ForgedError(message)


def _notice(deps: CentralDeps, news: News | None) -> NoticeText | None:
    """What the operator reads of it; None where it is nothing for the operator."""
    if isinstance(news, OperatorNotice):
        return compose.from_guard(news, deps.wording)
    if isinstance(news, AccountAtRisk):
        return compose.about_account(news, deps.wording)
    if isinstance(news, Transition) and news.kind in OPERATORS_BUSINESS:
        return compose.for_operator(news, "", deps.wording)
    return None


def miss_the_silent(deps: CentralDeps, now: datetime) -> list[Member]:
    """Tell once of each member that has fallen silent, and once that it is back. Gives those that are silent."""
    silent = []
    for member in deps.members.all():
        is_silent = member.is_silent(now, deps.silent_after)
        if is_silent:
            silent.append(member)
        if is_silent == (member.silent_told is not None):
            continue
        if deps.members.mark_silent(member, now if is_silent else None):
            try:
                deps.topic.tell(*(_fell_silent(member, now) if is_silent else _is_back(member)))
            except SesguardError:
                deps.members.mark_silent(member, member.silent_told)
                raise
    return silent


def _not_told(name: str, why: str) -> tuple[str, str]:
    text = f"""A tenant was paused, and the guard {name} could not be told of it, so that it does not follow it: {why}.

Is its stack there, and does the policy of its bus let this centre in (its parameter CentralBusArn)? You are told once a
day and guard.
"""
    return f"sesguard: {name} hears of no pause"[:_LONGEST_SUBJECT], text


def _fell_silent(member: Member, now: datetime) -> tuple[str, str]:
    minutes = int((now - member.heard).total_seconds() // 60)
    text = f"""The guard {member.stack} in account {member.account}, region {member.region} has said nothing for {minutes:,} minutes.

It says that it lives every few minutes. Either its sweep no longer runs, and then paused tenants stay paused and nothing
that was lost is repaired there, or its events no longer reach this account. It guards on by itself as far as it can:
nothing of it depends on this account.

Look at: the alarm SweepSilentAlarm and the dead letters of its rule ForwardRule, in that account and region.
Is the guard gone for good? sesguard accounts forget {member.name}
"""  # noqa: E501 - a paragraph of a mail
    return f"sesguard: {member.account} {member.region} is silent", text


def _is_back(member: Member) -> tuple[str, str]:
    text = f"""The guard {member.stack} in account {member.account}, region {member.region} is heard again, since {member.heard:%Y-%m-%d %H:%M} UTC.
"""  # noqa: E501 - a sentence of a mail
    return f"sesguard: {member.account} {member.region} is heard again", text
