"""What receiving domains took of a stream's mail, by the day: whether a clump of bounces is a customer's dead server.

Kept of the Send events in the sample, for domains that serve no public, as they are folded from the log of volume: so
ingest writes nothing more for it, and nobody reads it until bounces clump at a domain of a stream large enough.

``m#example.com#2026-11``  of a stream: ``d05`` mails of the sample that were sent to that domain on that day of the
    month. ``folded``: the last fold that added to it, as in a stream's hour.
``m#example.com#2026-11-05``  ``refused``: hard bounces of mail sent there on that day, where they were a clump: noted
    as the day is rolled up, since older names are not read again.
``m##2026-11``  beside the account's unattributed mail: on which days that was kept (``d05``: how often at least), and
    on which some of what was folded came from an older version that did not keep it (``x05``).

Who took nothing is forgiven less, so a domain is believed to have taken mail until a whole month before is on record,
and where too little of the stream's mail is in the sample, as its Send events are not published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple
from zlib import crc32

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import day_of, day_text, expiry
from sesguard.aws.counts.volume_log import FOLDED, decode_taken, written_at
from sesguard.aws.query import between, query_all
from sesguard.aws.readable import read_or
from sesguard.detection.breakdown import DAY
from sesguard.detection.clumps import clumping
from sesguard.detection.forgiveness import TakenOnDay
from sesguard.detection.history import History
from sesguard.detection.rows import DAYS_KEPT
from sesguard.detection.sample import TAKEN
from sesguard.policy import ClumpRule
from sesguard.ses_events.observe import ONE_OF
from sesguard.stream import StreamId

MOST_DOMAINS: Final = 20
"""At which bounces clump most, that are asked about at one look. Others count as if they had taken nothing."""
_MONTH: Final = DAYS_KEPT // DAY
_THINNED: Final = 4
"""Fewer sampled mails than that are kept by chance, and then as so many, which saves most writes."""
_IN_SAMPLE: Final = 0.5
"""Share of the mail that has to be in the sample, by what is expected, for it to say where the stream's mail goes."""
_MILLISECONDS_A_DAY: Final = 86_400_000
_MONTH_TEXT: Final = len("2026-11")


class TakenInMonth(NamedTuple):
    """What a fold adds to what a domain took of a stream's mail in a month. days: of the month -> sampled mails."""

    configuration_set: str
    domain: str
    month: str
    days: Mapping[int, int]
    last_day: int

    @property
    def place(self) -> str:
        """Where it comes in the order of a fold."""
        return f"{self.configuration_set}/{self.domain}/{self.month}"


def taken_of(items: Iterable[Item], fold: int) -> tuple[list[TakenInMonth], dict[str, dict[str, int]]]:
    """What domains took by the items of a log; and month -> what to say of its days, whether that was kept."""
    sums: dict[tuple[str, str, int], int] = {}
    kept: dict[str, dict[str, int]] = {}
    for item in items:
        day = written_at(item["cohort"]["S"]) // _MILLISECONDS_A_DAY
        says = f"{'d' if 'm' in item else 'x'}{day_text(day)[_MONTH_TEXT + 1 :]}"
        kept.setdefault(day_text(day)[:_MONTH_TEXT], {})[says] = day
        for name, domain, sent_on, count in _taken_in(item):
            key = name, domain, sent_on
            sums[key] = sums.get(key, 0) + count
    by_month: dict[tuple[str, str, str], dict[int, int]] = {}
    for (name, domain, day), count in sums.items():
        if counted := _thinned(count, f"{fold}/{name}/{domain}/{day}"):
            by_month.setdefault((name, domain, day_text(day)[:_MONTH_TEXT]), {})[day] = counted
    return [TakenInMonth(*key, _of_month(days), max(days)) for key, days in by_month.items()], kept


def _taken_in(item: Item) -> Iterable[tuple[str, str, int, int]]:
    """What is in an item of the log; nothing where this version cannot read it."""
    if "m" not in item:
        return ()
    what = f"what was sampled in {item['cohort']['S']}"
    return read_or((), what, lambda: list(decode_taken(bytes(item["m"]["B"]))))


def _of_month(days: Mapping[int, int]) -> dict[int, int]:
    return {int(day_text(day)[_MONTH_TEXT + 1 :]): count for day, count in days.items()}


def _thinned(count: int, key: str) -> int:
    """``count``, or of a small one what comes to it on average: the same whenever the fold is done again."""
    if count >= _THINNED:
        return count
    return _THINNED if crc32(key.encode()) % _THINNED < count else 0


def taken_request(table: str, home: StreamId, taken: TakenInMonth, fold: int) -> dict[str, Any]:
    """The request that adds to what a domain took what a fold of that number brings, unless it did so already."""
    adds = ", ".join(f"d{day:02} :d{day:02}" for day in taken.days)
    key = f"{TAKEN}{taken.domain}#{taken.month}"
    return {
        "TableName": table,
        "Key": {"stream": {"S": str(home._replace(configuration_set=taken.configuration_set))}, "cohort": {"S": key}},
        "UpdateExpression": f"ADD {adds} SET expires = :x, {FOLDED} = :fold",
        "ConditionExpression": f"attribute_not_exists({FOLDED}) OR {FOLDED} < :fold",
        "ExpressionAttributeValues": {
            **{f":d{day:02}": {"N": str(count)} for day, count in taken.days.items()},
            ":x": expiry(taken.last_day),
            ":fold": {"N": str(fold)},
        },
    }


def kept_request(table: str, home: StreamId, month: str, days: Mapping[str, int]) -> dict[str, Any]:
    """The request that says on which days of a month it was kept what domains took, and on which not of all mail."""
    return {
        "TableName": table,
        "Key": {"stream": {"S": str(home)}, "cohort": {"S": f"{TAKEN}#{month}"}},
        "UpdateExpression": f"ADD {', '.join(f'{name} :one' for name in days)} SET expires = :x",
        "ExpressionAttributeValues": {":one": {"N": "1"}, ":x": expiry(max(days.values()))},
    }


def refused_item(stream: str, domain: str, day: int, refused: int) -> Item:
    """What a domain refused on a day, as it is stored."""
    key = f"{TAKEN}{domain}#{day_text(day)}"
    return {
        "stream": {"S": stream},
        "cohort": {"S": key},
        "refused": {"N": str(refused)},
        "expires": expiry(day),
    }


def may_matter(rule: ClumpRule, month_volume: float) -> bool:
    """Whether a domain that took mail is forgiven more than one that did not: only of streams of much mail."""
    return int(rule.share_of_month * month_volume) > rule.per_day


class TakenMarks:
    """Reads what domains took of one stream's mail."""

    def __init__(self, client: DynamoDBClient, table: str, stream: StreamId) -> None:
        self._client = client
        self._table = table
        self._stream = stream

    def known(self, history: History, day: int, sampled: int, published: int) -> bool:
        """Whether what domains took in the month before epoch ``day`` is on record.

        sampled, published: the stream's mails of about that month that are in the sample, and of which there were
        Send or Delivery events.

        A day without any mail of the stream, as ``history`` has it, needs no record.
        """
        if not sampled or sampled * ONE_OF < _IN_SAMPLE * published:
            return False
        wanted = [day for day in range(day - _MONTH + 1, day) if not history.sent_nothing_on(day)]
        if not wanted:
            return True
        home = str(self._stream._replace(configuration_set=""))
        kept = _days(self._between(home, f"{TAKEN}#", wanted[0], wanted[-1]))
        return all(kept.get(day, {}).keys() == {"d"} for day in wanted)

    def of(self, domains: Sequence[str], first: int, last: int) -> dict[str, dict[int, TakenOnDay]]:
        """What ``domains`` took and refused on the epoch days ``first`` to ``last``, by domain and day."""
        found: dict[str, dict[int, TakenOnDay]] = {}
        for domain in domains:
            items = self._between(str(self._stream), f"{TAKEN}{domain}#", first, last)
            refused = {
                day_of(item["cohort"]["S"][-len("2026-11-05") :]): int(item["refused"]["N"])
                for item in items
                if "refused" in item
            }
            sent = {day: its["d"] * ONE_OF for day, its in _days(items).items() if "d" in its}
            found[domain] = {
                day: TakenOnDay(sent.get(day, 0), refused.get(day, 0)) for day in sent.keys() | refused.keys()
            }
        return found

    def _between(self, partition: str, prefix: str, first: int, last: int) -> list[Item]:
        months = day_text(first)[:_MONTH_TEXT], day_text(last)[:_MONTH_TEXT]
        request = between(self._table, partition, prefix + months[0], f"{prefix}{months[1]}~", consistent=True)
        return query_all(self._client, request)


def tell_taken(history: History, marks: TakenMarks, rule: ClumpRule, now: int) -> None:
    """Tell ``history`` what the domains took at which bounces clump, where that matters and is known. now: a minute."""
    days = history.named_days()
    if not days or not may_matter(rule, history.month_volume(now // DAY)):
        return
    domains = list(_clumping(history, days, rule))[:MOST_DOMAINS]
    if domains and marks.known(history, now // DAY, *history.in_sample()):
        history.know_taken(marks.of(domains, min(days) - _MONTH, now // DAY))


def taken_before(
    marks: TakenMarks, history: History, day: int, clumps: Mapping[str, int], sample: tuple[int, int]
) -> Callable[[str], bool]:
    """Whether a domain took mail in the month before epoch ``day``, on which so much clumps at some."""
    if not marks.known(history, day, *sample):
        return lambda _: True
    domains = sorted(clumps, key=lambda it: (-clumps[it], it))[:MOST_DOMAINS]
    once = History()
    once.know_taken(marks.of(domains, day - _MONTH, day - 1))
    return partial(once.takes, day)


def _clumping(history: History, days: Iterable[int], rule: ClumpRule) -> Iterator[str]:
    """Domains at which so much clumps on a day that it matters whether they took mail, the worst first."""
    most: dict[str, int] = {}
    for day in days:
        beyond = clumping(history.bounce_domains.day(day), rule.per_domain)
        if sum(beyond.values()) > rule.per_day:
            for domain, count in beyond.items():
                most[domain] = max(most.get(domain, 0), count)
    yield from sorted(most, key=lambda it: (-most[it], it))


def _days(items: Iterable[Item]) -> dict[int, dict[str, int]]:
    """Epoch day -> letter -> number, of items by the month."""
    found: dict[int, dict[str, int]] = {}
    for item in items:
        month = item["cohort"]["S"].rpartition("#")[2]
        if len(month) == _MONTH_TEXT:
            for name, value in item.items():
                if len(name) == len("d05") and name[1:].isdigit():
                    found.setdefault(day_of(f"{month}-{name[1:]}"), {})[name[0]] = int(value["N"])
    return found
