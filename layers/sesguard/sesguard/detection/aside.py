"""What a failing mailbox provider refused of one stream: mail and bounces that are taken out of what weighs."""

from __future__ import annotations

from collections.abc import Mapping

from sesguard.detection.breakdown import DAY
from sesguard.detection.rows import HOUR, Row, drop_before

MailsAndBounces = tuple[float, float]


class AsideSums:
    """Mails and bounces by the epoch minute of sending, and what they come to by the hour and by the day."""

    def __init__(self) -> None:
        self._by_minute: dict[int, MailsAndBounces] = {}
        self._by_hour: dict[int, MailsAndBounces] = {}
        self._by_day: dict[int, MailsAndBounces] = {}

    def put(self, found: Mapping[int, MailsAndBounces]) -> bool:
        """Take ``found``, by epoch minute, for what is known of these minutes; whether it changed anything."""
        if all(self._by_minute.get(minute) == pair for minute, pair in found.items()):
            return False
        self._by_minute |= found
        self._sum()
        return True

    def add(self, found: Mapping[int, MailsAndBounces]) -> None:
        """Add ``found``, by epoch minute, to what is known."""
        for minute, pair in found.items():
            _add(self._by_minute, minute, pair)
        self._sum()

    def without(self, rows: list[Row], size: int) -> list[Row]:
        """What is left of ``rows`` of ``size`` minutes each."""
        aside = self._by_minute if size == 1 else self._by_hour if size == HOUR else self._by_day
        if not aside:
            return rows
        found: list[Row] = []
        for start, volume, bounces, complaints, every, published, *unseen in rows:
            mails, refused = aside.get(start // size, (0.0, 0.0))
            left = max(0.0, volume - mails), max(0.0, bounces - refused), complaints, max(0.0, every - refused)
            found.append((start, *left, published, unseen[0], unseen[1]))
        return found

    def bounces_from(self, start: int) -> int:
        """Bounces of mail sent from epoch minute ``start`` on."""
        return round(sum(bounces for minute, (_, bounces) in self._by_minute.items() if minute >= start))

    def clear(self) -> None:
        """Forget all of it."""
        for level in (self._by_minute, self._by_hour, self._by_day):
            level.clear()

    def prune(self, first_day: int, first_hour: int) -> None:
        """Forget what was sent before epoch day ``first_day``, and the sums of hours before ``first_hour``."""
        drop_before(self._by_minute, first_day * DAY)
        drop_before(self._by_hour, first_hour)
        drop_before(self._by_day, first_day)

    def _sum(self) -> None:
        self._by_hour = _summed(self._by_minute, HOUR)
        self._by_day = _summed(self._by_minute, DAY)


def _summed(by_minute: Mapping[int, MailsAndBounces], size: int) -> dict[int, MailsAndBounces]:
    sums: dict[int, MailsAndBounces] = {}
    for minute, pair in by_minute.items():
        _add(sums, minute // size, pair)
    return sums


def _add(sums: dict[int, MailsAndBounces], key: int, pair: MailsAndBounces) -> None:
    mails, bounces = sums.get(key, (0.0, 0.0))
    sums[key] = mails + pair[0], bounces + pair[1]
