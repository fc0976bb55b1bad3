"""Metrics that AWS's services publish of themselves and the guard's alarms on itself watch.

The emulator counts only what the Invoke API calls, and nothing of queues.
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

import threading
import time
from datetime import timedelta
from typing import Any, Final

from ministack.core.responses import request_scope
from ministack.services import cloudwatch, lambda_svc, sqs

from localcloud.gaps import patching

# SQS publishes each minute.
QUEUES_EVERY: Final = timedelta(seconds=10)

_dispatch = patching.original(lambda_svc, "_execute_function_dispatch", "func config event request_id started")
_of_invoke = patching.original(lambda_svc, "_emit_lambda_metrics", "function_name duration_ms error throttle")


def install() -> None:
    patching.replace(lambda_svc, "_execute_function_dispatch", "func config event request_id started", execute)
    patching.replace(lambda_svc, "_emit_lambda_metrics", "function_name duration_ms error throttle", _throttled)
    patching.original(cloudwatch, "record_metric", "namespace metric_name value unit dimensions")


def start() -> None:
    """Publish the metrics of all queues of all accounts and regions, until the process ends."""
    threading.Thread(target=_publish_queues_forever, name="queue-metrics", daemon=True).start()


def execute(
    func: dict[str, Any], config: dict[str, Any], event: dict[str, Any], request_id: str, started: float
) -> dict[str, Any]:
    """Run a function, however it is invoked, and count that."""
    result: dict[str, Any] = _dispatch(func, config, event, request_id, started)
    failed = bool(result.get("error"))
    _of_invoke(config["FunctionName"], (time.time() - started) * 1000, error=failed, throttle=False)
    return result


def _throttled(function_name: str, duration_ms: float, error: bool, throttle: bool) -> None:
    """The emulator's own count: of invocations that ran, `execute` has counted all."""
    if throttle:
        _of_invoke(function_name, duration_ms, error, throttle)


def _publish_queues_forever() -> None:
    while True:
        time.sleep(QUEUES_EVERY.total_seconds())
        for (account, region, _), queue in sqs._queues.all_items():
            with request_scope(account, region):
                _publish_queue(queue, time.time())


def _publish_queue(queue: dict[str, Any], now: float) -> None:
    waiting = [message for message in list(queue["messages"]) if message["visible_at"] <= now]
    oldest = min((message["sent_at"] for message in list(queue["messages"])), default=now)
    dimensions = {"QueueName": queue["attributes"]["QueueArn"].rpartition(":")[2]}
    for name, value, unit in (
        ("ApproximateNumberOfMessagesVisible", len(waiting), "Count"),
        ("ApproximateAgeOfOldestMessage", int(now - oldest), "Seconds"),
    ):
        cloudwatch.record_metric("AWS/SQS", name, value, unit, dimensions)
