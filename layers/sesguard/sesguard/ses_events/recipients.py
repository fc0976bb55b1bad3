"""What may be kept of a recipient: the receiving domain and the enhanced status code, never the address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

INVALID = "invalid"
"""The domain of an address that has none that could exist."""

SIMULATOR = "simulator.amazonses.com"
"""https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator"""

_LONGEST_DOMAIN = 253  # RFC 1035, section 2.3.4, less the root's two octets
_LABEL = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_IN_ANGLES = re.compile(r"<([^<>]*)>")
_LONGEST_STATUS = 200  # a code with a comment (RFC 3464, section 2.3.4)
# RFC 3463: class 2, 4 or 5, then subject and detail of at most three digits each.
_STATUS_WITHIN = re.compile(r"(?<![0-9.])[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9]|\.[0-9])")  # an IP address is none
_BLANK_BY_DOT = re.compile(r"(?<=[0-9])\s*\.\s*(?=[0-9])")
_DIAGNOSTIC_READ = 1_000  # the code stands at the start; what follows may be a whole page from the receiving server

_MOST_KNOWN = 16_384
_known: dict[str, str] = {}


def domain_of(address: str) -> str:
    """Give the receiving domain of an address in any form, lower-case and in ASCII, or ``INVALID``."""
    if "<" in address:
        inner = _IN_ANGLES.findall(address)
        address = inner[-1] if inner else address
    _, at, written = address.rpartition("@")
    if not at:
        return INVALID
    domain = _known.get(written)
    if domain is None:
        domain = _sanitised(written)
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        if len(written) <= _LONGEST_DOMAIN:
            _known[written] = domain
    return domain


def _sanitised(written: str) -> str:
    domain = written.strip().removesuffix(".").lower()
    if len(domain) > _LONGEST_DOMAIN:
        return INVALID
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return INVALID
    return domain if len(domain) <= _LONGEST_DOMAIN and _DOMAIN.fullmatch(domain) else INVALID


def simulated(address: str) -> bool:
    """Whether mail to this address goes to the mailbox simulator, which SES does not count either."""
    return "amazonses" in address.lower() and domain_of(address) == SIMULATOR


def status_code(status: str | None, diagnostic: str | None) -> str:
    """Give the enhanced status code of a bounce (``5.1.1``): from its own field, else from the diagnostic text."""
    code = _code_in(status) if status is not None and len(status) <= _LONGEST_STATUS else ""
    if code:
        return code
    found = _STATUS_WITHIN.search(diagnostic[:_DIAGNOSTIC_READ]) if diagnostic else None
    return found.group() if found else ""


@lru_cache(maxsize=1_024)
def _code_in(status: str) -> str:
    """The code in a status field, which may have blanks, brackets or a comment around or within it."""
    found = _STATUS_WITHIN.search(_BLANK_BY_DOT.sub(".", status))
    return found.group() if found else ""


def tally(values: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """Count equal values, in alphabetical order: the order of recipients in an event means nothing."""
    if len(values) == 1:
        return ((values[0], 1),)
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return tuple(sorted(counts.items()))
