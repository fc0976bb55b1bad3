"""Sums of mail, and how near they come to the rates at which SES reviews an account. Pure."""

from __future__ import annotations

from math import log
from typing import Final, NamedTuple

from sesguard.detection.evidence import BOUNCES, COMPLAINTS, evidence
from sesguard.policy import Policy

KINDS: Final = (BOUNCES, COMPLAINTS)
REVIEW: Final = {BOUNCES: 0.05, COMPLAINTS: 0.001}
"""The rates at which SES reviews an account: https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html"""

_BOUND: Final = log(1_000)
_CREDIT: Final = {BOUNCES: Policy().credit_bounce, COMPLAINTS: Policy().credit_complaint}


class Sums(NamedTuple):
    """Recipients sent to, and hard bounces and complaints of that mail; as SES, it forgives no clumps.

    unreported: of the volume, by a sample, mail to providers that send no complaints back: SES leaves it out of the
    complaint rate.
    """

    volume: int = 0
    bounces: int = 0
    complaints: int = 0
    unreported: int = 0

    def bad(self, kind: str) -> int:
        return self.bounces if kind == BOUNCES else self.complaints

    def mails(self, kind: str) -> int:
        """The volume that bad outcomes of a kind are held against."""
        return self.volume if kind == BOUNCES else self.volume - self.unreported

    def rate(self, kind: str) -> float:
        """Bad outcomes per mail, at most 1; 0 where nothing was sent."""
        mails = self.mails(kind)
        return min(1.0, self.bad(kind) / mails) if mails else 0.0

    def plus(self, other: Sums) -> Sums:
        return Sums(*(a + b for a, b in zip(self, other, strict=True)))

    def minus(self, other: Sums) -> Sums:
        return Sums(*(a - b for a, b in zip(self, other, strict=True)))


class Lines(NamedTuple):
    """The rates, as fractions, at which an account is at risk: a bit under those at which SES reviews it."""

    bounces: float = 0.04
    complaints: float = 0.0008

    def of(self, kind: str) -> float:
        return self.bounces if kind == BOUNCES else self.complaints


def near(sums: Sums, lines: Lines) -> frozenset[str]:
    """The kinds whose rate is over its line, where chance would bring that less than once in a thousand times.

    So one complaint in a thousand mails says nothing of the account, and a hundred in a hundred thousand do.
    """
    return frozenset(
        kind
        for kind in KINDS
        if evidence(max(sums.mails(kind), sums.bad(kind)) + _CREDIT[kind], sums.bad(kind), lines.of(kind)) >= _BOUND
    )


def excess(sums: Sums, kind: str, lines: Lines) -> float:
    """Bounces or complaints beyond the share that this volume would have at the line; below 0 where there is room."""
    # Rounded, so that sums which are exactly at the line are so however they were added up.
    return round(sums.bad(kind) - lines.of(kind) * sums.mails(kind), 6)


def over(sums: Sums, lines: Lines) -> frozenset[str]:
    """The kinds whose rate is over its line."""
    return frozenset(kind for kind in KINDS if excess(sums, kind, lines) > 0)
