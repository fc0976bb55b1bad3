"""What could not be told, or not as the platform wanted it: on record, and reported to the operator once."""

from __future__ import annotations

from datetime import datetime

from sesguard.bus.details import News, Transition
from sesguard.bus.events import operator_notice
from sesguard.notices.message import NoticeText
from sesguard.notices.payloads import Digest
from sesguard.notify.delivery_ports import DeliveryDeps
from sesguard.notify.notification import Notification
from sesguard.notify.route import enveloped, to_operator


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
