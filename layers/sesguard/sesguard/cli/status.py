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

--accounts shows the streams of all guards together (of the centre's list, or of --accounts-file), with account and
region where those differ, and a line on each SES account. A guard that cannot be read is named, and the rest is shown;
how the centre heard of it last stands in its place. With --json stack, account, region and mode are then null where
guards differ, and there are guards (of each: stack, account, region, mode, at, counts, ses_account) and unread (guard,
problem, last_heard: at, states, streams; null where the centre knows nothing of it) in the place of ses_account.

Exit code: 0 where every stream may send and nothing is left over; 4 where a stream is paused or held or about to be, a
pause waits for an operator (sesguard backlog), something decided is not delivered, dead letters wait, or something
or some guard could not be read; 2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sesguard.cli import status_view as view
from sesguard.cli.account_view import account_as_dict, show_account
from sesguard.cli.across import ONE, Across, Guards, find_guards
from sesguard.cli.connect import ATTENTION, DONE, answered, now, with_guard
from sesguard.cli.last_heard import last_heard_as_dict, show_last_heard
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import (
    StreamHome,
    age,
    clock,
    console,
    counted,
    fitted_table,
    iso,
    name,
    plain,
    print_json,
    status,
)
from sesguard.fleet.fleet import Fleet
from sesguard.fleet.many import MemberGuard, join, read_each
from sesguard.fleet.ports import FleetSource
from sesguard.fleet.read import read_unhealthy
from sesguard.pausing.status import Wait
from sesguard.wiring.account import AccountRead, read_account
from sesguard.wiring.fleet import GuardFleet
from sesguard.wiring.members import in_parallel
from sesguard.wiring.operator import Guard

_LONGEST_TENANT: Final = 16
_MOST_NAMED: Final = 10
_BESIDE: Final = 6  # lines of the screen that the table does not have


def run(*, json: Json = False, across: Across = ONE, where: Where = HERE) -> int:
    if across.several:
        return answered(where, lambda: _show_many(find_guards(where, across), now(), json=json))
    return with_guard(where, lambda guard, now: _show(guard, now, json=json))


def _show_many(guards: Guards, at: datetime, *, json: bool) -> int:
    accounts: dict[str, AccountRead] = {}

    def read(member: MemberGuard, source: FleetSource) -> Fleet:
        fleet = read_unhealthy(source, at)
        accounts[member.name] = read_account(guards.guard(member.name), at)
        return fleet

    found = read_each(guards.members, read, in_parallel())
    found = found._replace(unread={**found.unread, **guards.refused})
    fleet = join(guards.members, found, at)
    if json:
        guarded = [
            {**_place_as_dict(own), "ses_account": account_as_dict(accounts[name])} for name, own in found.own.items()
        ]
        unread = [
            {"guard": name, "problem": why, "last_heard": last_heard_as_dict(guards.known.get(name))}
            for name, why in fleet.unread.items()
        ]
        print_json({**as_dict(fleet), "guards": guarded, "unread": unread})
    else:
        screen = console()
        show(screen, fleet, fleet.place)
        for name_, account in sorted(accounts.items()):
            screen.print(plain(name_, 200), style="dim")
            show_account(screen, account)
        for member in (guards.known[name_] for name_ in fleet.unread if name_ in guards.known):
            show_last_heard(screen, member, at)
    return ATTENTION if fleet.attention else DONE


def _show(guard: Guard, now: datetime, *, json: bool) -> int:
    fleet = read_unhealthy(GuardFleet(guard), now)
    account = read_account(guard, now)
    if json:
        print_json({**as_dict(fleet), "ses_account": account_as_dict(account)})
    else:
        show(console(), fleet, fleet.place)
        show_account(console(), account)
    return ATTENTION if fleet.attention else DONE


def as_dict(fleet: Fleet) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    return {
        **_place_as_dict(fleet),
        "streams": [view.as_dict(each) for each in fleet.statuses],
        "dead_letters": fleet.dead_letters,
        "without_default_set": list(fleet.without_default_set),
        "without_volume": [str(stream) for stream in fleet.without_volume],
        "attention": fleet.attention,
    }


def _place_as_dict(fleet: Fleet) -> dict[str, Any]:
    """Which guard, when, and its streams by state; null for what several guards do not have in common."""
    place = fleet.place
    return {
        "stack": place.stack or None,
        "account": place.account or None,
        "region": place.region or None,
        "mode": fleet.modes if len({each.mode for each in fleet.members}) < 2 else None,
        "at": iso(fleet.now),
        "counts": fleet.counts,
    }


def show(screen: Console, fleet: Fleet, home: StreamHome) -> None:
    where = fleet.where if fleet.members or fleet.unread else f"stack {fleet.where}"
    screen.print(Text.assemble(("sesguard ", "bold"), fleet.modes, (f"  {where}, {clock(fleet.now)}", "dim")))
    screen.print(_counts(fleet))
    if fleet.statuses:
        screen.print(_table(fleet, home, screen.width))
        if screen.is_terminal and len(fleet.statuses) > screen.height - _BESIDE:
            screen.print(_counts(fleet))
    for each in fleet.statuses:
        for sentence in (*view.undelivered(each), *([each.failed] if each.failed else ())):
            screen.print(Text.assemble(name(each.record.stream, home), ": ", plain(sentence)), style="yellow")
    if fleet.without_volume:
        screen.print(_blind(fleet, home))
    for queue, messages in (fleet.dead_letters or {}).items():
        if messages:
            said = f"{counted(messages, 'message')} in {queue}: sesguard errors says why; mend that, then redrive"
            screen.print(said, style="red")
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


def _blind(fleet: Fleet, home: StreamHome) -> Text:
    """Whose events say too little, as far as a line has room for names."""
    streams = fleet.without_volume
    names = Text(", ").join(name(each, home) for each in streams[:_MOST_NAMED])
    more = f", and {len(streams) - _MOST_NAMED:,} more" if len(streams) > _MOST_NAMED else ""
    many = counted(len(streams), "stream")
    return Text.assemble(f"{many} without the volume that outcomes are held against: ", names, more, style="yellow")


def _table(fleet: Fleet, home: StreamHome, width: int) -> Table:
    """A line a stream: where they do not fit, words are shorter, and then columns go."""
    words = _rows(fleet, home, view.waits_in_words)
    shown = fitted_table(words, width, right=("risk",))
    if shown is None:
        short = _rows(fleet, home, view.waits_in_short)
        shown = fitted_table(short, width, right=("risk",), drop=("reason", "tenant", "since"), whatever=True)
    return shown


def _rows(
    fleet: Fleet, home: StreamHome, waits: Callable[[tuple[Wait, ...], datetime], str]
) -> list[dict[str, str | Text]]:
    return [
        {
            "stream": name(each.record.stream, home),
            "tenant": plain(each.record.tenant, _LONGEST_TENANT),
            "state": status(each.record.state.status) + (" (observed)" if view.observed(each.record) else ""),
            "since": age(each.record.state.since, fleet.now),
            "risk": view.risk(each),
            "waits for": waits(each.waits, fleet.now),
            "reason": view.reason(each),
        }
        for each in fleet.statuses
    ]
