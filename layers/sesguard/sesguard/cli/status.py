"""Shows how the guard and its streams stand: every stream that is not healthy, or for which something is due.

risk is how strong the evidence is now that the stream's true rate is over its limit: 0.5 warns, 1 pauses. Of a stream
that is off it fades by itself, and says nothing about when it comes back: that is under "waits for". A stream that
waits for its pause is one whose alarm is up and which SES has yet to turn off, with its place among those that wait for
SES.

--json prints one object: stack, account, region, mode, at, counts (streams by state; healthy is null where SES does not
list its configuration sets), streams (worst first: stream, tenant, state, since, origin, incident, mode, risk, reason,
who, why, waits_for (what, until; place of a pause), cool_down_until, acknowledge, strikes, counted_from, turned_off,
undelivered, volume_told (since when its volume is known to be missing), failed), dead_letters (messages by queue, null
where they cannot be counted), without_default_set (domains of identities that have no default configuration set, as
posture found daily: their mail that names none is counted nowhere), without_volume (streams that publish no volume, or
whose volume stays away: what cannot be held against volume does not weigh, see sesguard explain), attention,
ses_account (status, sent_24_hours, max_24_hours (-1 for no limit), quota_used, rates, review (SES's lines), by_ses
(whether the rates are SES's own, or the guard's count), problems). Times are ISO 8601.

Exit code: 0 where every stream may send and nothing is left over; 4 where a stream is paused or held or about to be, a
pause waits for an operator (sesguard backlog), something decided is not delivered, dead letters wait, or something
could not be read; 2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from sesguard.cli import status_view as view
from sesguard.cli.account_view import account_as_dict, show_account
from sesguard.cli.connect import ATTENTION, DONE, with_guard
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import age, clock, console, counted, iso, name, plain, print_json, status
from sesguard.cli.tables import fitted_table
from sesguard.fleet.read import read_unhealthy
from sesguard.wiring.account import read_account
from sesguard.wiring.fleet import GuardFleet

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rich.console import Console
    from rich.table import Table

    from sesguard.fleet.fleet import Fleet
    from sesguard.pausing.status import Wait
    from sesguard.wiring.operator import Guard, Stack

_LONGEST_TENANT: Final = 16
_MOST_NAMED: Final = 10
_BESIDE: Final = 6  # lines of the screen that the table does not have


def run(*, json: Json = False, where: Where = HERE) -> int:
    """Show it, and give the exit code."""
    return with_guard(where, lambda guard, now: _show(guard, now, json=json))


def _show(guard: Guard, now: datetime, *, json: bool) -> int:
    fleet = read_unhealthy(GuardFleet(guard), now)
    account = read_account(guard, now)
    if json:
        print_json({**as_dict(fleet), "ses_account": account_as_dict(account)})
    else:
        show(console(), fleet, guard.stack)
        show_account(console(), account)
    return ATTENTION if fleet.attention else DONE


def as_dict(fleet: Fleet) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    return {
        "stack": fleet.place.stack,
        "account": fleet.place.account,
        "region": fleet.place.region,
        "mode": fleet.place.mode.value,
        "at": iso(fleet.now),
        "counts": fleet.counts,
        "streams": [view.as_dict(each) for each in fleet.statuses],
        "dead_letters": fleet.dead_letters,
        "without_default_set": list(fleet.without_default_set),
        "without_volume": [str(stream) for stream in fleet.without_volume],
        "attention": fleet.attention,
    }


def show(screen: Console, fleet: Fleet, stack: Stack) -> None:
    """Print it for people."""
    where = f"stack {stack.name}, {stack.account} {stack.region}, {clock(fleet.now)}"
    screen.print(Text.assemble(("sesguard ", "bold"), fleet.place.mode.value, (f"  {where}", "dim")))
    screen.print(_counts(fleet))
    if fleet.statuses:
        screen.print(_table(fleet, stack, screen.width))
        if screen.is_terminal and len(fleet.statuses) > screen.height - _BESIDE:
            screen.print(_counts(fleet))
    for each in fleet.statuses:
        for sentence in (*view.undelivered(each), *([each.failed] if each.failed else ())):
            screen.print(Text.assemble(name(each.record.stream, stack), ": ", plain(sentence)), style="yellow")
    if fleet.without_volume:
        screen.print(_blind(fleet, stack))
    for queue, messages in (fleet.dead_letters or {}).items():
        if messages:
            screen.print(f"{counted(messages, 'message')} in {queue}: mend the cause, then redrive", style="red")
    if lacking := fleet.without_default_set:
        named = ", ".join(lacking[:_MOST_NAMED]) + (", …" if len(lacking) > _MOST_NAMED else "")
        words = f"{counted(len(lacking), 'domain')} without a default configuration set: {named}"
        screen.print(plain(f"{words}; their mail that names none is counted nowhere", 400), style="yellow")
    for problem in fleet.problems:
        screen.print(plain(problem), style="yellow")


def _counts(fleet: Fleet) -> Text:
    """As ``1 held, 2 paused, 96 healthy``, each in its colour where there is any."""
    words = []
    for which, number in fleet.counts.items():
        if number is None:
            words.append(Text(f"{which} not known"))
        else:
            words.append(Text.assemble(f"{number:,} ", status(which) if number else which))
    return Text(", ").join(words)


def _blind(fleet: Fleet, stack: Stack) -> Text:
    """Whose events say too little, as far as a line has room for names."""
    streams = fleet.without_volume
    names = Text(", ").join(name(each, stack) for each in streams[:_MOST_NAMED])
    more = f", and {len(streams) - _MOST_NAMED:,} more" if len(streams) > _MOST_NAMED else ""
    many = counted(len(streams), "stream")
    return Text.assemble(f"{many} without the volume that outcomes are held against: ", names, more, style="yellow")


def _table(fleet: Fleet, stack: Stack, width: int) -> Table:
    """A line a stream: where they do not fit, words are shorter, and then columns go."""
    words = _rows(fleet, stack, view.waits_in_words)
    shown = fitted_table(words, width, right=("risk",))
    if shown is None:
        short = _rows(fleet, stack, view.waits_in_short)
        shown = fitted_table(short, width, right=("risk",), drop=("reason", "tenant", "since"), whatever=True)
    return shown


def _rows(
    fleet: Fleet, stack: Stack, waits: Callable[[tuple[Wait, ...], datetime], str]
) -> list[dict[str, str | Text]]:
    return [
        {
            "stream": name(each.record.stream, stack),
            "tenant": plain(each.record.tenant, _LONGEST_TENANT),
            "state": status(each.record.state.status) + (" (observed)" if view.observed(each.record) else ""),
            "since": age(each.record.state.since, fleet.now),
            "risk": view.risk(each),
            "waits for": waits(each.waits, fleet.now),
            "reason": view.reason(each),
        }
        for each in fleet.statuses
    ]
