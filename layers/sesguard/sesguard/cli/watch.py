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

import time
from collections.abc import Callable
from typing import Annotated, Final

from cyclopts import Parameter
from rich.text import Text

from sesguard.cli.across import ONE, Across, find_guards, many_feed
from sesguard.cli.connect import DONE, answered, with_guard
from sesguard.cli.live.feed import EVERY_SECONDS, Feed
from sesguard.cli.live.lines import how_it_stands, line_of
from sesguard.cli.options import HERE, Where
from sesguard.cli.output import has_screen
from sesguard.cli.screen import clock, console, plain
from sesguard.wiring.fleet import GuardFleet

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
        if plain or once or not has_screen(console()):
            print_news(feed, once=once)
            return DONE
        from sesguard.cli.live.fleet_screen import FleetScreen  # Textual takes a quarter of a second

        FleetScreen(feed).result()
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
