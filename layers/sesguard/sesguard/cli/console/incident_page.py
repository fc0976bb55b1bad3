"""The console's page of one incident: everything on record of it, in the order in which it happened."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from nicegui import ui

from sesguard.cli.console.parts import action, card, page, reading, say, tag
from sesguard.cli.console.session import ConsoleSession
from sesguard.cli.incident_view import read_incident
from sesguard.cli.screen import clock, length, name
from sesguard.errors import SesguardError
from sesguard.fleet.incident_page import NOT_HELD, IncidentPage
from sesguard.fleet.sent_notices import SentNotice, read_notices
from sesguard.pausing.incidents import Incident, incidents
from sesguard.stream import StreamId


def incident_path(incident: Incident) -> str:
    """The path of an incident's page."""
    return f"/incident/{quote(incident.stream, safe='/')}/{quote(incident.id, safe='')}"


async def incident_page(session: ConsoleSession, stream: StreamId, incident_id: str) -> None:
    title = f"Incident of {name(stream, session.feed.home).plain}"
    with page(session, title):
        try:
            with reading():
                entries = await to_thread(lambda: session.feed.source_of(stream).journal.of(stream))
        except SesguardError as error:
            tag("h1", title)
            tag("div", f"Not read: {error}", "problem")
            return
        found = next((each for each in incidents(entries) if each.id == incident_id), None)
        if found is None:
            tag("h1", title)
            tag("div", "There is no such incident on record.", "problem")
            return
        notices: Sequence[SentNotice] = ()
        try:
            with reading():
                notices = await to_thread(read_notices, session.feed.source_of(stream), found, entries)
        except SesguardError as error:
            tag("div", f"Notices not read: {error}", "problem")
        _fill(session, read_incident(found, notices), stream, title)


def _fill(session: ConsoleSession, read: IncidentPage, stream: StreamId, title: str) -> None:
    incident = read.incident
    ended = incident.ended
    with ui.element("div").classes("tools"):
        tag("h1", title)
        tag("span", " ", "count")
        action("Copy as Markdown", lambda: _copy(read.as_markdown()))
    with ui.element("div").classes("accountline"):
        until = f"to {clock(ended)}" if ended else "and going on"
        tag("span", f"{clock(incident.began)} {until}")
        tag("span", length((ended or session.feed.clock()) - incident.began))
        tag("span", f"now {incident.status}")
        ui.link("the stream", f"/stream/{quote(str(stream), safe='/')}").classes("plainlink")
    if incident.sentence:
        with card("What the last pause or warning rested on"):
            tag("div", incident.sentence, "evidence")
    with card("Timeline"), ui.element("ol").classes("timeline"):
        for entry in read.timeline:
            with ui.element("li"):
                tag("time", clock(entry.at))
                with ui.element("div"):
                    first, *more = entry.sentences or ("",)
                    tag("div", first, "what")
                    for sentence in more:
                        tag("div", sentence, "more")
    with card("Notices"):
        show_notices(read.notices)


def _copy(text: str) -> None:
    ui.clipboard.write(text)
    ui.notify("Copied.", type="positive")


_AS_RENDERED: Final = (
    "As rendered from the record: notices are not kept. The words are written anew, with the templates, the policy and "
    "the tenant's name of now; chats were sent the same words as a card, and the owner's link is left out. What the "
    "operator was told may have been within a digest of several streams."
)


def show_notices(notices: Sequence[SentNotice]) -> None:
    """Show each, with whom it went to, how, and with what result."""
    if not notices:
        tag("div", "Nobody is on record as told.", "faint")
        return
    tag("p", _AS_RENDERED, "faint")
    for notice in notices:
        with ui.element("section").classes("notice"):
            tag("h3", f"To the {notice.to}: {notice.kind}")
            tag("div", f"of {clock(notice.at)}", "faint")
            with ui.element("ul").classes("results"):
                for result in notice.results:
                    failed = f"not sent: {result.failed}"
                    tag(
                        "li", f"{result.channel}: {failed if result.failed else 'sent'}", "bad" if result.failed else ""
                    )
            if notice.text is None:
                tag("div", NOT_HELD, "warn")
                continue
            tag("div", notice.text.subject, "what")
            _frame(notice.text.html, f"Notice to the {notice.to}: {say(notice.text.subject, 100)}")


def _frame(document: str, title: str) -> None:
    """A frame that shows a document and may do nothing. sandbox: with no word in it, it allows nothing."""
    made = ui.element("iframe").classes("notice")
    made.props["sandbox"] = ""
    made.props["title"] = title
    made.props["referrerpolicy"] = "no-referrer"
    made.props["srcdoc"] = document
