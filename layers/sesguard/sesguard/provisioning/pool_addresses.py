"""Dedicated addresses in pools, and moving one without leaving a tenant's pool empty."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from ipaddress import IPv4Address
from typing import NamedTuple, Protocol

from sesguard.errors import SesguardError


class PoolError(SesguardError):
    """An address cannot be moved; the message says why, and what to do."""


class Address(NamedTuple):
    """A dedicated address. warm_up: as SES says it (in_progress, done …). percent: of what it may send."""

    ip: str
    pool: str
    warm_up: str
    percent: int


class PoolNow(NamedTuple):
    """A pool as SES has it. scaling: managed, whose addresses are SES's own affair, or standard."""

    name: str
    scaling: str
    addresses: tuple[Address, ...]


class PoolAddresses(Protocol):
    """Methods raise AwsError."""

    def pools(self) -> Sequence[PoolNow]:
        """Read all pools with their addresses."""

    def pool(self, name: str) -> PoolNow | None:
        """Read one; None where there is none."""

    def address(self, ip: str) -> Address | None:
        """Read one; None where the account has none such."""

    def move(self, ip: str, pool: str) -> None:
        """Put an address into a pool."""


def assign(ses: PoolAddresses, ip: str, name: str, used: Collection[str]) -> Address:
    """Put an address into the standard pool ``name``, and give it as it was. used: pools that streams send from.

    Raises PoolError where that cannot be or would leave one of ``used`` without addresses, or AwsError.
    """
    try:
        IPv4Address(ip)
    except ValueError:
        raise PoolError(f"{ip[:60]!r} is no IPv4 address") from None
    pool = ses.pool(name)
    if pool is None:
        raise PoolError(f"SES has no pool {name}: sesguard tenants apply makes those of the registry")
    if pool.scaling == "managed":
        raise PoolError(f"{name} is a managed pool: SES itself gives it addresses")
    address = ses.address(ip)
    if address is None:
        raise PoolError(f"the account has no dedicated address {ip}: lease it first (SES console, Dedicated IPs)")
    if address.pool == name:
        return address
    before = ses.pool(address.pool) if address.pool in used else None
    if before is not None and {each.ip for each in before.addresses} <= {ip}:
        message = f"{ip} is the last address of {address.pool}, which streams send from: assign another to that first"
        raise PoolError(message)
    ses.move(ip, name)
    return address
