"""Redelivery while sets move from SNS to EventBridge, docs/moving-to-eventbridge.md: no loss, nothing counted twice.

Ingest is the real one, over tables in memory; the queue's part (what failed comes again) is played here.
"""

from __future__ import annotations

from itertools import permutations

import pytest

from sesguard.errors import AwsError
from tests.fakes.clock import NOW
from tests.fakes.ingesting import MemoryIngest
from tests.fakes.tables import outcomes_in, volume_in
from tests.fakes.world import ACME
from tests.ses_events import a_bounce, a_bounced, a_complaint, a_mail, a_send, in_eventbridge, in_sns

LOST = AwsError("Call", "Throttling", retryable=True)
MAIL = a_mail(configuration_set=ACME.configuration_set) | {"timestamp": f"{NOW:%Y-%m-%dT%H:%M:%SZ}"}
SENDS = [a_send(mail=MAIL) for _ in range(100)]


def bounces(count):
    return [a_bounce(a_bounced(f"x@d{n}.example"), mail=MAIL, feedbackId=f"bounce-{n}") for n in range(count)]


class World(MemoryIngest):
    """Ingest whose next calls of a kind fail as ``failing`` says."""

    def __init__(self):
        super().__init__()
        self.failing = {}
        self.memory.hook_all(self._hook)

    def _hook(self, call):
        if self.failing.get(call):
            raise self.failing[call].pop(0)

    def deliver(self, *messages):
        """Let ingest take messages, and those that fail again until none does, as the queue does; give how often."""
        for times in range(1, 6):
            batch = self.take(*messages)
            messages = [messages[number] for number in sorted(batch.failed)]
            if not messages:
                return times
        raise AssertionError(f"{len(messages)} messages fail for ever")

    @property
    def counted(self):
        return sum(outcomes_in(self.store, ACME).values())

    @property
    def volume(self):
        return sum(volume_in(self.store, ACME).values())


@pytest.fixture
def world():
    return World()


@pytest.mark.parametrize("call", ["load", "save"])
def test_what_failed_by_the_topic_and_comes_again_after_the_move_is_counted_once(world, call):
    bad = bounces(30)
    world.failing = {call: [LOST]}
    batch = world.take(*(in_sns(each) for each in SENDS + bad))
    assert batch.failed, "nothing failed, so nothing would come again"
    failed = [in_sns((SENDS + bad)[number]) for number in sorted(batch.failed)]
    # The set has moved: what it sends now comes by the bus, in one batch with what the queue brings again.
    later = [in_eventbridge(a_bounce(a_bounced("y@e.example"), mail=MAIL, feedbackId="after"))]
    world.deliver(*later, *failed)
    assert (world.counted, world.volume) == (31, 100)


def test_a_dead_letter_of_the_topics_days_that_is_redriven_after_the_move_is_counted_once(world):
    (bounce,) = bounces(1)
    world.deliver(*(in_eventbridge(each) for each in SENDS))
    for _ in range(2):  # a redrive that dies half way, and the next
        world.deliver(in_sns(bounce))
    assert (world.counted, world.volume) == (1, 100)


@pytest.mark.parametrize("order", list(permutations(("sns", "bus", "bus again"))))
def test_an_event_that_the_bus_brings_twice_beside_the_topic_is_counted_once(world, order):
    complaint = a_complaint(mail=MAIL, feedbackId="complaint-1")
    (bounce,) = bounces(1)
    copies = {"sns": in_sns, "bus": in_eventbridge, "bus again": in_eventbridge}
    for way in order:
        world.deliver(copies[way](bounce), copies[way](complaint))
    assert outcomes_in(world.store, ACME).total() == 2


def test_both_ways_in_one_batch_count_an_outcome_once_though_that_batch_fails(world):
    bad = bounces(30)
    world.failing = {"save": [LOST]}
    both = [way(each) for each in bad for way in (in_sns, in_eventbridge)]
    times = world.deliver(*(in_eventbridge(each) for each in SENDS), *both)
    assert times > 1
    assert (world.counted, world.volume) == (30, 100)
