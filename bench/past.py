"""What lay in the counts' table before the day that is billed: a month of days like it, made up when it is read."""

from __future__ import annotations

import random
from collections import Counter
from zlib import crc32

from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import NAMED, OUTCOMES, VOLUME, hour_text
from sesguard.detection.rows import DayTotals

NUMBER = 4  # bytes of a number: ours take no more
_KEY = len("streamcohortv#2026-11-21T18expires") + NUMBER
_KINDS = 200  # different hours, which take turns
_MOST_DRAWS = 1_000  # of an hour; of more mail the items look no different


def item_bytes(item: Item) -> int:
    """Bytes of an item: its names and values."""
    return sum(len(name) + _size(next(iter(value.values()))) for name, value in item.items())


def _size(value: str | bytes | bool) -> int:
    return 1 if isinstance(value, bool) else len(value)


class Past:
    """Of each stream ``mails`` an hour, of which a share of ``bounces`` bounced."""

    def __init__(self, mails: float, bounces: float) -> None:
        chance = random.Random(7)
        volumes = [_hour(mails, "s{minute:02}", "s", chance) for _ in range(_KINDS)]
        named = [_hour(mails * bounces, "b{minute:02}#{domain}", "x#5.1.1", chance) for _ in range(_KINDS)]
        outcomes = [_without_names(item) for item in named]
        self._items = {
            VOLUME: [(item, item_bytes(item)) for item in volumes],
            OUTCOMES: [(item, item_bytes(item)) for item in outcomes],
            NAMED: [(item, item_bytes(item)) for item in named],
        }
        self.day = DayTotals(round(mails * 24), round(mails * bounces * 24), 0, 0, round(mails * 24))
        self.hour_totals = DayTotals(round(mails), round(mails * bounces), 0, 0, round(mails))

    def hour(self, kind: str, stream: str, hour: int) -> list[tuple[Item, int]]:
        """The items of a kind of a stream's hour with their sizes, if there were any. All names lie in one slot."""
        item, size = self._items[kind][crc32(f"{stream} {hour}".encode()) % _KINDS]
        if not item:
            return []
        slot = ":5" if kind == NAMED else ""
        return [({**item, "cohort": {"S": kind + hour_text(hour) + slot}}, size + _KEY + len(stream))]


def _without_names(item: Item) -> Item:
    totals: Counter[str] = Counter()
    for name, value in item.items():
        if name[3:4] == "#":
            totals[name[:4]] += int(value["N"])
    return {name: {"N": str(count)} for name, count in totals.items()}


def _hour(mean: float, name: str, total: str, chance: random.Random) -> Item:
    count = _poisson(mean, chance)
    draws = min(count, _MOST_DRAWS)
    minutes = Counter(
        name.format(minute=chance.randrange(60), domain=f"mail{chance.randrange(397)}.example.com")
        for _ in range(draws)
    )
    each = {name: {"N": str(round(n * count / draws))} for name, n in minutes.items()}
    return {total: {"N": str(count)}, **each} if count else {}


def _poisson(mean: float, chance: random.Random) -> int:
    if mean > 50:
        return max(0, round(chance.gauss(mean, mean**0.5)))
    events, waited = 0, chance.expovariate(1.0)
    while waited < mean:
        events += 1
        waited += chance.expovariate(1.0)
    return events
