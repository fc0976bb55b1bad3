"""What a day that was lived through (:mod:`bench.day`) costs at list prices, part by part."""

from __future__ import annotations

from dataclasses import replace

from bench.day import Day
from bench.mail_day import DAY
from bench.metered import COUNTS, LOG, READ_CARRIED
from bench.scale import HISTORY_DAYS
from bench.template import resources
from bench.traffic import BOUNCES, COMPLAINTS
from sesguard.aws.counts.cohorts import KEPT_DAYS
from sesguard.costs.own import MONTH_DAYS, StandingCost, of_guard, of_stream, stands
from sesguard.costs.prices import list_prices
from sesguard.costs.sqs_model import ReceivePace
from sesguard.costs.usage import GIGABYTES, MailCounts, usage

RECORD_BYTES = 4_000  # of one stream: its record, its tenant, what was set up, and some entries of the journal


def bill(day: Day) -> dict[str, float]:
    """Dollars of a whole day, part by part, by what was counted."""
    whole = day.traffic.mails / day.mails
    price = list_prices().price
    writes, reads = day.store.write_units, day.store.read_units
    folding = day.traffic.hours / day.block.hours
    rolling_up = day.traffic.streams * day.traffic.share  # days of streams
    looks = reads.total() - reads[COUNTS] - reads[READ_CARRIED] + day.weighed * day.looked.reads
    kept = day.block.stored * folding + day.looked.stored * rolling_up + day.outcomes * day.written.stored
    stored = kept * KEPT_DAYS / 1e9
    counted = {
        "SNS: events published": price["sns_publish"].of(day.events),
        "SQS: events sent": price["sqs_request"].of(day.queue.sends),
        "SQS: receives and deletes": price["sqs_request"].of(day.queue.receives + day.queue.deletes),
        "Lambda": price["lambda_request"].of(day.batches) + price["lambda_gb_second"].of(day.seconds * GIGABYTES),
        "DynamoDB: volume, logged": price["dynamodb_write"].of(writes[LOG]),
        "DynamoDB: volume, folded": price["dynamodb_write"].of(day.block.writes * folding),
        "DynamoDB: outcomes, once": price["dynamodb_write"].of(day.outcomes * day.written.writes),
        "DynamoDB: records, domains": price["dynamodb_write"].of(writes["records"] + writes["sending domains"]),
        "DynamoDB: weighing": price["dynamodb_read"].of(looks + day.block.reads * folding)
        + price["dynamodb_write"].of(day.looked.rollups * rolling_up),
        f"DynamoDB: {KEPT_DAYS} days stored": price["dynamodb_gb_month"].of(stored) / MONTH_DAYS,
        "CloudWatch: streams at risk": price["cloudwatch_request"].of(day.metrics),
    }
    own = sum(of_guard(standing(day.traffic.streams, day.rate), 1 / MONTH_DAYS, list_prices()).values())
    return {part: dollars * whole for part, dollars in counted.items()} | {"the guard itself": own}


def standing(streams: int, event_rate: float) -> StandingCost:
    """What stands in the stack, by its template, whether mail is sent or not. event_rate: events a second."""
    return replace(
        stands(resources()),
        streams=streams,
        history_days=HISTORY_DAYS,
        recorded_bytes=streams * RECORD_BYTES,
        event_rate=event_rate,
    )


def by_model(day: Day, window: float, pollers: int) -> float:
    """Dollars of the whole day by the model, from the counts that such a day leaves, without the guard itself."""
    traffic = day.traffic
    mails = traffic.mails / traffic.streams
    counts = MailCounts(mails, mails * BOUNCES, mails * COMPLAINTS)
    pace = ReceivePace(counts.events(deliveries=traffic.delivery) * traffic.streams, DAY, window, pollers)
    each = usage(counts, pace, 1, KEPT_DAYS, deliveries=traffic.delivery)
    return sum(of_stream(each, list_prices()).values()) * traffic.streams
