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
import heapq
import json
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.ingest import ENVIRONMENT
from bench.instant import InstantClient, InstantClients
from bench.metered import MeteredDynamoDB
from bench.past import Past
from bench.queue import Queue
from bench.scale import HISTORY_DAYS
from bench.traffic import ACCOUNT, BOUNCES, COMPLAINTS, REGION, a_bounce, a_complaint, a_delivery, a_mail, a_send
from sesguard.aws.counts.cohorts import KEPT_DAYS
from sesguard.aws.counts.volume_fold import EVERY, SETTLED, VolumeFold
from sesguard.aws.settings import IngestSettings
from sesguard.aws.workers import Workers
from sesguard.costs.own import MONTH_DAYS, StandingCost, of_guard, of_stream
from sesguard.costs.prices import list_prices
from sesguard.costs.sqs_model import ReceivePace
from sesguard.costs.usage import ANSWER, AT_ONCE, CALL, CORE, GIGABYTES, MailCounts, usage
from sesguard.ingest.batch import ingest
from sesguard.ses_events.context import Context
from sesguard.stream import StreamId
from sesguard.wiring.ingest import ingesting

DAY = 86_400
BEGIN = datetime(2026, 11, 21, 12, tzinfo=UTC)
BURST_RATE = 14.0  # mails a second, SES's usual first quota
TEMPLATE = Path(__file__).resolve().parents[1] / "template.yaml"


@dataclass(frozen=True, slots=True)
class Traffic:
    """``mails`` a day by ``streams``, of which ``hours`` are lived through."""

    mails: int
    streams: int
    hours: float
    delivery: bool
    bursts: bool

    @property
    def share(self) -> float:
        """Of the day."""
        return self.hours / 24


def events(traffic: Traffic, seed: int = 1) -> Iterator[tuple[float, str]]:
    """Seconds into the day and body of each event, in that order."""
    chance = random.Random(seed)
    later: list[tuple[float, str]] = []
    for number, (at, stream) in enumerate(_mails(traffic, chance)):
        while later and later[0][0] <= at:
            yield heapq.heappop(later)
        mail = a_mail(number, stream, BEGIN.timestamp() + at)
        yield at, json.dumps(a_send(mail))
        draw = chance.random()
        after = at + chance.uniform(0.5, 120)
        if draw < BOUNCES:
            heapq.heappush(later, (after, json.dumps(a_bounce(mail, number))))
        elif traffic.delivery:
            heapq.heappush(later, (at + chance.uniform(0.5, 5), json.dumps(a_delivery(mail))))
        if chance.random() < COMPLAINTS:
            heapq.heappush(later, (after, json.dumps(a_complaint(mail, number))))
    while later:
        yield heapq.heappop(later)


def _mails(traffic: Traffic, chance: random.Random) -> list[tuple[float, int]]:
    """When each mail is sent, and by which stream."""
    end = DAY * traffic.share
    if not traffic.bursts:
        count = round(traffic.mails * traffic.share)
        return sorted((chance.uniform(0, end), chance.randrange(traffic.streams)) for _ in range(count))
    each = traffic.mails // traffic.streams
    starts = [chance.uniform(-each / BURST_RATE, DAY) for _ in range(traffic.streams)]
    mails = ((start + n / BURST_RATE, stream) for stream, start in enumerate(starts) for n in range(each))
    return sorted(mail for mail in mails if 0 <= mail[0] < end)


@dataclass(slots=True)
class Day:
    """What one day came to."""

    traffic: Traffic
    queue: Queue[str]
    store: MeteredDynamoDB
    metrics: int = 0
    mails: int = 0
    events: int = 0
    batches: int = 0
    weighed: int = 0
    seconds: float = 0.0


def live(traffic: Traffic, window: float, pollers: int) -> Day:
    """Run a day of ``traffic`` through ingest."""
    store = MeteredDynamoDB(int(BEGIN.timestamp()) // 3600, Past(traffic.mails / traffic.streams / 24, BOUNCES))
    clients = InstantClients(store)
    cloudwatch = clients.cloudwatch = CountedClient()
    clock = Clock()
    wired = ingesting(IngestSettings.from_env(ENVIRONMENT), clients, Workers(1), clock)  # type: ignore[arg-type]  # stands in for the clients
    fold = VolumeFold(store, "cohorts", StreamId(ACCOUNT, REGION, ""), Workers(1))  # type: ignore[arg-type]  # as above
    context = Context(account=ACCOUNT, region=REGION)
    day = Day(traffic, Queue(pollers, window), store)
    for at, bodies in day.queue.batches(events(traffic)):
        while clock.minute_began(at):  # the sweep, each minute
            fold.fold(BEGIN + timedelta(seconds=clock.minute * 60))
        clock.at = at
        before, began = store.calls.total(), time.thread_time()
        done = ingest(bodies, context, wired.writer, wired.guard, BEGIN + timedelta(seconds=at), lambda: 60.0)
        assert not done.failed, done.failed
        calls = store.calls.total() - before
        day.events += done.events
        day.batches += 1
        day.weighed += len(done.looked)
        day.seconds += (time.thread_time() - began + CALL * calls) / CORE + ANSWER * (1 + calls / AT_ONCE)
        day.mails += sum('"eventType": "Send"' in body for body in bodies)
    fold.fold(BEGIN + timedelta(seconds=DAY * traffic.share) + EVERY + SETTLED)  # what is logged has to be folded, too
    day.metrics = cloudwatch.requests
    return day


class Clock:
    """The time of the day that is lived through: seconds since it began, and the last minute that was swept."""

    def __init__(self) -> None:
        self.at = 0.0
        self.minute = 0

    def __call__(self) -> float:
        return BEGIN.timestamp() + self.at

    def minute_began(self, at: float) -> bool:
        """Whether another minute begins before ``at``; then that is the last."""
        if at < (self.minute + 1) * 60:
            return False
        self.minute += 1
        return True


class CountedClient(InstantClient):
    """CloudWatch, counted. The streams of this traffic are healthy: there should be nothing to count."""

    def __init__(self) -> None:
        self.requests = 0

    def put_metric_data(self, **_: object) -> dict[str, Any]:
        self.requests += 1
        return {}

    put_metric_alarm = set_alarm_state = put_metric_data


def bill(day: Day) -> dict[str, float]:
    """Dollars of a whole day, part by part, by what was counted."""
    whole = day.traffic.mails / day.mails
    price = list_prices().price
    writes, reads = day.store.write_units, day.store.read_units
    stored = day.store.stored_bytes * KEPT_DAYS / 1e9
    counted = {
        "SNS: events published": price["sns_publish"].of(day.events),
        "SQS: events sent": price["sqs_request"].of(day.queue.sends),
        "SQS: receives and deletes": price["sqs_request"].of(day.queue.receives + day.queue.deletes),
        "Lambda": price["lambda_request"].of(day.batches) + price["lambda_gb_second"].of(day.seconds * GIGABYTES),
        "DynamoDB: volume": price["dynamodb_write"].of(writes["volume"]),
        "DynamoDB: outcomes, once": price["dynamodb_write"].of(writes["outcomes"]),
        "DynamoDB: weighing": price["dynamodb_read"].of(reads.total())
        + price["dynamodb_write"].of(writes["settled days"]),
        f"DynamoDB: {KEPT_DAYS} days stored": price["dynamodb_gb_month"].of(stored) / MONTH_DAYS,
        "CloudWatch: streams at risk": price["cloudwatch_request"].of(day.metrics),
    }
    own = sum(of_guard(_standing(day.traffic.streams), 1 / MONTH_DAYS, list_prices()).values())
    return {part: dollars * whole for part, dollars in counted.items()} | {"the guard itself": own}


RECORD_BYTES = 4_000  # of one stream: its record, its tenant, what was set up, and some entries of the journal


def _standing(streams: int) -> StandingCost:
    """What stands in the stack whether mail is sent or not."""
    text = TEMPLATE.read_text(encoding="utf-8")
    alarms, keys, secrets = (
        text.count(f"Type: {kind}\n")
        for kind in ("AWS::CloudWatch::Alarm", "AWS::KMS::Key", "AWS::SecretsManager::Secret")
    )
    return StandingCost(
        alarms,
        keys,
        secrets,
        queues_read=len(re.findall(r"Type: (?:SQS|DynamoDB)\n", text)),
        streams=streams,
        history_days=HISTORY_DAYS,
        recorded_bytes=streams * RECORD_BYTES,
    )


def by_model(day: Day, window: float, pollers: int) -> float:
    """Dollars of the whole day by the model, from the counts that such a day leaves, without the guard itself."""
    traffic = day.traffic
    mails = traffic.mails / traffic.streams
    counts = MailCounts(mails, mails * BOUNCES, mails * COMPLAINTS)
    pace = ReceivePace(counts.events(deliveries=traffic.delivery) * traffic.streams, DAY, window, pollers)
    each = usage(counts, pace, 1, KEPT_DAYS, deliveries=traffic.delivery)
    return sum(of_stream(each, list_prices()).values()) * traffic.streams


def show(days: list[Day], window: float, pollers: int) -> None:
    """Print the bills side by side."""
    price = list_prices().price
    bills = [bill(day) for day in days]
    totals = [sum(found.values()) for found in bills]
    _row("streams", [f"{day.traffic.streams:,}" for day in days])
    for part in bills[0]:
        _row(part, [f"{found[part]:.4f}" for found in bills])
    _row("total", [f"{total:.4f}" for total in totals])
    model = [by_model(day, window, pollers) for day in days]
    counted = [total - found["the guard itself"] for total, found in zip(totals, bills, strict=True)]
    _row("the same by the model of counts", [f"{dollars:.4f}" for dollars in model])
    _row("  against what was counted", [f"{a / b - 1:+.1%}" for a, b in zip(model, counted, strict=True)])
    full = [total - _spared(day) for total, day in zip(totals, days, strict=True)]
    for name, title, dollars in (
        ("ses", "of SES's charge, à la carte", totals),
        ("ses_essentials", "of SES's charge, Essentials", totals),
        ("ses", "à la carte, with full receives", full),
    ):
        shares = [share / price[name].of(day.traffic.mails) for share, day in zip(dollars, days, strict=True)]
        _row(title, [f"{share:.2%}" for share in shares])
    for what in ("events", "batches", "weighed"):
        _row(f"  {what}", [f"{getattr(day, what):,}" for day in days])
    for call in sorted({name for day in days for name in day.store.calls}):
        _row(f"  {call}", [f"{day.store.calls[call]:,}" for day in days])


def _spared(day: Day) -> float:
    """Dollars less, if each receive brought ten messages wherever a batch had them."""
    receives = day.queue.receives - day.queue.deletes
    return list_prices().price["sqs_request"].of(receives) * day.traffic.mails / day.mails


def _row(title: str, cells: list[str]) -> None:
    print(f"{title:32}", *(f"{cell:>10}" for cell in cells))


GROWTH_HOURS = {1_000_000: 0.5, 10_000_000: 0.1, 100_000_000: 1 / 60}
"""How much of each day is lived through by mails a day: as long as volume is logged before it is folded."""
GROWTH_STREAMS = (1, 10, 100, 1_000, 10_000)


def growth() -> list[dict[str, float]]:
    """Share of SES's charge, à la carte, by mails a day and streams."""
    rows = []
    for mails, hours in GROWTH_HOURS.items():
        for streams in GROWTH_STREAMS:
            day = live(Traffic(mails, streams, hours, delivery=False, bursts=False), 2.0, 5)
            share = sum(bill(day).values()) / list_prices().price["ses"].of(mails)
            rows.append({"mails": mails, "streams": streams, "share": share})
    return rows


def show_growth(rows: list[dict[str, float]], picture: Path) -> None:
    """Print the table, and draw how the share grows."""
    from matplotlib.figure import Figure  # only here: it takes long to load

    share = {(row["mails"], row["streams"]): row["share"] for row in rows}
    _row("share of SES, à la carte; streams", [f"{streams:,}" for streams in GROWTH_STREAMS])
    figure = Figure(figsize=(7, 4))
    axes = figure.add_subplot()
    for mails in GROWTH_HOURS:
        shares = [share[mails, streams] for streams in GROWTH_STREAMS]
        _row(f"  {mails:,} mails a day", [f"{each:.2%}" for each in shares])
        axes.plot(
            GROWTH_STREAMS, [100 * each for each in shares], marker="o", label=f"{mails // 1_000_000} M mails a day"
        )
    axes.set(xscale="log", xlabel="streams", ylabel="% of SES's charge, à la carte", ylim=(0, None))
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(picture, metadata={"Date": None})
    print(f"drawn: {picture}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=1_000_000)
    parser.add_argument("--streams", default="10,100,1000,10000")
    parser.add_argument("--hours", type=float, default=6.0, help="how much of the day is lived through")
    parser.add_argument("--window", type=float, default=2.0, help="BatchingWindowSeconds")
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
