"""Domain names as mail has them: checked, in small ASCII letters, and what is wrong with text that is none."""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from sesguard.errors import SesguardError
from sesguard.text import one_line

LONGEST_NAME: Final = 253
"""Octets of a name in text (RFC 1035, 2.3.4: 255 on the wire)."""
LONGEST_LABEL: Final = 63
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")
_AMBIGUOUS: Final = re.compile("[ßς\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}]")
"""What IDNA 2003 (Python's own codec) and IDNA 2008 (registries) write as two different names: UTS 46, section 4."""


class DomainNameError(SesguardError):
    """``text`` is no domain name; ``expected`` says what would be."""

    def __init__(self, text: str, expected: str) -> None:
        super().__init__(f"{one_line(text, 60)!r} is not a domain: {expected}")
        self.text = text
        self.expected = expected


def domain_name(text: str) -> str:
    """Read a domain that can send mail, in ASCII and small letters. Raises DomainNameError with one clear sentence."""
    given = text.strip().removesuffix(".").lower()
    if not given:
        raise DomainNameError(text, "it is empty; expected one such as acme.example")
    if "://" in given or "/" in given:
        raise DomainNameError(text, "it looks like a URL; give the host alone, such as acme.example")
    if "@" in given:
        raise DomainNameError(text, f"it is an address; give its domain, {one_line(given.rpartition('@')[2], 60)!r}")
    if _is_ip(given):
        raise DomainNameError(text, "it is an IP address, and mail is sent from domains")
    return _labels(text, _ascii(text, given))


def shown_domain(name: str) -> str:
    """A domain as people read it: its Unicode form behind the ASCII one, where it has one. Both printable."""
    safe = one_line(name, LONGEST_NAME)
    if "xn--" not in safe:
        return safe
    try:
        return f"{safe} ({one_line(safe.encode('ascii').decode('idna'), LONGEST_NAME)})"
    except UnicodeError:
        return safe


def parents(name: str) -> list[str]:
    """The domains above a name, the nearest first, down to the top-level domain."""
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(1, len(labels))]


def is_under(name: str, domain: str) -> bool:
    """Whether ``name`` is a true subdomain of ``domain``."""
    return name.endswith(f".{domain}")


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]").removeprefix("ipv6:"))
    except ValueError:
        return False
    return True


def _ascii(text: str, given: str) -> str:
    if given.isascii():
        return given
    if _AMBIGUOUS.search(given):
        raise DomainNameError(text, "it holds letters that stand for two different domains; write it in its xn-- form")
    try:
        return given.encode("idna").decode("ascii")
    except UnicodeError as error:
        reason = "a label is empty or too long" if "label" in str(error) else "it holds letters that no domain may hold"
        raise DomainNameError(text, reason) from None


def _labels(text: str, name: str) -> str:
    labels = name.split(".")
    if len(name) > LONGEST_NAME:
        raise DomainNameError(text, f"it has {len(name)} characters, and a domain has at most {LONGEST_NAME}")
    if "" in labels:
        raise DomainNameError(text, "there is nothing between two dots")
    for label in labels:
        if len(label) > LONGEST_LABEL:
            raise DomainNameError(text, f"a part has {len(label)} characters, and may have at most {LONGEST_LABEL}")
        if not _LABEL.fullmatch(label):
            raise DomainNameError(text, f"{one_line(label, 30)!r} is not made of letters, digits and inner hyphens")
    if len(labels) < 2:
        raise DomainNameError(text, "it has one part alone, and mail is sent from domains such as acme.example")
    return name
