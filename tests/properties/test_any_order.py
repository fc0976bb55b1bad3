"""A stream that is to be paused is paused, in whatever order and in whatever batches its events come in.

Events of a campaign are shuffled and cut into batches at will; then nothing comes any more, and the sweep runs once. A
stream that would be paused if all had come at once is paused then: no order of events is a way to escape.
"""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.workers import Workers
from sesguard.ingest.batch import ingest
from sesguard.ingest.evaluate import Evaluator
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Status
from sesguard.pausing.sweep import sweep
from sesguard.ses_events.context import Context
from tests.fakes.clock import DAY, MINUTE, NOW
from tests.fakes.tables import TABLES, in_memory
from tests.fakes.world import ACME, Memory
from tests.ses_events import a_bounce, a_bounced, a_mail, a_send


class Guard:
    """Ingest over DynamoDB in memory, and the sweep over the same counts."""

    def __init__(self):
        self.memory, self.store, self.workers = Memory(), in_memory(), Workers(1)
        self.memory.switch.sets[ACME] = Sending.ON
        self.counts = DynamoCounts(self.store, TABLES.cohorts)

    def take(self, events, now=NOW):
        evaluator = Evaluator(
            streams=self.memory.streams,
            counts=self.counts,
            alarms=self.memory.alarms,
            bus=self.memory.bus,
            requests=self.memory.requests,
            parallel=self.workers,
        )
        writer = DynamoCountsWriter(self.store, TABLES, self.workers, pause=lambda _: None)
        batch = ingest([json.dumps(event) for event in events], Context(), writer, evaluator, now, lambda: 60.0)
        assert batch.failed == {}

    def sweep(self, now):
        sweep(replace(self.memory.deps, counts=self.counts), self.memory.alarms, now)

    def is_to_be_off(self):
        """Paused, or its alarm, which reaches enforce, is tripped."""
        return self.memory.state().status is Status.PAUSED or bool(self.memory.alarms.tripped)


def a_campaign(mails, bounces, at):
    mail = a_mail(configuration_set=ACME.configuration_set) | {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    return [a_send(mail=mail) for _ in range(mails)] + [
        a_bounce(a_bounced(f"x@d{number}.example"), mail=mail, feedbackId=f"b{number}") for number in range(bounces)
    ]


@given(st.data(), st.integers(20, 60), st.integers(0, 40), st.integers(0, 300))
@settings(max_examples=60, deadline=None)
def test_a_bad_campaign_is_paused_in_whatever_order_its_events_come(data, bounces, good, a_day_before):
    events = a_campaign(bounces + good, bounces, NOW)
    outcomes_first = [*events[-bounces:], *events[:-bounces]]
    order = data.draw(st.one_of(st.permutations(events), st.just(outcomes_first)))
    cuts = sorted(data.draw(st.lists(st.sampled_from([bounces, *range(len(events))]), min_size=1, max_size=5)))
    guard = Guard()
    for day in range(1, 5):
        guard.take(a_campaign(a_day_before, 0, NOW - day * DAY), NOW - day * DAY)
    at_once = Guard()
    for day in range(1, 5):
        at_once.take(a_campaign(a_day_before, 0, NOW - day * DAY), NOW - day * DAY)
    at_once.take(events)
    if not at_once.is_to_be_off():
        return
    for first, last in zip([0, *cuts], [*cuts, len(events)], strict=True):
        guard.take(order[first:last])
    guard.sweep(NOW + MINUTE)
    assert guard.is_to_be_off()


def test_volume_alone_after_all_bounces_is_enough():
    guard = Guard()
    events = a_campaign(45, 45, NOW)
    guard.take(events[45:])
    guard.take(events[:45])
    assert not guard.is_to_be_off()
    guard.sweep(NOW + MINUTE)
    assert guard.memory.state().status is Status.PAUSED
