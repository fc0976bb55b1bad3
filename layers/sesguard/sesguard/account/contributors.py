"""Which streams bring an account near SES's limits, and what pausing each would bring. Pure.

A stream's excess is what it has of bounces or complaints beyond the share that its volume would have at the line. The
rate of what is left is over the line until as much excess is gone as the account has: so the largest excess first means
the fewest pauses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sesguard.account.sums import Lines, Sums, excess, over
from sesguard.stream import StreamId


@dataclass(frozen=True, slots=True)
class RankedStream:
    """One stream that weighs on its account. ``stream`` without a configuration set: the unattributed mail.

    pausable: whether the guard could pause it. projected: of the account's mail going on, without this stream and all
    pausable ones before it; for one that cannot be paused, as it is before it.
    """

    stream: StreamId
    sums: Sums
    pausable: bool
    projected: Sums


@dataclass(frozen=True, slots=True)
class Assessment:
    """An account's last day. going_on: without the streams that are off already. contributors: the worst first."""

    account: Sums
    going_on: Sums
    contributors: tuple[RankedStream, ...]


def assess(
    by_stream: Mapping[StreamId, Sums],
    kinds: Collection[str],
    lines: Lines,
    *,
    off: Collection[StreamId],
    spared: Collection[StreamId],
) -> Assessment:
    """Rank what brings the account near its lines in ``kinds``. off: streams that send nothing by now."""
    account = total(by_stream.values())
    going_on = total(sums for stream, sums in by_stream.items() if stream not in off)

    def weight(sums: Sums) -> float:
        """The share of what is to be got rid of that this one would take away, of the kind where it takes most."""
        return max((excess(sums, kind, lines) / max(1.0, excess(going_on, kind, lines)) for kind in kinds), default=0)

    going = {stream: sums for stream, sums in by_stream.items() if stream not in off}
    heavy = [(weight(sums), stream) for stream, sums in going.items() if weight(sums) > 0]
    if not heavy:
        # SES says that the account is near its line, and by the guard's counts nobody is: then by what counts.
        heavy = [(share, stream) for stream, sums in going.items() if (share := _share(sums, going_on, kinds)) > 0]
    contributors: list[RankedStream] = []
    left = going_on
    for _, stream in sorted(heavy, key=lambda it: (-it[0], it[1])):
        sums, pausable = by_stream[stream], stream.attributed and stream not in spared
        left = left.minus(sums) if pausable else left
        contributors.append(RankedStream(stream, sums, pausable, left))
    return Assessment(account, going_on, tuple(contributors))


def _share(sums: Sums, of: Sums, kinds: Collection[str]) -> float:
    """The share of an account's bounces or complaints that a stream has, of the kind where it has most."""
    return max((sums.bad(kind) / max(1, of.bad(kind)) for kind in kinds), default=0.0)


def until_clear(assessment: Assessment, kinds: Collection[str], lines: Lines) -> list[RankedStream]:
    """The pausable contributors to pause, in order, until the rate of what goes on is over no line.

    Whoever has no more than its share of what is still over its line by then is left out.
    """
    wanted: list[RankedStream] = []
    left = assessment.going_on
    for each in assessment.contributors:
        still = over(left, lines) & set(kinds)
        if each.pausable and any(excess(each.sums, kind, lines) > 0 for kind in still):
            wanted.append(each)
            left = left.minus(each.sums)
    return wanted


def total(sums: Iterable[Sums]) -> Sums:
    whole = Sums()
    for each in sums:
        whole = whole.plus(each)
    return whole
