"""What a notification is about, and the notice of it, written for whom it goes to."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from sesguard.bus.details import AccountAtRisk, DomainPosture, News, Transition
from sesguard.bus.events import DetailType, OperatorNotice, event_id
from sesguard.bus.read import read
from sesguard.errors import AwsError
from sesguard.notices import compose
from sesguard.notices.message import NoticeText
from sesguard.notices.payloads import Digest
from sesguard.notify.channel import TenantContacts
from sesguard.notify.delivery_ports import DeliveryDeps
from sesguard.notify.notification import Notification

_LINKED: Final = frozenset({DetailType.PAUSED, DetailType.AWAITING})

_log = logging.getLogger(__name__)


def about(deps: DeliveryDeps, notification: Notification) -> News | Digest | None:
    """Read it; None for a kind of event that this version does not know. Raises AwsError, msgspec.DecodeError."""
    if not notification.digest:
        return read(notification.event)
    held = [_read_held(body) for body in deps.digests.held(notification.digest)]
    transitions = sorted((it for it in held if isinstance(it, Transition)), key=lambda it: (it.at, it.id))
    if not transitions:
        return None
    identity = event_id("digest", notification.digest)
    return Digest(id=identity, at=transitions[-1].at, since=transitions[0].at, transitions=transitions)


def _read_held(body: str) -> News | None:
    """Read an event of a digest; None for one that this version cannot read, which must not hide the others."""
    try:
        return read(body)
    except msgspec.DecodeError as error:
        _log.error("an event of a digest cannot be read: %s", error)
        return None


def transitions(subject: News | Digest | None) -> Sequence[Transition]:
    """The transitions that it tells of, whose journals have to say so."""
    if isinstance(subject, Digest):
        return subject.transitions
    return [subject] if isinstance(subject, Transition) else []


def message(
    deps: DeliveryDeps, notification: Notification, tenant: TenantContacts | None, subject: News | Digest, now: datetime
) -> NoticeText:
    """Write to the owner of ``tenant``, or to the operator where there is none. Raises AwsError."""
    wording = deps.wordings.now()
    if isinstance(subject, OperatorNotice):
        name = tenant.name if tenant is not None else ""
        return compose.from_guard(subject, wording, name, notification.told, owner=tenant is not None)
    if isinstance(subject, AccountAtRisk):
        return compose.about_account(subject, wording)
    if isinstance(subject, Digest):
        return compose.digest(subject.transitions, wording, subject.since)
    if isinstance(subject, DomainPosture):
        name = tenant.name if tenant is not None else ""
        return compose.about_domain(subject, name, notification.told, wording, owner=tenant is not None)
    if tenant is None:
        return compose.for_operator(subject, notification.told, wording)
    return compose.for_owner(subject, tenant.name, wording, _link(deps, subject, now))


def _link(deps: DeliveryDeps, news: Transition, now: datetime) -> str:
    """Where the owner gives the word that a pause waits for; nothing waits where nothing was paused."""
    if not (news.kind in _LINKED and news.acknowledge) or news.mode == "observe":
        return ""
    try:
        return deps.links(news, now)
    except AwsError as error:
        if error.retryable:
            raise
        _log.error("no link to the acknowledgement page can be made: %s", error)
        return ""  # better told without a link than not at all
