"""Which resolvers are asked, as a comma list says."""

from __future__ import annotations

import ipaddress
from typing import Final

SYSTEM: Final = "system"
PORT: Final = 53


def nameservers_of(names: str) -> dict[str, tuple[tuple[str, ...], int]]:
    """Read a comma list of resolvers by what they are called: ``system``, ADDRESS, or ADDRESS:PORT of an IPv4 one.

    Gives the addresses (none for the system's) and the port of each. Raises ValueError for what is none.
    """
    found: dict[str, tuple[tuple[str, ...], int]] = {}
    for name in dict.fromkeys(each.strip() for each in names.split(",") if each.strip()):
        if name == SYSTEM:
            found[name] = ((), PORT)
            continue
        address, colon, port = name.rpartition(":") if name.count(":") == 1 else (name, "", "")
        ipaddress.ip_address(address)
        found[name] = ((address,), int(port) if colon else PORT)
    if not found:
        raise ValueError(f"{names[:80]!r} names no resolver")
    return found
