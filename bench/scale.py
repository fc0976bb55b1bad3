"""The arithmetic of docs/scale.md: how far the guard goes, and what it costs, by the models of `sesguard cost`.

    .venv/bin/python -m bench.scale [TENANTS] [MAILS_A_DAY]

Quotas are those of a new account; each is cited in docs/scale.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

from bench.template import resources
from sesguard.costs.charge import SesPlan, charge
from sesguard.costs.own import MONTH_DAYS, at_risk, of_guard, of_stream, stands
from sesguard.costs.prices import list_prices
from sesguard.costs.sqs_model import ReceivePace
from sesguard.costs.usage import MailCounts, Usage, usage

SETS_USED = 8_000
"""Of 10,000 configuration sets of an account and region: room to grow, and the guard's own."""
BOUNCES, COMPLAINTS = 0.01, 0.0002
PEAK = 10
"""How many times the mean rate the busiest minute has."""
UNHEALTHY = 0.01
WINDOW_SECONDS = 3.0
"""BatchingWindowSeconds as the template has it."""
KEPT_DAYS, HISTORY_DAYS = 65, 400
EVENT_BYTES = 2_500
BATCH_BYTES, BATCH_EVENTS = 6_000_000, 10_000
CORE_SECONDS_AN_EVENT = 0.01e-3 / (256 / 1_769)  # on 256 MB: costs/usage.py


@dataclass(frozen=True)
class Share:
    """What one account and region has of the whole."""

    accounts: int
    streams: float
    mails_a_day: float

    @property
    def peak_events(self) -> float:
        """Events a second, in the busiest minute."""
        return self.mails_a_day * (1 + BOUNCES + COMPLAINTS) / 86_400 * PEAK


def share_of(tenants: int, mails_a_day: float, streams_a_tenant: float = 1.0) -> Share:
    """Split streams over as few accounts as their configuration sets need."""
    accounts = ceil(tenants * streams_a_tenant / SETS_USED)
    return Share(accounts, tenants * streams_a_tenant / accounts, mails_a_day / accounts)


def used_by(share: Share) -> Usage:
    """What the streams of one account make the guard do in a month, mail being spread evenly over streams and time."""
    total = share.mails_a_day * MONTH_DAYS
    events = MailCounts(total, total * BOUNCES, total * COMPLAINTS).events()
    pace = ReceivePace(events, MONTH_DAYS * 86_400, WINDOW_SECONDS)
    mails = total / share.streams
    one = usage(MailCounts(mails, mails * BOUNCES, mails * COMPLAINTS), pace, MONTH_DAYS, KEPT_DAYS)
    return Usage(*(getattr(one, name) * share.streams for name in Usage.__slots__))


def bill_of(share: Share) -> dict[str, float]:
    """Dollars a month of one account and region, part by part; of SES first."""
    prices = list_prices()
    parts = {"SES, à la carte": charge(SesPlan.A_LA_CARTE, share.mails_a_day * MONTH_DAYS, 0, prices).total}
    parts |= of_stream(used_by(share), prices)
    risky = share.streams * UNHEALTHY
    parts["alarms of streams at risk"] = risky * at_risk(MONTH_DAYS, risky, False, 1.0, prices)
    rate = share.mails_a_day * (1 + BOUNCES + COMPLAINTS) / 86_400
    streams = int(share.streams)
    standing = replace(
        stands(resources()), identities=streams, streams=streams, history_days=HISTORY_DAYS, event_rate=rate
    )
    parts["the guard itself"] = sum(of_guard(standing, 1.0, prices).values())
    return parts


def loads(share: Share) -> Iterator[tuple[str, float, float, str]]:
    """What is needed of each limit in one account and region: name, need, limit, unit."""
    used = used_by(share)
    month = MONTH_DAYS * 86_400
    batch = min(BATCH_EVENTS, BATCH_BYTES / EVENT_BYTES)
    seconds = share.peak_events * CORE_SECONDS_AN_EVENT + share.peak_events / batch * 0.1
    yield "configuration sets", share.streams, 10_000, "sets"
    yield "SES control calls a day: audit, domains", 2 * share.streams, 86_400, "calls"
    yield "streams off or watched, swept in a minute", share.streams * UNHEALTHY, 55 / 20 * 500, "streams"
    yield "alarms", resources()["AWS::CloudWatch::Alarm"] + share.streams * UNHEALTHY, 5_000, "alarms"
    yield "SNS publishes at the peak (smallest regions)", share.peak_events, 300, "a second"
    yield "SNS publishes at the peak (us-east-1)", share.peak_events, 30_000, "a second"
    yield "ingest at the peak", max(1.0, seconds), 1_000, "invocations at once"
    yield "writes of CohortsTable at the peak", used.volume_writes / month * PEAK, 40_000, "units a second"
    yield "new outcomes a second at the peak", share.peak_events * (BOUNCES + COMPLAINTS), 1_000, "a second"


def main(tenants: int, mails_a_day: float) -> None:
    """Print it."""
    share = share_of(tenants, mails_a_day)
    print(f"{tenants:,} tenants, {mails_a_day:,.0f} mails a day: {share.accounts} accounts, each with")
    print(f"  {share.streams:,.0f} streams, {share.mails_a_day:,.0f} mails a day, "
          f"{share.peak_events:,.0f} events a second at the peak\n")  # fmt: skip
    print(f"{'of one account and region':<48}{'need':>10}{'limit':>10}{'used':>8}")
    for name, need, limit, unit in loads(share):
        print(f"{name:<48}{need:>10,.0f}{limit:>10,.0f}{need / limit:>8.1%}  {unit}")
    parts = bill_of(share)
    ses = parts["SES, à la carte"]
    print(f"\n{'dollars a month':<48}{'account':>10}{'all':>12}{'of SES':>9}")
    for name, dollars in parts.items():
        print(f"{name:<48}{dollars:>10,.0f}{dollars * share.accounts:>12,.0f}{dollars / ses:>9.2%}")
    own = sum(parts.values()) - ses
    print(f"{'the guard, all of it':<48}{own:>10,.0f}{own * share.accounts:>12,.0f}{own / ses:>9.2%}")


if __name__ == "__main__":
    main(*(int(each) for each in (*sys.argv[1:], *("100000", "100000000")[len(sys.argv) - 1 :])))
