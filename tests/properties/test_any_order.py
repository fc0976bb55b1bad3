"""A stream that is to be paused is paused, in whatever order and in whatever batches its events come in.

Events of a campaign are shuffled and cut into batches at will; then nothing comes any more, and the sweep runs once. A
stream that would be paused if all had come at once is paused then: no order of events is a way to escape.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from sesguard.pausing.record import Sending
from sesguard.pausing.state import Status
from tests.examples import examples
from tests.fakes.clock import DAY, MINUTE, NOW
from tests.fakes.ingesting import MemoryIngest
from tests.fakes.world import ACME
from tests.ses_events import a_bounce, a_bounced, a_mail, a_send


class Guard(MemoryIngest):
    """Ingest and the sweep, over a stream that may send."""

    def __init__(self):
        super().__init__()
        self.memory.switch.sets[ACME] = Sending.ON

    def count(self, events, now=NOW):
        assert self.take(*events, now=now).failed == {}

    def is_to_be_off(self):
        """Paused, or its alarm, which reaches enforce, is tripped."""
        return self.memory.state().status is Status.PAUSED or bool(self.memory.alarms.tripped)


def a_campaign(mails, bounces, at):
    mail = a_mail(configuration_set=ACME.configuration_set) | {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
    return [a_send(mail=mail) for _ in range(mails)] + [
        a_bounce(a_bounced(f"x@d{number}.example"), mail=mail, feedbackId=f"b{number}") for number in range(bounces)
    ]


@given(st.data(), st.integers(20, 60), st.integers(0, 40), st.integers(0, 300))
@settings(max_examples=examples(60), deadline=None)
def test_a_bad_campaign_is_paused_in_whatever_order_its_events_come(data, bounces, good, a_day_before):
    events = a_campaign(bounces + good, bounces, NOW)
    outcomes_first = [*events[-bounces:], *events[:-bounces]]
    order = data.draw(st.one_of(st.permutations(events), st.just(outcomes_first)))
    cuts = sorted(data.draw(st.lists(st.sampled_from([bounces, *range(len(events))]), min_size=1, max_size=5)))
    guard = Guard()
    for day in range(1, 5):
        guard.count(a_campaign(a_day_before, 0, NOW - day * DAY), NOW - day * DAY)
    at_once = Guard()
    for day in range(1, 5):
        at_once.count(a_campaign(a_day_before, 0, NOW - day * DAY), NOW - day * DAY)
    at_once.count(events)
    if not at_once.is_to_be_off():
        return
    for first, last in zip([0, *cuts], [*cuts, len(events)], strict=True):
        guard.count(order[first:last])
    guard.sweep(NOW + MINUTE)
    assert guard.is_to_be_off()


def test_volume_alone_after_all_bounces_is_enough():
    guard = Guard()
    events = a_campaign(45, 45, NOW)
    guard.count(events[45:])
    guard.count(events[:45])
    assert not guard.is_to_be_off()
    guard.sweep(NOW + MINUTE)
    assert guard.memory.state().status is Status.PAUSED
