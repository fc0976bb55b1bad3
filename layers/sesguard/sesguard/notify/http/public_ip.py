"""Which addresses are the public internet's. Everything else may be a service that trusts whoever reaches it."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

# https://www.iana.org/assignments/iana-ipv4-special-registry, and multicast and 240.0.0.0/4 beside it. Written out,
# because what ipaddress.is_global says differs between versions of Python.
_NOT_PUBLIC_V4: Final = tuple(
    ip_network(network)
    for network in """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
    192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24
    203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
    """.split()
)
# Only 2000::/3 is given out at all; within it these are not the internet's: protocols (Teredo among them),
# documentation, 6to4, segment routing. https://www.iana.org/assignments/iana-ipv6-special-registry
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_V6: Final = tuple(
    ip_network(network) for network in "2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20".split()
)
_NAT64: Final = IPv6Network("64:ff9b::/96")  # https://www.rfc-editor.org/rfc/rfc6052#section-2.1


def is_public(text: str) -> bool:
    """Whether an address, as a resolver gives it, is a public one; an IPv4 address within it is looked at itself."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        if address.scope_id is not None:
            return False
        within = address.ipv4_mapped or (IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else None)
        if within is None:
            return address in _PUBLIC_V6 and not any(address in network for network in _NOT_PUBLIC_V6)
        address = within
    return not any(address in network for network in _NOT_PUBLIC_V4)
