"""Shows every stream live in the terminal, what needs attention first, and what changes.

  /            search in the names of streams and tenants; Escape ends it
  j k, arrows  go down and up
  Enter        the stream's evidence
  t            only what needs attention, or all
  h r a p      hold, resume, acknowledge, approve (a pause that waits): asks why, and goes the way of those commands
  ?            these keys
  q            leave

Streams that nobody registered are in it. Counts are of the last 24 hours; the line below says how old the oldest are.
Columns that do not fit are left out, the least important first.
Without a terminal, and with --plain, what changes is printed, a line each, until Ctrl-C. --once prints how things stand
now and ends.

--accounts shows the streams of all guards together, with account and region where those differ; a word on a stream goes
to its own guard. Of a tenant that needs attention and sends from several of them, --plain and --once say what it sent
in a day from each. A guard that cannot be read is named, and tried again; the rest is shown.

Exit code: 0; 2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated, Final

from cyclopts import Parameter
from rich.text import Text

from sesguard.cli.across import ONE, Across, find_guards, many_feed
from sesguard.cli.connect import DONE, answered, with_guard
from sesguard.cli.live.feed import EVERY_SECONDS, Feed
from sesguard.cli.options import HERE, Where
from sesguard.cli.screen import StreamHome, clock, console, name, plain
from sesguard.detection.explain import percent
from sesguard.detection.weigh import BOUNCES, COMPLAINTS
from sesguard.fleet.tenant_places import TenantPlace, in_several
from sesguard.wiring.fleet import GuardFleet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sesguard.fleet.fleet import Fleet
    from sesguard.fleet.news import FleetNews

ReadOnly = Annotated[bool, Parameter(name="--read-only", help="take no word on streams")]
_LEAST_SECONDS: Final = 1.0


def run(
    *,
    plain: Annotated[bool, Parameter(help="print what changes, a line each, on a terminal too")] = False,
    once: Annotated[bool, Parameter(help="print how things stand now, and end")] = False,
    read_only: ReadOnly = False,
    across: Across = ONE,
    where: Where = HERE,
) -> int:
    """Watch, until it is ended."""

    def watch(feed: Feed) -> int:
        if plain or once or not (sys.stdout.isatty() and sys.stdin.isatty()):
            print_news(feed, once=once)
            return DONE
        from sesguard.cli.live.fleet_screen import FleetScreen  # Textual takes a quarter of a second

        FleetScreen(feed).run()
        return DONE

    if across.several:
        return answered(where, lambda: watch(many_feed(find_guards(where, across), read_only=read_only)))
    return with_guard(where, lambda guard, _: watch(Feed(GuardFleet(guard), guard.caller, read_only=read_only)))


def print_news(feed: Feed, *, once: bool = False, sleep: Callable[[float], None] = time.sleep) -> None:
    """Print how things stand, then what changes, until Ctrl-C."""
    screen = console()
    problem = ""
    while True:
        first = feed.fleet is None
        found = feed.read()
        if feed.fleet is not None and first:
            for line in how_it_stands(feed.fleet, feed.home):
                screen.print(line, soft_wrap=True)
        for each in found:
            screen.print(line_of(each, feed.home), soft_wrap=True)
        if feed.problem != problem:
            problem = feed.problem
            said = f"not read: {problem}" if problem else "read again"
            screen.print(Text.assemble(f"{clock(feed.clock())}  ", plain(said)), soft_wrap=True)
        if once:
            return
        sleep(max(_LEAST_SECONDS, EVERY_SECONDS))


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
