"""What mailbox providers do with mail: a table of the domain's policy and how the identity speaks for it.

``handling.toml`` beside this file holds the cells, each with its source.
"""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from sesguard.posture.dmarc import DmarcPolicy


class Authentication(StrEnum):
    """How an identity speaks for the domain that its mail is from."""

    DOMAIN_DKIM = "domain_dkim"  # the domain is verified, and signs with Easy DKIM or a key of its own
    ADDRESS_UNDER_DKIM = "address_under_dkim"  # the address is verified, and its domain signs
    SPF_ONLY = "spf_only"  # no signature aligns, but the custom MAIL FROM does
    ADDRESS_ONLY = "address_only"
    LEGACY_TXT = "legacy_txt"  # verified by the TXT record of before 2021, without DKIM
    DKIM_BROKEN = "dkim_broken"  # SES signs, and the keys are not in DNS
    UNALIGNED = "unaligned"  # signed for another domain than strict alignment wants
    UNVERIFIED = "unverified"


class Effect(StrEnum):
    """What becomes of the mail, from good to bad."""

    ACCEPTED = "accepted"
    ON_IP_REPUTATION = "on_ip_reputation"
    MAY_JUNK = "may_junk"
    MAY_BE_REFUSED = "may_be_refused"
    REFUSED = "refused"
    NOT_SENT = "not_sent"


class Urgency(StrEnum):
    NONE = "none"
    SOON = "soon"
    NOW = "now"


class Handling(NamedTuple):
    """One cell: what becomes of the mail, how soon to act, both in words, and where that is from."""

    effect: Effect
    urgency: Urgency
    says: str
    do: str
    source: str


POLICIES: Final = (DmarcPolicy.ABSENT, DmarcPolicy.NONE, DmarcPolicy.QUARANTINE, DmarcPolicy.REJECT)
OWNERS_RIGHT: Final = (
    "The domain's owner may tighten the policy without asking anybody, and not all receivers follow it."
)


def handling(authentication: Authentication, policy: DmarcPolicy) -> Handling:
    """Give the cell for a policy as receivers handle it (UNKNOWN has none: KeyError)."""
    return table()[authentication, policy]


@cache
def table() -> dict[tuple[Authentication, DmarcPolicy], Handling]:
    """Read the table: every cell is there, or reading fails."""
    found = tomllib.loads(Path(__file__).with_name("handling.toml").read_text(encoding="utf-8"))
    return {
        (way, policy): Handling(
            Effect(found[way][policy]["effect"]),
            Urgency(found[way][policy]["urgency"]),
            found[way][policy]["says"],
            found[way][policy]["do"],
            found[way][policy]["source"],
        )
        for way in Authentication
        for policy in POLICIES
    }
