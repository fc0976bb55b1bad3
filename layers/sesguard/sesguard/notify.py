"""Who has to hear of what the guard did, and by which channels: a parcel for each, for deliver."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from sesguard.announcing import DetailType, Event, Outcome, operator_notice
from sesguard.channels import bad_contact
from sesguard.channels.bad_contact import UNUSABLE_FOR, BadContact
from sesguard.channels.channel import OPERATORS_TOPIC, Channel, Kind, fingerprint, mail_to
from sesguard.channels.parcel import Parcel
from sesguard.holding import close, held_back
from sesguard.notices.news import Transition, read
from sesguard.plain import one_line
from sesguard.ports.telling import BadContacts, Floods, Parcels, Tenant, Tenants, Waker

# What the owner has no part in is told to the operator alone.
OWNERS_BUSINESS: Final = frozenset(
    {Outcome.PAUSED, Outcome.RESUMED, Outcome.OBSERVED, Outcome.NOTED, Outcome.OFF_BY_AWS, Outcome.ON_BY_AWS}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What handing out parcels needs."""

    tenants: Tenants
    contacts: BadContacts
    floods: Floods
    waker: Waker
    parcels: Parcels


class _Body(msgspec.Struct, frozen=True):
    """What tells the messages of NotifyQueue apart. ``digest``: somebody was asked to wake it, see :class:`Waker`."""

    source: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Noticed:
    """What became of a message, for the log."""

    what: str
    parcels: int = 0


def notify(desk: Desk, body: str, now: datetime) -> Noticed:
    """Hand out the parcels of one message: an event of the guard's bus, of SES on the guard's own mail, or a waker's.

    What comes twice makes the same parcels, which are delivered once. Raises AwsError or ConflictError where it has to
    be tried again, msgspec.DecodeError for a body that is none of these.
    """
    told = msgspec.json.decode(body, type=_Body)
    if told.digest:
        parcels = _digest(desk, told.digest)
    elif told.source == bad_contact.SES:
        return _own_mail(desk, body, now)
    else:
        parcels = _news(desk, body, now)
    desk.parcels.send(parcels)
    return Noticed("digest" if told.digest else "event", len(parcels))


def to_operator(tenants: Tenants, parcel: Parcel, but: str = "") -> list[Parcel]:
    """The parcel for each of the operator's channels, except the one with the key ``but``. Raises AwsError."""
    keys = dict.fromkeys(channel.key for channel in (OPERATORS_TOPIC, *tenants.operators()))
    return [msgspec.structs.replace(parcel, to="operator", channel=key) for key in keys if key != but]


def enveloped(event: Event) -> str:
    """An event as EventBridge would hand it on."""
    return json.dumps({"source": "sesguard", "detail-type": event["type"], "detail": event["detail"]})


def _news(desk: Desk, body: str, now: datetime) -> list[Parcel]:
    news = read(body)
    if news is None:
        return []
    if not isinstance(news, Transition):  # it is urgent, so no flood holds it back
        return to_operator(desk.tenants, Parcel("operator", "", body))
    tenant, channels, told = _owner(desk, news, now)
    owners = [Parcel("owner", channel.key, body, tenant=tenant) for channel in channels]
    if (news.kind is DetailType.AWAITING and owners) or held_back(desk.floods, desk.waker, news.id, body, now):
        return owners
    return [*owners, *to_operator(desk.tenants, Parcel("operator", "", body, told=told))]


def _digest(desk: Desk, digest: str) -> list[Parcel]:
    anything = close(desk.floods, digest)
    return to_operator(desk.tenants, Parcel("operator", "", digest=digest)) if anything else []


def _owner(desk: Desk, news: Transition, now: datetime) -> tuple[str, list[Channel], str]:
    """Find the tenant, its channels that can be used, and say it in words, for the operator."""
    if news.outcome not in OWNERS_BUSINESS and not (news.outcome == Outcome.LEFT and news.mode == "observe"):
        return "", [], "not told, as nothing was done"
    name = desk.tenants.tenant_of(news.stream) or news.tenant
    if not name:
        return "", [], "NOBODY IS TOLD: the stream has no tenant in StreamsTable"
    tenant = desk.tenants.find(name)
    if tenant is None:
        return "", [], "NOBODY IS TOLD: the stream's tenant is not in TenantsTable"
    mail = mail_to(tenant.contacts)
    bad = desk.contacts.among([fingerprint(each.address) for each in mail], now)
    good = [each for each in mail if fingerprint(each.address) not in bad]
    channels = list({each.key: each for each in (*good, *tenant.channels)}.values())
    return name, channels, _told(tenant, channels, len(bad))


def _told(tenant: Tenant, channels: Sequence[Channel], bad: int) -> str:
    kinds = Counter(channel.kind for channel in channels)
    by = [f"{count} told by {kind}" for kind, count in kinds.items()]
    contacts = len(set(tenant.contacts))
    wrong = contacts - kinds[Kind.MAIL] - bad + tenant.unreadable
    if not by:
        by = [f"NOBODY IS TOLD: the tenant has no usable contact ({contacts} registered)"]
    return ", ".join(
        [*by, *([f"{wrong} not usable"] if wrong else []), *([f"{bad} bounced or complained before"] if bad else [])]
    )


def _own_mail(desk: Desk, body: str, now: datetime) -> Noticed:
    """Take note of a contact that bounces or complains, and tell the operator. It is told first: a mark hides it."""
    bad = bad_contact.read(body)
    if bad is None:
        return Noticed("own mail: nothing against its contact")
    parcels = to_operator(desk.tenants, Parcel("operator", "", enveloped(_about(bad, now))))
    desk.parcels.send(parcels)
    desk.contacts.mark(bad.contact, bad.what, now + UNUSABLE_FOR[bad.what])
    return Noticed(f"own mail: {bad.what}", len(parcels))


def _about(bad: BadContact, now: datetime) -> Event:
    tenant = one_line(bad.tenant, 64) or "an unknown tenant"
    did = "complained about" if bad.what == "complaint" else "bounced"
    text = (
        f"A contact of {tenant} {did} the guard's own mail, so it is not written to for {UNUSABLE_FOR[bad.what].days} "
        f"days. Its other channels are used as before. Look at the contacts of the tenant in the registry."
    )
    return operator_notice(f"A contact of {tenant} cannot be used", text, f"contact/{bad.contact}/{bad.what}", now)
