"""One stream's mail by mailbox provider, and whether one of them refuses it that never did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sesguard.detection.breakdown import DAY
from sesguard.detection.evidence import evidence
from sesguard.detection.outage_rule import OutageRule
from sesguard.detection.rows import drop_before


class _Sums:
    """Mails and hard bounces of one stream at one provider ("" for all others): by minute, slot and day of sending."""

    __slots__ = ("by_day", "by_minute", "by_slot")

    def __init__(self) -> None:
        self.by_minute: dict[int, list[float]] = {}
        self.by_slot: dict[int, list[float]] = {}
        self.by_day: dict[int, list[float]] = {}

    def add(self, minute: int, slot: int, mails: float, bounces: float) -> None:
        for level, key in ((self.by_minute, minute), (self.by_slot, minute // slot), (self.by_day, minute // DAY)):
            sums = level.setdefault(key, [0.0, 0.0])
            sums[0] += mails
            sums[1] += bounces


def _sum(level: Mapping[int, list[float]], keys: Iterable[int]) -> tuple[float, float]:
    """Mails and bounces of some minutes, slots or days."""
    mails = bounces = 0.0
    for key in keys:
        sums = level.get(key)
        if sums is not None:
            mails += sums[0]
            bounces += sums[1]
    return mails, bounces


class MailByProvider:
    """Mails and hard bounces of one stream by provider, "" for all mail to none of them."""

    __slots__ = ("_rule", "_sums")

    def __init__(self, rule: OutageRule) -> None:
        self._rule = rule
        self._sums: dict[str, _Sums] = {}

    def __contains__(self, provider: str) -> bool:
        return provider in self._sums

    def add(self, provider: str, minute: int, mails: float, bounces: float) -> None:
        sums = self._sums.get(provider)
        if sums is None:
            sums = self._sums[provider] = _Sums()
        sums.add(minute, self._rule.slot, mails, bounces)

    def prune(self, now: int) -> None:
        """Forget what no window, late bounce or month reaches."""
        rule = self._rule
        first_minute, first_day = now - max(rule.spans), now // DAY - 31
        for sums in self._sums.values():
            levels = ((sums.by_minute, first_minute), (sums.by_slot, first_slot(now, rule)), (sums.by_day, first_day))
            for level, first in levels:
                drop_before(level, first)

    def of_slot(self, provider: str, slot: int) -> tuple[float, float]:
        """Mails to the provider in a slot, and bounces of them."""
        return _sum(self._sums[provider].by_slot, (slot,))

    def is_active(self, provider: str, minutes: Iterable[int]) -> bool:
        """Whether enough was sent to the provider in ``minutes``."""
        sums = self._sums.get(provider)
        return sums is not None and _sum(sums.by_minute, minutes)[0] >= self._rule.active

    def usual_rate(self, provider: str, besides: Iterable[int]) -> float | None:
        """The bounce rate at a provider in the month before, ``besides`` some slots; None where too little was sent."""
        sums = self._sums[provider]
        all_mails, all_bounces = _sum(sums.by_day, sums.by_day)
        mails, bounces = _sum(sums.by_slot, besides)
        before = all_mails - mails
        return (all_bounces - bounces) / before if before >= self._rule.witness_mails else None

    def refused(self, provider: str, now: int, usual: float) -> float | None:
        """The share of the mail that a provider refuses, and nobody else; None where it does not."""
        rule, sums = self._rule, self._sums[provider]
        limit = max(rule.floor, rule.times * usual)
        for span in rule.spans:
            minutes = range(now - span + 1, now + 1)
            mails, bounces = _sum(sums.by_minute, minutes)
            if bounces >= rule.hit_bounces:
                found = evidence(max(mails + rule.hit_credit, bounces), bounces, limit)
                if found >= rule.hit_bound and self.normal_elsewhere(provider, minutes=minutes):
                    return min(1.0, bounces / max(mails, 1))
        return None

    def normal_elsewhere(self, provider: str, *, minutes: Iterable[int] = (), slots: Iterable[int] = ()) -> bool:
        """Whether no more than usual bounces at all the others."""
        mails = bounces = 0.0
        for name, sums in self._sums.items():
            if name != provider:
                for more, refused in (_sum(sums.by_minute, minutes), _sum(sums.by_slot, slots)):
                    mails += more
                    bounces += refused
        return (
            evidence(max(mails + self._rule.others_credit, bounces), bounces, self._rule.floor) < self._rule.hit_bound
        )


def first_slot(now: int, rule: OutageRule) -> int:
    """The first slot that a window or a late bounce can reach."""
    return (now - DAY - rule.late) // rule.slot
