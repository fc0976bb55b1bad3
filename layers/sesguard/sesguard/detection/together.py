"""Weigh all streams of a tenant as if they were one: splitting mail over many hides nothing.

Each stream's buckets are judged by its own volume first, then summed, so that the sum is weighed by the same rules as
one stream that had sent it all: one credit, one budget for bounces that clump at a domain. So are the small ones among
them, of which each alone says little: a clean stream of much mail covers none of those. (Chosen by volume and not by
outcome, they are no likelier to look bad by chance.) Where that is enough to pause, those that brought it about are
named, the worst first, until what is left is not. Whoever is under the limit himself in the run that weighs has brought
about nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from sesguard.detection.breakdown import DAY
from sesguard.detection.clumps import sent_in_month
from sesguard.detection.columns import BOUNCED, COMPLAINED, SENT
from sesguard.detection.evidence import COMPLAINTS, evidence
from sesguard.detection.history import History
from sesguard.detection.rows import HOUR, DayTotals, boundaries
from sesguard.detection.volume import judge
from sesguard.detection.weigh import ALL_BOUNCED as EVERY
from sesguard.detection.weigh import BOUNCED as COUNTED
from sesguard.detection.weigh import COMPLAINED as COMPLAINTS_OF
from sesguard.detection.weigh import START, VOLUME, RunRule, Verdict, WeighedRun, weigh
from sesguard.policy import ClumpRule, Limits

Name = TypeVar("Name", bound=Hashable)

_ROUNDS: Final = 8
"""Times at which the rest is summed anew and weighed; whoever is left then is found at the next look."""
_MOST_ROOM: Final = 1 << 14

Sums = tuple[float, float, float, float, float]
"""Of a bucket: volume, bounces that count by the stream's own clump rule, complaints, all bounces, and those of them
that were forgiven when it was rolled up, of which it is not known any more at which domains they were."""


class Shares(NamedTuple):
    """What one stream has of the run that a verdict on several rests on: mails, and bad outcomes that count."""

    volume: float
    bad: float

    @property
    def rate(self) -> float:
        """Bad outcomes per mail, at most 1."""
        return min(1.0, self.bad / self.volume) if self.volume else 1.0


class ToPause(NamedTuple, Generic[Name]):
    """A stream that is to be paused, and what for: the verdict on all that were left when it was the worst of them."""

    stream: Name
    its: Shares
    streams: int
    verdict: Verdict
    history: History


class JointHeadroom(NamedTuple):
    """So many more bounces and complaints, without any more mail, leave the risk under a line."""

    bounces: int
    complaints: int


class TenantVerdict(NamedTuple, Generic[Name]):
    """How several streams stand as one. to_pause: the worst first, none where the risk is under 1.

    shares: of the streams that are over the limit in the worst run, the worst first.
    """

    streams: int
    verdict: Verdict
    history: History
    shares: Sequence[tuple[Name, Shares]]
    to_pause: Sequence[ToPause[Name]]


def weigh_tenant(histories: Mapping[Name, History], limits: Limits, clumps: ClumpRule, now: int) -> TenantVerdict[Name]:
    """Weigh the streams of one tenant at epoch minute ``now``, all of them and the small ones; the worse of both."""
    found = [_weigh(group, limits, clumps, now) for group in _groups(histories, limits, now)]
    worst = max(found, key=lambda it: it.verdict.risk)
    to_pause = {each.stream: each for it in reversed(found) for each in it.to_pause}
    return worst._replace(to_pause=tuple(to_pause.values()))


def joint_headroom(
    histories: Mapping[Name, History], limits: Limits, clumps: ClumpRule, now: int, line: float
) -> JointHeadroom:
    """How many more bad outcomes the streams may have together before they have to be weighed again.

    As if all of them were of mail of this minute that nothing is known of: the worst that can come. line: of the risk.
    """
    rooms = [_headroom(group.values(), limits, clumps, now, line) for group in _groups(histories, limits, now)]
    return JointHeadroom(min(it.bounces for it in rooms), min(it.complaints for it in rooms))


def established(histories: Iterable[History], limits: Limits, now: int) -> int:
    """Mails of a month of those streams that are not new: what they have earned counts for a new one."""
    volumes = (history.weighed_volume(now) for history in histories)
    return round(sum(volume for volume in volumes if volume >= limits.new_stream_mails))


def _groups(histories: Mapping[Name, History], limits: Limits, now: int) -> list[Mapping[Name, History]]:
    small = {name: it for name, it in histories.items() if it.weighed_volume(now) < limits.new_stream_mails}
    return [histories, small] if 1 < len(small) < len(histories) else [histories]


def _weigh(histories: Mapping[Name, History], limits: Limits, clumps: ClumpRule, now: int) -> TenantVerdict[Name]:
    parts = {name: _Part.of(histories[name], now) for name in sorted(histories, key=str)}
    left = dict(parts)
    first: tuple[Verdict, History, list[tuple[Name, Shares]]] | None = None
    to_pause: list[ToPause[Name]] = []
    for _ in range(_ROUNDS):
        history = _joined(left.values(), clumps, now)
        verdict = weigh(history, limits, now)
        run = verdict.worst
        shares = _shares(left, run) if run is not None else []
        first = first or (verdict, history, shares)
        if run is None or verdict.risk < 1 or len(left) < 2:
            break
        worst = _until_clear(shares, run)
        to_pause += [ToPause(name, its, len(left), verdict, history) for name, its in worst]
        for name, _ in worst:
            del left[name]
        if not worst:
            break
    verdict, history, shares = first or (weigh(History(), limits, now), History(), [])
    return TenantVerdict(len(parts), verdict, history, shares, to_pause)


def _headroom(histories: Iterable[History], limits: Limits, clumps: ClumpRule, now: int, line: float) -> JointHeadroom:
    history = _joined([_Part.of(history, now) for history in histories], clumps, now)
    history.add(now, SENT, 1)  # so that they are not taken for mail whose volume is not published

    def most(column: int) -> int:
        low, high, added = 0, _MOST_ROOM, 0
        while low < high:
            middle = (low + high + 1) // 2
            history.add(now, column, middle - added)
            added = middle
            low, high = (middle, high) if weigh(history, limits, now).risk < line else (low, middle - 1)
        history.add(now, column, -added)
        return low

    return JointHeadroom(most(BOUNCED), most(COMPLAINED))


class _Part(NamedTuple):
    """What one stream brings. rows: epoch minute where a bucket begins -> sums. history: for the names."""

    rows: Mapping[int, Sums]
    history: History

    @classmethod
    def of(cls, history: History, now: int) -> _Part:
        rows = judge(history.rows(now), boundaries(now)[1]).rows
        named = history.named_days()
        its: dict[int, Sums] = {}
        for row in rows:
            nameless = row[START] // DAY not in named
            its[row[START]] = (
                row[VOLUME],
                row[COUNTED],
                row[COMPLAINTS_OF],
                row[EVERY],
                row[EVERY] - row[COUNTED] if nameless else 0.0,
            )
        return cls(its, history)


def _joined(parts: Iterable[_Part], clumps: ClumpRule, now: int) -> History:
    """One history of them all; nothing of it is unknown, or a failing provider's: that was seen to before."""
    rows: dict[int, Sums] = {}
    history = History(0, clumps)
    for part in parts:
        history.join_names(part.history)
        for start, its in part.rows.items():
            before = rows.get(start)
            rows[start] = its if before is None else _plus(before, its)
    minutes_from, hours_from, _ = boundaries(now)
    month: dict[int, float] = {}
    for start, (volume, *_) in rows.items():
        month[start // DAY] = month.get(start // DAY, 0.0) + volume
    for start, (volume, _, complaints, every, forgiven) in rows.items():
        bad, complained = round(every), round(complaints)
        mails = max(round(volume), bad, 1 if complained else 0)
        if start >= minutes_from:
            history.add(start, SENT, mails)
            history.add(start, BOUNCED, bad)
            history.add(start, COMPLAINED, complained)
        elif start >= hours_from:
            history.add_hour(start // HOUR, DayTotals(mails, bad, complained, 0, mails))
        else:
            spared = min(round(forgiven), _budget(clumps, month, start // DAY))
            history.add_day(start // DAY, DayTotals(mails, bad, complained, spared, mails))
    return history


def _plus(one: Sums, other: Sums) -> Sums:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3], one[4] + other[4]


def _budget(clumps: ClumpRule, month: Mapping[int, float], day: int) -> int:
    """How many bounces the clump rule forgives on an epoch day at most."""
    return max(clumps.per_day, int(clumps.share_of_month * sent_in_month(month, day, clumps)))


def _shares(parts: Mapping[Name, _Part], run: WeighedRun) -> list[tuple[Name, Shares]]:
    """What each stream has of ``run``, those over its limit alone, the largest excess first.

    Bounces that the streams' common budget does not forgive are shared out over those that forgave them to themselves.
    """
    complaints = run.kind == COMPLAINTS
    found: dict[Name, tuple[float, float, float]] = {}
    for name, part in parts.items():
        mails = counted = every = 0.0
        for start, (volume, its, complained, bounced, _) in part.rows.items():
            if start >= run.start:
                mails += volume - bounced + its if run.rule is RunRule.RECENT and not complaints else volume
                counted += complained if complaints else its
                every += complained if complaints else bounced
        found[name] = mails, every if run.rule is RunRule.LASTING else counted, every
    of_mails = run.mature / run.volume if complaints and run.mature is not None and run.volume else 1.0
    counted_in_all = sum(counted for _, counted, _ in found.values())
    spared = sum(every - counted for _, counted, every in found.values())
    back = min(1.0, max(0.0, run.bad - counted_in_all) / spared) if spared > 0 else 0.0
    scale = min(1.0, run.bad / counted_in_all) if counted_in_all else 1.0
    shares = {
        name: Shares(mails * of_mails, counted * scale + (every - counted) * back)
        for name, (mails, counted, every) in found.items()
    }
    over = [(name, its) for name, its in shares.items() if its.bad > its.volume * run.limit]
    return sorted(over, key=lambda it: (it[1].volume * run.limit - it[1].bad, str(it[0])))


def _until_clear(shares: Sequence[tuple[Name, Shares]], run: WeighedRun) -> list[tuple[Name, Shares]]:
    """The worst, so many that what is left of the run is not enough to pause."""
    mails, bad = run.mature if run.mature is not None else run.volume, run.bad
    worst: list[tuple[Name, Shares]] = []
    for name, its in shares:
        if evidence(max(mails + run.credit, bad), bad, run.limit) < run.bound:
            break
        worst.append((name, its))
        mails, bad = max(0.0, mails - its.volume), max(0.0, bad - its.bad)
    return worst
