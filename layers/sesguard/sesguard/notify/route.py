"""Who has to hear of what the guard did, and by which channels: a notification for each, for deliver."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from sesguard.bus.details import DomainPosture, Transition
from sesguard.bus.events import DetailType, Event, OperatorNotice, Outcome, operator_notice
from sesguard.bus.read import read
from sesguard.notify import bad_contact
from sesguard.notify.bad_contact import UNUSABLE_FOR, BadContact
from sesguard.notify.channel import OPERATORS_TOPIC, Channel, Kind, TenantContacts, fingerprint, mail_to
from sesguard.notify.digest import close, held_back
from sesguard.notify.notification import Notification
from sesguard.notify.ports import BadContacts, Digests, NotificationQueue, Tenants, Waker
from sesguard.pausing.decision import Reason
from sesguard.stream import StreamId
from sesguard.text import one_line

# What the owner has no part in is told to the operator alone.
OWNERS_BUSINESS: Final = frozenset(
    {Outcome.PAUSED, Outcome.RESUMED, Outcome.OBSERVED, Outcome.NOTED, Outcome.OFF_BY_AWS, Outcome.ON_BY_AWS}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteDeps:
    """What handing out notifications needs."""

    tenants: Tenants
    contacts: BadContacts
    digests: Digests
    waker: Waker
    notifications: NotificationQueue


class _Body(msgspec.Struct, frozen=True):
    """What tells the messages of NotifyQueue apart. ``digest``: somebody was asked to wake it, see :class:`Waker`."""

    source: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What became of a message, for the log."""

    what: str
    notifications: int = 0


def notify(deps: RouteDeps, body: str, now: datetime) -> Noticed:
    """Route the notifications of one message: an event of the bus, of SES on the guard's own mail, or a waker's.

    What comes twice makes the same notifications, which are delivered once. Raises AwsError or ConflictError where it
    has to be tried again, msgspec.DecodeError for a body that is none of these.
    """
    told = msgspec.json.decode(body, type=_Body)
    if told.digest:
        notifications = _digest(deps, told.digest)
    elif told.source == bad_contact.SES:
        return _own_mail(deps, body, now)
    else:
        notifications = _news(deps, body, now)
    deps.notifications.send(notifications)
    return Noticed("digest" if told.digest else "event", len(notifications))


_TOLD_OF_THE_DOMAIN: Final = frozenset({Reason.DOMAIN_REFUSED, Reason.DOMAIN_MENDED})
"""Both sides hear of it in the notice of the domain, with the records: a second one would say less."""


def to_operator(tenants: Tenants, notification: Notification, but: str = "") -> list[Notification]:
    """The notification for each of the operator's channels, except the one with the key ``but``. Raises AwsError."""
    keys = dict.fromkeys(channel.key for channel in (OPERATORS_TOPIC, *tenants.operators()))
    return [msgspec.structs.replace(notification, to="operator", channel=key) for key in keys if key != but]


def enveloped(event: Event) -> str:
    """An event as EventBridge would hand it on."""
    return json.dumps({"source": "sesguard", "detail-type": event["type"], "detail": event["detail"]})


def _news(deps: RouteDeps, body: str, now: datetime) -> list[Notification]:
    news = read(body)
    if news is None:
        return []
    if isinstance(news, DomainPosture):
        return _to_both(deps, news.tenant, body, now, "NOBODY IS TOLD: no tenant names it")
    if isinstance(news, OperatorNotice) and news.tenant:
        return _to_both(deps, _tenant_of(deps, news), body, now)
    if not isinstance(news, Transition):  # it is urgent, so no digest holds it back
        return to_operator(deps.tenants, Notification("operator", "", body))
    if news.reason in _TOLD_OF_THE_DOMAIN:
        return []
    tenant, channels, told = _owner(deps, news, now)
    owners = [Notification("owner", channel.key, body, tenant=tenant) for channel in channels]
    if (news.kind is DetailType.AWAITING and owners) or held_back(deps.digests, deps.waker, news.id, body, now):
        return owners
    return [*owners, *to_operator(deps.tenants, Notification("operator", "", body, told=told))]


def _to_both(deps: RouteDeps, tenant: str, body: str, now: datetime, nobody: str = "") -> list[Notification]:
    """To the owner, who is told at once, and to the operator. nobody: what to say where there is no ``tenant``."""
    channels, told = _channels(deps, tenant, now) if tenant else ([], nobody)
    owners = [Notification("owner", channel.key, body, tenant=tenant) for channel in channels]
    return [*owners, *to_operator(deps.tenants, Notification("operator", "", body, told=told))]


def _tenant_of(deps: RouteDeps, news: OperatorNotice) -> str:
    """Whose the stream is now, which may be another's than when it was told of."""
    about = news.stream_fields
    if about is None:
        return news.tenant
    return deps.tenants.tenant_of(StreamId(about.account, about.region, about.configuration_set)) or news.tenant


def _digest(deps: RouteDeps, digest: str) -> list[Notification]:
    anything = close(deps.digests, digest)
    return to_operator(deps.tenants, Notification("operator", "", digest=digest)) if anything else []


def _owner(deps: RouteDeps, news: Transition, now: datetime) -> tuple[str, list[Channel], str]:
    """Find the tenant, its channels that can be used, and say it in words, for the operator."""
    if news.outcome not in OWNERS_BUSINESS and not (news.outcome == Outcome.LEFT and news.mode == "observe"):
        return "", [], "not told, as nothing was done"
    name = deps.tenants.tenant_of(news.stream) or news.tenant
    if not name:
        return "", [], "NOBODY IS TOLD: the stream has no tenant in StreamsTable"
    return (name, *_channels(deps, name, now))


def _channels(deps: RouteDeps, name: str, now: datetime) -> tuple[list[Channel], str]:
    """Find the channels of a tenant that can be used, and say it in words."""
    tenant = deps.tenants.find(name)
    if tenant is None:
        return [], "NOBODY IS TOLD: the stream's tenant is not in TenantsTable"
    mail = mail_to(tenant.contacts)
    bad = deps.contacts.among([fingerprint(each.address) for each in mail], now)
    good = [each for each in mail if fingerprint(each.address) not in bad]
    channels = list({each.key: each for each in (*good, *tenant.channels)}.values())
    return channels, _told(tenant, channels, len(bad))


def _told(tenant: TenantContacts, channels: Sequence[Channel], bad: int) -> str:
    kinds = Counter(channel.kind for channel in channels)
    by = [f"{count} told by {kind}" for kind, count in kinds.items()]
    contacts = len(set(tenant.contacts))
    wrong = contacts - kinds[Kind.MAIL] - bad + tenant.unreadable
    if not by:
        by = [f"NOBODY IS TOLD: the tenant has no usable contact ({contacts} registered)"]
    return ", ".join(
        [*by, *([f"{wrong} not usable"] if wrong else []), *([f"{bad} bounced or complained before"] if bad else [])]
    )


def _own_mail(deps: RouteDeps, body: str, now: datetime) -> Noticed:
    """Take note of a contact that bounces or complains, and tell the operator. It is told first: a mark hides it."""
    bad = bad_contact.read(body)
    if bad is None:
        return Noticed("own mail: nothing against its contact")
    notifications = to_operator(deps.tenants, Notification("operator", "", enveloped(_about(bad, now))))
    deps.notifications.send(notifications)
    deps.contacts.mark(bad.contact, bad.what, now + UNUSABLE_FOR[bad.what])
    return Noticed(f"own mail: {bad.what}", len(notifications))


def _about(bad: BadContact, now: datetime) -> Event:
    tenant = one_line(bad.tenant, 64) or "an unknown tenant"
    did = "complained about" if bad.what == "complaint" else "bounced"
    text = (
        f"A contact of {tenant} {did} the guard's own mail, so it is not written to for {UNUSABLE_FOR[bad.what].days} "
        f"days. Its other channels are used as before. Look at the contacts of the tenant in the registry."
    )
    return operator_notice(f"A contact of {tenant} cannot be used", text, f"contact/{bad.contact}/{bad.what}", now)
