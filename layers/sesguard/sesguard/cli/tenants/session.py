"""What the commands on tenants work with: the file, the registry, and what SES has."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sesguard.cli.connect import UnknownTenantError, UsageError
from sesguard.provisioning.ports import OnboardingRows
from sesguard.stream import StreamId
from sesguard.tenants.document import Wanted
from sesguard.tenants.file import read
from sesguard.tenants.model import Registry, TenantEntry
from sesguard.tenants.ports import RegistryStore, SesInventory
from sesguard.tenants.snapshot import RegistrySnapshot, registered
from sesguard.tenants.stored import Stored
from sesguard.text import LARGEST_FILE, read_whole
from sesguard.wiring.operator import Guard
from sesguard.wiring.registry import onboarding_rows, registry_store, ses_inventory

_JSON_LINES: Final = frozenset({".jsonl", ".ndjson"})
STANDARD_INPUT: Final = "-"


@dataclass(frozen=True, slots=True)
class RegistrySession:
    """home: the guard's account and region. own_set: the configuration set of its notices.

    rows: what is lined up to be made so in SES.
    """

    home: StreamId
    own_set: str
    store: RegistryStore
    ses: SesInventory
    rows: OnboardingRows


@dataclass(frozen=True, slots=True)
class ReadRegistry:
    """The registry as it was read: its items, and what they say."""

    stored: Mapping[str, Stored]
    content: RegistrySnapshot


def open_session(guard: Guard) -> RegistrySession:
    """Open the registry of the guard's stack. Raises StackError where the stack is too old."""
    stack = guard.stack
    return RegistrySession(
        stack.home,
        stack.output("NoticeConfigurationSetName"),
        registry_store(guard),
        ses_inventory(guard),
        onboarding_rows(guard),
    )


def read_registry(session: RegistrySession) -> ReadRegistry:
    """Read the registry. Raises AwsError."""
    stored = session.store.all()
    return ReadRegistry(stored, registered({item: each.document for item, each in stored.items()}, session.home))


def read_wanted(file: str, session: RegistrySession, now: ReadRegistry, *, prune: bool) -> Wanted:
    """Read the file. Raises UsageError where it cannot be opened, RegistryError where it is no such file."""
    return read_file(file, session.home, Registry() if prune else now.content.registry)


def read_file(file: str, home: StreamId, known: Registry) -> Wanted:
    """Read the file; home, known: as ``tenants.file.read`` takes them. Raises UsageError or RegistryError."""
    content = _content(file)
    lines = Path(file).suffix.lower() in _JSON_LINES
    if file == STANDARD_INPUT:
        lines = content.lstrip()[:1] == b"{"
    return read(content, home, known, lines=lines)


def read_standard_input() -> bytes:
    """Read it, as far as to tell that it is too large."""
    return sys.stdin.buffer.read(LARGEST_FILE + 1)


def _content(name: str) -> bytes:
    if name == STANDARD_INPUT:
        return read_standard_input()
    try:
        return read_whole(Path(name))
    except OSError as error:
        raise UsageError(f"{name}: {error.strerror or type(error).__name__}") from None


def entries(registry: Registry, names: Sequence[str]) -> tuple[TenantEntry, ...]:
    """The tenants of these names. Raises UnknownTenantError."""
    known = {entry.id: entry for entry in registry.tenants}
    for name in names:
        if name not in known:
            raise UnknownTenantError(name, known)
    return tuple(known[name] for name in dict.fromkeys(names))


def near(session: RegistrySession, stream: StreamId) -> bool:
    """Whether this guard serves the stream."""
    return stream[:2] == session.home[:2]
