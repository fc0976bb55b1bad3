"""A registry's file, YAML or JSON lines: everything in it, and everything that is wrong with it, at once."""

from __future__ import annotations

from typing import Final

from sesguard.stream import StreamId
from sesguard.tenants.document import TOP, Wanted, read_document
from sesguard.tenants.json_lines import read_json_lines
from sesguard.tenants.model import Registry
from sesguard.tenants.problems import Problem, RegistryError
from sesguard.tenants.yaml_text import read_yaml

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a file; that is some 150,000 tenants."""

NOTHING_KNOWN: Final = Registry()


def read(content: bytes, home: StreamId, known: Registry = NOTHING_KNOWN, *, lines: bool) -> Wanted:
    """Read a file's content. lines: it is JSON lines. home: the guard's account and region; known: what is registered.

    Raises RegistryError where it cannot be read as such; what is wrong beyond that is in ``Wanted.found``.
    """
    if len(content) > LARGEST:
        raise _unreadable(0, f"has {len(content):,} bytes: at most {LARGEST:,} are read, so split it")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(content.count(b"\n", 0, error.start) + 1, "is no UTF-8: save it as such") from None
    document = read_json_lines(text, frozenset(TOP)) if lines else read_yaml(text)
    return read_document(document, home, known, lines=lines)


def _unreadable(line: int, remedy: str) -> RegistryError:
    return RegistryError((Problem(line, "the file", "", remedy),))
