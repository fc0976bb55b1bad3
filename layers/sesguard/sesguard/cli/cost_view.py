"""How a month's bill looks: a table for people, JSON for programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from sesguard.cli.screen import clock, iso, name, plain, table
from sesguard.costs.bill import Line
from sesguard.costs.charge import SesPlan
from sesguard.stream import StreamId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rich.console import Console

    from sesguard.costs.bill import Bill, BillTerms
    from sesguard.costs.month import Month
    from sesguard.wiring.cost import MonthRead
    from sesguard.wiring.operator import Stack

_LEAST_CHARGE: Final = 1.0
"""Dollars of SES below which a share of it says nothing."""
_LONGEST: Final = 40
_PLANS: Final = {
    SesPlan.A_LA_CARTE: "à la carte",
    SesPlan.ESSENTIALS: "Essentials",
    SesPlan.PRO: "Pro",
    SesPlan.ENTERPRISE: "Enterprise",
}
_NUMBERS: Final = ("recipients", "bounces", "complaints", "SES", "guard", "of SES")
_NOBODY: Final = "(no tenant)"


@dataclass(frozen=True, slots=True)
class CostShown:
    """All that is shown of a month."""

    stack: Stack
    month: Month
    now: datetime
    terms: BillTerms
    bill: Bill
    read: MonthRead
    by_stream: bool

    @property
    def complete(self) -> bool:
        return self.terms.month >= 1


def show(screen: Console, shown: CostShown) -> None:
    """Print it for people."""
    stack, prices = shown.stack, shown.terms.prices
    until = "" if shown.complete else f" until {clock(shown.now)}"
    screen.print(
        Text.assemble(
            ("sesguard cost ", "bold"),
            f"{shown.month}{until}, {_PLANS[shown.terms.plan]}",
            (f"  stack {stack.name}, {stack.account} {stack.region}", "dim"),
        )
    )
    made = table("stream" if shown.by_stream else "tenant", *_NUMBERS, right=_NUMBERS)
    for key, line in shown.bill.lines.items():
        made.add_row(_who(key, shown), *_numbers(line))
    for title, line in _others(shown.bill):
        made.add_row(Text(title, style="dim"), *_numbers(line))
    made.add_section()
    made.add_row(Text("total", style="bold"), *_numbers(shown.bill.total))
    screen.print(made)
    screen.print(
        f"List prices of {prices.region}, read {prices.read}, without free tiers. Attachments, dedicated addresses and "
        f"SES's other features are not in it.",
        style="dim",
    )
    reads = shown.read.reads
    dollars = prices.price["dynamodb_read"].of(reads.units)
    screen.print(f"Read with {reads.requests:,} requests, {reads.units:,.0f} units (${dollars:.4f}).", style="dim")
    for problem in shown.read.problems:
        screen.print(plain(problem), style="yellow")


def _who(key: str, shown: CostShown) -> Text:
    if shown.by_stream:
        return name(StreamId.parse(key), shown.stack)
    if not key:
        return Text(_NOBODY, style="dim")
    called = shown.read.names.get(key, "")
    return plain(f"{called} ({key})" if called and called != key else key, _LONGEST)


def _others(bill: Bill) -> Iterator[tuple[str, Line]]:
    """What is no tenant's."""
    if bill.unattributed.counts.events():
        yield "mail without a set", bill.unattributed
    if bill.fee:
        yield "the plan's fee", Line(ses=bill.fee)
    yield "the guard itself", Line(own=dict(bill.guard))


def _numbers(line: Line) -> tuple[str, ...]:
    counts = tuple(f"{count:,}" if count else "" for count in line.counts)
    share = "" if not line.ses or not line.guard else _share(line) if line.ses >= _LEAST_CHARGE else "–"
    return *counts, _dollars(line.ses), _dollars(line.guard), share


def _share(line: Line) -> str:
    return f"{line.guard / line.ses:.1%}".replace("%", " %")


def _dollars(amount: float) -> str:
    """To the cent, and below a dollar to where it says something."""
    return "" if not amount else f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def as_dict(shown: CostShown) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    bill, prices, reads = shown.bill, shown.terms.prices, shown.read.reads
    return {
        "month": str(shown.month),
        "until": iso(shown.now),
        "since": iso(shown.stack.created),
        "complete": shown.complete,
        "plan": shown.terms.plan.value,
        "prices": {"region": prices.region, "read": prices.read},
        "lines": [{**_key(key, shown), **_line(line)} for key, line in bill.lines.items()],
        "unattributed": _line(bill.unattributed),
        "fee": bill.fee,
        "guard_itself": dict(bill.guard),
        "total": {**_line(bill.total), "share": bill.total.guard / bill.total.ses if bill.total.ses else None},
        "reads": {
            "requests": reads.requests,
            "units": reads.units,
            "dollars": prices.price["dynamodb_read"].of(reads.units),
        },
        "problems": list(shown.read.problems),
    }


def _key(key: str, shown: CostShown) -> dict[str, str]:
    names = shown.read.names
    if not shown.by_stream:
        return {"tenant": key, "name": names.get(key, "")}
    record = shown.read.known.get(StreamId.parse(key))
    tenant = record.tenant if record is not None else ""
    return {"stream": key, "tenant": tenant, "name": names.get(tenant, "")}


def _line(line: Line) -> dict[str, Any]:
    return {**line.counts._asdict(), "ses": line.ses, "guard": line.guard, "parts": dict(line.own)}
