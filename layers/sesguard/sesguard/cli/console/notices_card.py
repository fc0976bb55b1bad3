"""The card of the incident page with each notice as it was sent, rendered anew from the record.

A notice is markup, and a platform's own template may say anything: it is shown in a frame that may do nothing (no
script, no form, no window, no origin), under the console's own policy, which a frame with ``srcdoc`` inherits: nothing
is loaded from anywhere, and a link leads nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nicegui import ui

from sesguard.cli.console.parts import say, tag
from sesguard.cli.screen import clock
from sesguard.fleet.incident_page import NOT_HELD
from sesguard.fleet.sent_notices import SentNotice

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
