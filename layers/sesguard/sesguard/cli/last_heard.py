"""How a guard stood when the centre heard of it last, for those who cannot read the guard itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from sesguard.cli.screen import age, iso, plain
from sesguard.members.member import Member


def last_heard_as_dict(member: Member | None) -> dict[str, Any] | None:
    """JSON-ready; None where the centre was not asked, or knows nothing of it."""
    if member is None:
        return None
    return {
        "at": iso(member.heard),
        "states": dict(member.states),
        "streams": [
            {
                "stream": f"{member.account}/{member.region}/{it.configuration_set}",
                "tenant": it.tenant,
                "state": it.state,
                "since": iso(it.since),
                "risk": it.risk,
            }
            for it in member.worst
        ],
    }


def show_last_heard(screen: Console, member: Member, at: datetime) -> None:
    """Print it for people: how many streams of each state, and those that stood worst."""
    states = ", ".join(f"{number:,} {plain(state, 16).plain}" for state, number in sorted(member.states.items()))
    said = states or "no stream that is not healthy"
    line = Text.assemble(plain(member.name, 200), f", as the centre heard {age(member.heard, at)} ago: {said}")
    screen.print(line, style="yellow")
    for it in member.worst:
        tenant = f" of {plain(it.tenant, 24).plain}" if it.tenant else ""
        since = f" for {age(it.since, at)}" if it.since else ""
        screen.print(
            f"  {plain(it.configuration_set, 64).plain}{tenant}: {plain(it.state, 16).plain}{since}", markup=False
        )
