"""Whether the detector keeps its gates on traffic of fresh seeds, beside the rules of before on the same traffic.

python -m bench.gates [SEED [STREAMS [FAMILY ...]]]     streams of each family; minutes for 10, hours for 200

The loop is closed: mail that a pause refuses never happens. What leaks is counted up to the first pause.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import exp, log
from random import Random
from statistics import mean

from bench.mail_streams import DAY, Kind, Line, Rate, lines_of
from sesguard.backtest.count_lines import moment_of
from sesguard.backtest.decided import ReplayTerms
from sesguard.backtest.moment import SeenMoment, Send
from sesguard.backtest.replay import Replay
from sesguard.pausing.decision import Action, Reason
from sesguard.policy import Policy

BEFORE = Policy(
    credit_bounce_growth=1.0,
    credit_fades_at=1.0,
    credit_gone_at=1.0,
    long_run_days=30,
    complaint_mature_at_least=1.0,
    new_stream_mails=0,
    clump_forgiven_share=0.0,
    lasting_rate=0.9,
    lasting_rate_at_most=0.9,
    drift_normal_mails=1_000_000,
)
"""The rules before these, as a policy: what the same traffic leaked then."""

_STARTS = 12 * DAY


@dataclass(frozen=True, slots=True)
class Outcome:
    """One stream. leaked: mails from the second on from which it is bad until its first pause.

    warned: whether it was warned of having left its own normal before that.
    """

    paused: bool
    leaked: int
    warned: bool


def _level(before: float, then: float, at: float = _STARTS, until: float = float("inf")) -> Rate:
    return lambda second: then if at <= second < until else before


def _between(random: Random, low: float, high: float) -> float:
    return exp(random.uniform(log(low), log(high)))


def _on_weekdays(random: Random, mails: float) -> Rate:
    """``mails`` a minute in the mean of a week, on its last two days three fifths of what the others have."""
    weekday, first = mails * 7 / (5 + 2 * 0.6), random.randrange(7)
    return lambda second: weekday if (second // DAY + first) % 7 < 5 else 0.6 * weekday


def _steady(random: Random) -> Kind:
    rate, complaints = _between(random, 0.002, 0.02), _between(random, 0.00005, 0.0004)
    mails = random.choice([20, 200, 2_000]) / 1_440
    return Kind(days=40, mails=lambda _: mails, bounces=lambda _: rate, complaints=lambda _: complaints)


def _dying_domain(random: Random) -> Kind:
    """A customer with a tenth to two fifths of the mail shuts down; its addresses are dropped as they bounce.

    As the study has it: on a stream of 15 to 20 days, so that a day's clump may be 2 % of about that many days' mail;
    each address is dropped at its first or its second bounce.
    """
    mails, share = _on_weekdays(random, random.choice([200, 1_000, 5_000, 20_000]) / 1_440), random.uniform(0.1, 0.4)
    full, rate, fading = random.uniform(15, 20) * DAY, _between(random, 0.002, 0.015), random.uniform(0.5, 3) * DAY
    dropped_from = full + (random.choice([1, 2]) - 1) * fading

    def dead(second: float) -> float:
        return 0.0 if second < full else share * min(1.0, exp((dropped_from - second) / fading))

    def domain(chance: Random, second: int) -> str:
        lost = dead(second)
        of_it = chance.random() < lost / (lost + rate)
        return "customer.example" if of_it else f"company-{chance.randrange(999)}.example"

    return Kind(days=30, mails=mails, bounces=lambda at: min(0.99, rate + dead(at)), domain=domain)


def _stalest_first(random: Random) -> Kind:
    """A campaign of a healthy sender that begins with its stalest addresses."""
    blast, first = random.uniform(40, 600), random.uniform(0.08, 0.15)
    begin, stale = 11 * DAY, _between(random, 200, 1_000)

    def mails(second: int) -> float:
        return blast if second % (3 * DAY) < 3_600 or begin <= second < begin + 3_600 else 0.01

    until = begin + min(stale / blast, 0.1 * 60) * 60
    return Kind(days=14, mails=mails, bounces=_level(0.008, first, begin, until))


def _bad_list(random: Random) -> Kind:
    mails, campaign = random.choice([50, 1_000, 5_000]) / 1_440, _between(random, 12, 600)
    return Kind(
        days=14,
        mails=_level(mails, mails + campaign),
        bounces=_level(0.01, random.uniform(0.12, 0.3)),
        bad_from=_STARTS,
    )


def _clean_list_spam(random: Random) -> Kind:
    mails, campaign = random.choice([200, 2_000]) / 1_440, _between(random, 18, 300)
    complaints = _level(0.0002, random.uniform(0.005, 0.02))
    return Kind(
        days=13.5,
        mails=_level(mails, mails + campaign),
        bounces=lambda _: 0.015,
        complaints=complaints,
        bad_from=_STARTS,
    )


def _tiny(random: Random) -> Kind:
    mails, rate = random.choice([20, 50, 100]) / 1_440, random.uniform(0.15, 0.4)
    return Kind(days=30, mails=lambda _: mails, bounces=lambda _: rate, bad_from=0)


def _just_over(random: Random) -> Kind:
    mails, rate = random.choice([200, 1_000, 5_000]) / 1_440, random.uniform(0.07, 0.09)
    return Kind(days=40, mails=lambda _: mails, bounces=_level(0.01, rate), bad_from=_STARTS)


def _cold_start(random: Random) -> Kind:
    """A stream that begins with a base that nobody ever cleaned, and doubles what it sends each day."""
    top, first, rate = random.choice([2_000, 20_000]), random.uniform(50, 500), random.uniform(0.12, 0.3)
    return Kind(
        days=8,
        mails=lambda at: min(top, first * 2.0 ** (at // DAY)) / 1_440,
        bounces=lambda _: rate,
        bad_from=0,
    )


def _sign_ups(random: Random) -> Kind:
    """Bots enter made-up addresses into a form that sends a mail to each."""
    mails, form = random.choice([100, 1_000, 10_000]) / 1_440, _between(random, 2, 120)
    rate = random.uniform(0.2, 0.6)
    share = form / (form + mails)
    return Kind(days=14, mails=_level(mails, mails + form), bounces=_level(0.01, 0.01 + share * rate), bad_from=_STARTS)


def _slow_rot(random: Random) -> Kind:
    """From 1 % to 14 % in 24 days; bad once it is over 5 %."""
    mails = random.choice([200, 1_000, 5_000, 20_000]) / 1_440
    bad_from = int((6 + 24 * 0.04 / 0.13) * DAY)
    return Kind(
        days=30,
        mails=lambda _: mails,
        bounces=lambda at: 0.01 + min(1.0, max(0.0, (at / DAY - 6) / 24)) * 0.13,
        bad_from=bad_from,
    )


FAMILIES: Mapping[str, Callable[[Random], Kind]] = {
    "steady": _steady,
    "dying domain": _dying_domain,
    "stalest first": _stalest_first,
    "bad list": _bad_list,
    "clean-list spam": _clean_list_spam,
    "tiny": _tiny,
    "just over": _just_over,
    "cold start": _cold_start,
    "sign-ups": _sign_ups,
    "slow rot": _slow_rot,
}

PAUSED_AT_MOST = {"steady": 0.0, "dying domain": 0.05, "stalest first": 0.04}
"""The share of good streams that may be paused."""

LEAKS_AT_MOST = {
    "bad list": 1.05,
    "clean-list spam": 0.75,
    "tiny": 0.65,
    "just over": 0.95,
    "cold start": 0.70,
    "sign-ups": 0.88,
    "slow rot": 1.05,
}
"""What may leak, against the rules before on the same traffic: the geometric mean over streams."""

WARNED_AT_LEAST = {"slow rot": 0.5}
"""The share of streams that are warned before they are over the limit."""


def outcome(lines: list[Line], bad_from: int | None, policy: Policy) -> Outcome:
    """Replay one stream up to its first pause under ``policy``."""
    replay = Replay(ReplayTerms(policy))
    warned = False
    off = float("inf")
    moments = [moment for line in lines if (moment := moment_of(line)) is not None]
    for decided in replay.run(iter(moments)):
        warned |= decided.reason is Reason.DRIFT and bad_from is not None and decided.at < bad_from
        if decided.action in (Action.PAUSE, Action.HOLD):
            off = decided.effective_at
            break
    return Outcome(off < float("inf"), sum(_mails(moments, bad_from or 0, off)), warned)


def _mails(moments: list[SeenMoment], start: float, end: float) -> Iterator[int]:
    for moment in moments:
        for row in moment.rows:
            if isinstance(row, Send) and start <= row.sent < end:
                yield row.count


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a family: shares of its streams, and what leaked against before (1 where it is a good one)."""

    paused: float
    warned: float
    leaks: float


def play(family: str, seed: int, streams: int) -> Found:
    """Play some streams of a family under the rules of now, and bad ones under those of before."""
    now: list[Outcome] = []
    ratios: list[float] = []
    for number in range(streams):
        kind = FAMILIES[family](Random(f"{family} {seed} {number}"))
        lines = lines_of(family, kind, seed * 1_000 + number)
        found = outcome(lines, kind.bad_from, Policy())
        now.append(found)
        if kind.bad_from is not None:
            before = outcome(lines, kind.bad_from, BEFORE)
            ratios.append(log((found.leaked + 1) / (before.leaked + 1)))
    leaks = exp(mean(ratios)) if ratios else 1.0
    return Found(mean(it.paused for it in now), mean(it.warned for it in now), leaks)


def broken(family: str, found: Found) -> str:
    """The gate that a family breaks; "" for none."""
    if family in PAUSED_AT_MOST and found.paused > PAUSED_AT_MOST[family]:
        return f"more than {PAUSED_AT_MOST[family]:.0%} paused"
    if family in LEAKS_AT_MOST and found.leaks > LEAKS_AT_MOST[family]:
        return f"leaks more than {LEAKS_AT_MOST[family]} of before"
    if found.warned < WARNED_AT_LEAST.get(family, 0.0):
        return f"fewer than {WARNED_AT_LEAST[family]:.0%} warned before"
    return ""


def main() -> int:
    """Print a line a family. The exit code is 1 where a gate is broken."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    streams = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    failed = False
    for family in sys.argv[3:] or FAMILIES:
        found = play(family, seed, streams)
        problem = broken(family, found)
        failed |= bool(problem)
        leaks = f"leaks {found.leaks:.2f} of before" if family in LEAKS_AT_MOST else ""
        said = f"paused {found.paused:6.1%}  warned before {found.warned:4.0%}  {leaks}"
        print(f"{family:<16} {said}{f'   BROKEN: {problem}' if problem else ''}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
