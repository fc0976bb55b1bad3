"""What lay in the counts' table before the day that is billed: a month of days like it, made up when it is read."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import Any
from zlib import crc32

from bench.traffic import receiving_domain
from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import NAMED, OUTCOMES, VOLUME, expiry, hour_text
from sesguard.aws.counts.fold_writes import SMALL, length_of
from sesguard.aws.counts.hour_blocks import BLOCK_FOLDED, BLOCK_HOURS, block_of, in_block
from sesguard.aws.counts.outcome_writes import MOST_BESIDE
from sesguard.aws.counts.volume_fold import FEWEST
from sesguard.aws.counts.volume_log import FOLDED
from sesguard.detection.rows import HOUR, DayTotals
from sesguard.detection.sample import TAKEN, names_of
from sesguard.ses_events.observe import ONE_OF

_KINDS = 200  # different hours, which take turns
_CODE = "x#5.1.1"
_MOST_DRAWS = 1_000  # of an hour; of more mail the items look no different


def item_bytes(item: Item) -> int:
    """Bytes of an item: its names and values."""
    return sum(len(name) + _size(*next(iter(value.items()))) for name, value in item.items())


def number_bytes(number: int) -> int:
    """Bytes of a number: one, one for each two digits without zeros at the end, and one of a negative one's sign.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    digits = str(abs(number)).rstrip("0")
    return 1 + (len(digits) + 1) // 2 + (number < 0)


def _size(kind: str, value: Any) -> int:  # noqa: ANN401  # by its kind
    if kind == "N":
        return number_bytes(int(value))
    return 1 if kind == "BOOL" else len(value)


_Counts = tuple[dict[str, dict[str, str]], int]
"""Attributes of an item beside its key, and their bytes."""


class Past:
    """Of each stream ``mails`` an hour, of which a share of ``bounces`` bounced; one of so many streams.

    A bounce lies in the minute in which its mail was sent, so that minute has volume. Every hour of a stream is one of
    the same few hundred; of their mails exactly that share bounced, and one of so many is in the sample. Of one of many
    small streams six hours of volume lie in one item, as they are folded. until: the epoch minute up to which the past
    has come; None where it is all.
    """

    def __init__(self, mails: float, bounces: float, streams: int = 1) -> None:
        chance = random.Random(7)
        sent = [_poisson(mails, chance) for _ in range(_KINDS)]
        bounced, sampled = _shares(sent, bounces), _shares(sent, 1 / ONE_OF)
        self._hours = [_hour(*counts, chance) for counts in zip(sent, bounced, sampled, strict=True)]
        length = (
            length_of({number: dict.fromkeys(hour[VOLUME][0], 1) for number, hour in enumerate(self._hours)}) / _KINDS
        )
        self._blocks = streams >= FEWEST and length * BLOCK_HOURS < SMALL
        self.until: int | None = None
        self.day = DayTotals(round(mails * 24), round(mails * bounces * 24), 0, 0, round(mails * 24))
        self.hour_totals = DayTotals(round(mails), round(mails * bounces), 0, 0, round(mails))

    def hour(self, kind: str, stream: str, hour: int) -> list[tuple[Item, int]]:
        """The items with the key of a kind of a stream's hour with their sizes, if there are any.

        All names lie in one slot.
        """
        if kind == VOLUME and self._blocks:
            counts, size = self._block(stream, hour)
        else:
            counts, size = self._part(kind, stream, hour)
        if not counts:
            return []
        key = {
            "stream": {"S": stream},
            "cohort": {"S": kind + hour_text(hour) + (":5" if kind == NAMED else "")},
            "expires": expiry(hour // 24),
            **({BLOCK_FOLDED if self._blocks else FOLDED: {"N": "0"}} if kind == VOLUME else {}),
        }
        return [({**counts, **key}, size + item_bytes(key))]

    def _block(self, stream: str, first: int) -> _Counts:
        """What the item of a block of hours has, which is that of its first."""
        counts: dict[str, dict[str, str]] = {}
        size = 0
        for hour in range(first, first + BLOCK_HOURS if first == block_of(first) else first):
            part, bytes_of_part = self._part(VOLUME, stream, hour)
            counts |= {in_block(name, hour): value for name, value in part.items()}
            size += bytes_of_part + len(part) * len(in_block("", hour))
        return counts, size

    def _part(self, kind: str, stream: str, hour: int) -> _Counts:
        """What an hour has, as far as it has passed."""
        counts, size = self._hours[crc32(f"{stream} {hour}".encode()) % _KINDS][kind]
        minutes = HOUR if self.until is None else self.until - hour * HOUR
        if minutes >= HOUR:
            return counts, size
        if minutes <= 0:
            return {}, 0
        passed = {name: count for name, count in counts.items() if name[1:3].isdigit() and int(name[1:3]) < minutes}
        return passed, item_bytes(passed)


def _shares(counts: Iterable[int], share: float) -> Iterator[int]:
    """A share of each, whole, and of all together exactly."""
    for begin, end in pairwise(round(total * share) for total in accumulate(counts, initial=0)):
        yield end - begin


def _hour(mails: int, bounces: int, sampled: int, chance: random.Random) -> dict[str, _Counts]:
    """An hour in which so many mails were sent, and of them bounced or sampled: its items by kind, with their sizes."""
    minutes = [chance.randrange(60) for _ in range(min(mails, _MOST_DRAWS))]
    bounced = chance.sample(minutes, min(bounces, len(minutes)))
    sample = [
        name
        for minute in chance.sample(minutes, min(sampled, len(minutes) // ONE_OF + 1, len(minutes)))
        for name in names_of(receiving_domain(chance.randrange(1_000)), minute)
        if not name.startswith(TAKEN)
    ]
    domains = [f"b{minute:02}#mail{chance.randrange(397)}.example.com" for minute in bounced]
    beside, apart = domains[:MOST_BESIDE], domains[MOST_BESIDE:]
    items = {
        VOLUME: _counted([f"s{minute:02}" for minute in minutes], mails, "s")
        | _counted(sample, round(len(sample) * mails / max(1, len(minutes)))),
        OUTCOMES: _counted(beside, len(beside), _CODE)
        | _counted([name[: len("b00#")] for name in apart], bounces - len(beside)),
        NAMED: _counted(apart, bounces - len(beside), _CODE),
    }
    return {kind: (item, item_bytes(item)) for kind, item in items.items()}


def _counted(draws: list[str], count: int, total: str = "") -> dict[str, dict[str, str]]:
    """An item whose attributes are as ``draws``, which stand for ``count``; the total, where it has a name."""
    if not draws:
        return {}
    each = {name: {"N": str(round(n * count / len(draws)))} for name, n in Counter(draws).items()}
    return each | ({total: {"N": str(count)}} if total else {})


def _poisson(mean: float, chance: random.Random) -> int:
    if mean > 50:
        return max(0, round(chance.gauss(mean, mean**0.5)))
    events, waited = 0, chance.expovariate(1.0)
    while waited < mean:
        events += 1
        waited += chance.expovariate(1.0)
    return events
