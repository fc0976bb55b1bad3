"""Where the guards of many accounts are, and by which credentials each is read: of the centre's list, or of a file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from sesguard.errors import SesguardError
from sesguard.members.member import Member
from sesguard.stream import StreamId
from sesguard.tenants.keys import ACCOUNT, REGION
from sesguard.text import one_line

ROLE: Final = "sesguard-operator"
"""The role of a member's account that its guard is read by, where nothing else is said."""
_STACK: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,127}", re.ASCII)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: a role with its path
_ROLE: Final = re.compile(r"(arn:[a-z-]+:iam::[0-9]{12}:role/)?[\w+=,.@/-]{1,512}", re.ASCII)
_MOST: Final = 10_000


class AddressesError(SesguardError):
    """A file of guards cannot be used: which entry, which key, what is expected."""


class MemberAddress(NamedTuple):
    """One guard. profile: whose credentials; role: which one to take, a name or an ARN. Both "" for the default."""

    account: str
    region: str
    stack: str
    profile: str = ""
    role: str = ""

    @property
    def name(self) -> str:
        """Account, region and stack."""
        return f"{self.account}/{self.region}/{self.stack}"

    @property
    def home(self) -> StreamId:
        return StreamId(self.account, self.region, "")


def addresses_of(members: Iterable[Member]) -> list[MemberAddress]:
    """Where the members are that the centre knows, whoever was heard last first."""
    latest = sorted(members, key=lambda it: it.heard, reverse=True)
    return [MemberAddress(it.account, it.region, it.stack) for it in latest]


def read_addresses(text: str, stack: str) -> list[MemberAddress]:
    """Read a TOML file with a table ``[[guard]]`` for each: account and region; stack, and profile or role.

    stack: what the stack is called of whom the file does not say. Raises AddressesError.
    """
    try:
        document = msgspec.toml.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError) as error:
        raise AddressesError(f"it is no TOML: {one_line(str(error), 200)}") from None
    entries = document.get("guard")
    if not isinstance(entries, list) or not entries or set(document) != {"guard"}:
        message = (
            f"expected tables [[guard]] and nothing else; it has {one_line(', '.join(document) or 'nothing', 100)}"
        )
        raise AddressesError(message)
    if len(entries) > _MOST:
        raise AddressesError(f"{len(entries):,} guards; expected at most {_MOST:,}")
    return [_read(number, entry, stack) for number, entry in enumerate(entries, 1)]


def _read(number: int, entry: Any, stack: str) -> MemberAddress:  # noqa: ANN401  # whatever somebody put
    if not isinstance(entry, dict):
        raise AddressesError(f"guard {number}: {one_line(repr(entry), 60)}; expected a table")
    for key, value in entry.items():
        if key not in MemberAddress._fields:
            message = f"guard {number}: {one_line(key, 40)!r} is no key; there are {', '.join(MemberAddress._fields)}"
            raise AddressesError(message)
        if not isinstance(value, str):
            raise AddressesError(f"guard {number}: {key} is {one_line(repr(value), 40)}; expected a text in quotes")
    given = {"account": "", "region": "", "stack": stack, **entry}
    for key, problem in _wrong(given):
        raise AddressesError(f"guard {number}: {key} is {one_line(given[key], 60)!r}; expected {problem}")
    if given.get("profile") and given.get("role"):
        message = f"guard {number}: has a profile and a role; a profile can name its role itself, so say one of them"
        raise AddressesError(message)
    return MemberAddress(**given)


def _wrong(given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if list(ACCOUNT.wrong(given["account"])):
        yield "account", "the 12 digits of an AWS account"
    if list(REGION.wrong(given["region"])):
        yield "region", "a region, such as eu-west-1"
    if not _STACK.fullmatch(given["stack"]):
        yield "stack", "a stack's name"
    if given.get("role") and not _ROLE.fullmatch(given["role"]):
        yield "role", "a role's name or ARN"


class ByPlace(NamedTuple):
    """Guards, one for each account and region; refused: why others are left out, by name."""

    kept: tuple[MemberAddress, ...]
    refused: Mapping[str, str]


def one_for_each_place(addresses: Iterable[MemberAddress]) -> ByPlace:
    """Keep the first guard of each account and region: of two, nobody can say whose word on a stream holds."""
    kept: dict[StreamId, MemberAddress] = {}
    refused: dict[str, str] = {}
    for address in addresses:
        first = kept.setdefault(address.home, address)
        if first is not address and first.name != address.name:
            refused[address.name] = f"{first.name} stands in the same account and region; only that one is shown"
    return ByPlace(tuple(sorted(kept.values())), refused)
