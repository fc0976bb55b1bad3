"""Bounces clump: one dead customer domain is not a bad list, so each receiving domain counts only so often a day."""

from __future__ import annotations

from collections.abc import Mapping

from sesguard.detection.providers import LARGE_PROVIDERS


def forgiven(domains: Mapping[str, Mapping[int, int]], *, per_domain: int, per_day: int) -> dict[int, int]:
    """Which bounces of one UTC day do not count: epoch minute of sending -> how many.

    domains: receiving domain -> epoch minute -> hard bounces of mail sent in that minute.
    per_domain: how many of one domain's bounces count; the earliest sent do, the later are forgiven.
    per_day: how many are forgiven at most, the earliest sent first.

    The result depends on sums by send time alone, so on no order of arrival. Unknown domains ("" and "invalid")
    and large mailbox providers are forgiven nothing.
    """
    excess: dict[int, int] = {}
    for domain, minutes in domains.items():
        if domain in ("", "invalid") or domain in LARGE_PROVIDERS or sum(minutes.values()) <= per_domain:
            continue
        room = per_domain
        for minute in sorted(minutes):
            counted = min(room, minutes[minute])
            room -= counted
            if minutes[minute] > counted:
                excess[minute] = excess.get(minute, 0) + minutes[minute] - counted
    return _capped(excess, per_day)


def _capped(excess: Mapping[int, int], per_day: int) -> dict[int, int]:
    kept: dict[int, int] = {}
    for minute in sorted(excess):
        if per_day <= 0:
            break
        kept[minute] = min(excess[minute], per_day)
        per_day -= kept[minute]
    return kept
