"""One parcel, one channel: the notice is sent once, tried again later, or given up and reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sesguard import undelivered, writing
from sesguard.announcing import iso
from sesguard.channels.back_off import wait
from sesguard.channels.channel import OPERATORS_TOPIC, Channel, mail_to
from sesguard.channels.parcel import Parcel, read
from sesguard.errors import AwsError, ChannelError
from sesguard.notices.news import News, Transition
from sesguard.notices.payloads import Digest
from sesguard.office import Notice, Office
from sesguard.ports.telling import Tenant


class Fate(StrEnum):
    DELIVERED = "delivered"
    LATER = "later"
    GIVEN_UP = "given_up"
    GONE = "gone"  # nobody has that channel any more


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a parcel, for the log; ``after`` says when it is tried again."""

    fate: Fate
    channel: str
    reason: str = ""
    after: timedelta = timedelta()


def deliver(office: Office, body: str, tries: int, now: datetime) -> Delivered:
    """Deliver one parcel. tries: this one included.

    Raises msgspec.DecodeError for what is no parcel; AwsError where the guard's own tables or queues fail for good; and
    ChannelError where the operator's topic is given up, as then there is nobody left to report it to.
    """
    parcel = read(body)
    try:
        return _deliver(office, parcel, tries, now)
    except AwsError as error:
        after = wait(tries, None, office.chance()) if error.retryable else None
        if after is None:
            raise
        return Delivered(Fate.LATER, parcel.name, str(error), after)


def _deliver(office: Office, parcel: Parcel, tries: int, now: datetime) -> Delivered:
    found, subject = _find(office, parcel), writing.about(office, parcel)
    if found is None or subject is None:
        return Delivered(Fate.GONE, parcel.name)
    try:
        _hand_over(office, parcel, *found, subject, now)
    except ChannelError as error:
        after = wait(tries, error.asked, office.chance()) if error.retryable else None
        if after is not None:
            return Delivered(Fate.LATER, parcel.name, error.reason, after)
        if parcel.channel == OPERATORS_TOPIC.key:
            raise
        undelivered.report_channel(office, parcel, subject, error.reason, now)
        _note(office, parcel, subject, "undelivered", reason=error.reason)
        return Delivered(Fate.GIVEN_UP, parcel.name, error.reason)
    _note(office, parcel, subject, "notified")
    return Delivered(Fate.DELIVERED, parcel.name)


def _hand_over(
    office: Office, parcel: Parcel, channel: Channel, tenant: Tenant | None, subject: News | Digest, now: datetime
) -> None:
    """Send it unless it has been sent.

    A crash between sending and remembering sends again: a webhook's receiver knows it by its id, other people see it
    twice. That is rarer, and does less harm, than nobody being told.
    """

    def carry() -> None:
        message = writing.message(office, parcel, tenant, subject, now)
        undelivered.report_problems(office, message, now)
        office.carriers[channel.kind].carry(channel, Notice(message, subject, parcel.tenant))

    office.once.do(f"{subject.id}/{parcel.name}", carry)


def _find(office: Office, parcel: Parcel) -> tuple[Channel, Tenant | None] | None:
    """The channel as it is registered now, and whose it is."""
    tenant = None
    if parcel.to == "operator":
        channels = [OPERATORS_TOPIC, *office.tenants.operators()]
    else:
        tenant = office.tenants.find(parcel.tenant)
        channels = [*mail_to(tenant.contacts), *tenant.channels] if tenant else []
    return next(((channel, tenant) for channel in channels if channel.key == parcel.channel), None)


def _note(office: Office, parcel: Parcel, subject: News | Digest, kind: str, **more: str) -> None:
    for news in writing.transitions(subject):
        office.journal.note(news.stream, {**_entry(news, kind, parcel.name), **more})


def _entry(news: Transition, kind: str, channel: str) -> dict[str, str]:
    return {
        "at": f"{iso(news.at)}#{kind}#{news.id}#{channel}",
        "kind": kind,
        "incident": news.incident,
        "event": news.id,
        "type": news.kind,
        "channel": channel,
    }
