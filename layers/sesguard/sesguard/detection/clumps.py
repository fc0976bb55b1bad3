"""Bounces clump: one dead customer domain is not a bad list, so each receiving domain counts only so often a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import mean, median
from typing import Final, NamedTuple

from sesguard.detection.providers import serves_the_public
from sesguard.policy import ClumpRule
from sesguard.ses_events.recipients import SIMULATOR

_MONTH: Final = 31
"""Days, the last of which is the one whose bounces are forgiven."""


class Clumped(NamedTuple):
    """Bounces beyond what counts of their domains: at domains that took mail before, and at others."""

    known: int = 0
    unknown: int = 0

    @property
    def total(self) -> int:
        return self.known + self.unknown


def clumped(
    domains: Mapping[str, Mapping[int, int]], per_domain: int, known: Callable[[str], bool]
) -> dict[int, Clumped]:
    """Find the bounces of one UTC day that may be forgiven: epoch minute of sending -> how many.

    domains: receiving domain -> epoch minute -> hard bounces of mail sent in that minute.
    known: whether a domain took the stream's mail in the month before.

    The result depends on sums by send time alone, so on no order of arrival. Unknown domains ("" and "invalid") and
    mailbox providers are forgiven nothing: there a bad list gathers by itself. SES's mailbox
    simulator is forgiven nothing either: it counts in a drill alone.
    """
    found: dict[int, Clumped] = {}
    for domain, minutes in domains.items():
        if sum(minutes.values()) <= per_domain or _never_clumps(domain):
            continue
        room, is_known = per_domain, known(domain)
        for minute in sorted(minutes):
            counted = min(room, minutes[minute])
            room -= counted
            beyond = minutes[minute] - counted
            if beyond:
                here = found.get(minute, Clumped())
                added = Clumped(known=beyond) if is_known else Clumped(unknown=beyond)
                found[minute] = Clumped(here.known + added.known, here.unknown + added.unknown)
    return found


def clumping(domains: Mapping[str, Mapping[int, int]], per_domain: int) -> dict[str, int]:
    """Bounces of one UTC day beyond what counts of their domains, by domain, where some may be forgiven."""
    sums = {domain: sum(minutes.values()) for domain, minutes in domains.items()}
    return {
        domain: count - per_domain for domain, count in sums.items() if count > per_domain and not _never_clumps(domain)
    }


def _never_clumps(domain: str) -> bool:
    return domain == SIMULATOR or serves_the_public(domain)


def sent_in_month(by_day: Mapping[int, float], day: int, rule: ClumpRule) -> float:
    """What a stream sends in a month, by the recipients that it sent to on epoch days: in the 31 that end with ``day``.

    One that is younger, but no newcomer, is taken to have sent all month what it sends on a day: the mean of its days
    before, or their median where that is less, so that one large campaign earns nothing.
    """
    month = {it: by_day.get(it, 0) for it in range(day - _MONTH + 1, day + 1)}
    whole = sum(month.values())
    first = next((it for it, volume in month.items() if volume), day)
    if not rule.young_days <= day - first < _MONTH - 1:
        return whole
    before = [volume for it, volume in month.items() if first <= it < day]
    return max(whole, _MONTH * min(mean(before), median(before)))


def forgiven(found: Mapping[int, Clumped], rule: ClumpRule, month_volume: float) -> dict[int, int]:
    """Which of a day's clumped bounces do not count: epoch minute -> how many, the earliest sent first."""
    for_known = max(rule.per_day, int(rule.share_of_month * month_volume))
    used = 0
    kept: dict[int, int] = {}
    for minute in sorted(found):
        here = min(found[minute].known, max(0, for_known - used))
        here += min(found[minute].unknown, max(0, rule.per_day - used - here))
        if here:
            kept[minute] = here
            used += here
    return kept
