"""How the guard's queue is worked at a certain rate of events: how many a receive brings, and how many a batch holds.

Lambda keeps some pollers, each with a receive under way; a poller gathers until the batching window is over. How many
messages a receive brings is not documented, so this takes the dearest way: only what came since the last one.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html#services-sqs-scaling-concurrency
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html#invocation-eventsourcemapping-batching
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

ROUND_TRIP: Final = 0.02  # seconds
MOST: Final = (
    10  # messages of a receive or a delete: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
)
POLLERS: Final = 5
LONG_POLL: Final = 20.0  # seconds
_MANY: Final = 200  # events a batch, from which on a batch is as long as the mean


@dataclass(frozen=True, slots=True)
class ReceivePace:
    """``events`` in ``seconds``, evenly; ``window`` seconds are gathered by each of ``pollers``."""

    events: float
    seconds: float
    window: float
    pollers: int = POLLERS

    @property
    def rate(self) -> float:
        """Events a second that one poller sees."""
        return self.events / self.seconds / self.pollers if self.seconds else 0.0

    @property
    def receives_an_event(self) -> float:
        return 1 / min(MOST, 1 + self.rate * ROUND_TRIP)

    @property
    def events_a_batch(self) -> float:
        return 1 + self.rate * self.window

    @property
    def batches(self) -> float:
        return self.events / self.events_a_batch

    @property
    def deletes_a_batch(self) -> float:
        """Deletes of MOST messages each, on average: after a batch's first event the others come by chance."""
        later = self.rate * self.window
        if later > _MANY:
            return (1 + later) / MOST + (MOST - 1) / (2 * MOST)
        chance, mean = math.exp(-later), 0.0
        for count in range(1, 2 * _MANY + 1):
            mean += chance * math.ceil(count / MOST)
            chance *= later / count
        return mean

    def batches_with(self, events: float) -> float:
        """How many batches hold any of some ``events`` among all, which come by chance."""
        return self.batches * -math.expm1(-events / self.batches) if self.batches else 0.0


def idle_share(rate: float) -> float:
    """Polls of a poller that find nothing, where ``rate`` messages a second come by chance: a share of an idle one's.

    A poll waits for LONG_POLL, and finds nothing with the chance that nothing comes meanwhile.
    """
    expected = rate * LONG_POLL
    return expected / math.expm1(expected) if 0 < expected < _MANY else float(not expected)
