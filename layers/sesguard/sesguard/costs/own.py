"""The guard's own share in dollars: of a stream, from what its mail makes the guard do, and of the guard itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sesguard.costs.day_counts import DAYS_A_TURN
from sesguard.costs.prices import Prices
from sesguard.costs.sqs_model import LONG_POLL, POLLERS, idle_share
from sesguard.costs.usage import ANSWER, CORE, GIGABYTES, READ_UNIT, Usage

MONTH_DAYS: Final = 365.25 / 12
METRICS: Final = 3  # that are published of a stream at risk: risk, bounce rate, complaint rate
_METRICS_A_REQUEST: Final = (
    1_000  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
)
_MINUTES_A_DAY: Final = 1_440
# A look at a domain: seconds of a whole core (measured 2026-11-26 with a name server on the loopback interface, for an
# identity with Easy DKIM and a custom MAIL FROM), and DynamoDB's units for a record of under 2 KB.
_LOOK_CORE_SECONDS: Final = 7.4e-3
_LOOK_WRITES, _LOOK_READS = 2, 1
METRICS_OF_THE_GUARD: Final = 1
"""DeadLetters, by which sweep says each minute that it lives."""
DEAD_LETTER_QUEUES: Final = 9
"""That sweep looks at each minute."""
SWEEP_LOG_BYTES: Final = 1_100
"""Of a sweep that finds nothing to do: a line of log, and the metric, which is one too."""
SECOND_METRICS: Final = 3
"""Of the stack's alarms that read two metrics: CloudWatch bills an alarm by what it reads."""
TABLE_STREAMS_READ: Final = 1
"""Event source mappings that read a table's stream, of those that the stack has: polling it costs nothing."""
_KEY_REQUESTS_A_DAY: Final = 3 * 288
"""SNS asks for a data key of a topic once in five minutes:
https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
"""
COUNTED_FROM: Final = 300
"""Streams up to which the sweep counts none, of more each every second hour: see sesguard.fleet.snapshot."""
_BLOCKS_READ: Final = 5
_BLOCK_BYTES, _MINUTE_BYTES = 100, 9  # of a block of hours, and of each minute in it that has mail
_WRITES_A_COUNT: Final = 0.06  # write units of a stream's line of a part, 60 bytes packed
_READS_A_TURN, _READS_A_DAY_KEPT = 7, 1
"""Read units of putting a stream's days on record, consistent: settled days of two months and three months' days on
record, and of each day volume and outcomes."""
_WRITES_A_TURN: Final = 1.2  # one a month that the days are of, of which a week has two every fifth time
_BYTES_A_DAY_KEPT: Final = 40
SWEEP_GIGABYTES: Final = 1_769 / 1_024
_SWEEP_SECONDS: Final = 20 * ANSWER  # a sweep that finds nothing to do: some twenty calls, one after the other


def of_stream(usage: Usage, prices: Prices) -> dict[str, float]:
    """Dollars, part by part."""
    price = prices.price
    writes = usage.volume_writes + usage.outcome_writes
    return {
        "events": price["sns_publish"].of(usage.published),
        "queue": price["sqs_request"].of(usage.queue_requests),
        "lambda": price["lambda_request"].of(usage.invocations) + price["lambda_gb_second"].of(usage.gigabyte_seconds),
        "counting": price["dynamodb_write"].of(writes),
        "weighing": price["dynamodb_read"].of(usage.reads) + price["dynamodb_write"].of(usage.settled_writes),
        "stored": price["dynamodb_gb_month"].of(usage.byte_days / 1e9 / MONTH_DAYS),
    }


def at_risk(days: float, others: float, always: bool, month: float, prices: Prices) -> float:
    """Dollars for a stream's alarm and metrics: for ``days`` at risk, or ``always`` for ``month``, a share of one.

    others: how many streams are at risk at once, on average, which share the request of each minute.
    """
    price = prices.price
    share = days / MONTH_DAYS
    sharing = min(max(1.0, others), _METRICS_A_REQUEST / METRICS)
    alarm = price["cloudwatch_alarm"].of(month if always else share)
    requests = price["cloudwatch_request"].of(days * _MINUTES_A_DAY / sharing)
    return alarm + price["cloudwatch_metric"].of(METRICS * share) + requests


@dataclass(frozen=True, slots=True)
class StandingCost:
    """What stands in the stack whether mail is sent or not."""

    alarms: int
    """By the metrics that they read."""
    keys: int
    secrets: int
    queues_read: int
    """Event source mappings that poll a queue."""
    identities: int = 0
    """Whose domains are looked at daily."""
    streams: int = 0
    """That the sweep counts for whoever looks at all of them, and whose days it puts on record."""
    history_days: int = 0
    """For how many days those stay."""
    recorded_bytes: float = 0.0
    """In the tables that can be restored: streams, the journal, tenants, what was set up."""
    event_rate: float = 0.0
    """Of SES events, a second on average: who polls a queue that is never empty polls no more than it receives."""


def stands(resources: Mapping[str, int]) -> StandingCost:
    """What stands where a stack has so many resources by type, such as AWS::CloudWatch::Alarm."""

    def count(kind: str) -> int:
        return resources.get(f"AWS::{kind}", 0)

    alarms, mappings = count("CloudWatch::Alarm"), count("Lambda::EventSourceMapping")
    return StandingCost(
        alarms + min(alarms, SECOND_METRICS),
        count("KMS::Key"),
        count("SecretsManager::Secret"),
        max(0, mappings - TABLE_STREAMS_READ),
    )


def of_guard(standing: StandingCost, month: float, prices: Prices) -> Mapping[str, float]:
    """Dollars of the guard itself in a share of a month, part by part: what is nobody's."""
    price = prices.price
    days = month * MONTH_DAYS
    counted = days * 12 * standing.streams if standing.streams > COUNTED_FROM else 0.0
    fleet = price["dynamodb_read"].of(counted * (_reads_a_count(standing) if counted else 0)) + price[
        "dynamodb_write"
    ].of(counted * _WRITES_A_COUNT)
    kept = days * standing.streams if standing.history_days else 0.0
    turns = kept / DAYS_A_TURN
    history = price["dynamodb_read"].of(turns * _READS_A_TURN + kept * _READS_A_DAY_KEPT) + price["dynamodb_write"].of(
        turns * _WRITES_A_TURN
    )
    history_bytes = standing.streams * standing.history_days * _BYTES_A_DAY_KEPT
    busy = 1 - idle_share(standing.event_rate / POLLERS) if standing.queues_read else 0.0
    polls = (standing.queues_read - busy) * POLLERS * days * 86_400 / LONG_POLL
    sweeps = days * _MINUTES_A_DAY
    looks = days * standing.identities
    domains = price["dynamodb_write"].of(looks * _LOOK_WRITES) + price["dynamodb_read"].of(looks * _LOOK_READS)
    return {
        "alarms": price["cloudwatch_alarm"].of(standing.alarms * month),
        "keys": price["kms_key"].of(standing.keys * month),
        "secrets": price["secret"].of(standing.secrets * month),
        "metrics": price["cloudwatch_metric"].of(METRICS_OF_THE_GUARD * month),
        "logs": price["logs_gb"].of(sweeps * SWEEP_LOG_BYTES / 1e9),
        "key requests": price["kms_request"].of(days * _KEY_REQUESTS_A_DAY),
        "backups": price["dynamodb_pitr_gb_month"].of(standing.recorded_bytes / 1e9 * month),
        "idle queues": price["sqs_request"].of(polls + sweeps * DEAD_LETTER_QUEUES),
        "fleet": fleet,
        "history": history + price["dynamodb_gb_month"].of(history_bytes / 1e9 * month),
        "domains": domains + price["lambda_gb_second"].of(looks * _LOOK_CORE_SECONDS / CORE * GIGABYTES),
        "sweep": price["lambda_request"].of(sweeps)
        + price["lambda_gb_second"].of(sweeps * _SWEEP_SECONDS * SWEEP_GIGABYTES),
    }


def _reads_a_count(standing: StandingCost) -> float:
    """Read units of a stream's day of volume and of its outcomes, eventually consistent."""
    mails = standing.event_rate * 86_400 / standing.streams
    volume = _BLOCKS_READ * _BLOCK_BYTES + min(mails, _MINUTES_A_DAY) * _MINUTE_BYTES
    return (math.ceil(volume / READ_UNIT) + 1) / 2
