"""enforce: CloudWatch alarms and status events of SES; each pauses or resumes the stream that it names."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.alarm_queue import enqueue
from sesguard.aws.clients import Clients
from sesguard.aws.message_visibility import MessageVisibility
from sesguard.aws.queues import GO_ON
from sesguard.aws.settings import EnforceSettings, SetAsideSettings, in_lambda
from sesguard.errors import AwsError
from sesguard.pausing.enforce import Result
from sesguard.pausing.queue import TRIES, serve
from sesguard.pausing.ses_status import follow_ses_status
from sesguard.signals.ses_status_event import Unusable, read
from sesguard.wiring.enforce import Enforcing, enforcing
from sesguard.wiring.set_aside import Aside

KEPT_MS = 10_000  # of the function's time, for one more alarm

logger = Logger()
aside = Aside(SetAsideSettings.from_env)
settings = cache(EnforceSettings.from_env)
visibility = MessageVisibility(lambda: settings().alarm_queue_url)
processor = BatchProcessor(event_type=EventType.SQS)


@cache
def clients() -> Clients:
    return Clients().prepare("dynamodb", "sesv2", "events")


@cache
def wired(account: str, region: str) -> Enforcing:
    return enforcing(settings(), account, region, clients())


if in_lambda():
    clients()  # while the process starts, when Lambda gives it more CPU than the function will have


def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ANN401  # Powertools' own type is looser
    """Queue a batch of alarms for SES, then serve whoever waits, the worst first.

    What cannot be queued comes back through AlarmQueue, and in the end as a dead letter; what is queued stays so.
    """
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    guard = wired(account, region)
    deps = guard.deps

    def left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    def take(record: SQSRecord) -> None:
        if record.body == GO_ON:
            return
        try:
            status = read(record.body)
            if status is None:
                for result in enqueue(deps, record.body, datetime.now(UTC)):
                    _log(result)
            elif isinstance(status, Unusable):
                logger.warning("status event of SES not usable", problem=status.detail)
            else:
                changed = follow_ses_status(deps.pausing, deps.tenant_streams, status, datetime.now(UTC))
                logger.info("status event of SES followed", said=status.said.value, changed=[str(it) for it in changed])
        except (ValueError, TypeError):  # msgspec's DecodeError among them: what the message holds is not an alarm's
            logger.exception("alarm set aside", queue_message=record.message_id)
            if not aside.put(record.body, "no alarm message"):
                raise
        except Exception:
            logger.exception("alarm not taken", queue_message=record.message_id)
            raise

    try:
        return process_partial_response(event=event, record_handler=take, processor=processor, context=context)
    finally:  # raises where the whole batch failed, and others may wait all the same
        failed = [each.raw_event for each in processor.fail_messages if isinstance(each, SQSRecord)]
        visibility.soon(failed, left)
        _serve_queue(guard, context)


def _serve_queue(guard: Enforcing, context: LambdaContext) -> None:
    served = serve(
        guard.deps.pausing,
        guard.deps.queue,
        partial(datetime.now, UTC),
        lambda: context.get_remaining_time_in_millis() > KEPT_MS,
        tries=TRIES,
    )
    for result in served.results:
        _log(result)
    if served.failed:
        logger.warning("queued alarms failed", failed={str(stream): code for stream, code in served.failed.items()})
    if served.goes_on:
        try:
            guard.go_on.send()
        except AwsError as error:
            logger.warning("the rest is left to the sweep", error=str(error))


def _log(result: Result) -> None:
    logger.info(
        "alarm taken",
        stream=str(result.stream),
        action=result.action.value,
        reason=result.reason,
        outcome=result.outcome.value,
    )
