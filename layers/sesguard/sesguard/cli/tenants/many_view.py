"""How the plans of many guards are shown, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console

from sesguard.cli.screen import counted, length, plain
from sesguard.cli.tenants.estimate import A_CALL
from sesguard.cli.tenants.plan_view import as_dict, show
from sesguard.cli.tenants.planning_many import PlannedMany


def show_many(screen: Console, found: PlannedMany) -> None:
    """Show the plan of each guard under its name, for people; then what concerns all."""
    for name, planned in found.plans.items():
        screen.print(plain(name, 200), style="bold")
        show(screen, planned)
        screen.print()
    calls = max((planned.calls for planned in found.plans.values()), default=0)
    if calls:
        screen.print(f"SES takes {length(calls * A_CALL)} for it: the guards work side by side.")
    if found.pools:
        named = ", ".join(found.pools)
        screen.print(
            plain(
                f"{counted(len(found.pools), 'pool')} that no stream names, made nowhere: {named}. Apply the file "
                "without --accounts where one is to be made before streams use it."
            )
        )
    for name, why in found.unread.items():
        screen.print(plain(f"{name} is not read, and nothing is applied there: {why}", 600), style="bold red")


def many_as_dict(found: PlannedMany, applied: Mapping[str, Mapping[str, Any]] | None = None) -> dict[str, Any]:
    """JSON-ready, with keys that stay. applied: what became of the changes of each guard, by its name."""
    calls = [planned.calls for planned in found.plans.values()]
    return {
        "guards": [
            {"guard": name, **as_dict(planned), **((applied or {}).get(name, {}))}
            for name, planned in found.plans.items()
        ],
        "unread": [{"guard": name, "problem": why} for name, why in found.unread.items()],
        "pools_unused": list(found.pools),
        "ses_calls": sum(calls),
        "seconds": max(calls, default=0) * A_CALL.total_seconds(),
    }
