"""SPF as RFC 7208 has it, read without a mail: is it valid, how many look-ups does it take, does it let SES send.

Limits: 4.6.4 (ten terms that ask DNS, two of them void), 4.5 (one record), 5.2 (an include without one is an error).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from sesguard.posture.answer import AnswerStatus
from sesguard.posture.dns_ports import Resolver

MOST_LOOKUPS: Final = 10
MOST_VOID: Final = 2
SES_INCLUDE: Final = "amazonses.com"
"""https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-spf.html"""
_FOLLOWED: Final = 30  # beyond the limit, to say by how much; no record makes anybody ask without end
_VERSION: Final = re.compile(r"v=spf1(?: |$)", re.IGNORECASE)
_TERM: Final = re.compile(r"([+?~-]?)([a-z0-9]+)(?:([:=/])(.*))?", re.IGNORECASE | re.DOTALL)
_MODIFIER: Final = re.compile(r"[a-z][a-z0-9_.-]*=", re.IGNORECASE)
_ASKS: Final = frozenset({"include", "a", "mx", "ptr", "exists"})


class SpfStatus(StrEnum):
    ABSENT = "absent"
    VALID = "valid"
    INVALID = "invalid"  # receivers end with permerror, which counts as no SPF at all
    UNKNOWN = "unknown"  # nobody answered


class SpfCheck(NamedTuple):
    """What a domain's SPF record is worth. ``problems`` make it invalid; ``remarks`` do not."""

    domain: str
    status: SpfStatus
    text: str = ""
    lookups: int = 0
    allows_ses: bool = False
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    resolver: Resolver
    lookups: int = 0
    void: int = 0
    allows_ses: bool = False
    unanswered: bool = False
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def wrong(self, problem: str) -> None:
        if problem not in self.problems:
            self.problems.append(problem)


def check_spf(domain: str, resolver: Resolver) -> SpfCheck:
    """Read the record of ``domain`` and everything that it includes."""
    answer = resolver.look_up(domain, "TXT")
    if not answer.definite:
        return SpfCheck(domain, SpfStatus.UNKNOWN)
    texts = [text for text in answer.records if _VERSION.match(text)]
    if not texts:
        return SpfCheck(domain, SpfStatus.ABSENT)
    if len(texts) > 1:
        problem = f"{domain} has {len(texts)} SPF records, and may have one"
        return SpfCheck(domain, SpfStatus.INVALID, texts[0], problems=(problem,))
    reading = _Reading(resolver)
    _read(domain, texts[0], reading, (domain,), passes=True)
    if reading.lookups > MOST_LOOKUPS:
        least = "at least " if reading.lookups >= _FOLLOWED else ""
        reading.wrong(f"it takes {least}{reading.lookups} look-ups, and may take {MOST_LOOKUPS}")
    if reading.void > MOST_VOID:
        reading.wrong(f"{reading.void} of its look-ups find nothing, and {MOST_VOID} may")
    status = SpfStatus.INVALID if reading.problems else SpfStatus.UNKNOWN if reading.unanswered else SpfStatus.VALID
    allows = reading.allows_ses and status is not SpfStatus.INVALID
    problems, remarks = tuple(reading.problems), tuple(reading.remarks)
    return SpfCheck(domain, status, texts[0], reading.lookups, allows, problems, remarks)


def _read(domain: str, text: str, reading: _Reading, path: tuple[str, ...], *, passes: bool) -> None:
    """Read one record. passes: whether what matches here makes the whole pass."""
    redirect, ends = "", False
    for term in text.split()[1:]:
        if _MODIFIER.match(term):
            name, _, value = term.partition("=")
            redirect = value if name.lower() == "redirect" else redirect
            continue
        if ends:
            reading.remarks.append(f"{domain}: what follows all is never read")
            return
        ends = _mechanism(domain, term, reading, path, passes=passes)
    if redirect and not ends:
        reading.lookups += 1
        _follow(redirect.lower().rstrip("."), reading, path, passes=passes, why="redirect")


def _mechanism(domain: str, term: str, reading: _Reading, path: tuple[str, ...], *, passes: bool) -> bool:
    """Read one mechanism; whether it is ``all``."""
    match = _TERM.fullmatch(term)
    name = match[2].lower() if match else ""
    sign, value = (match[1] or "+", match[4] or "") if match else ("", "")
    if name == "all":
        if sign == "+" and passes:
            reading.remarks.append(f"{domain}: +all lets anybody send")
        return True
    if name in ("ip4", "ip6"):
        if not _network(name, value):
            reading.wrong(f"{domain}: {term!r} names no {name} network")
        return False
    if name not in _ASKS or (name in ("include", "exists") and not value):
        reading.wrong(f"{domain}: {term!r} is no term of SPF")
        return False
    reading.lookups += 1
    if name == "ptr":
        reading.remarks.append(f"{domain}: ptr is not to be used any more (RFC 7208, 5.5)")
    if name == "include":
        _follow(value.lower().rstrip("."), reading, path, passes=passes and sign == "+", why="include")
    elif name in ("a", "mx") and "%" not in value and reading.lookups <= _FOLLOWED:
        _void(value.partition("/")[0].rstrip(".") or domain, name.upper(), reading)
    return False


def _follow(target: str, reading: _Reading, path: tuple[str, ...], *, passes: bool, why: str) -> None:
    if target == SES_INCLUDE and passes:
        reading.allows_ses = True
    if "%" in target or reading.lookups > _FOLLOWED:  # a macro is known only with a mail
        return
    if target in path:
        reading.wrong(f"{why} of {target} leads back to itself")
        return
    answer = reading.resolver.look_up(target, "TXT")
    if not answer.definite:
        reading.unanswered = True
        reading.remarks.append(f"{target} does not answer ({answer.status})")
        return
    reading.void += answer.status is not AnswerStatus.FOUND
    texts = [text for text in answer.records if _VERSION.match(text)]
    if len(texts) != 1:
        reading.wrong(f"{why} of {target}, which has {len(texts) or 'no'} SPF record{'s' if texts else ''}")
        return
    _read(target, texts[0], reading, (*path, target), passes=passes)


def _void(name: str, kind: str, reading: _Reading) -> None:
    answer = reading.resolver.look_up(name, kind)
    if answer.absent and not (kind == "A" and reading.resolver.look_up(name, "AAAA").status is AnswerStatus.FOUND):
        reading.void += 1
    reading.unanswered |= not answer.definite


def _network(kind: str, value: str) -> bool:
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.version == int(kind[2])
