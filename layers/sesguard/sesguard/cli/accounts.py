"""Shows the guards of all accounts and regions, as the central account hears of them (central/template.yaml).

Each guard that has a centre (its parameter CentralBusArn) gives a sign of life every five minutes.

  list     shows them: version, mode, when it was last heard, streams that are not healthy, dead letters
  check    says what stands out: a guard that is silent, an older version, a parameter unlike that of most guards, two
           guards in one account and region, dead letters
  forget   takes guards off the list that are gone for good; one that lives comes back with its next sign

--json prints one object: members (account, region, stack, version, heard, settings, unhealthy, waiting, dead_letters,
silent), and of check also oddities (member, code: silent, older_version, drift, two_guards, dead_letters; says).

Exit code: 0; 1 where a guard that you named is not on the list; 2 for a command line that cannot be used; 3 where AWS
or the centre cannot be reached; 4 for check where something stands out, and for list where a guard is silent or none is
known.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from typing import Annotated, Any

from cyclopts import Parameter

from sesguard.cli.across import CENTRAL, open_centre
from sesguard.cli.connect import ATTENTION, DONE, REFUSED, UsageError, answered, now
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import age, console, counted, fitted_table, iso, print_json
from sesguard.members.member import Member, oddities
from sesguard.text import one_line
from sesguard.wiring.central import Centre

Central = Annotated[
    str, Parameter(name="--central", metavar="NAME", env_var="SESGUARD_CENTRAL", help="the centre's stack")
]


def show(*, json: Json = False, central: Central = CENTRAL, where: Where = HERE) -> int:
    def work() -> int:
        centre, at = open_centre(where, central), now()
        members, after = _members(centre), timedelta(minutes=centre.silent_minutes)
        if json:
            print_json({"members": [_as_dict(member, at, after) for member in members]})
        else:
            _print(members, at, after)
        return ATTENTION if not members or any(it.is_silent(at, after) for it in members) else DONE

    return answered(where, work)


def check(*, json: Json = False, central: Central = CENTRAL, where: Where = HERE) -> int:
    def work() -> int:
        centre, at = open_centre(where, central), now()
        members, after = _members(centre), timedelta(minutes=centre.silent_minutes)
        found = list(oddities(members, at, after))
        if json:
            listed = [{"member": it.member.name, "code": it.code, "says": it.says} for it in found]
            print_json({"members": [_as_dict(member, at, after) for member in members], "oddities": listed})
        else:
            for oddity in found:
                console().print(f"{one_line(oddity.member.name, 200)}: {one_line(oddity.says, 400)}", markup=False)
            print(f"{counted(len(members), 'guard')}; what stands out: {len(found) or 'nothing'}")
        return ATTENTION if found or not members else DONE

    return answered(where, work)


def forget(
    *names: Annotated[str, Parameter(name="GUARD", help="as list shows it: account/region/stack")],
    central: Central = CENTRAL,
    where: Where = HERE,
) -> int:
    def work() -> int:
        if not names:
            raise UsageError("name the guards: account/region/stack")
        centre = open_centre(where, central)
        known = {member.name: member for member in _members(centre)}
        unknown = [name for name in names if name not in known]
        for name in unknown:
            print(f"sesguard accounts: no guard {one_line(name, 200)} is on the list", file=sys.stderr)
        centre.members.forget(known[name] for name in names if name in known)
        return REFUSED if unknown else DONE

    return answered(where, work)


def _members(centre: Centre) -> list[Member]:
    return sorted(centre.members.all(), key=lambda it: it.name)


def _as_dict(member: Member, at: datetime, after: timedelta) -> dict[str, Any]:
    return {
        "account": member.account,
        "region": member.region,
        "stack": member.stack,
        "version": member.guard,
        "heard": iso(member.heard),
        "settings": dict(member.settings),
        "unhealthy": member.unhealthy,
        "waiting": member.waiting,
        "dead_letters": member.dead_letters,
        "silent": member.is_silent(at, after),
    }


def _print(members: list[Member], at: datetime, after: timedelta) -> None:
    if not members:
        print("No guard has been heard yet: give guards the parameter CentralBusArn, and wait for five minutes.")
        return
    rows = [
        {
            "account": member.account,
            "region": member.region,
            "stack": member.stack,
            "version": member.guard,
            "mode": member.settings.get("DefaultMode", "?"),
            "heard": f"{age(member.heard, at)} ago" + (", silent" if member.is_silent(at, after) else ""),
            "unhealthy": f"{member.unhealthy:,}",
            "dead letters": f"{member.dead_letters:,}",
        }
        for member in members
    ]
    screen = console()
    screen.print(
        fitted_table(rows, screen.width, right=("unhealthy", "dead letters"), drop=("dead letters",), whatever=True)
    )
