"""What Gmail, Yahoo and Microsoft want of bulk senders, and whether an identity has it: ``bulk_senders.toml``."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

ONE_CLICK_SHARE: Final = 0.9
"""Of the sampled mails: a stream that carries some receipts beside its campaigns is no fault."""


class BulkRule(StrEnum):
    SPF_AND_DKIM = "spf_and_dkim"
    DMARC = "dmarc"
    ALIGNED = "aligned"
    ONE_CLICK = "one_click"
    NO_FREEMAIL = "no_freemail"


SAID: Final = {
    BulkRule.SPF_AND_DKIM: "SPF and DKIM both pass",
    BulkRule.DMARC: "a DMARC record, at least p=none",
    BulkRule.ALIGNED: "the From domain is the one that is signed for",
    BulkRule.ONE_CLICK: "one-click unsubscribe in marketing mail (RFC 8058)",
    BulkRule.NO_FREEMAIL: "a From domain that is no freemail provider's",
}


class BulkSenderRules(NamedTuple):
    """Of one provider. messages: a day to it from which on they count; refuses_since: ISO 8601 date."""

    name: str
    messages: int
    since: str
    refuses_since: str
    source: str
    wants: tuple[BulkRule, ...]


class BulkSenderCheck(NamedTuple):
    """What a provider's rules lack, and what cannot be told from what was seen."""

    rules: BulkSenderRules
    lacks: tuple[BulkRule, ...]
    unknown: tuple[BulkRule, ...]


@cache
def providers() -> tuple[BulkSenderRules, ...]:
    """Read the rules."""
    return tuple(
        BulkSenderRules(**{**rules, "wants": tuple(BulkRule(each) for each in rules["wants"])})
        for name, rules in _read().items()
        if name != "freemail"
    )


def is_freemail(domain: str) -> bool:
    """Whether a domain's mailboxes are anybody's."""
    return domain in _freemail()


def check_rules(held: dict[BulkRule, bool | None]) -> tuple[BulkSenderCheck, ...]:
    """Hold each provider's rules against what an identity has; None is unknown."""
    return tuple(
        BulkSenderCheck(
            rules,
            tuple(rule for rule in rules.wants if held.get(rule) is False),
            tuple(rule for rule in rules.wants if held.get(rule) is None),
        )
        for rules in providers()
    )


@cache
def _freemail() -> frozenset[str]:
    return frozenset(_read()["freemail"]["domains"])


def _read() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("bulk_senders.toml").read_text(encoding="utf-8"))
