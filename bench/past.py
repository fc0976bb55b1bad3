"""What lay in the counts' table before the day that is billed: a month of days like it, made up when it is read."""

from __future__ import annotations

import random
from collections import Counter
from itertools import accumulate, pairwise
from zlib import crc32

from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import NAMED, OUTCOMES, VOLUME, hour_text
from sesguard.aws.counts.outcome_writes import MOST_BESIDE
from sesguard.detection.rows import DayTotals

NUMBER = 4  # bytes of a number: ours take no more
_KEY = len("streamcohortv#2026-11-21T18expires") + NUMBER
_KINDS = 200  # different hours, which take turns
_CODE = "x#5.1.1"
_MOST_DRAWS = 1_000  # of an hour; of more mail the items look no different


def item_bytes(item: Item) -> int:
    """Bytes of an item: its names and values."""
    return sum(len(name) + _size(next(iter(value.values()))) for name, value in item.items())


def _size(value: str | bytes | bool) -> int:
    return 1 if isinstance(value, bool) else len(value)


class Past:
    """Of each stream ``mails`` an hour, of which a share of ``bounces`` bounced.

    A bounce lies in the minute in which its mail was sent, so that minute has volume. Every hour of a stream is one of
    the same few hundred; of their mails exactly that share bounced.
    """

    def __init__(self, mails: float, bounces: float) -> None:
        chance = random.Random(7)
        sent = [_poisson(mails, chance) for _ in range(_KINDS)]
        reached = [round(total * bounces) for total in accumulate(sent, initial=0)]
        self._hours = [
            _hour(count, end - begin, chance) for count, (begin, end) in zip(sent, pairwise(reached), strict=True)
        ]
        self.day = DayTotals(round(mails * 24), round(mails * bounces * 24), 0, 0, round(mails * 24))
        self.hour_totals = DayTotals(round(mails), round(mails * bounces), 0, 0, round(mails))

    def hour(self, kind: str, stream: str, hour: int) -> list[tuple[Item, int]]:
        """The items of a kind of a stream's hour with their sizes, if there were any. All names lie in one slot."""
        item, size = self._hours[crc32(f"{stream} {hour}".encode()) % _KINDS][kind]
        if not item:
            return []
        slot = ":5" if kind == NAMED else ""
        return [({**item, "cohort": {"S": kind + hour_text(hour) + slot}}, size + _KEY + len(stream))]


def _hour(mails: int, bounces: int, chance: random.Random) -> dict[str, tuple[Item, int]]:
    """An hour in which so many mails were sent, of which so many bounced: its items by kind, with their sizes."""
    minutes = [chance.randrange(60) for _ in range(min(mails, _MOST_DRAWS))]
    bounced = chance.sample(minutes, min(bounces, len(minutes)))
    domains = [f"b{minute:02}#mail{chance.randrange(397)}.example.com" for minute in bounced]
    beside, apart = domains[:MOST_BESIDE], domains[MOST_BESIDE:]
    items = {
        VOLUME: _counted([f"s{minute:02}" for minute in minutes], mails, "s"),
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
