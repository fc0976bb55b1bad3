"""Batches of an SQS queue as Lambda makes them: up to BatchSize and 6 MB, gathered for the batching window.

The emulator hands over at most 10 messages, at once. On AWS Lambda waits until the window is over, the batch is full,
or its payload reaches the limit:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
"""

import itertools
import threading
import time
from typing import Any, Final

from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc, sqs

from localcloud.gaps import patching

MAX_BATCH: Final = 10_000
MAX_PAYLOAD_BYTES: Final = 6 * 1024 * 1024
# What a record of the event holds besides the body: ids, receipt handle, ARN, attributes.
RECORD_BYTES: Final = 700

_concurrency = patching.original(lambda_svc, "_sqs_esm_concurrency", "esm func_rec config queue")

Message = dict[str, Any]
# When the poller saw the first message of the batch that a queue (account, region, URL) is gathering.
_opened: dict[tuple[str, str, str], float] = {}


def install() -> None:
    patching.replace(sqs, "_receive_messages_for_esm", "queue_url max_number", receive)
    patching.replace(lambda_svc, "_sqs_esm_concurrency", "esm func_rec config queue", concurrency)
    patching.original(sqs, "_collect_msgs", "q max_n vis_timeout")
    patching.original(sqs, "_ensure_msg_fields", "m")
    patching.original(sqs, "_expire_retained", "q")
    patching.original(sqs, "_dlq_sweep", "q")


def concurrency(
    esm: dict[str, Any], func_rec: dict[str, Any], config: dict[str, Any], queue: dict[str, Any] | None = None
) -> int:
    """Batches in flight at most. CloudFormation would make a parameter the number that the emulator expects."""
    scaling = {name: int(value) for name, value in (esm.get("ScalingConfig") or {}).items()}
    allowed: int = _concurrency({**esm, "ScalingConfig": scaling}, func_rec, config, queue)
    return allowed


def receive(queue_url: str, max_number: int) -> list[Message]:
    """The next batch of a queue, or nothing while its window is open; called by the emulator's poller alone."""
    with sqs._queues_lock:
        queue = sqs._get_q(queue_url)
        sqs._expire_retained(queue)
        sqs._dlq_sweep(queue)
        now = time.time()
        waiting = [message for message in queue["messages"] if message["visible_at"] <= now]
        wanted = min(max_number, MAX_BATCH)
        fitting = _fitting(waiting[:wanted])
        full = len(waiting) >= wanted or fitting < len(waiting)
        gathering = (get_account_id(), get_region(), queue_url)
        if not waiting or not (full or _window_over(gathering, _window(queue), now)):
            return []
        _opened.pop(gathering, None)
        visibility = int(queue["attributes"].get("VisibilityTimeout", "30"))
        batch: list[Message] = sqs._collect_msgs(queue, max(fitting, 1), visibility)
        return batch


def _fitting(messages: list[Message]) -> int:
    """How many of `messages` fit into one invocation."""
    sizes = itertools.accumulate(len(message["body"].encode()) + RECORD_BYTES for message in messages)
    return sum(1 for _ in itertools.takewhile(lambda size: size <= MAX_PAYLOAD_BYTES, sizes))


def _window(queue: dict[str, Any]) -> float:
    """MaximumBatchingWindowInSeconds of the mapping that reads the queue."""
    arn = queue["attributes"]["QueueArn"]
    windows = (
        mapping.get("MaximumBatchingWindowInSeconds") or 0
        for mapping in lambda_svc._esms.values()
        if mapping.get("EventSourceArn") == arn
    )
    return float(next(windows, 0))


def _window_over(gathering: tuple[str, str, str], window: float, now: float) -> bool:
    """Whether the batch has been gathered for `window` seconds. The first call begins it, and has the poller woken."""
    if gathering not in _opened:
        _opened[gathering] = now
        alarm_clock = threading.Timer(window, lambda_svc._esm_wake.set)
        alarm_clock.daemon = True
        alarm_clock.start()
    return now - _opened[gathering] >= window
