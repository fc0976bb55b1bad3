"""An SQS queue and the pollers that Lambda runs on it, in simulated time.

Lambda keeps several pollers, each with a receive under way; a poller gathers what it received until the batching window
is over, then hands it to the function
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html#services-sqs-scaling-concurrency,
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching).
How many messages a receive brings is not documented. A long poll returns as soon as there is anything, so the model is
the dearest that can be: a receive brings only what came since the poller's last one, a round trip ago. Polls that come
back empty are not counted here: what is idle is the guard's own (sesguard/costs/own.py).
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

_ROUND_TRIP = 0.02  # seconds
_MOST = 10  # messages of a receive or a delete: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/


@dataclass(slots=True)
class _Poller(Generic[T]):
    opened: float = 0.0
    batch: list[T] = field(default_factory=list)
    received: float = -1.0
    of_receive: int = 0


class Queue(Generic[T]):
    """``requests`` counts what SQS bills: sends, receives and deletes."""

    def __init__(self, pollers: int, window: float, seed: int = 3) -> None:
        self._pollers: list[_Poller[T]] = [_Poller() for _ in range(pollers)]
        self._window = window
        self._chance = random.Random(seed)
        self.sends = self.receives = self.deletes = 0

    def batches(self, messages: Iterable[tuple[float, T]]) -> Iterator[tuple[float, list[T]]]:
        """Batches as they are handed over, of ``messages`` in the order of time: seconds, then what it is."""
        for at, message in messages:
            for poller in self._pollers:
                if poller.batch and at >= poller.opened + self._window:
                    yield poller.opened + self._window, self._close(poller)
            self._receive(self._chance.choice(self._pollers), at, message)
        for poller in self._pollers:
            if poller.batch:
                yield poller.opened + self._window, self._close(poller)

    def _receive(self, poller: _Poller[T], at: float, message: T) -> None:
        self.sends += 1
        if at - poller.received > _ROUND_TRIP or poller.of_receive == _MOST:
            self.receives += 1
            poller.received, poller.of_receive = at, 0
        poller.of_receive += 1
        if not poller.batch:
            poller.opened = at
        poller.batch.append(message)

    def _close(self, poller: _Poller[T]) -> list[T]:
        batch, poller.batch = poller.batch, []
        self.deletes += -(-len(batch) // _MOST)
        return batch
