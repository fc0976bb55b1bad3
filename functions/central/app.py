"""central: what guards of other accounts and regions forward, and every few minutes who of them is silent."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.clients import Clients
from sesguard.aws.settings import CentralSettings, SetAsideSettings, in_lambda
from sesguard.members.central import CentralDeps, ForgedError, miss_the_silent, take
from sesguard.wiring.central import central
from sesguard.wiring.set_aside import Aside

logger = Logger()
metrics = Metrics()
aside = Aside(SetAsideSettings.from_env)
processor = BatchProcessor(event_type=EventType.SQS)


@cache
def clients() -> Clients:
    return Clients().prepare("dynamodb", "sns")


@cache
def wired(partition: str) -> CentralDeps:
    return central(CentralSettings.from_env(), partition, clients())


if in_lambda():
    clients()  # while the process starts, when Lambda gives it more CPU than the function will have


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401  # Powertools' own type is looser
    """Take a batch of forwarded events, or, on a schedule, look who is silent."""
    deps = wired(context.invoked_function_arn.split(":")[1])
    if "Records" not in event:
        silent = miss_the_silent(deps, datetime.now(UTC))
        metrics.add_metric("SilentMembers", MetricUnit.Count, len(silent))
        logger.info("members looked at", silent=[member.name for member in silent])
        return None

    def put_aside(record: SQSRecord, cause: str) -> bool:
        metrics.add_metric("RefusedCentralEvents", MetricUnit.Count, 1)
        return aside.put(record.body, cause)

    def receive(record: SQSRecord) -> None:
        try:
            taken = take(deps, record.body, datetime.now(UTC))
        except msgspec.DecodeError:  # no event of a guard's; it never will be one
            logger.exception("event set aside", queue_message=record.message_id)
            if put_aside(record, "no event of a guard's"):
                return
            raise
        except ForgedError as error:
            logger.error("event refused", queue_message=record.message_id, error=str(error))
            if put_aside(record, str(error)):
                return
            raise
        logger.info("event taken", taken=taken.value)

    return process_partial_response(event=event, record_handler=receive, processor=processor, context=context)
