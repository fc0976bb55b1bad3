"""The fleet and what is new in it as lines, where there is no screen to draw on, or in its timeline."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from sesguard.cli.screen import StreamHome, clock, name, plain
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.detection.figures import percent
from sesguard.fleet.fleet import Fleet
from sesguard.fleet.news import FleetNews
from sesguard.fleet.tenant_places import TenantPlace, in_several


def how_it_stands(fleet: Fleet, home: StreamHome) -> list[Text]:
    """Streams by state, and a line for each that is not healthy."""
    counts = ", ".join(f"{'?' if number is None else f'{number:,}'} {state}" for state, number in fleet.counts.items())
    lines = [Text(f"{clock(fleet.now)}  {counts}")]
    for row in fleet.rows:
        if row.status is not None:
            risk = "?" if row.risk is None else f"{row.risk:.2f}"
            lines.append(Text.assemble(f"{clock(fleet.now)}  ", name(row.stream, home), f": {row.state}, risk {risk}"))
    lines += [Text.assemble(f"{clock(fleet.now)}  ", plain(each)) for each in (*_side_by_side(fleet), *fleet.problems)]
    return lines


def _side_by_side(fleet: Fleet) -> Iterator[str]:
    """Of each tenant that needs attention and sends from several accounts or regions: its last day in each."""
    for tenant, places in in_several(fleet.rows).items():
        if any(row.needs_attention for place in places for row in place.rows):
            yield f"{tenant}: {'; '.join(map(_day_of, places))}"


def _day_of(place: TenantPlace) -> str:
    sums = place.sums
    if sums is None:
        return f"{place.account} {place.region} not counted"
    rates = (
        f", bounces {percent(sums.rate(BOUNCES))}, complaints {percent(sums.rate(COMPLAINTS))}" if sums.volume else ""
    )
    return f"{place.account} {place.region} {sums.volume:,} mails{rates}"


def line_of(news: FleetNews, home: StreamHome) -> Text:
    """One piece of news as a line."""
    about = name(news.stream, home).append(": ") if news.stream is not None else Text()
    return Text.assemble(f"{clock(news.at)}  ", about, plain(news.text))
