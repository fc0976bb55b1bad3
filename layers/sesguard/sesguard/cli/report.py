"""Writes a month's report of one tenant, to send to its owner: mail, rates, incidents, and what it cost.

HTML by default, in one file without anything from elsewhere, laid out for the screen and for printing (to PDF, from any
browser). Any month as far back as days are on record: HistoryDays, a parameter of the stack (400). Volume is recipients
in UTC by the day of sending, and rates are of it: bounces are hard bounces. What is over the rate at which SES reviews
an account is marked. Cost is what `sesguard cost` says: SES's charge by recipients at
list prices, and the guard's share.

--json prints one object instead: tenant, name, month, until, complete, streams and total (stream, volume, bounces,
complaints, bounce_rate, complaint_rate; rates null where nothing was sent), days (day and the same of all streams
together; numbers null for a day of which nothing is known), unknown (those days), incidents (stream, began, ended,
pauses, sentence), cost (ses, guard, plan, region, read).

Exit code: 0; 1 where the tenant is unknown or sent nothing; 2 for a command line that cannot be used, or a month of
which nothing is known; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import Parameter

from sesguard.cli.connect import DONE, REFUSED, UnknownTenantError, with_guard
from sesguard.cli.cost import MonthOption, PlanOption, begun, bill_by_stream, known, terms_of
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.report_page import TenantReport, page
from sesguard.cli.screen import iso, print_json
from sesguard.costs.charge import SesPlan
from sesguard.costs.day_counts import DayCounts
from sesguard.costs.month import Month, date_of
from sesguard.costs.usage import MailCounts, total
from sesguard.pausing.incidents import incidents
from sesguard.stream import StreamId
from sesguard.wiring.cost import MonthRead, read_month
from sesguard.wiring.operator import Guard


def run(
    tenant: Annotated[str, Parameter(name="TENANT", help="its id in the registry")],
    /,
    *,
    month: Annotated[MonthOption, Parameter(help="which month (this one)")] = None,
    plan: PlanOption = SesPlan.A_LA_CARTE,
    json: Json = False,
    where: Where = HERE,
) -> int:
    def write(guard: Guard, now: datetime) -> int:
        made = make_report(guard, now, tenant, begun(month or Month.of(now), now), plan)
        if json:
            print_json(as_dict(made))
        else:
            sys.stdout.write(page(made))
        return DONE if made.total.events() else REFUSED

    return with_guard(where, write)


def make_report(guard: Guard, now: datetime, tenant: str, month: Month, plan: SesPlan) -> TenantReport:
    """Read a tenant's month. Raises UnknownTenantError, UsageError or AwsError."""
    days = month.days_until(now)
    read = known(read_month(guard, days, now), month, now)
    mine = {stream for stream, record in read.known.items() if record.tenant == tenant}
    if not mine and tenant not in read.names:
        raise UnknownTenantError(tenant, read.names)
    terms = terms_of(guard, plan, month, now)
    bill = bill_by_stream(read, terms)
    lines = [bill.lines[str(stream)] for stream in mine if str(stream) in bill.lines]
    begin, end = (datetime.fromtimestamp(day * 86_400, UTC) for day in (month.days.start, month.days.stop))
    names = {str(stream) for stream in mine}
    found = [each for each in incidents(guard.journal.all(), begin) if each.stream in names and each.began < end]
    return TenantReport(
        tenant,
        read.names.get(tenant) or tenant,
        month,
        min(now, end),
        now >= end,
        {stream: read.counts.get(stream, MailCounts()) for stream in sorted(mine)},
        {date_of(day): None if day in read.unknown else _sent_on(day, mine, read) for day in days},
        tuple(found),
        sum(line.ses for line in lines),
        sum(line.guard for line in lines),
        plan,
        terms.prices.region,
        terms.prices.read,
    )


def _sent_on(day: int, streams: Iterable[StreamId], read: MonthRead) -> MailCounts:
    nothing: DayCounts = {}
    return total(read.days.get(stream, nothing).get(day, MailCounts()) for stream in streams)


def as_dict(made: TenantReport) -> dict[str, Any]:
    """JSON-ready."""
    return {
        "tenant": made.tenant,
        "name": made.name,
        "month": str(made.month),
        "until": iso(made.until),
        "complete": made.complete,
        "streams": [{"stream": str(stream), **_numbers(counts)} for stream, counts in made.streams.items()],
        "total": _numbers(made.total),
        "days": [{"day": day.isoformat(), **_numbers(counts)} for day, counts in made.days.items()],
        "unknown": [day.isoformat() for day in made.unknown],
        "incidents": [
            {"stream": it.stream, "began": iso(it.began), "ended": iso(it.ended), "pauses": it.pauses,
             "sentence": it.sentence}
            for it in made.incidents
        ],
        "cost": {"ses": made.ses, "guard": made.guard, "plan": made.plan.value, "region": made.region,
                 "read": made.read},
    }  # fmt: skip


def _numbers(counts: MailCounts | None) -> dict[str, Any]:
    if counts is None:
        return dict.fromkeys(("volume", "bounces", "complaints", "bounce_rate", "complaint_rate"))
    rates = (counts.bounces / counts.volume, counts.complaints / counts.volume) if counts.volume else (None, None)
    return {
        "volume": counts.volume,
        "bounces": counts.bounces,
        "complaints": counts.complaints,
        "bounce_rate": rates[0],
        "complaint_rate": rates[1],
    }
