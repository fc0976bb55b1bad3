"""DMARC as RFC 9989 has it: finding the policy of a domain by a walk up the tree, and what the record asks for.

https://www.rfc-editor.org/rfc/rfc9989: 4.7 (records), 4.10 (tree walk, policy and organizational domain).
Receivers discard what is wrong in a record and keep the rest, and so does this; a linter would call it an error.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final, NamedTuple

from sesguard.posture.answer import AnswerStatus
from sesguard.posture.dns_ports import Resolver
from sesguard.posture.tags import first_values, read_tags

MOST_QUERIES: Final = 8
"""A walk never asks more often (RFC 9989, 4.10): a longer name goes on with its last seven labels."""
_VERSION: Final = re.compile(r"v[ \t]*=[ \t]*DMARC1[ \t]*(?:;|$)")
_REMOVED: Final = ("pct", "rf", "ri")
_KNOWN: Final = frozenset({"v", "p", "sp", "np", "t", "psd", "adkim", "aspf", "fo", "rua", "ruf", *_REMOVED})
_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*:[^\s,!]+(?:![0-9]+[kmgt]?)?", re.IGNORECASE)


class DmarcPolicy(StrEnum):
    """What a domain's owner wants of mail that fails DMARC. ABSENT: there is no policy; UNKNOWN: nobody answered."""

    ABSENT = "absent"
    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"
    UNKNOWN = "unknown"


_REQUESTS: Final = {str(each): each for each in (DmarcPolicy.NONE, DmarcPolicy.QUARANTINE, DmarcPolicy.REJECT)}
_ONE_BELOW: Final = {DmarcPolicy.REJECT: DmarcPolicy.QUARANTINE, DmarcPolicy.QUARANTINE: DmarcPolicy.NONE}


class DmarcRecord(NamedTuple):
    """A record at ``domain``. Values are those that count; ``remarks`` say what was discarded and what has gone.

    p: ABSENT where the record asks for no DMARC at all. psd: y, n or u.
    """

    domain: str
    text: str
    p: DmarcPolicy
    sp: DmarcPolicy | None = None
    np: DmarcPolicy | None = None
    psd: str = "u"
    strict_dkim: bool = False
    strict_spf: bool = False
    testing: bool = False
    remarks: tuple[str, ...] = ()

    def for_subdomain(self, *, exists: bool) -> DmarcPolicy:
        """What counts for a domain below, that has no record of its own."""
        if self.p is DmarcPolicy.ABSENT:
            return self.p
        chosen = self.sp if exists else (self.np or self.sp)
        return chosen or self.p


class DmarcLookup(NamedTuple):
    """What a walk from ``domain`` found. record: the one that applies, of this domain or of one above.

    policy: what is asked for, test mode not yet taken off. unanswered: the names that nobody would speak of.
    several: the domains with more than one record, which count as none.
    """

    domain: str
    policy: DmarcPolicy
    organizational: str
    record: DmarcRecord | None = None
    unanswered: tuple[str, ...] = ()
    several: tuple[str, ...] = ()

    @property
    def handled_as(self) -> DmarcPolicy:
        """The policy that receivers are to apply: in test mode the one below (RFC 9989, 4.7, ``t``)."""
        if self.record is not None and self.record.testing:
            return _ONE_BELOW.get(self.policy, self.policy)
        return self.policy


def is_dmarc(text: str) -> bool:
    """Whether a TXT record is one of DMARC: its first tag is the version, exactly so written."""
    return _VERSION.match(text) is not None


def read_record(domain: str, text: str) -> DmarcRecord:
    """Read a record that :func:`is_dmarc` lets pass. Never fails: what is wrong is discarded and remarked upon."""
    tags = first_values(text)
    remarks = [*_remarks(text)]
    reports = any(_URI.fullmatch(uri.strip()) for uri in tags.get("rua", "").split(","))
    requests = {name: _REQUESTS.get(tags[name].lower()) for name in ("p", "sp", "np") if name in tags}
    wrong = [name for name, value in requests.items() if value is None]
    p = requests.get("p") or DmarcPolicy.NONE
    if wrong:  # RFC 9989, 4.10.1
        p = DmarcPolicy.NONE if reports else DmarcPolicy.ABSENT
        requests = {}
        said = ", ".join(f"{name}={tags[name]}" for name in wrong)
        remarks.append(f"{said} is no policy, so receivers act as if it said {'p=none' if reports else 'nothing'}")
    elif "p" not in tags:
        remarks.append("p is missing, which counts as p=none; receivers of before 2026 may discard the record")
    return DmarcRecord(
        domain=domain,
        text=text,
        p=p,
        sp=requests.get("sp"),
        np=requests.get("np"),
        psd=tags.get("psd", "u").lower() if tags.get("psd", "u").lower() in ("y", "n") else "u",
        strict_dkim=tags.get("adkim", "").lower() == "s",
        strict_spf=tags.get("aspf", "").lower() == "s",
        testing=tags.get("t", "").lower() == "y",
        remarks=tuple(remarks),
    )


def _remarks(text: str) -> list[str]:
    tags = read_tags(text)
    values = first_values(text)
    found = []
    if values.get("pct", "100") != "100":
        found.append(
            f"pct={values['pct']} is gone since RFC 9989: the policy counts for all mail; "
            "receivers that have not followed yet apply it to that share"
        )
    gone = [name for name in _REMOVED[1:] if name in values]
    if gone:
        found.append(f"{' and '.join(gone)} is gone since RFC 9989 and ignored")
    unknown = sorted({name for name, _ in tags} - _KNOWN)
    if unknown:
        found.append(f"unknown tags are ignored: {', '.join(unknown)}")
    for name, allowed in (("adkim", "rs"), ("aspf", "rs"), ("t", "yn"), ("psd", "ynu")):
        if name in values and values[name].lower() not in [*allowed]:
            found.append(f"{name}={values[name]} is none of {', '.join(allowed)}, so it is discarded")
    if len({name for name, _ in tags}) < len(tags):
        found.append("a tag stands twice; the first counts here, and receivers may differ")
    return found


def walk_targets(domain: str) -> list[str]:
    """The domains that a walk from ``domain`` asks, in order, at most eight (RFC 9989, 4.10, steps 4 to 8)."""
    labels = domain.split(".")
    first = 1 if len(labels) < MOST_QUERIES else len(labels) - (MOST_QUERIES - 1)
    return [domain, *(".".join(labels[start:]) for start in range(first, len(labels)))]


def find_policy(domain: str, resolver: Resolver, *, exists: bool = True) -> DmarcLookup:
    """Walk from ``domain`` up to the policy that applies to it and its organizational domain.

    A name that nobody answers for leaves everything open that it could have changed: the policy is UNKNOWN then.
    """
    found: dict[str, DmarcRecord] = {}
    unanswered, several = [], []
    for target in walk_targets(domain):
        answer = resolver.look_up(f"_dmarc.{target}", "TXT")
        if not answer.definite:
            unanswered.append(f"_dmarc.{target} ({answer.status})")
            continue
        texts = [text for text in answer.records if is_dmarc(text)] if answer.status is AnswerStatus.FOUND else []
        if len(texts) > 1:  # all are discarded, and the walk goes on
            several.append(target)
        elif texts:
            found[target] = read_record(target, texts[0])
            if found[target].psd == "n" or (found[target].psd == "y" and target != domain):
                break
    organizational = _organizational(domain, found)
    record = found.get(domain) or found.get(organizational) or _public_suffix(domain, found)
    if record is None:
        policy = DmarcPolicy.UNKNOWN if unanswered else DmarcPolicy.ABSENT
    elif record.domain == domain:
        policy = record.p
    else:
        policy = DmarcPolicy.UNKNOWN if unanswered else record.for_subdomain(exists=exists)
    return DmarcLookup(domain, policy, organizational, record, tuple(unanswered), tuple(several))


def _organizational(start: str, found: dict[str, DmarcRecord]) -> str:
    """Select the organizational domain from what the walk found (RFC 9989, 4.10.2)."""
    by_length = sorted(found, key=lambda name: -name.count("."))
    for name in by_length:
        if found[name].psd == "n":
            return name
        if found[name].psd == "y" and name != start:
            below = start.removesuffix(f".{name}").rpartition(".")[2]
            return f"{below}.{name}"
    return by_length[-1] if by_length else start


def _public_suffix(start: str, found: dict[str, DmarcRecord]) -> DmarcRecord | None:
    return next((record for name, record in found.items() if record.psd == "y" and name != start), None)
