"""What the guard costs: a day of a million mails through the real ingest, every call counted, at list prices.

python -m bench.bill

Counted: events, SQS requests, invocations, calls and consumed units of DynamoDB from the sizes of the items that are
really written and read. Modelled: how pollers share the messages (bench/queue.py), the length of an invocation
(sesguard/costs/usage.py), and what lay in the tables before (bench/past.py). Sampled: some hours of the day, at its
full rate, stand for all of it. Streams send evenly through the day, which is the dearest; --bursts sends each stream's
mail at one go. Bounces (2 %) and complaints (0.02 %) come within two minutes. Beside it stands what `sesguard cost`
would compute from the counts of that day alone.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from bench.day import Day, live
from bench.growth import WINDOW, growth, show_growth
from bench.mail_day import Traffic
from bench.priced import bill, by_model
from bench.printed import row
from sesguard.costs.prices import list_prices


def show(days: list[Day], window: float, pollers: int) -> None:
    """Print the bills side by side."""
    price = list_prices().price
    bills = [bill(day) for day in days]
    totals = [sum(found.values()) for found in bills]
    row("streams", [f"{day.traffic.streams:,}" for day in days])
    for part in bills[0]:
        row(part, [f"{found[part]:.4f}" for found in bills])
    row("total", [f"{total:.4f}" for total in totals])
    model = [by_model(day, window, pollers) for day in days]
    counted = [total - found["the guard itself"] for total, found in zip(totals, bills, strict=True)]
    row("the same by the model of counts", [f"{dollars:.4f}" for dollars in model])
    row("  against what was counted", [f"{a / b - 1:+.1%}" for a, b in zip(model, counted, strict=True)])
    full = [total - _spared(day) for total, day in zip(totals, days, strict=True)]
    for name, title, dollars in (
        ("ses", "of SES's charge, à la carte", totals),
        ("ses_essentials", "of SES's charge, Essentials", totals),
        ("ses", "à la carte, with full receives", full),
    ):
        shares = [share / price[name].of(day.traffic.mails) for share, day in zip(dollars, days, strict=True)]
        row(title, [f"{share:.2%}" for share in shares])
    for what in ("events", "batches", "weighed"):
        row(f"  {what}", [f"{getattr(day, what):,}" for day in days])
    for call in sorted({name for day in days for name in day.store.calls}):
        row(f"  {call}", [f"{day.store.calls[call]:,}" for day in days])


def _spared(day: Day) -> float:
    """Dollars less, if each receive brought ten messages wherever a batch had them."""
    receives = day.queue.receives - day.queue.deletes
    return list_prices().price["sqs_request"].of(receives) * day.traffic.mails / day.mails


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=1_000_000)
    parser.add_argument("--streams", default="10,100,1000,10000")
    parser.add_argument("--hours", type=float, default=6.0, help="how much of the day is lived through")
    parser.add_argument("--window", type=float, default=WINDOW, help="BatchingWindowSeconds")
    parser.add_argument("--pollers", type=int, default=5, help="how many Lambda keeps")
    parser.add_argument("--delivery", action="store_true", help="publish Delivery events too")
    parser.add_argument("--bursts", action="store_true", help="each stream sends its day's mail at one go")
    parser.add_argument("--growth", type=Path, metavar="SVG", help="the table of growth instead, and its picture there")
    parser.add_argument("--json", action="store_true", help="the table of growth as JSON")
    wanted = parser.parse_args()
    if wanted.growth or wanted.json:
        rows = growth()
        print(json.dumps(rows)) if wanted.json else show_growth(rows, wanted.growth)
        return
    kinds = f"Send, {'Delivery, ' if wanted.delivery else ''}Bounce and Complaint"
    shape = "at one go" if wanted.bursts else "evenly through the day"
    prices = list_prices()
    print(f"{wanted.mails:,} mails in a day, sent {shape}; {kinds} events over SNS; window {wanted.window:g} s,")
    print(f"{wanted.pollers} pollers; {prices.region}, {prices.read}; dollars of the day, by {wanted.hours:g} h of it")
    counts = [int(count) for count in wanted.streams.split(",")]
    traffics = [Traffic(wanted.mails, count, wanted.hours, wanted.delivery, wanted.bursts) for count in counts]
    show([live(traffic, wanted.window, wanted.pollers) for traffic in traffics], wanted.window, wanted.pollers)


if __name__ == "__main__":
    main()
