"""Pass a pause on to the guards of other accounts and regions, which follow it where their policies say so.

Only what a guard decided by evidence of the tenant's own mail, and did, is passed on: no operator's word, nothing that
was for the sake of one account, and never a pause that was itself passed on. So it ends after one hop.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from sesguard.bus.details import PausedElsewhere, Transition
from sesguard.bus.events import DetailType, Event, Outcome, event_id, event_of
from sesguard.errors import AwsError
from sesguard.members.ports import MemberBuses, MemberStore
from sesguard.pausing.decision import Reason

GROUNDS: Final = (Reason.BOUNCES, Reason.COMPLAINTS, Reason.ALARM, Reason.TENANT)
"""Reasons of a pause that say something of the tenant wherever it sends."""
_STACK: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}")
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html"""

_log = logging.getLogger(__name__)


def to_pass_on(news: Transition) -> Event | None:
    """Make what other guards are told of a transition; None where it is nothing for them."""
    if not news.tenant or news.outcome is not Outcome.PAUSED:
        return None
    paused = news.kind is DetailType.PAUSED and news.reason in GROUNDS
    # A strike too many says so in the place of the ground; with less risk it was another's.
    held = news.kind is DetailType.HELD and news.reason == Reason.STRIKES and news.evidence.risk >= 1
    if not (paused or held):
        return None
    there = PausedElsewhere(
        id=event_id(DetailType.PAUSED_ELSEWHERE, news.id),
        at=news.at,
        stream_fields=news.stream_fields,
        tenant=news.tenant,
        incident=news.incident,
        reason=news.reason,
        strikes=news.strikes,
    )
    return event_of(DetailType.PAUSED_ELSEWHERE, there)


def pass_on(buses: MemberBuses, members: MemberStore, news: Transition) -> dict[str, str]:
    """Put ``news`` onto the buses of all other guards that take it; give why others could not be told, by name.

    Telling a guard twice does no harm. Raises AwsError, after all were tried, where time can heal a failure.
    """
    event = to_pass_on(news)
    if event is None:
        return {}
    failed: dict[str, str] = {}
    heals: AwsError | None = None
    for member in members.all():
        if (member.account, member.region) == news.stream[:2] or DetailType.PAUSED_ELSEWHERE not in member.takes:
            continue
        if not _STACK.fullmatch(member.stack):
            failed[member.name] = "its name is no stack's"
            continue
        try:
            buses.put(member, event)
        except AwsError as error:
            _log.warning("guard %s not told: %s", member.name, error)
            failed[member.name] = str(error)
            heals = error if error.retryable else heals
    if heals is not None:
        raise heals
    return failed
