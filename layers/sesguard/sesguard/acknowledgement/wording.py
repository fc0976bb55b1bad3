"""The owner's words: what is kept of them, and when they are too few or too many."""

from __future__ import annotations

from typing import Final

LEAST: Final = 10
MOST: Final = 1_000


def cleaned(text: str) -> str:
    """The text as it is kept: trimmed, lines ended by one line feed, and nothing in it that cannot be seen."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    seen = ("".join(letter if letter.isprintable() else " " for letter in line).rstrip() for line in lines)
    return "\n".join(seen).strip()


def problem(text: str) -> str:
    """What is wrong with a text that was cleaned, for whoever wrote it; "" where nothing is."""
    if not text:
        return "Please write what you have fixed."
    if len(text) < LEAST:
        return f"Please say a little more: at least {LEAST} characters."
    if len(text) > MOST:
        return f"Please shorten it to {MOST:,} characters; it has {len(text):,}."
    return ""
