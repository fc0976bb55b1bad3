"""What could not be told, or not as the platform wanted it: on record, and reported to the operator once."""

from __future__ import annotations

from datetime import datetime

from sesguard.announcing import operator_notice
from sesguard.channels.parcel import Parcel
from sesguard.notices.message import Message
from sesguard.notices.news import News, Transition
from sesguard.notices.payloads import Digest
from sesguard.notify import enveloped, to_operator
from sesguard.office import Office


def report_channel(office: Office, parcel: Parcel, subject: News | Digest, reason: str, now: datetime) -> None:
    """Call the operator, once an hour and channel, by the other channels. Raises AwsError.

    A report that fails itself is not reported: it also goes to the operator's topic, which never gives up in silence.
    """
    if parcel.report:
        return
    title = "An owner could not be told" if parcel.to == "owner" else "A channel of the operator's does not work"
    whose = f" of {parcel.tenant}" if parcel.tenant else ""
    what = f'"{subject.kind}" of {subject.stream}' if isinstance(subject, Transition) else "a notice"
    text = (
        f"The channel {parcel.channel}{whose} did not take {what}: {reason}. This notice is not tried again there. "
        "What else fails there within the hour is in the journal (sesguard incidents) and not reported again."
    )
    key = f"undelivered/{parcel.tenant}/{parcel.name}/{now:%Y-%m-%dT%H}"
    _report(office, title, text, key, now, parcel.channel if parcel.to == "operator" else "")


def report_problems(office: Office, message: Message, now: datetime) -> None:
    """Tell the operator of each problem with the platform's own templates, once. Raises AwsError."""
    for problem in message.problems:
        text = f"The built-in template stands in. {problem}\nTry yours with: sesguard notices preview"
        _report(office, "A template of yours cannot be used", text, f"template/{problem}", now)


def _report(office: Office, title: str, text: str, key: str, now: datetime, but: str = "") -> None:
    event = operator_notice(title, text, key, now)

    def send() -> None:
        parcel = Parcel("operator", "", enveloped(event), report=True)
        office.parcels.send(to_operator(office.tenants, parcel, but))

    office.once.do(f"report/{event['detail']['id']}", send)
