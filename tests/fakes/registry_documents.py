"""Registry files, and what is read from them."""

from __future__ import annotations

from typing import Any

from sesguard.stream import StreamId
from sesguard.tenants.document import Wanted
from sesguard.tenants.file import read
from sesguard.tenants.model import Registry
from sesguard.tenants.problems import Problem, RegistryError

HOME = StreamId("111122223333", "us-east-1", "")
NOTHING = Registry()


def a_file(text: str, *, lines: bool = False, known: Registry = NOTHING) -> Wanted:
    return read(text.encode(), HOME, known, lines=lines)


def registry_in(text: str, *, lines: bool = False, known: Registry = NOTHING) -> Registry:
    """What a file says in which nothing is wrong."""
    wanted = a_file(text, lines=lines, known=known)
    assert wanted.found.all() == ()
    return wanted.registry


def problems_in(text: str, *, lines: bool = False, known: Registry = NOTHING) -> tuple[Problem, ...]:
    """All that is wrong with a file."""
    try:
        return a_file(text, lines=lines, known=known).found.all()
    except RegistryError as error:
        return error.problems


def a_tenant(**keys: Any) -> dict[str, Any]:
    """A document with which all is well, but for ``keys``; those that are None are left out."""
    stream = {"configuration_set": "acme-news"}
    whole = {"id": "acme", "contacts": ["owner@acme.example"], "streams": [stream], **keys}
    return {key: value for key, value in whole.items() if value is not None}
