"""Who was told of an incident, by which channels, and the notices, written anew of what is on record.

No notice is kept: only that one was sent, of which event, and by which channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sesguard.bus.details import Transition
from sesguard.bus.events import DetailType
from sesguard.fleet.past_transitions import past_transition
from sesguard.fleet.ports import StreamSource
from sesguard.notices import compose
from sesguard.notices.message import NoticeText
from sesguard.notices.wording import Wording
from sesguard.notify.channel import Kind
from sesguard.pausing.incidents import Incident
from sesguard.pausing.journal import JournalEntry, NotifiedEntry, UndeliveredEntry
from sesguard.pausing.record import StreamRecord
from sesguard.stream import StreamId

_OPERATOR: Final = "operator"
_LINKED: Final = frozenset({DetailType.PAUSED, DetailType.AWAITING})
NO_LINK: Final = "https://left-out.invalid/"
"""In the place of the owner's link, which is as good as the owner's word: https://www.rfc-editor.org/rfc/rfc2606"""


class ChannelResult(NamedTuple):
    """By which kind of channel somebody was told; ``failed``: why not, "" where it was sent."""

    channel: str
    failed: str = ""


class SentNotice(NamedTuple):
    """One notice to the owner or to the operator. text: None where the record does not hold what it told of."""

    at: datetime
    kind: str
    to: str
    results: tuple[ChannelResult, ...]
    text: NoticeText | None


def read_notices(source: StreamSource, incident: Incident, journal: Sequence[JournalEntry]) -> tuple[SentNotice, ...]:
    """Read what the notices of an incident are written of, and write them. Raises AwsError."""
    record = source.deps.streams.load(StreamId.parse(incident.stream))
    tenant = source.tenants.find(record.tenant) if record.tenant else None
    return sent_notices(incident, journal, record, tenant.name if tenant is not None else "", source.wording())


def sent_notices(
    incident: Incident, journal: Sequence[JournalEntry], record: StreamRecord, tenant_name: str, wording: Wording
) -> tuple[SentNotice, ...]:
    """Put together what was told of an incident, oldest first. journal: all of its stream's, oldest first."""
    told: dict[tuple[str, str, str], list[NotifiedEntry | UndeliveredEntry]] = {}
    for entry in incident.entries:
        if isinstance(entry, NotifiedEntry | UndeliveredEntry):
            to = _OPERATOR if entry.channel.partition("/")[0] == _OPERATOR else "owner"
            told.setdefault((entry.event, entry.type, to), []).append(entry)
    found = []
    for (event, kind, to), entries in told.items():
        news = past_transition(journal, event, kind, record)
        owners = [it for (its, _, whom), those in told.items() if its == event and whom != _OPERATOR for it in those]
        text = _write(news, to, _told(owners), tenant_name, wording) if news is not None else None
        results = tuple(ChannelResult(_shown(it.channel), getattr(it, "reason", None) or "") for it in entries)
        found.append(SentNotice(entries[0].time, kind, to, results, text))
    return tuple(sorted(found, key=lambda it: (it.at, it.to != "owner", it.kind)))


def _write(news: Transition, to: str, told: str, tenant_name: str, wording: Wording) -> NoticeText:
    if to == _OPERATOR:
        return compose.for_operator(news, told, wording)
    linked = news.kind in _LINKED and news.acknowledge and news.mode != "observe"
    return compose.for_owner(news, tenant_name, wording, NO_LINK if linked else "")


def _told(owners: Sequence[JournalEntry]) -> str:
    """Who of the owner's was told, as far as it is on record."""
    if not owners:
        return "nobody is on record as told"
    failed = sum(isinstance(it, UndeliveredEntry) for it in owners)
    return f"{len(owners) - failed} told" + (f", {failed} could not be told" if failed else "")


def _shown(channel: str) -> str:
    """A channel by its kind; which address it is only its hash says."""
    to, _, rest = channel.partition("/")
    if to != _OPERATOR:
        return to
    return f"operator's {rest.partition('/')[0] or Kind.TOPIC}"
