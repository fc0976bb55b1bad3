"""notify: the guard's own events from NotifyQueue; a notification for everybody who has to hear of them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.message_visibility import MessageVisibility
from sesguard.aws.settings import NotifySettings, SetAsideSettings, in_lambda
from sesguard.notify.route import RouteDeps, notify
from sesguard.wiring.notify import route_deps
from sesguard.wiring.set_aside import Aside

logger = Logger()
aside = Aside(SetAsideSettings.from_env)
visibility = MessageVisibility(lambda: NotifySettings.from_env().notify_queue_url)
processor = BatchProcessor(event_type=EventType.SQS)


@cache
def wired() -> RouteDeps:
    return route_deps(NotifySettings.from_env())


if in_lambda():
    wired()  # while the process starts, when Lambda gives it more CPU than the function will have


def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401  # Powertools' own type is looser
    """Take a batch of events; what fails comes back through the queue, what never heals is set aside."""

    def left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    def take(record: SQSRecord) -> None:
        try:
            noticed = notify(wired(), record.body, datetime.now(UTC))
        except msgspec.DecodeError:  # none of the guard's events, nor of SES: it never will be one
            logger.exception("event set aside", queue_message=record.message_id)
            if aside.put(record.body, "no event of the guard's"):
                return
            raise
        except Exception:
            logger.exception("event not handed out", queue_message=record.message_id)
            raise
        logger.info("event handed out", what=noticed.what, notifications=noticed.notifications)

    try:
        return process_partial_response(event=event, record_handler=take, processor=processor, context=context)
    finally:  # raises where the whole batch failed
        failed = [each.raw_event for each in processor.fail_messages if isinstance(each, SQSRecord)]
        visibility.soon(failed, left)
