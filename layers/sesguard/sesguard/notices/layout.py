"""From the words of a notice to a mail's HTML and text, its subject, and a card for chats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from jinja2 import Template

from sesguard.notices.faults import TemplateFault
from sesguard.notices.message import Card, Link, Section
from sesguard.notices.outside import marked_up, plain, unmarked
from sesguard.notices.variables import View
from sesguard.notices.words import Words, known
from sesguard.text import ascii_line, one_line

MOST_HTML: Final = 100_000  # bytes: Gmail clips a mail at about 102 KB
MOST_TEXT: Final = 100_000  # characters
LONGEST_SUBJECT: Final = 99  # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html: less than 100 characters
T = TypeVar("T", bound=str)


def html_of(template: Template, view: View, words: Words) -> str:
    """Lay a mail out. ``words`` come to the template escaped. Raises what the template raises, or TemplateFault."""
    subject, preview = plain(words.subject), plain(words.preview)
    html = template.render(known(view) | {"words": _each(words, marked_up), "subject": subject, "preview": preview})
    size = len(html.encode("utf-8", "replace"))
    if size > MOST_HTML:
        raise TemplateFault("layout.html", f"the mail has {size:,} bytes, more than {MOST_HTML:,}")
    return unmarked(html)


def text_of(template: Template, view: View, words: Words) -> str:
    """Lay the plain text of a mail out. Raises what the template raises, or TemplateFault."""
    text = template.render(known(view) | {"words": words})
    if len(text) > MOST_TEXT:
        raise TemplateFault("layout.txt", f"the mail has {len(text):,} characters, more than {MOST_TEXT:,}")
    return "\n".join(map(_printable, plain(text).split("\n"))).strip("\n") + "\n"


def subject_of(words: Words, view: View) -> str:
    """One line, to the operator in ASCII as SNS wants it."""
    line = ascii_line if view.audience == "operator" else one_line
    return line(plain(words.subject), LONGEST_SUBJECT)


def card_of(words: Words, view: View) -> Card:
    said = _each(words, plain)
    return Card(
        title=said.title,
        tone=view.tone,
        paragraphs=(said.happened,) if said.happened else (),
        facts=(*said.figures, *said.details),
        link=Link(said.button, view.link.url) if view.link else None,
        sections=tuple(
            Section(part.title, tuple(f"• {item.text}" if item.bullet else item.text for item in part.items))
            for part in said.body
        ),
        footer=f"{said.questions}: {view.brand.support}. {said.footer}" if said.questions else said.footer,
    )


def _printable(line: str) -> str:
    return "".join(letter for letter in line if letter.isprintable()).rstrip()


def _each(words: Words, change: Callable[[str], T]) -> Words:
    """Change every piece of text."""
    lines = {name: change(value) for name, value in words._asdict().items() if isinstance(value, str)}
    return words._replace(
        figures=tuple((change(label), change(value)) for label, value in words.figures),
        details=tuple((change(label), change(value)) for label, value in words.details),
        body=tuple(
            part._replace(title=change(part.title), items=tuple(it._replace(text=change(it.text)) for it in part.items))
            for part in words.body
        ),
        **lines,
    )
