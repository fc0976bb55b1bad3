"""The cards of the guard's page that are read when somebody asks."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar

from nicegui import ui

from sesguard.cli.console.guard_questions import GuardQuestions
from sesguard.cli.console.parts import Cell, action, card, facts, table, tag
from sesguard.cli.cost import MonthSoFar
from sesguard.cli.errors import COMES_BACK, FATES, LetterCause
from sesguard.cli.screen import age, clock, counted, length
from sesguard.errors import SesguardError
from sesguard.fleet.function_errors import ErrorsRead
from sesguard.provisioning.progress import Progress

T = TypeVar("T")
_MOST: Final = 20
_OF_CAUSES: Final = "Hides each message for a moment while it is read, and moves none."
_OF_ERRORS: Final = "What functions logged of failures within 24 hours, the last hour first."
_OF_ONBOARDING: Final = "Reads the whole registry, and all that is lined up."
_OF_COST: Final = "By list prices, as `sesguard cost` has it: what SES charges à la carte, and the guard's own share."


def asked_cards(asked: GuardQuestions, clock_now: Callable[[], datetime]) -> None:
    """Build them."""
    _asked("Dead letters by cause", "Read causes", _OF_CAUSES, asked.causes, _causes)
    _asked(
        "Errors by cause",
        "Read errors",
        _OF_ERRORS,
        lambda: asked.errors(clock_now()),
        lambda it: _errors(it, clock_now()),
    )
    _asked(
        "Onboarding",
        "Read onboarding",
        _OF_ONBOARDING,
        lambda: asked.onboarding(clock_now()),
        lambda found: _onboarding(found, clock_now()),
    )
    _asked("Cost this month", "Read cost", _OF_COST, lambda: asked.cost(clock_now()), _cost)


def _asked(title: str, label: str, note: str, read: Callable[[], T], show: Callable[[T], None]) -> None:
    with card(title):
        tag("p", note, "faint")

        async def work() -> None:
            button.disable()
            try:
                answer = await to_thread(read)
            except SesguardError as error:
                found.clear()
                with found:
                    tag("div", f"Not read: {error}", "problem")
            else:
                found.clear()
                with found:
                    show(answer)
            finally:
                button.enable()

        button = action(label, work)
        found = ui.element("div").props("role=status")


def _causes(found: Sequence[LetterCause]) -> None:
    rows = [
        (it.queue, it.cause, f"{it.messages:,}", (FATES[it.fate], "" if it.fate == COMES_BACK else "warn"))
        for it in found
    ]
    table(("queue", "cause", "messages", "sesguard redrive"), rows, right=("messages",), empty="No dead letters.")


def _errors(found: ErrorsRead, now: datetime) -> None:
    rows: list[tuple[Cell, ...]] = [
        (it.function, (it.what, "bad" if it.severe else "warn"), it.cause, f"{it.times:,}", f"{age(it.last, now)} ago")
        for it in found.causes[:_MOST]
    ]
    table(("function", "what", "cause", "times", "last"), rows, right=("times",), empty="Nothing failed.")
    if len(found.causes) > _MOST:
        tag("div", f"and {len(found.causes) - _MOST:,} more: sesguard errors", "faint")
    tag("div", f"Since {clock(found.since)}.", "faint")


def _onboarding(stands: Progress, now: datetime) -> None:
    going = f", {stands.removing:,} of them to go away" if stands.removing else ""
    left = f", about {length(stands.time_left)}" if stands.waiting else ""
    facts(
        [
            ("done", f"{stands.done:,} of {stands.total:,}"),
            ("waiting", f"{stands.waiting:,}{going}{left}"),
            ("failed", (f"{stands.failed:,}", "bad" if stands.failed else "")),
            ("waiting for DNS", counted(stands.domains, "domain") if stands.domains else ""),
            ("of other guards", f"{stands.left:,}" if stands.left else ""),
        ]
    )
    rows: list[tuple[Cell, ...]] = [
        (it.key, it.tenant, it.problem, f"{age(it.since, now)} ago") for it in stands.failures[:_MOST]
    ]
    table(("failed", "tenant", "why", "since"), rows, empty="Nothing failed.")
    if len(stands.failures) > _MOST:
        tag("div", f"and {len(stands.failures) - _MOST:,} more: sesguard tenants status --json", "faint")


def _cost(found: MonthSoFar) -> None:
    total = found.bill.total
    for problem in found.problems:
        tag("div", problem, "problem")
    facts(
        [
            ("month", f"{found.month}, up to {clock(found.until)}"),
            ("recipients", f"{total.counts.events():,.0f}"),
            ("SES", f"${total.ses:,.2f}"),
            ("the guard", f"${total.guard:,.2f}"),
            ("of it whatever is sent", f"${sum(found.bill.guard.values()):,.2f}"),
        ]
    )
    rows = [
        (name or "(no tenant)", f"{line.counts.events():,.0f}", f"${line.ses:,.2f}", f"${line.guard:,.2f}")
        for name, line in list(found.bill.lines.items())[:_MOST]
    ]
    numbers = ("recipients", "SES", "guard")
    table(("tenant", *numbers), rows, right=numbers, empty="Nothing was sent.")
    if len(found.bill.lines) > _MOST:
        tag("div", f"and {len(found.bill.lines) - _MOST:,} more: sesguard cost", "faint")
