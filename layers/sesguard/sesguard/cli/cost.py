"""Shows what a month's mail cost: what SES charges for each tenant, and the guard's own share of it.

Volume is recipients, in UTC, by the day of sending; a bounce is a hard bounced recipient. SES's charge is by recipients
at list prices, à la carte or by a plan; every tenant shares a plan's steps alike, and its monthly fee is a line of its
own. Not in it: attachments, dedicated addresses and SES's other features, which counts cannot tell.

The guard's share is computed from a tenant's counts and the list prices, for the dearest way of sending them: evenly,
one recipient a mail, over SNS. What stands whether mail is sent or not is "the guard itself" and nobody's, and counts
from the day on which the stack was made. Free tiers and discounts are left out; prices are of one region, named below
the table.

--accounts adds up all guards: a tenant that sends from several accounts or regions has one line, and each guard of it
its own. A guard that cannot be read is named and not in the sum. With --json there are then guards and unread (guard,
problem), and since is null.

What streams sent is on record by the day for HistoryDays, a parameter of the stack (400). A stack that was updated to a
version with such a record has it since then, and the 65 days before. Of a month that is not all there, the days that
are missing are named, and left out.

--json prints one object: month, until, since (when the stack was made, null where that is not known), complete (whether
the month is over), plan, prices (region, read), lines (tenant, or stream and tenant; name, volume, bounces, complaints,
ses, guard, parts), unattributed, fee, guard_itself (parts), total (the same as a line, and share), reads (requests,
units, dollars), problems. Dollars are numbers.

Exit code: 0; 1 where nothing was sent; 4 where a guard is not in the sum; 2 for a command line that cannot be used, or
a month of which nothing is known; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Final, Literal, NamedTuple

from cyclopts import Parameter

from sesguard.cli.across import ONE, Across, Guards, find_guards
from sesguard.cli.connect import ATTENTION, DONE, REFUSED, UNREACHABLE, UsageError, answered, with_guard
from sesguard.cli.connect import now as clock_now
from sesguard.cli.cost_view import CostShown, as_dict, show
from sesguard.cli.options import HERE, Json, Where, converted
from sesguard.cli.screen import console, print_json
from sesguard.costs.bill import Bill, BilledStream, BillTerms, add_bills, bill, pace_of
from sesguard.costs.charge import SesPlan
from sesguard.costs.month import Month
from sesguard.costs.own import of_guard
from sesguard.costs.prices import list_prices
from sesguard.members.address import MemberAddress
from sesguard.stream import StreamId
from sesguard.text import one_line
from sesguard.wiring.cost import KEPT_DAYS, MonthRead, add_months, day_text, read_month
from sesguard.wiring.operator import Guard

_DAY_SECONDS: Final = 86_400


def read_month_name(text: str) -> Month:
    """Read a month. Raises ValueError."""
    try:
        return Month.parse(text)
    except ValueError as error:
        raise ValueError(one_line(str(error), 100)) from None


MonthOption = Annotated[
    Month | None,
    Parameter(converter=converted(read_month_name), n_tokens=1, accepts_keys=False, metavar="YYYY-MM"),
]
PlanOption = Annotated[
    SesPlan,
    Parameter(
        name_transform=lambda word: word.lower().replace("_", "").replace("-", ""),  # as --json and the help say it
        help="how SES bills the account: alacarte, or its plan (alacarte)",
    ),
]


def run(
    *,
    month: Annotated[MonthOption, Parameter(help="which month (this one, up to now)")] = None,
    by: Annotated[Literal["tenant", "stream"], Parameter(help="one line a tenant or a stream (tenant)")] = "tenant",
    plan: PlanOption = SesPlan.A_LA_CARTE,
    json: Json = False,
    across: Across = ONE,
    where: Where = HERE,
) -> int:
    by_stream = by == "stream"
    if across.several:
        return answered(
            where,
            lambda: _show_many(find_guards(where, across), clock_now(), month, plan, by_stream=by_stream, json=json),
        )
    return with_guard(where, lambda guard, now: _show(guard, now, month, plan, by_stream=by_stream, json=json))


def _show(guard: Guard, now: datetime, month: Month | None, plan: SesPlan, *, by_stream: bool, json: bool) -> int:
    wanted = begun(month or Month.of(now), now)
    read = known(read_month(guard, wanted.days_until(now), now), wanted, now)
    terms = terms_of(guard, plan, wanted, now)
    made = _bill(read, terms, by_stream=by_stream)
    place = _place(guard)
    return _print(CostShown((place,), wanted, now, terms, made, read, by_stream, guard.stack.created), json=json)


class MonthSoFar(NamedTuple):
    """The bill of this month up to now, a line a tenant, as ``sesguard cost`` has it; problems: what is not in it."""

    month: Month
    until: datetime
    bill: Bill
    problems: tuple[str, ...]


def month_so_far(guard: Guard, now: datetime) -> MonthSoFar:
    """Read and bill this month. Raises AwsError, or UsageError where nothing is known of it."""
    month = Month.of(now)
    read = known(read_month(guard, month.days_until(now), now), month, now)
    made = _bill(read, terms_of(guard, SesPlan.A_LA_CARTE, month, now), by_stream=False)
    return MonthSoFar(month, now, made, read.problems)


def _show_many(
    guards: Guards, now: datetime, month: Month | None, plan: SesPlan, *, by_stream: bool, json: bool
) -> int:
    wanted = begun(month or Month.of(now), now)
    read: dict[MemberAddress, MonthRead] = {}
    terms: dict[MemberAddress, BillTerms] = {}

    def work(_: str, guard: Guard) -> None:
        place = _place(guard)
        terms[place] = terms_of(guard, plan, wanted, now)
        read[place] = _naming_unknown(read_month(guard, wanted.days_until(now), now), wanted)

    unread = guards.each(work)
    if not read:
        for name, why in unread.items():
            print(f"sesguard: {one_line(f'{name} is not read: {why}', 600)}", file=sys.stderr)
        return UNREACHABLE
    own = {place: found.without(read.keys() - {place}) for place, found in sorted(read.items())}
    made = add_bills(_bill(found, terms[place], by_stream=by_stream) for place, found in own.items())
    shown = CostShown(tuple(own), wanted, now, terms[next(iter(own))], made, add_months(own), by_stream, unread=unread)
    code = _print(shown, json=json)
    return ATTENTION if unread else code


def _place(guard: Guard) -> MemberAddress:
    return MemberAddress(guard.stack.account, guard.stack.region, guard.stack.name)


def _print(shown: CostShown, *, json: bool) -> int:
    if json:
        print_json(as_dict(shown))
    else:
        show(console(), shown)
    return DONE if shown.bill.total.counts.events() else REFUSED


def begun(wanted: Month, now: datetime) -> Month:
    """Give the month if it has begun. Raises UsageError."""
    if wanted > Month.of(now):
        raise UsageError(f"{wanted} has not begun")
    return wanted


def known(read: MonthRead, wanted: Month, now: datetime) -> MonthRead:
    """Give what was read of a month, with which of its days are not known. Raises UsageError where none is."""
    if read.unknown and len(read.unknown) == len(wanted.days_until(now)):
        raise UsageError(f"nothing is known of {wanted}: what streams sent is on record since {day_text(read.since)}")
    return _naming_unknown(read, wanted)


def _naming_unknown(read: MonthRead, wanted: Month) -> MonthRead:
    if not read.unknown:
        return read
    first, last = day_text(read.unknown[0]), day_text(read.unknown[-1])
    problem = f"nothing is known of {len(read.unknown)} days of {wanted}, {first} to {last}: they are left out"
    return replace(read, problems=(*read.problems, problem))


def terms_of(guard: Guard, plan: SesPlan, wanted: Month, now: datetime) -> BillTerms:
    """By what the guard's month is billed."""
    over = max(1.0, wanted.seconds_until(now)) / _DAY_SECONDS
    days = max(1.0, wanted.seconds_until(now, guard.stack.created)) / _DAY_SECONDS
    window = float(guard.stack.parameter("BatchingWindowSeconds"))
    whole = len(wanted.days)
    return BillTerms(plan, list_prices(), days, over / whole, window, KEPT_DAYS, days / whole)


def bill_by_stream(read: MonthRead, terms: BillTerms) -> Bill:
    """Bill a month, a line a stream."""
    return _bill(read, terms, by_stream=True)


def _bill(read: MonthRead, terms: BillTerms, *, by_stream: bool) -> Bill:
    def name(stream: StreamId, record: BilledStream) -> str:
        return str(stream) if by_stream else record.tenant

    pace = pace_of(read.counts, read.known, terms)
    standing = replace(read.standing, event_rate=pace.rate * pace.pollers)
    return bill(read.counts, read.known, of_guard(standing, terms.deployed, terms.prices), terms, name)
