"""One notification, one channel: the notice is sent once, tried again later, or given up and reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sesguard.bus.details import News, Transition
from sesguard.bus.events import iso, operator_notice
from sesguard.errors import AwsError, ChannelError
from sesguard.notices.message import NoticeText
from sesguard.notices.payloads import Digest
from sesguard.notify import compose as writing
from sesguard.notify.back_off import LONGEST, wait
from sesguard.notify.channel import OPERATORS_TOPIC, Channel, TenantContacts, mail_to
from sesguard.notify.delivery_ports import DeliveryDeps, Notice
from sesguard.notify.notification import Notification, read
from sesguard.notify.route import enveloped, to_operator
from sesguard.pausing.journal import JournalEntry, NotifiedEntry, UndeliveredEntry


class Fate(StrEnum):
    DELIVERED = "delivered"
    LATER = "later"
    GIVEN_UP = "given_up"
    GONE = "gone"  # nobody has that channel any more


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a notification, for the log; ``after`` says when it is tried again."""

    fate: Fate
    channel: str
    reason: str = ""
    after: timedelta = timedelta()


def deliver(deps: DeliveryDeps, body: str, tries: int, now: datetime) -> Delivered:
    """Deliver one notification. tries: this one included.

    Raises msgspec.DecodeError for what is no notification; AwsError where the guard's tables or queues fail for good;
    and ChannelError where the operator's topic is given up, as then there is nobody left to report it to.
    """
    notification = read(body)
    try:
        return _deliver(deps, notification, tries, now)
    except AwsError as error:
        if not error.retryable:
            raise
        after = wait(tries, None, deps.chance()) or LONGEST  # an outage of the guard's own tables gives up nobody
        return Delivered(Fate.LATER, notification.name, str(error), after)


def _deliver(deps: DeliveryDeps, notification: Notification, tries: int, now: datetime) -> Delivered:
    found, subject = _find(deps, notification), writing.about(deps, notification)
    if found is None or subject is None:
        return Delivered(Fate.GONE, notification.name)
    try:
        _hand_over(deps, notification, *found, subject, now)
    except ChannelError as error:
        after = wait(tries, error.asked, deps.chance()) if error.retryable else None
        if after is not None:
            return Delivered(Fate.LATER, notification.name, error.reason, after)
        if notification.channel == OPERATORS_TOPIC.key:
            raise
        report_channel(deps, notification, subject, error.reason, now)
        _note(deps, notification, subject, given_up=error.reason)
        return Delivered(Fate.GIVEN_UP, notification.name, error.reason)
    _note(deps, notification, subject)
    return Delivered(Fate.DELIVERED, notification.name)


def _hand_over(
    deps: DeliveryDeps,
    notification: Notification,
    channel: Channel,
    tenant: TenantContacts | None,
    subject: News | Digest,
    now: datetime,
) -> None:
    """Send it unless it has been sent.

    A crash between sending and remembering sends again: a webhook's receiver knows it by its id, other people see it
    twice. That is rarer, and does less harm, than nobody being told.
    """

    def send() -> None:
        message = writing.message(deps, notification, tenant, subject, now)
        report_problems(deps, message, now)
        deps.senders[channel.kind].send(channel, Notice(message, subject, notification.tenant))

    deps.once.do(f"{subject.id}/{notification.name}", send)


def _find(deps: DeliveryDeps, notification: Notification) -> tuple[Channel, TenantContacts | None] | None:
    """The channel as it is registered now, and whose it is."""
    tenant = None
    if notification.to == "operator":
        channels = [OPERATORS_TOPIC, *deps.tenants.operators()]
    else:
        tenant = deps.tenants.find(notification.tenant)
        channels = [*mail_to(tenant.contacts), *tenant.channels] if tenant else []
    return next(((channel, tenant) for channel in channels if channel.key == notification.channel), None)


def _note(deps: DeliveryDeps, notification: Notification, subject: News | Digest, given_up: str | None = None) -> None:
    for news in writing.transitions(subject):
        deps.journal.note(_entry(news, notification.name, given_up))


def _entry(news: Transition, channel: str, given_up: str | None) -> JournalEntry:
    """Make the entry of a transition that was told of by ``channel``, or why that was given up."""
    kind = NotifiedEntry if given_up is None else UndeliveredEntry
    head = str(news.stream), f"{iso(news.at)}#{kind.__struct_config__.tag}#{news.id}#{channel}", news.incident
    if given_up is None:
        return NotifiedEntry(*head, event=news.id, type=news.kind, channel=channel)
    return UndeliveredEntry(*head, event=news.id, type=news.kind, channel=channel, reason=given_up)


def report_channel(
    deps: DeliveryDeps, notification: Notification, subject: News | Digest, reason: str, now: datetime
) -> None:
    """Call the operator, once an hour and channel, by the other channels. Raises AwsError.

    A report that fails itself is not reported: it also goes to the operator's topic, which never gives up in silence.
    """
    if notification.report:
        return
    title = "An owner could not be told" if notification.to == "owner" else "A channel of the operator's does not work"
    whose = f" of {notification.tenant}" if notification.tenant else ""
    what = f'"{subject.kind}" of {subject.stream}' if isinstance(subject, Transition) else "a notice"
    text = (
        f"The channel {notification.channel}{whose} did not take {what}: {reason}. This notice is not tried again "
        "there. What else fails there within the hour is in the journal (sesguard incidents) and not reported again."
    )
    key = f"undelivered/{notification.tenant}/{notification.name}/{now:%Y-%m-%dT%H}"
    _report(deps, title, text, key, now, notification.channel if notification.to == "operator" else "")


def report_problems(deps: DeliveryDeps, message: NoticeText, now: datetime) -> None:
    """Tell the operator of each problem with the platform's own templates, once. Raises AwsError."""
    for problem in message.problems:
        text = f"The built-in template stands in. {problem}\nTry yours with: sesguard notices preview"
        _report(deps, "A template of yours cannot be used", text, f"template/{problem}", now)


def _report(deps: DeliveryDeps, title: str, text: str, key: str, now: datetime, but: str = "") -> None:
    event = operator_notice(title, text, key, now)

    def send() -> None:
        notification = Notification("operator", "", enveloped(event), report=True)
        deps.notifications.send(to_operator(deps.tenants, notification, but))

    deps.once.do(f"report/{event['detail']['id']}", send)
