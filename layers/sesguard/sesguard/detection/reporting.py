"""Which mail can bring complaints: SES divides complaints by the mail to providers that send them back."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from sesguard.detection.providers import provider_of

LEAST_SHARE: Final = 0.1
"""Of a stream's mail that is taken to be reported on at least. SES does not publish its list of providers, and of mail
to companies next to nothing is: so a handful of complaints must not be a rate of 100 %."""

_BELIEVED: Final = 20
"""Sampled mails that are taken to be reported on, beside what the sample holds: a small sample decides little."""


class _Reporting(NamedTuple):
    groups: frozenset[str]
    domains: frozenset[str]


@cache
def _reporting() -> _Reporting:
    found = tomllib.loads(Path(__file__).with_name("reporting.toml").read_text(encoding="utf-8"))
    return _Reporting(frozenset(found["groups"]), frozenset(found["domains"]))


@lru_cache(maxsize=16_384)
def reports(domain: str) -> bool:
    """Whether complaints about mail to ``domain`` are sent back, as far as it is known."""
    found = _reporting()
    return domain in found.domains or provider_of(domain) in found.groups


class ReportingShares(NamedTuple):
    """Shares of a stream's mail that complaints are sent back of: of all of it, and by epoch day of what was sampled.

    Who writes to one provider's users on one day and to another's on the next has all complaints of one of the days.
    """

    whole: float
    by_day: Mapping[int, float]


ALL_REPORTING: Final = ReportingShares(1.0, {})
"""As long as nothing is known of where mail goes."""


def reporting_shares(samples: Mapping[int, Sequence[float]]) -> ReportingShares:
    """What a sample says. samples: epoch day -> mails in it, and those of them that complaints are sent back of.

    A day of few sampled mails is taken to be like the others.
    """
    if not samples:
        return ALL_REPORTING
    whole = reporting_share(
        sum(sampled for sampled, _ in samples.values()), sum(those for _, those in samples.values())
    )
    by_day = {
        day: max(LEAST_SHARE, (reporting + _BELIEVED * whole) / (sampled + _BELIEVED))
        for day, (sampled, reporting) in samples.items()
    }
    return ReportingShares(whole, by_day)


def reporting_share(sampled: float, reporting: float) -> float:
    """The share of a stream's mail that complaints are sent back of, by a sample of it; 1 without a sample."""
    return max(LEAST_SHARE, (reporting + _BELIEVED) / (sampled + _BELIEVED))
