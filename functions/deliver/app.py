"""deliver: notifications from DeliveryQueue, one an invocation; each is sent once, tried again later, or reported."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.settings import DeliverSettings, LinkSettings, SetAsideSettings, in_lambda
from sesguard.notify.deliver import Fate, deliver
from sesguard.wiring.deliver import Delivering, delivering
from sesguard.wiring.set_aside import Aside

logger = Logger()
aside = Aside(SetAsideSettings.from_env)


@cache
def wired() -> Delivering:
    return delivering(DeliverSettings.from_env(), LinkSettings.from_env())


if in_lambda():
    wired()  # while the process starts, when Lambda gives it more CPU than the function will have


# Not Powertools' BatchProcessor: it calls a batch of one that has to wait a failure of the function, which would raise
# the alarm on errors for every webhook that is down.
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Deliver a notification: one that has to wait is hidden for so long and reported as not done; else it raises."""
    deps, once, waiting = wired()
    once.register(context)
    not_done = []
    for record in event["Records"]:
        try:
            done = deliver(deps, record["body"], int(record["attributes"]["ApproximateReceiveCount"]), _now())
            if done.fate is Fate.LATER:
                waiting.hide(record["receiptHandle"], done.after)
                not_done.append({"itemIdentifier": record["messageId"]})
        except msgspec.DecodeError:  # no notification: it never will be one
            logger.exception("notification set aside", queue_message=record["messageId"])
            if aside.put(record["body"], "no notification"):
                continue
            raise
        except Exception:
            logger.exception("notification not delivered", queue_message=record["messageId"])
            raise
        log = logger.error if done.fate is Fate.GIVEN_UP else logger.info
        log("notification taken", fate=done.fate.value, channel=done.channel, reason=done.reason)
    return {"batchItemFailures": not_done}


def _now() -> datetime:
    return datetime.now(UTC)
