"""What the commands on tenants work with: the file, the registry, and what SES has."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sesguard.aws.ses.inventory import SesListing
from sesguard.aws.tables.provisioning import DynamoOnboardingRows
from sesguard.aws.tables.registry import DynamoRegistry
from sesguard.cli.connect import REFUSED, UsageError
from sesguard.errors import SesguardError
from sesguard.stream import StreamId
from sesguard.tenants.file import read
from sesguard.tenants.items import RESERVED
from sesguard.tenants.model import Registry
from sesguard.tenants.snapshot import RegistrySnapshot, registered
from sesguard.text import one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Mapping, Sequence

    from sesguard.provisioning.ports import OnboardingRows
    from sesguard.tenants.document import Wanted
    from sesguard.tenants.model import TenantEntry
    from sesguard.tenants.ports import RegistryStore, SesInventory
    from sesguard.tenants.stored import Stored
    from sesguard.wiring.operator import Guard

_JSON_LINES: Final = frozenset({".jsonl", ".ndjson"})
STANDARD_INPUT: Final = "-"


class UnknownTenantError(SesguardError):
    """There is no such ``tenant`` among those that are registered."""

    def __init__(self, tenant: str, among: Collection[str] = ()) -> None:
        like = get_close_matches(tenant, [each for each in among if not each.startswith(RESERVED)], n=3)
        hint = f"; did you mean {' or '.join(like)}?" if like else ""
        super().__init__(f"no tenant {one_line(tenant, 80)!r} is registered{hint}")


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
class Registers:
    """The registry as it was read: its items, and what they say."""

    stored: Mapping[str, Stored]
    content: RegistrySnapshot


def session_of(guard: Guard) -> RegistrySession:
    """Raises StackError where the stack is too old."""
    stack = guard.stack
    return RegistrySession(
        StreamId(stack.account, stack.region, ""),
        stack.output("NoticeConfigurationSetName"),
        DynamoRegistry(guard.clients.dynamodb, stack.output("TenantsTableName")),
        SesListing(guard.clients.sesv2),
        DynamoOnboardingRows(guard.clients.dynamodb, stack.output("OnboardingTableName")),
    )


def registers(desk: RegistrySession) -> Registers:
    """Read the registry. Raises AwsError."""
    stored = desk.store.all()
    return Registers(stored, registered({item: each.document for item, each in stored.items()}, desk.home))


def add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", metavar="FILE", help="tenants.yaml; JSON lines where its name ends in .jsonl; - for standard input"
    )


def wanted(arguments: argparse.Namespace, desk: RegistrySession, now: Registers, *, prune: bool) -> Wanted:
    """Read the file. Raises UsageError where it cannot be opened, RegistryError where it is no such file."""
    content = _content(arguments.file)
    lines = Path(arguments.file).suffix.lower() in _JSON_LINES
    if arguments.file == STANDARD_INPUT:
        lines = content.lstrip()[:1] == b"{"
    known = Registry() if prune else now.content.registry
    return read(content, desk.home, known, lines=lines)


def _content(name: str) -> bytes:
    if name == STANDARD_INPUT:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        message = f"{name}: {error.strerror or type(error).__name__}"
        raise UsageError(message) from None


def entries(registry: Registry, names: Sequence[str]) -> tuple[TenantEntry, ...]:
    """The tenants of these names. Raises UnknownTenantError."""
    known = {entry.id: entry for entry in registry.tenants}
    for name in names:
        if name not in known:
            raise UnknownTenantError(name, known)
    return tuple(known[name] for name in dict.fromkeys(names))


def near(desk: RegistrySession, stream: StreamId) -> bool:
    """Whether this guard serves the stream."""
    return stream[:2] == desk.home[:2]


def said_unknown(command: Callable[[], int]) -> int:
    """Run ``command``; say which tenant there is none of."""
    try:
        return command()
    except UnknownTenantError as error:
        print(f"sesguard: {error}", file=sys.stderr)
        return REFUSED
