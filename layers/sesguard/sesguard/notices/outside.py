"""Text from outside on its way through the templates.

A template prints it between two marks that nothing from outside can hold, so that it begins no heading and no bullet
wherever it stands, and HTML can keep its direction apart from the words around it. :func:`plain` and :func:`marked_up`
take the marks out again.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup, escape

from sesguard.text import one_line

# Of Unicode's private use area: never printable, so that one_line lets neither through.
_BEGIN, _END = "\ue000", "\ue001"
_BOUND: Final = "\u00a0"  # a space at which no line is broken
_UNMARKED: Final = {ord(_BEGIN): None, ord(_END): None}


class Outside(str):
    """One printable line that somebody else wrote, and that makes no link."""

    __slots__ = ()

    @classmethod
    def of(cls, text: object, longest: int) -> Outside:
        """Cut ``text`` to a line of at most ``longest`` characters; "" for what is no text."""
        return cls(one_line(_without_links(text), longest))


class UnbrokenText(Outside):
    """The same, printed without a line break in it."""

    __slots__ = ()


def _without_links(text: object) -> object:
    # Mail programs and chats make a link of whatever has "://" in it.
    return text[:10_000].replace("://", ": //") if isinstance(text, str) else text


def printed(value: object) -> object:
    """Mark what a template prints where it comes from outside; anything else stays as it is."""
    if isinstance(value, Outside) and value:
        text = value.replace(" ", _BOUND) if isinstance(value, UnbrokenText) else str(value)
        return f"{_BEGIN}{text}{_END}"
    return value


def begins(text: str) -> bool:
    """Whether the first of ``text`` comes from outside."""
    return text.startswith(_BEGIN)


def bound(text: str) -> str:
    """Keep ``text`` in one line wherever it is printed."""
    return text.replace(" ", _BOUND)


def unmarked(text: str) -> str:
    """Take the marks out; what must not be broken stays so."""
    return text.translate(_UNMARKED)


def plain(text: str) -> str:
    """Take everything out that is for the layout alone."""
    return unmarked(text).replace(_BOUND, " ")


def marked_up(text: str) -> Markup:
    """Escape for HTML; what came from outside keeps its direction to itself."""
    return Markup(str(escape(text)).replace(_BEGIN, "<bdi>").replace(_END, "</bdi>"))  # noqa: S704  # escaped just here
