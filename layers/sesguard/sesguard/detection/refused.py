"""Whether one mailbox provider refuses a stream's mail, and how much mail goes there: what outages are made of.

Where mail goes is known of a sample. What a stream of little mail has of it is filled up with what all streams have.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sesguard.detection.breakdown import DAY
from sesguard.detection.history import History
from sesguard.detection.outage import OutageWatch
from sesguard.detection.outage_rule import OutageRule

MOST_OF: Final = 0.6
"""Share of a stream's bounces of the last half hour at one provider from which on it may be that provider's fault."""
_BORROWED: Final = 20.0
"""Mails of the sample that are taken to be as all streams' are."""

Shares = Mapping[str, float]


def refusing_provider(history: History, now: int) -> str:
    """The provider group at which most of the stream's latest bounces are; "" where none stands out."""
    rule = OutageRule()
    recent = history.bounces_at_providers(now - max(rule.spans) + 1)
    sums = {provider: sum(by_minute.values()) for provider, by_minute in recent.items()}
    at, count = max(((name, n) for name, n in sums.items() if name), key=lambda it: it[1], default=("", 0))
    return at if count >= rule.hit_bounces and count >= MOST_OF * sum(sums.values()) else ""


def shares_of_all(histories: Iterable[History]) -> Shares:
    """The share of all streams' mail that goes to each provider group, by the sample."""
    sums: dict[str, int] = {}
    for history in histories:
        for provider, mails in history.to_provider().items():
            sums[provider] = sums.get(provider, 0) + mails
    whole = sum(sums.values()) or 1
    return {provider: mails / whole for provider, mails in sums.items()}


def feed(watch: OutageWatch, stream: str, history: History, shares: Shares, now: int) -> None:
    """Tell ``watch`` of a stream's mail by provider: the last hours by the minute, the month before by the day."""
    own = history.to_provider()
    sampled = sum(own.values())
    to = {name: (own.get(name, 0) + _BORROWED * share) / (sampled + _BORROWED) for name, share in shares.items()}
    bounced = history.bounces_at_providers(0)
    first = now + 1
    sent: dict[int, int] = {}
    for minute, volume in history.minutes():
        first = min(first, minute)
        # Before the minutes in which hits are looked for, slots are told apart and no more.
        at = minute if minute > now - max(watch.rule.spans) else minute // watch.rule.slot * watch.rule.slot
        sent[at] = sent.get(at, 0) + volume
    for minute, volume in sent.items():
        for provider, share in to.items():
            if volume * share:
                watch.add(stream, provider, minute, mails=volume * share)
    for provider, by_minute in bounced.items():
        for minute, count in by_minute.items():
            if minute >= first:
                watch.add(stream, provider, minute, bounces=count)
    for start, mails, _, _, bounces, *_ in history.days(now):
        if start // DAY < first // DAY:
            for provider, share in to.items():
                watch.add(stream, provider, start, mails=mails * share, bounces=bounces * share)
