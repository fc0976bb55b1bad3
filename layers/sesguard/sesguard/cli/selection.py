"""Which streams an operator's word is for: by name, of a tenant, or as standard input names them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final

from cyclopts import Parameter

from sesguard.cli.connect import UnknownTenantError, UsageError, known_stream
from sesguard.cli.options import many
from sesguard.cli.tenants.session import near, open_session, read_registry
from sesguard.stream import StreamId
from sesguard.wiring.operator import Guard

STANDARD_INPUT: Final = "-"
_MOST_TYPED: Final = 1_000_000  # characters of standard input

StreamNames = Annotated[
    tuple[str, ...],
    many("STREAM", "a configuration set; region/set or account/region/set where it is elsewhere; - for standard input"),
]
TenantIds = Annotated[
    tuple[str, ...], Parameter(name="--tenant", metavar="ID", help="all streams of that tenant; may be said again")
]


@dataclass(frozen=True, slots=True)
class Selection:
    """names and tenants, as the command line has them."""

    names: tuple[str, ...]
    tenants: tuple[str, ...] = ()

    @property
    def single(self) -> bool:
        """Whether it is one stream, by its name."""
        return len(self.names) == 1 and STANDARD_INPUT not in self.names and not self.tenants


def select_streams(selection: Selection, guard: Guard) -> list[StreamId]:
    """Find the streams, each once, in the order of the command line.

    Raises UsageError where there is none, StreamNameError, UnknownStreamError, UnknownTenantError or AwsError.
    """
    named = [known_stream(name, guard) for name in _names(selection)]
    found = list(dict.fromkeys([*named, *_of_tenants(selection.tenants, guard)]))
    if not found:
        raise UsageError("name the streams, or a tenant with --tenant; - reads names from standard input")
    return found


def _names(selection: Selection) -> Iterator[str]:
    for name in selection.names:
        if name != STANDARD_INPUT:
            yield name
            continue
        text = sys.stdin.read(_MOST_TYPED + 1)
        if len(text) > _MOST_TYPED:
            message = f"standard input has more than {_MOST_TYPED:,} characters: name a tenant, or fewer streams"
            raise UsageError(message)
        yield from text.split()


def _of_tenants(ids: tuple[str, ...], guard: Guard) -> Iterator[StreamId]:
    if not ids:
        return
    session = open_session(guard)
    entries = {entry.id: entry for entry in read_registry(session).content.registry.tenants}
    for each in ids:
        if each not in entries:
            raise UnknownTenantError(each, entries)
        streams = [entry.stream for entry in entries[each].streams if near(session, entry.stream)]
        if not streams:
            raise UsageError(f"tenant {each} has no stream that this guard serves")
        yield from streams
