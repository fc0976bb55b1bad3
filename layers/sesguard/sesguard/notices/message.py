"""A notice that is ready for any channel: mail, SNS, chats, a webhook."""

from __future__ import annotations

from typing import Literal

import msgspec

Tone = Literal["bad", "warn", "good", "info"]


class Link(msgspec.Struct, frozen=True):
    """Where the reader can go on: what the button says, and an http(s) URL."""

    label: str
    url: str


class Section(msgspec.Struct, frozen=True):
    """A heading and what stands under it, one paragraph or bullet each."""

    title: str
    paragraphs: tuple[str, ...]


class Card(msgspec.Struct, frozen=True):
    """The notice as chats show it. All of it is plain text of one line each: :mod:`.payloads` escapes it."""

    title: str
    tone: Tone
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    link: Link | None
    sections: tuple[Section, ...] = ()
    footer: str = ""


class NoticeText(msgspec.Struct, frozen=True):
    """A notice, rendered.

    subject: one printable line of at most 99 characters, to the operator in ASCII. text: lines of 76 columns where
    words allow. html: a whole document of at most 100,000 bytes. problems: what was wrong with the platform's own
    templates and brand, so that the built-in ones stood in; for the operator, naming no person.
    """

    subject: str
    text: str
    html: str
    card: Card
    problems: tuple[str, ...] = ()
