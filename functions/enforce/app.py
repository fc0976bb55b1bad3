"""enforce: CloudWatch alarm messages from AlarmQueue; each pauses or resumes the stream that it names."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.deciding_wiring import deciding_world
from sesguard.aws.settings import DecidingSettings
from sesguard.enforce import enforce
from sesguard.settle import World

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS)


@cache
def world(account: str, region: str) -> World:
    return deciding_world(DecidingSettings.from_env(), account, region)


def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401  # Powertools' own type is looser
    """Take a batch of alarm messages; what fails comes back through the queue, and in the end as a dead letter."""
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")

    def take(record: SQSRecord) -> None:
        try:
            result = enforce(world(account, region), record.body, datetime.now(UTC))
        except Exception:
            logger.exception("alarm not taken", queue_message=record.message_id)
            raise
        logger.info(
            "alarm taken",
            stream=str(result.stream),
            action=result.action.value,
            reason=result.reason,
            outcome=result.outcome.value,
        )

    return process_partial_response(event=event, record_handler=take, processor=processor, context=context)
