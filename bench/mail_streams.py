"""Simulated streams of every kind that the detector was studied on, as lines of counts; the same for the same seed.

Delays as the study assumes them: hard bounces 85 % within seconds, 12 % within minutes, 3 % within hours; complaints
lognormal with a median of six hours.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, log, pi, sin
from random import Random
from typing import Any

DAY = 86_400
_STEP = 60
_DEAD = range(2 * DAY, 2 * DAY + 9_000)

_DOMAINS = ("gmail.com", "outlook.com", "web.de", *(f"company-{number}.example" for number in range(400)))

Line = dict[str, Any]
Rate = Callable[[int], float]
"""Something for each second of the record."""


def _anywhere(random: Random, _: int) -> str:
    return random.choice(_DOMAINS)


def _dead_domain(random: Random, second: int) -> str:
    return "dead.example" if second in _DEAD else _anywhere(random, second)


def _blasts(second: int) -> float:
    return 700.0 if second % (2 * DAY) in range(30_000, 31_200) else 0.05


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of sender.

    mails: mails a minute; bounces, complaints: what share of them; domain: the receiving domain of a bounce;
    late: how many times longer than usual bounces take; acknowledged: seconds at which the owner speaks.
    bad_from: the second from which it is bad, None for a good one.
    """

    days: float
    mails: Rate
    bounces: Rate
    complaints: Rate = lambda _: 0.0002
    domain: Callable[[Random, int], str] = _anywhere
    late: float = 1.0
    acknowledged: tuple[int, ...] = ()
    bad_from: int | None = None


def _daily(mails_a_day: float) -> Rate:
    """Few at night, many by day."""
    return lambda second: mails_a_day / 1_440 * (1 + 0.8 * sin(2 * pi * (second / DAY - 0.3)))


def _always(share: float) -> Rate:
    return lambda _: share


def _from(second: int, then: float, before: float, until: float = float("inf")) -> Rate:
    return lambda at: then if second <= at < until else before


def _added(*rates: Rate) -> Rate:
    return lambda second: sum(rate(second) for rate in rates)


GOOD = {
    "steady": Kind(days=6, mails=_daily(3_000), bounces=_always(0.012)),
    "tiny": Kind(days=40, mails=_daily(15), bounces=_always(0.02)),
    "newsletter": Kind(days=8, mails=_blasts, bounces=_always(0.02)),
    "dead customer domain": Kind(
        days=5,
        mails=_daily(4_000),
        bounces=_from(_DEAD.start, 0.12, 0.01, until=_DEAD.stop),
        domain=_dead_domain,
    ),
    "late": Kind(days=5, mails=_daily(4_000), bounces=_always(0.03), late=40.0),
}
BAD = {
    "bad list": Kind(
        days=4,
        mails=_added(_daily(1_500), _from(2 * DAY, 14.0, 0.0, until=2 * DAY + 20_000)),
        bounces=_from(2 * DAY, 0.22, 0.01),
        bad_from=2 * DAY,
    ),
    "taken over": Kind(
        days=2.1,
        mails=_added(_daily(1_500), _from(2 * DAY, 800.0, 0.0)),
        bounces=_from(2 * DAY, 0.5, 0.01),
        bad_from=2 * DAY,
    ),
    "angry recipients": Kind(
        days=3.5,
        mails=_added(_daily(2_000), _from(2 * DAY, 40.0, 0.0)),
        bounces=_always(0.01),
        complaints=_from(2 * DAY, 0.008, 0.0002),
        bad_from=2 * DAY,
    ),
    "relapse": Kind(
        days=6,
        mails=_added(_daily(800), _from(DAY, 5.0, 0.0, DAY + 30_000), _from(3 * DAY, 5.0, 0.0, 3 * DAY + 30_000)),
        bounces=_added(_from(DAY, 0.2, 0.008, DAY + 30_000), _from(3 * DAY, 0.2, 0.0, 3 * DAY + 30_000)),
        acknowledged=(DAY + 40_000, 3 * DAY + 40_000),
        bad_from=DAY,
    ),
}


def lines_of(name: str, kind: Kind, seed: int, *, stream: str = "") -> list[Line]:
    """The record of one stream of this kind, in the order in which it became visible."""
    random = Random(f"{name} {seed}")
    moments: dict[int, list[list[Any]]] = defaultdict(list)
    for second in range(0, int(kind.days * DAY), _STEP):
        mails = _poisson(random, kind.mails(second))
        if not mails:
            continue
        moments[second + _STEP].append(["send", second, mails])
        for delay, domain in _bounces(random, kind, second, mails):
            moments[_tick(second + delay)].append(["bounce", second, 1, domain])
        for _ in range(_some_of(random, mails, kind.complaints(second))):
            delay = exp(random.gauss(log(6 * 3_600), 1.0))
            moments[_tick(second + delay)].append(["complaint", second, 1])
    for second in kind.acknowledged:
        moments[second].append(["acknowledge"])
    end = kind.days * DAY
    named = stream or f"{name.replace(' ', '-')}-{seed}"
    return [{"stream": named, "seen_at": at, "rows": moments[at]} for at in sorted(moments) if at <= end]


def _bounces(random: Random, kind: Kind, second: int, mails: int) -> Iterator[tuple[float, str]]:
    for _ in range(_some_of(random, mails, kind.bounces(second))):
        chance = random.random()
        mean = 4 if chance < 0.85 else 300 if chance < 0.97 else 7_200
        yield random.expovariate(1 / mean) * kind.late, kind.domain(random, second)


def _tick(second: float) -> int:
    return int(second // _STEP + 1) * _STEP


def _poisson(random: Random, mean: float) -> int:
    if mean > 50:
        return max(0, round(random.gauss(mean, mean**0.5)))
    count, product, floor = 0, random.random(), exp(-mean)
    while product > floor:
        count, product = count + 1, product * random.random()
    return count


def _some_of(random: Random, mails: int, share: float) -> int:
    if mails * share > 50:
        return max(0, min(mails, round(random.gauss(mails * share, (mails * share * (1 - share)) ** 0.5))))
    return sum(random.random() < share for _ in range(mails))
