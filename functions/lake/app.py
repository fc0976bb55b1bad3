"""lake: a batch of SES events from Firehose, each made a line of the lake, without what is personal."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.settings import LakeSettings
from sesguard.lake.flatten import Flattener
from sesguard.lake.transform import transform
from sesguard.ses_events.context import Context
from sesguard.wiring.lake import flattening

logger = Logger()
metrics = Metrics()


@cache
def flattener(account: str, region: str) -> Flattener:
    return flattening(LakeSettings.from_env(), Context(account=account, region=region))


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Answer for each record of a batch. A failure of the batch itself is raised, so that Firehose tries again."""
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    done = transform(event["records"], flattener(account, region))
    if done.failed:
        metrics.add_metric("LakeUnreadableRecords", MetricUnit.Count, sum(done.failed.values()))
        logger.warning(
            "records that cannot be read lie below the bucket's errors/", extra={"reasons": dict(done.failed)}
        )
    if done.dropped:
        logger.info("records that are no sending events", extra={"reasons": dict(done.dropped)})
    return {"records": done.records}
