"""notify: the guard's own events from NotifyQueue; owners and the operator are told, each once."""

from __future__ import annotations

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.notify_wiring import Telling, telling
from sesguard.aws.settings import NotifySettings
from sesguard.notify import notify

logger = Logger()
processor = BatchProcessor(event_type=EventType.SQS)


@cache
def wired() -> Telling:
    return telling(NotifySettings.from_env())


def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401  # Powertools' own type is looser
    """Take a batch of events; what fails comes back through the queue, and in the end as a dead letter."""
    wired().once.register(context)

    def take(record: SQSRecord) -> None:
        try:
            news = notify(wired().channels, record.body)
        except Exception:
            logger.exception("event not told", queue_message=record.message_id)
            raise
        logger.info("event told", event=news.id if news else "unknown kind")

    return process_partial_response(event=event, record_handler=take, processor=processor, context=context)
