"""sweep: every minute, the streams that are not healthy; nothing that was lost stays lost."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.settings import AlarmSettings, DecidingSettings
from sesguard.aws.sweep_wiring import Sweeping, sweeping
from sesguard.sweep import sweep

KEPT_MS = 15_000  # of the function's time, for one more stream and the metrics

logger = Logger()
metrics = Metrics()


@cache
def wired(account: str, region: str) -> Sweeping:
    return sweeping(DecidingSettings.from_env(), AlarmSettings.from_env(), account, region)


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001  # a schedule has nothing to say
    """Sweep once. A stream that fails is looked after again by the next sweep."""
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    world, alarms = wired(account, region)
    swept = sweep(world, alarms, datetime.now(UTC), lambda: context.get_remaining_time_in_millis() > KEPT_MS)
    for stream, action in swept.actions:
        logger.info("stream looked after", stream=str(stream), action=action.value)
    logger.info(
        "swept",
        streams=swept.streams,
        left=swept.left,
        repaired=[str(stream) for stream in swept.repaired],
        failed={str(stream): code for stream, code in swept.failed.items()},
    )
    metrics.add_metric("Sweeps", MetricUnit.Count, 1)
    metrics.add_metric("StreamsNotHealthy", MetricUnit.Count, swept.streams)
    metrics.add_metric("StreamsNotSwept", MetricUnit.Count, len(swept.failed) + swept.left)
