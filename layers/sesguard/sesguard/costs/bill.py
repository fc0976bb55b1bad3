"""The bill of a month: what SES charges for each tenant's or stream's mail, and what the guard itself costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sesguard.costs.charge import SesPlan, charge
from sesguard.costs.own import at_risk, of_stream
from sesguard.costs.prices import Prices
from sesguard.costs.sqs_model import ReceivePace
from sesguard.costs.usage import MailCounts, usage
from sesguard.stream import StreamId


class BilledStream(NamedTuple):
    """What is on record of a stream and costs money.

    ses_tenant: the name of one that is kept for it, or "". deliveries: it publishes them too.
    """

    tenant: str = ""
    alarm_always: bool = False
    ses_tenant: str = ""
    deliveries: bool = False
    days_at_risk: float = 0.0


@dataclass(slots=True)
class Line:
    """One line of a bill. ses: dollars that SES charges; own: the guard's, part by part."""

    counts: MailCounts = field(default_factory=MailCounts)
    ses: float = 0.0
    own: dict[str, float] = field(default_factory=dict)

    @property
    def guard(self) -> float:
        return sum(self.own.values())

    def add(self, other: Line) -> None:
        self.counts = self.counts.plus(other.counts)
        self.ses += other.ses
        for part, dollars in other.own.items():
            self.own[part] = self.own.get(part, 0.0) + dollars


@dataclass(frozen=True, slots=True)
class Bill:
    """lines: by tenant or stream, the dearest first; "" is of no tenant. fee: of the plan. guard: what is nobody's."""

    lines: Mapping[str, Line]
    unattributed: Line
    fee: float
    guard: Mapping[str, float]

    @property
    def total(self) -> Line:
        """All of it; of SES with the plan's fee, of the guard with what is nobody's."""
        total = Line(ses=self.fee, own={"the guard itself": sum(self.guard.values())})
        for line in (*self.lines.values(), self.unattributed):
            total.add(line)
        return total


def add_bills(bills: Iterable[Bill]) -> Bill:
    """Add the bills of several accounts and regions: a tenant of several of them has one line."""
    lines: dict[str, Line] = {}
    unattributed, fee, guard = Line(), 0.0, Line()
    for each in bills:
        for key, line in each.lines.items():
            lines.setdefault(key, Line()).add(line)
        unattributed.add(each.unattributed)
        fee += each.fee
        guard.add(Line(own=dict(each.guard)))
    dearest = sorted(lines.items(), key=lambda it: (-it[1].ses, it[0]))
    return Bill(dict(dearest), unattributed, fee, guard.own)


@dataclass(frozen=True, slots=True)
class BillTerms:
    """By what is billed.

    days: how long the guard was there within the month. month: how much of the month is over; deployed: how much of it
    the guard was there, both as shares of it. window: of batches, seconds.
    """

    plan: SesPlan
    prices: Prices
    days: float
    month: float
    window: float
    kept_days: int
    deployed: float


def pace_of(
    counts: Mapping[StreamId, MailCounts], known: Mapping[StreamId, BilledStream], terms: BillTerms
) -> ReceivePace:
    """At what pace the guard's queue is worked, by what streams sent."""
    nothing = BilledStream()
    events = sum(it.events(deliveries=known.get(stream, nothing).deliveries) for stream, it in counts.items())
    return ReceivePace(events, terms.days * 86_400, terms.window)


def bill(
    counts: Mapping[StreamId, MailCounts],
    known: Mapping[StreamId, BilledStream],
    guard: Mapping[str, float],
    terms: BillTerms,
    name: Callable[[StreamId, BilledStream], str],
) -> Bill:
    """Bill what streams sent. name: under which line a stream comes. guard: dollars of the guard itself."""
    nothing = BilledStream()
    pace = pace_of(counts, known, terms)
    risks = sum(each.days_at_risk for each in known.values()) / terms.days if terms.days else 0.0
    ses, fee = _charges(counts, known, terms)
    lines: dict[str, Line] = {}
    unattributed = Line()
    for stream in counts.keys() | known.keys():
        sent, record = counts.get(stream, MailCounts()), known.get(stream, nothing)
        used = usage(sent, pace, terms.days, terms.kept_days, deliveries=record.deliveries)
        line = Line(sent, ses.get(stream, 0.0), of_stream(used, terms.prices))
        risk = at_risk(record.days_at_risk, risks, record.alarm_always, terms.deployed, terms.prices)
        line.own["at risk"] = risk
        if sent.events() or risk or line.ses:
            into = lines.setdefault(name(stream, record), Line()) if stream.attributed else unattributed
            into.add(line)
    dearest = sorted(lines.items(), key=lambda it: (-it[1].ses, -it[1].guard, it[0]))
    return Bill(dict(dearest), unattributed, fee, guard)


def _charges(
    counts: Mapping[StreamId, MailCounts], known: Mapping[StreamId, BilledStream], terms: BillTerms
) -> tuple[dict[StreamId, float], float]:
    """Dollars of SES by stream, and the plans' fees. A plan's steps are reached by all together, so all share them."""
    dollars: dict[StreamId, float] = {}
    fees = 0.0
    for home in {stream._replace(configuration_set="") for stream in counts.keys() | known.keys()}:
        sent = {stream: each.volume for stream, each in counts.items() if stream[:2] == home[:2]}
        kept = _ses_tenants(stream for stream in known.items() if stream[0][:2] == home[:2])
        volume = sum(sent.values())
        charged = charge(terms.plan, volume, len(kept), terms.prices)
        fees += charged.fee * terms.month
        for stream, recipients in sent.items():
            dollars[stream] = charged.mail * recipients / volume if volume else 0.0
        for stream in kept:
            dollars[stream] = dollars.get(stream, 0.0) + charged.tenants / len(kept)
    return dollars, fees


def _ses_tenants(known: Iterable[tuple[StreamId, BilledStream]]) -> list[StreamId]:
    """For each SES tenant the first of the streams that it is kept for."""
    first: dict[str, StreamId] = {}
    for stream, record in sorted(known):
        if record.ses_tenant:
            first.setdefault(record.ses_tenant, stream)
    return list(first.values())
