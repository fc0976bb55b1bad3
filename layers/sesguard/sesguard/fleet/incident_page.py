"""One incident as a timeline, and as Markdown for whoever writes about it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sesguard.fleet.sent_notices import SentNotice
from sesguard.pausing.incidents import Incident
from sesguard.text import one_line


class TimelineEntry(NamedTuple):
    """Something that happened: when, what kind of entry it is, and what it says, the first sentence foremost."""

    at: datetime
    kind: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """An incident with its timeline and the notices of it, oldest first."""

    incident: Incident
    timeline: Sequence[TimelineEntry]
    notices: Sequence[SentNotice] = ()

    def as_markdown(self) -> str:
        """Write it as Markdown; text from outside cannot become any."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        incident = self.incident
        ended = f"{incident.ended:%Y-%m-%d %H:%MZ}" if incident.ended else "going on"
        yield f"# Incident of {escaped(incident.stream)}"
        yield ""
        yield f"From {incident.began:%Y-%m-%d %H:%MZ} to {ended}; now {escaped(incident.status)}."
        if incident.sentence:
            yield ""
            yield escaped(incident.sentence)
        yield ""
        for entry in self.timeline:
            yield f"- **{entry.at:%Y-%m-%d %H:%M:%SZ}** {escaped('. '.join(entry.sentences))}"
        for notice in self.notices:
            yield from _notice_lines(notice)


def _notice_lines(notice: SentNotice) -> Iterator[str]:
    yield ""
    yield f"## To the {notice.to}, {notice.at:%Y-%m-%d %H:%M:%SZ}: {escaped(notice.kind)}"
    yield ""
    for result in notice.results:
        yield f"- {escaped(result.channel)}: {escaped(f'not sent: {result.failed}' if result.failed else 'sent')}"
    yield ""
    if notice.text is None:
        yield NOT_HELD
        return
    yield f"As rendered from the record: {escaped(notice.text.subject)}"
    yield ""
    for line in notice.text.text.splitlines():
        yield f"> {escaped(line)}".rstrip() + "  "


NOT_HELD: Final = "The record does not hold what this notice was rendered from."
_SPECIAL = frozenset("\\`*_{}[]()<>#+-.!|~&")


def escaped(text: str) -> str:
    """One line of text that Markdown shows as it is."""
    return "".join(f"\\{letter}" if letter in _SPECIAL else letter for letter in one_line(text, 1_000))
