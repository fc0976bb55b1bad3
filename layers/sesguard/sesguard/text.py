"""Text from outside, made safe to show, to log and to put into a header."""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

ELLIPSIS = "…"


def decode_json(body: str | bytes, into: type[T]) -> T:
    """Read JSON from outside as ``into``. Raises msgspec.DecodeError for whatever else it is.

    Lone surrogates and nesting without end are errors of other kinds in Python, which few expect.
    """
    try:
        return msgspec.json.decode(body, type=into)
    except (UnicodeError, RecursionError) as error:
        raise msgspec.DecodeError(str(error) or type(error).__name__) from None


LARGEST_FILE: Final = 64 * 1024 * 1024
"""Bytes of a file that is kept in memory; of tenants that is some 150,000."""


def read_whole(path: Path, most: int = LARGEST_FILE) -> bytes:
    """Read a file that is kept in memory. Raises OSError, too, where it has more than ``most`` bytes."""
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"has more than {most:,} bytes", str(path))
    return content


def one_line(text: object, longest: int) -> str:
    """Cut to one line of at most ``longest`` printable characters; "" for what is no text.

    Control, format and separator characters (line breaks, right-to-left overrides, zero-width marks) become spaces, and
    runs of spaces become one: nothing can start a second header or dress up as something else.
    """
    if not isinstance(text, str):
        return ""
    cut = text[: longest * 4]  # so that a body of 256 KB costs no more than a line
    words = "".join(letter if letter.isprintable() else " " for letter in cut).split()
    line = " ".join(words)
    return line if len(line) <= longest else line[: longest - 1] + ELLIPSIS


def ascii_line(text: object, longest: int) -> str:
    """The same in ASCII, as the subject of an SNS message has to be."""
    return one_line(text, longest).replace(ELLIPSIS, "...").encode("ascii", "replace").decode()[:longest]


# One address, in ASCII as SES wants it, with nothing in it that means something in a header.
ADDRESS: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"


LONGEST_ADDRESS: Final = 320


_ADDRESS: Final = re.compile(ADDRESS)


def usable(address: str) -> bool:
    return len(address) <= LONGEST_ADDRESS and _ADDRESS.fullmatch(address) is not None
