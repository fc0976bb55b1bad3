"""The console's page of the guard itself: queues, dead letters, functions, the last sweep, and what is in line."""

from __future__ import annotations

from asyncio import to_thread

from nicegui import ui

from sesguard import __version__
from sesguard.cli.console.guard_cards import asked_cards
from sesguard.cli.console.parts import Cell, card, choice, facts, open_guard, page, reading, table, tag
from sesguard.cli.console.session import ConsoleSession
from sesguard.cli.screen import age, clock, counted
from sesguard.fleet.fleet import Fleet
from sesguard.fleet.guard_page import GuardHealth, QueueNow, read_guard
from sesguard.wiring.operator import Stack

_OLD_SECONDS = 300


async def guard_page(session: ConsoleSession, guard: str) -> None:
    """Build it. guard: its name."""
    with page(session, "Guard", "/guard"):
        tag("h1", f"Guard {guard.rpartition('/')[2]}")
        choice(session, "/guard", guard)
        opened = await open_guard(session, guard)
        if opened is None:
            return
        it, fleet = opened
        with reading():
            found = await to_thread(read_guard, it.guard, fleet, session.feed.clock())
        for problem in found.problems:
            tag("div", f"Not read: {problem}", "problem")
        _fill(it.stack, fleet, found)
        with ui.element("div").classes("columns"):
            asked_cards(it.asked, session.feed.clock)


def _fill(stack: Stack, fleet: Fleet, found: GuardHealth) -> None:
    with ui.element("div").classes("columns"):
        with card("Now"):
            facts(_now(stack, fleet, found))
        with card("Functions, 24 hours"):
            rows = [
                (it.name, f"{it.invocations:,.0f}", (f"{it.errors:,.0f}", "bad" if it.errors else ""))
                for it in found.functions
            ]
            table(("function", "invocations", "errors"), rows, right=("invocations", "errors"), empty="Not known.")
        with card("Queues"):
            table(
                ("queue", "messages", "oldest"),
                [_queue(it) for it in found.queues if not it.dead],
                ("messages", "oldest"),
            )
        with card("Dead letters"):
            letters = [it for it in found.queues if it.dead]
            table(("queue", "messages", "oldest"), [_queue(it) for it in letters], ("messages", "oldest"))
            if any(it.messages for it in letters):
                tag("p", "Causes are below. Mend them, then: sesguard redrive", "warn")


def _now(stack: Stack, fleet: Fleet, found: GuardHealth) -> list[tuple[str, Cell]]:
    swept = (
        f"{clock(found.last_sweep)}, {age(found.last_sweep, found.now)} ago" if found.last_sweep else "none in an hour"
    )
    minutes = found.minutes_in_line
    line = "not known" if found.in_line is None else "nobody" if not found.in_line else (
        f"{counted(found.in_line, 'stream')}: about {max(1, round(minutes or 0))} min"
    )  # fmt: skip
    reading = fleet.reading
    return [
        ("last sweep", (swept, "bad" if found.silent else "good")),
        ("in line for SES", line),
        ("waits for approval", (counted(found.backlog, "pause"), "bad" if found.backlog else "")),
        ("deployed", clock(stack.created)),
        ("this console", f"sesguard {__version__}"),
        ("last reading", f"{reading.requests:,} calls, {reading.units:,.0f} read units, {reading.seconds:.1f} s"),
    ]  # fmt: skip


def _queue(it: QueueNow) -> tuple[Cell, ...]:
    oldest = "" if it.oldest_seconds is None or not it.messages else f"{it.oldest_seconds:,.0f} s"
    bad = bool(it.messages) if it.dead else (it.oldest_seconds or 0) > _OLD_SECONDS
    return it.name, (f"{it.messages:,}", "bad" if bad else ""), oldest
