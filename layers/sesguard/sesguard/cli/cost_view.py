"""How a month's bill looks: a table for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from sesguard.cli.screen import clock, iso, name, plain, table
from sesguard.costs.bill import Bill, BillTerms, Line
from sesguard.costs.charge import SesPlan
from sesguard.costs.month import Month
from sesguard.members.address import MemberAddress
from sesguard.stream import StreamId
from sesguard.wiring.cost import MonthRead

_LEAST_CHARGE: Final = 1.0
"""Dollars of SES below which a share of it says nothing."""
_LONGEST: Final = 40
_LONGEST_STREAM: Final = 100
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
    """All that is shown of a month. since: when the stack was made; unread: why other guards are not in it, by name."""

    guards: tuple[MemberAddress, ...]
    month: Month
    now: datetime
    terms: BillTerms
    bill: Bill
    read: MonthRead
    by_stream: bool
    since: datetime | None = None
    unread: Mapping[str, str] = field(default_factory=dict)

    @property
    def home(self) -> MemberAddress | None:
        """The guard, where it is only one."""
        return self.guards[0] if len(self.guards) == 1 and not self.unread else None

    @property
    def complete(self) -> bool:
        return self.terms.month >= 1


def show(screen: Console, shown: CostShown) -> None:
    home, prices = shown.home, shown.terms.prices
    whose = f"stack {home.stack}, {home.account} {home.region}" if home else f"{len(shown.guards):,} guards"
    until = "" if shown.complete else f" until {clock(shown.now)}"
    screen.print(
        Text.assemble(
            ("sesguard cost ", "bold"),
            f"{shown.month}{until}, {_PLANS[shown.terms.plan]}",
            (f"  {whose}", "dim"),
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
    unread = [f"{name} is not in it: {why}" for name, why in shown.unread.items()]
    for problem in (*unread, *shown.read.problems):
        screen.print(plain(problem), style="yellow")


def _who(key: str, shown: CostShown) -> Text:
    if shown.by_stream:
        stream = StreamId.parse(key)
        return name(stream, shown.home) if shown.home else plain(key, _LONGEST_STREAM)
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
        "since": iso(shown.since),
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
        **_several(shown),
    }


def _several(shown: CostShown) -> dict[str, Any]:
    """Which guards it is of, and which it is not."""
    if shown.home is not None:
        return {}
    unread = [{"guard": name, "problem": why} for name, why in shown.unread.items()]
    return {"guards": [each.name for each in shown.guards], "unread": unread}


def _key(key: str, shown: CostShown) -> dict[str, str]:
    names = shown.read.names
    if not shown.by_stream:
        return {"tenant": key, "name": names.get(key, "")}
    record = shown.read.known.get(StreamId.parse(key))
    tenant = record.tenant if record is not None else ""
    return {"stream": key, "tenant": tenant, "name": names.get(tenant, "")}


def _line(line: Line) -> dict[str, Any]:
    return {**line.counts._asdict(), "ses": line.ses, "guard": line.guard, "parts": dict(line.own)}
