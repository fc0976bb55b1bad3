"""A batch's sums, and which messages each of them rests on."""

from sesguard.ingest.tally import Outcomes, Tally
from sesguard.ingest.volume import Volume
from sesguard.ses_events.observation import CountsFor, Observation, Via
from tests.fakes.clock import HOUR, NOW, minute_of
from tests.fakes.world import ACME

OTHER = ACME._replace(configuration_set="other")
NOBODY = ACME._replace(configuration_set="")


def a_send(at=NOW, count=1, *, kind="send", via=Via.SNS, stream=ACME):
    return Observation(kind, stream, minute_of(at), count, CountsFor.VOLUME, "", via)


def a_bounce(identity, at=NOW, *, stream=ACME, counts_for=CountsFor.HARD_BOUNCE):
    return Observation("bounce", stream, minute_of(at), 1, counts_for, "", Via.SNS, identity)


def tally_of(*observations):
    tally = Tally()
    for number, seen in enumerate(observations):
        tally.add(seen, number)
    return tally


def volumes(tally):
    first, rest = tally.parts()
    return [part for part in [*first, *rest] if isinstance(part, Volume)]


def test_volume_of_a_streams_hour_is_one_sum_whatever_its_events_are():
    tally = tally_of(a_send(count=2), a_send(kind="delivery"), a_send(via=Via.EVENTBRIDGE), a_send(count=3))
    (volume,) = volumes(tally)
    assert volume.sums() == {0: 5, 1: 1, 2: 1}
    assert volume.all_messages() == [0, 1, 2, 3]


def test_deliveries_by_eventbridge_have_a_column_of_their_own():
    (volume,) = volumes(tally_of(a_send(kind="delivery", via=Via.EVENTBRIDGE)))
    assert volume.sums() == {3: 1}


def test_hours_and_streams_are_apart():
    tally = tally_of(a_send(), a_send(NOW - HOUR), a_send(stream=OTHER))
    assert [volume.all_messages() for volume in volumes(tally)] == [[0], [2], [1]]


def test_minutes_of_an_hour_are_apart():
    (volume,) = volumes(tally_of(a_send(NOW.replace(minute=5)), a_send(NOW.replace(minute=59), 7)))
    assert volume.sums() == {5 * 4: 1, 59 * 4: 7}


def test_an_event_that_comes_twice_in_a_batch_is_one_outcome_that_rests_on_both_messages():
    ((outcomes,), _) = tally_of(a_bounce("one"), a_bounce("two"), a_bounce("one")).parts()
    assert isinstance(outcomes, Outcomes)
    assert outcomes.messages == {"one": [0, 2], "two": [1]}
    assert set(outcomes.events) == {"one", "two"}


def test_what_counts_for_nothing_adds_nothing():
    assert tally_of(a_bounce("soft", counts_for=CountsFor.NOTHING)).parts() == ([], [])


def test_streams_with_an_outcome_come_first_with_their_volume():
    first, rest = tally_of(a_send(), a_send(stream=OTHER), a_bounce("one")).parts()
    assert {part.stream for part in first} == {ACME}
    assert len(first) == 2
    assert [part.stream for part in rest] == [OTHER]


def test_a_bad_stream_is_named_with_every_message_of_its_outcomes():
    tally = tally_of(a_bounce("one"), a_send(), a_bounce("two", NOW - HOUR), a_bounce("one", stream=OTHER))
    assert tally.bad_streams() == {ACME: [0, 2], OTHER: [3]}


def test_mail_without_a_configuration_set_is_counted_by_sends_or_deliveries_whichever_are_more():
    assert tally_of(a_send(count=9)).unattributed() == 0
    sends, deliveries = a_send(count=2, stream=NOBODY), a_send(count=3, kind="delivery", stream=NOBODY)
    assert tally_of(sends).unattributed() == 2
    assert tally_of(sends, deliveries).unattributed() == 3
