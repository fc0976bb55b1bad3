"""Commands on tenants over several guards: each is asked, what each answers is shown under its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sesguard.cli.across import Guards
from sesguard.cli.connect import ATTENTION
from sesguard.cli.screen import console, plain, print_json
from sesguard.wiring.operator import Guard

Read = TypeVar("Read")


def read_each(guards: Guards, read: Callable[[Guard], Read]) -> tuple[dict[str, tuple[Guard, Read]], dict[str, str]]:
    """Read something of each guard, several at once; by name what was read, and why others were not."""
    found: dict[str, tuple[Guard, Read]] = {}

    def work(name: str, guard: Guard) -> None:
        found[name] = guard, read(guard)

    unread = guards.each(work)
    return dict(sorted(found.items())), unread


def show_guard(name: str) -> None:
    """Print the name of the guard that what follows is of."""
    console().print(plain(name, 200), style="bold")


def print_guards(documents: Mapping[str, Mapping[str, Any]], unread: Mapping[str, str]) -> None:
    """Print one JSON document of several guards' own."""
    named = [{"guard": name, **document} for name, document in documents.items()]
    print_json({"guards": named, "unread": [{"guard": name, "problem": why} for name, why in unread.items()]})


def say_unread(unread: Mapping[str, str], code: int) -> int:
    """Name the guards that could not be read, and give the exit code that this makes of ``code``."""
    for name, why in unread.items():
        console().print(plain(f"{name} is not read: {why}", 600), style="yellow")
    return ATTENTION if unread else code
