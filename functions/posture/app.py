"""posture: looks at the domains that mail is from, daily and at once where their mail is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.clients import Clients
from sesguard.aws.settings import PostureSettings, in_lambda
from sesguard.posture.look import look
from sesguard.wiring.posture import PostureWiring, posture_wiring

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS)


@cache
def clients() -> Clients:
    return Clients().prepare("dynamodb", "sesv2")


@cache
def wired(account: str, region: str) -> PostureWiring:
    return posture_wiring(PostureSettings.from_env(), account, region, clients())


if in_lambda():
    clients()  # while the process starts, when Lambda gives it more CPU than the function will have


def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401  # Powertools' own type is looser
    """Do what each message asks for; what fails comes back through the queue, and in the end as a dead letter."""
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")

    def time_left(seconds: float) -> bool:
        return context.get_remaining_time_in_millis() > seconds * 1000

    def take(record: SQSRecord) -> None:
        try:
            report = look(wired(account, region).deps(time_left), record.body, datetime.now(UTC))
        except Exception:
            logger.exception("domains not looked at", queue_message=record.message_id)
            raise
        logger.info(
            "domains looked at",
            looked_at=report.looked_at,
            changes=report.changes,
            pending=report.pending,
            requested=report.requested,
            refused=report.refused,
            unusable=report.unusable,
        )

    return process_partial_response(event=event, record_handler=take, processor=processor, context=context)
