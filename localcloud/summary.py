"""The end of a run: what happened to whom, and whether the guard did what the scenario demands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import ceil

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from localcloud.cloud import ROOT
from localcloud.mailbox import FOLDER, GuardMail
from localcloud.player import Tally
from localcloud.receiver import Call
from localcloud.scenario import Tenant

_BUSY = 2.0  # times as slow as usual, from where on it is said
SLOWEST_ALLOWED = 10.0  # seconds from a bounce to mail refused, the 99th percentile (DESIGN, Numbers)


@dataclass(frozen=True)
class Result:
    """What the run found. Times are seconds of ``time.monotonic``.

    began: when the run did. mails: all that the guard sent, oldest first. operator: what the operator was told. spoken:
    the operator's commands. link: the acknowledgement page that an owner has been to, "" for none. calls: of one
    tenant's webhook. probes: seconds from sending mail that bounces to SES refusing, None where it had not by the end.
    waited: what was waited for in vain, beyond what follows from the rest. wrong: what was decided wrong. late: seconds
    that the slowest message took on the guard's way. busiest: seconds that a second of a core's work took. stretch: how
    many times longer than usual the guard was given. limit: the seconds that it was given at the end.
    """

    tallies: Mapping[str, Tally]
    began: float
    mails: Sequence[GuardMail]
    operator: Sequence[str]
    spoken: Sequence[str]
    link: str
    calls: Sequence[Call]
    probes: Sequence[float | None]
    waited: Sequence[str]
    wrong: Sequence[str]
    late: float
    busiest: float
    stretch: float
    too_slow: bool
    limit: float

    def to(self, tenant: Tenant) -> list[GuardMail]:
        """The mails to the tenant's owner."""
        return [mail for mail in self.mails if mail.to == tenant.owner]


class Outcome(IntEnum):
    """Exit codes of a run. UNKNOWN: the machine is too slow to say (EX_TEMPFAIL of sysexits.h)."""

    RIGHT = 0
    WRONG = 1
    UNKNOWN = 75
    STOPPED = 130


def decided_wrong(tenants: Sequence[Tenant], result: Result) -> list[str]:
    """What no machine excuses, one sentence each; empty where the guard did nothing that it must not do."""
    found = list(result.wrong)
    for tenant in tenants:
        tally = result.tallies[tenant.id]
        if not tenant.paused and tally.refused:
            found.append(f"{tenant.name} should not have been paused, but {tally.refused:,} mails were refused")
    if not all(call.genuine for call in result.calls):
        found.append("the webhook was called with a wrong signature")
    return found


def left_undone(tenants: Sequence[Tenant], result: Result) -> list[str]:
    """What had not happened within its limit, or took too long, one sentence each."""
    within = f"within {result.limit:.0f} s after the last mail"
    found = list(result.waited)
    for tenant in tenants:
        tally = result.tallies[tenant.id]
        found += [f"{tenant.name}: SES answered {error}" for error in tally.errors[:1]]
        if tenant.paused and not tally.refused:
            found.append(f"{tenant.name} should have been paused {within}, and was not")
        if tenant.paused and not result.to(tenant):
            found.append(f"{tenant.name}'s owner was told nothing {within}")
    if not result.calls:
        found.append(f"the webhook was not called {within}")
    if not result.link:
        found.append("no owner could acknowledge through the page")
    if None in result.probes:
        found.append(f"{result.probes.count(None)} of {len(result.probes)} probes were not paused {within}")
    # On a busy machine its cores are measured, not the guard: there it counts that every probe was paused in the end.
    slowest, allowed = percentile(result.probes, 0.99), SLOWEST_ALLOWED * result.stretch
    if slowest is not None and slowest > allowed and not _is_busy(result):
        found.append(f"from bounce to mail refused: p99 {slowest:.1f} s > {allowed:.0f} s")
    return found


def _is_busy(result: Result) -> bool:
    return result.stretch > _BUSY


def percentile(values: Sequence[float | None], share: float) -> float | None:
    """The nearest-rank percentile of what is not None."""
    known = sorted(value for value in values if value is not None)
    return known[max(0, ceil(share * len(known)) - 1)] if known else None


def times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def show(console: Console, tenants: Sequence[Tenant], result: Result) -> Outcome:
    """Print the summary, and say whether the guard did what the scenario demands."""
    console.print(_table(tenants, result))
    _show_path(console, result)
    told = next((mails[-1] for tenant in tenants if (mails := result.to(tenant))), None)
    if told is not None:
        mail = Text(f"Subject: {told.subject}\n\n{told.text}")
        console.print(Panel(mail, title=f"the mail to {told.to}, as sent", title_align="left", border_style="dim"))
    _show_where(console, result)
    return _show_outcome(console, tenants, result)


def _show_outcome(console: Console, tenants: Sequence[Tenant], result: Result) -> Outcome:
    if _is_busy(result):
        console.print(
            f"This machine is busy: a message took up to {result.late:.1f} s on the guard's way, and a second of a "
            f"core's work {result.busiest:.1f} s, so the guard was given {result.stretch:.1f} times the usual time; "
            "how quick it is cannot be said here."
        )
    wrong, undone = decided_wrong(tenants, result), left_undone(tenants, result)
    for failure in wrong + ([] if result.too_slow else undone):
        console.print(Text(f"✗ {failure}", style="bold red"))
    if wrong or (undone and not result.too_slow):
        return Outcome.WRONG
    if undone:
        console.print(
            Text(f"? This machine is too slow to say whether the guard works: {len(undone)} things", style="yellow"),
            "had not happened in time, the first:",
            Text(undone[0]),
        )
        return Outcome.UNKNOWN
    paused = sum(tenant.paused for tenant in tenants)
    text = f"✓ {paused} bad tenants paused, {len(tenants) - paused} good ones left alone, owners told."
    console.print(Text(text, style="green"))
    return Outcome.RIGHT


def _show_where(console: Console, result: Result) -> None:
    """Where to look at what people were told, and what they said."""
    console.print(f"All {len(result.mails)} mails to owners are in {FOLDER.relative_to(ROOT)}/, to open in a browser.")
    kinds = ", ".join(call.news["type"] for call in result.calls)
    signed = f", signed: {kinds}" if kinds else ""
    console.print(f"Lead Shop's webhook was called {times(len(result.calls))}{signed}.")
    if result.link:
        console.print("Shoe Outlet's owner acknowledged through this page, whose link is used up now:")
        console.print(Text(f"  {result.link}", style="dim"), soft_wrap=True)
    said = ", and said:" if result.spoken else "."
    console.print(f"The operator was told {times(len(result.operator))}{said}")
    for command in dict.fromkeys(result.spoken):
        console.print(Text(f"  $ {command}", style="dim"), soft_wrap=True)


def _table(tenants: Sequence[Tenant], result: Result) -> Table:
    grid = Table(title="What happened", title_justify="left", title_style="bold", border_style="dim")
    for name in ("tenant", "sent", "of these bad", "refused from", "refused", "notices"):
        grid.add_column(name, justify="left" if name == "tenant" else "right")
    for tenant in tenants:
        tally = result.tallies[tenant.id]
        grid.add_row(
            tenant.name,
            f"{tally.accepted:,}",
            f"{tally.bad:,}",
            "never" if tally.refused_at is None else f"{tally.refused_at - result.began:.1f} s",
            f"{tally.refused:,}",
            str(len(result.to(tenant))),
        )
    return grid


def _show_path(console: Console, result: Result) -> None:
    middle, slowest = percentile(result.probes, 0.5), percentile(result.probes, 0.99)
    if middle is not None and slowest is not None:
        console.print(
            f"From a mail that bounces to SES refusing the stream's mail, batching window and the bounce's own delay "
            f"included, {len(result.probes)} probes: median {middle:.1f} s, p99 {slowest:.1f} s."
        )
