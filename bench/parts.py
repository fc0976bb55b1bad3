"""The parts of `make bench`: what each runs, and which numbers are read from what it prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from bench.growth import GROWTH_HOURS, GROWTH_STREAMS
from bench.numbers import OUT


class Wanted(NamedTuple):
    """A number: what it is, and the pattern whose one group it is, of which every match counts."""

    what: str
    pattern: str


class Part(NamedTuple):
    """words: module and arguments. numbers: by the name under which documents quote them. always: if none is named."""

    words: Sequence[str]
    numbers: Mapping[str, Wanted]
    runs: int = 2
    always: bool = True


PARTS: Final[Mapping[str, Part]] = {
    "ingest": Part(
        ["bench.ingest"],
        {
            "ingest_few": Wanted(
                "ingest, 10 streams, × json.loads", r"of 10 streams[^\0]*?ingest is ([\d.]+) × as fast as json"
            ),
            "ingest_many": Wanted(
                "ingest, 10,000 streams, × json.loads", r"of 10,000 streams[^\0]*?ingest is ([\d.]+) × as fast as json"
            ),
            "ingest_few_eventbridge": Wanted(
                "ingest over EventBridge, 10 streams, × json.loads",
                r"of 10 streams[^\0]*?over EventBridge ingest is ([\d.]+) × as fast as json",
            ),
            "ingest_many_eventbridge": Wanted(
                "ingest over EventBridge, 10,000 streams, × json.loads",
                r"of 10,000 streams[^\0]*?over EventBridge ingest is ([\d.]+) × as fast as json",
            ),
        },
        runs=3,
    ),
    "cold": Part(
        ["bench.cold", "--rounds", "3"],
        {"cold_ingest": Wanted("cold start of ingest, ms", r"^ +ingest +([\d.]+) ±")},
        runs=1,
    ),
    "bill": Part(
        ["bench.bill", "--growth", str(OUT / "bill.svg")],
        {
            f"bill_{mails}_{streams}": Wanted(
                f"bill, {mails / 1e6:g} M mails of {streams:,} streams, % of SES",
                rf"^ *{mails:,} mails a day(?: +[\d.]+%){{{place}}} +([\d.]+)%",
            )
            for mails in GROWTH_HOURS
            for place, streams in enumerate(GROWTH_STREAMS)
        },
        runs=1,
    ),
    "look": Part(
        ["bench.look"],
        {
            "look_units": Wanted("a look at any size, read units", r"^ *[\d,]+ +(\d+) +[\d.]+ +\d+   \d"),
            "look_ms": Wanted("a look at any size, ms of a core", r"^ *[\d,]+ +\d+ +([\d.]+) +\d+   \d"),
            "look_10m_ms": Wanted("a look at 10 M mails a day, ms of a core", r"^ *10,000,000 +\d+ +([\d.]+)"),
            "look_held": Wanted("ten such streams, 31 unsettled days, MB", r"unsettled days take (-?\d+) MB"),
        },
    ),
    "sweep": Part(
        ["bench.sweep"],
        {
            "sweep": Wanted("a sweep of 500 streams, s", r"each other:[^\0]*?1,769 MB +([\d.]+)"),
            "sweep_first": Wanted("the first of a day, s", r"first of a day:[^\0]*?1,769 MB +([\d.]+)"),
        },
    ),
    "backtest": Part(
        ["bench.backtest"],
        {
            "backtest": Wanted(
                "backtest of even mail, × json.loads' time", r"evenly spread .* lines/s ([\d.]+) × json"
            ),
            "backtest_lines": Wanted("backtest of even mail, lines/s", r"evenly spread .* ([\d,]+) lines/s"),
            "backtest_sample": Wanted(
                "backtest of the sample, × json.loads' time", r"sesguard backtest +[\d,]+ lines/s +([\d.]+)"
            ),
            "backtest_mb": Wanted("backtest of 250,000 lines, MB", r"streams take (\d+) MB"),
        },
    ),
    "onboard": Part(
        ["bench.onboard", "--tenants", "1000"],
        {
            "onboard": Wanted("onboarding, % of one call a second", r"([\d.]+)% of one call a second"),
            "onboard_calls": Wanted("onboarding, calls a tenant", r"^ +calls [\d,]+: ([\d.]+) a tenant"),
        },
        runs=1,
    ),
    "lake": Part(
        ["bench.lake"],
        {
            "lake": Wanted("10 M events of the lake by duckdb, s of a core", r"([\d,]+) s of \d+ cores"),
            "lake_mb": Wanted("the same, MB", r"largest resident size ([\d,]+) MB"),
        },
        runs=1,
        always=False,
    ),
}
"""``always``: it takes ten minutes and more, where all others together take ten."""
