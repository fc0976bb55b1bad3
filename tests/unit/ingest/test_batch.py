"""Ingest: a batch is counted, bad streams are weighed, and what fails fails for the messages that it rests on alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sesguard.errors import AwsError, ConflictError, RecordError
from sesguard.ingest.batch import MOST_NOTES, failures
from sesguard.ingest.senders import Senders
from sesguard.pausing.decision import Action
from sesguard.pausing.record import Sending, StreamRecord
from sesguard.pausing.state import Origin, Status, StreamState
from sesguard.pausing.unknown_volume import WAITED_FOR
from sesguard.policy import Policy
from sesguard.ses_events.context import Context
from sesguard.signals.guard_message import read_pause_request
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.dynamodb import failure
from tests.fakes.ingesting import MemoryIngest
from tests.fakes.tables import outcomes_in, volume_in
from tests.fakes.tenants import MemoryTenantMarks
from tests.fakes.world import ACME
from tests.ses_events import a_bounce, a_bounced, a_complaint, a_delivery, a_mail, a_send, in_eventbridge, in_sns

OTHER = ACME._replace(configuration_set="other")
NOBODY = ACME._replace(configuration_set="")
# Of the first 100 mails of a stream, with a credit of 50 (policy/policy.py): risk 0.7, and well over 1.
WARNS, PAUSES = 17, 30
LOST = AwsError("Call", "Throttling", retryable=True)


class World(MemoryIngest):
    """Everything in memory. ``log``: the calls of ingest to the ports, in order."""

    def __init__(self):
        super().__init__()
        self.log = []
        self.failing = {}
        self.memory.hook_all(self._hook)

    def _hook(self, call):
        self.log.append(call)
        if self.failing.get(call):
            raise self.failing[call].pop(0)

    def state(self, stream=ACME):
        return self.memory.state(stream)

    def put(self, state, stream=ACME, policy=None):
        self.memory.streams.records[stream] = StreamRecord(stream, 1, state, policy or Policy())


@pytest.fixture
def world():
    return World()


def mail(at=NOW, stream=ACME, *to):
    return a_mail(*to, configuration_set=stream.configuration_set or None) | {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"}


def sends(count, at=NOW, stream=ACME):
    return [a_send(mail=mail(at, stream)) for _ in range(count)]


def bounces(count, at=NOW, stream=ACME, first=0):
    return [
        a_bounce(a_bounced(f"x@d{number}.example"), mail=mail(at, stream), feedbackId=f"bounce-{number}")
        for number in range(first, first + count)
    ]


def complaints(count, at=NOW, stream=ACME):
    return [a_complaint(mail=mail(at, stream), feedbackId=f"complaint-{number}") for number in range(count)]


# ---- counting ----


def test_a_mixed_batch_is_counted_by_stream(world):
    event = a_send(mail=mail())
    batch = world.take(
        event, in_sns(event), in_eventbridge(event), a_delivery(mail=mail()), *bounces(2), *sends(1, stream=OTHER)
    )
    assert batch.failed == {}
    assert batch.events == 7
    assert sorted(volume_in(world.store, ACME).values()) == [1, 1, 2]
    assert outcomes_in(world.store, ACME).total() == 2
    assert volume_in(world.store, OTHER).total() == 1


def test_a_body_that_cannot_be_read_comes_again_in_vain_and_the_rest_counts(world):
    batch = world.take(*sends(1), '{"eventType": "Send", "mail": 7}', "{", *sends(1))
    assert set(batch.failed) == {1, 2}
    assert sum(batch.rejected.values()) == 2
    assert volume_in(world.store, ACME).total() == 2


def test_a_body_that_is_no_business_of_the_guards_is_done_with(world):
    batch = world.take("Successfully validated SNS topic for Amazon SES event publishing.", {"hello": "world"})
    assert batch.failed == {}
    assert sum(batch.ignored.values()) == 2


def test_a_batch_of_rubbish_leaves_few_notes_and_every_count(world):
    batch = world.take(*["{"] * 500)
    assert len(batch.notes) == MOST_NOTES
    assert sum(batch.rejected.values()) == 500


def test_notes_hold_nothing_of_what_the_message_held(world):
    secret = "ada.lovelace@private.example"
    batch = world.take(
        {"eventType": "Send", "mail": {"destination": secret}},
        {"eventType": secret, "mail": {}},
        f'{{"eventType": "{secret}',
        secret,
    )
    assert len(batch.notes) == 4
    assert "lovelace" not in repr(batch)


def test_a_bounce_of_a_kind_that_ses_has_not_told_of_counts_and_is_reported(world):
    batch = world.take(a_bounce(subtype="Novel", mail=mail()))
    assert sum(batch.unknown.values()) == 1
    assert outcomes_in(world.store, ACME).total() == 1


def test_mail_of_the_future_is_rejected_and_an_hour_ahead_is_not(world):
    batch = world.take(*sends(1, NOW + MINUTE * 60), *sends(1, NOW + MINUTE * 61))
    assert set(batch.failed) == {1}


def test_mail_without_a_configuration_set_is_counted_and_nobody_is_weighed(world):
    batch = world.take(*sends(3, stream=NOBODY), *bounces(PAUSES, stream=NOBODY))
    assert batch.failed == {}
    assert batch.unattributed == 3
    assert outcomes_in(world.store, NOBODY).total() == PAUSES
    assert "load" not in world.log


def test_mail_to_the_simulator_counts_only_in_a_drill(world):
    def event():
        return a_send(mail=mail(NOW, ACME, "success@simulator.amazonses.com"))

    world.take(event())
    assert volume_in(world.store, ACME).total() == 0
    world.take(event(), context=Context(count_simulator=True))
    assert volume_in(world.store, ACME).total() == 1


def simulated(kind, number=0):
    address = f"{kind}+label-{number}@simulator.amazonses.com"
    at = mail(NOW, ACME, address)
    if kind == "bounce":
        return a_bounce(a_bounced(address), mail=at, feedbackId=f"simulated-{number}")
    return a_send(mail=at)


def test_mail_to_the_simulator_counts_for_a_stream_whose_policy_says_so_and_for_no_other(world):
    world.memory.streams.policy = Policy(count_simulator=True)
    batch = world.take(*(simulated("success", n) for n in range(20)), *(simulated("bounce", n) for n in range(20)))
    assert volume_in(world.store, ACME).total() == 20
    assert outcomes_in(world.store, ACME).total() == 20
    assert [looked.stream for looked in batch.looked] == [ACME]
    assert batch.looked[0].risk > 1  # though all are at one domain


def test_whose_mail_to_the_simulator_counts_is_looked_up_once_a_batch_and_stream(world):
    world.take(*(simulated("bounce", n) for n in range(20)))
    assert world.log == ["load"]
    assert outcomes_in(world.store, ACME).total() == 0


def test_where_that_cannot_be_looked_up_the_message_comes_again(world):
    world.failing["load"] = [LOST]
    assert world.take(simulated("bounce"), *sends(1)).failed == {0: "Throttling"}


def test_a_record_that_cannot_be_read_is_no_drills(world):
    world.failing["load"] = [RecordError("x", "bad")]
    assert world.take(simulated("bounce")).failed == {}
    assert outcomes_in(world.store, ACME).total() == 0


# ---- weighing ----


def test_a_stream_that_only_delivers_is_never_read(world):
    world.take(*sends(50), a_delivery(mail=mail()))
    assert world.log == []


def test_a_few_bounces_are_weighed_and_cost_no_alarm_and_no_metric(world):
    batch = world.take(*sends(100), *bounces(2))
    assert [(looked.stream, looked.action) for looked in batch.looked] == [(ACME, Action.NONE)]
    assert world.log == ["load"]


def test_risk_at_half_warns_with_an_alarm_a_metric_a_saved_state_and_an_event(world):
    (looked,) = world.take(*sends(100), *bounces(WARNS)).looked
    assert 0.5 <= looked.risk < 1
    assert looked.action is Action.WARN
    assert world.state().status is Status.WATCHED
    assert world.memory.alarms.ensured == [ACME]
    assert [stream for stream, _ in world.memory.alarms.published] == [ACME]
    assert world.memory.alarms.tripped == []
    assert world.memory.bus.types == ["Tenant Warned"]


def test_a_warning_is_said_once(world):
    world.take(*sends(100), *bounces(WARNS))
    world.take(*bounces(1, first=500))
    assert world.memory.bus.types == ["Tenant Warned"]


def test_risk_at_one_publishes_first_and_then_trips_the_alarm(world):
    (looked,) = world.take(*sends(100), *bounces(PAUSES)).looked
    assert looked.risk >= 1
    assert looked.action is Action.PAUSE
    assert "hard bounce rate" in looked.sentence
    calls = [call for call in world.log if call in {"ensure", "metrics", "trip"}]
    assert calls == ["ensure", "metrics", "trip"]


def test_pausing_is_left_to_enforce_but_the_stream_is_in_sight_of_the_sweep_before_its_alarm_is_tripped(world):
    world.take(*sends(100), *bounces(PAUSES))
    assert world.state().status is Status.WATCHED
    assert world.log.index("save") < world.log.index("trip")


def test_complaints_trip_too(world):
    (looked,) = world.take(*sends(300), *complaints(12)).looked
    assert looked.action is Action.PAUSE
    assert looked.reason == "complaints"


def test_a_stream_that_is_off_is_counted_and_not_weighed(world):
    world.put(StreamState(status=Status.PAUSED, origin=Origin.GUARD))
    batch = world.take(*sends(100), *bounces(PAUSES))
    assert batch.looked == []
    assert outcomes_in(world.store, ACME).total() == PAUSES
    assert world.memory.alarms.published == []


def test_mail_sent_before_the_resume_does_not_weigh(world):
    world.put(StreamState(status=Status.PROBATION, since=NOW, counted_from=NOW, calm_since=NOW))
    (looked,) = world.take(*sends(100, NOW - HOUR), *bounces(PAUSES, NOW - HOUR)).looked
    assert looked.risk == 0


def test_on_probation_less_is_enough(world):
    world.take(*sends(100), *bounces(18))
    assert world.memory.alarms.tripped == []
    since = NOW - MINUTE
    world.put(StreamState(status=Status.PROBATION, since=since, counted_from=since, calm_since=since))
    world.take(*bounces(1, first=500))
    assert world.memory.alarms.tripped == [ACME]


def test_a_policy_of_its_own_is_weighed_by(world):
    world.put(StreamState(), policy=Policy(chance=1e-12, new_stream_mails=0))
    world.take(*sends(100), *bounces(PAUSES))
    assert world.memory.alarms.tripped == []


def test_a_watched_stream_that_has_been_calm_for_a_day_is_healthy_again(world):
    world.put(StreamState(status=Status.WATCHED, since=NOW - DAY * 2, calm_since=NOW - DAY, incident="i"))
    (looked,) = world.take(*sends(100), *bounces(1)).looked
    assert looked.action is Action.CALM
    assert world.state().status is Status.HEALTHY


def test_since_when_the_risk_is_low_is_kept_without_a_word(world):
    world.put(StreamState(status=Status.WATCHED, since=NOW - HOUR, incident="i"))
    world.take(*sends(100), *bounces(1))
    assert world.state().calm_since == NOW
    assert world.memory.streams.journal == []


def test_streams_at_risk_are_published_in_one_call(world):
    world.take(*sends(100), *bounces(PAUSES), *sends(100, stream=OTHER), *bounces(PAUSES, stream=OTHER, first=100))
    assert world.log.count("metrics") == 1
    assert world.memory.alarms.tripped == [ACME, OTHER]


def test_a_duplicate_is_weighed_again_because_who_counted_it_may_have_died_before_it_tripped(world):
    world.failing = {"trip": [LOST], "send": [LOST]}
    bad = bounces(PAUSES)
    batch = world.take(*sends(100), *bad)
    assert len(batch.failed) == PAUSES
    assert world.take(*bad).failed == {}
    assert world.memory.alarms.tripped == [ACME]
    assert outcomes_in(world.store, ACME).total() == PAUSES


# ---- failures ----


@pytest.mark.parametrize("call", ["load", "save"])
def test_a_call_that_fails_for_a_stream_fails_for_the_messages_of_its_outcomes_alone(world, call):
    world.failing = {call: [LOST]}
    batch = world.take(*sends(100), *bounces(PAUSES), *sends(2, stream=OTHER))
    assert set(batch.failed) == set(range(100, 100 + PAUSES))
    assert set(batch.failed.values()) == {"Throttling"}


@pytest.mark.parametrize("call", ["ensure", "metrics"])
def test_an_alarm_that_cannot_be_made_or_shown_the_risk_is_tripped_all_the_same(world, call):
    world.failing = {call: [LOST]}
    batch = world.take(*sends(100), *bounces(PAUSES))
    assert batch.failed == {}
    assert world.state().status is Status.WATCHED
    assert world.memory.alarms.tripped == [ACME]


def test_where_the_alarm_cannot_be_tripped_enforce_is_told_directly_and_the_stream_is_in_sight(world):
    world.failing = {"trip": [LOST]}
    batch = world.take(*sends(100), *bounces(PAUSES))
    assert batch.failed == {}
    assert world.state().status is Status.WATCHED
    (body,) = world.memory.requests.bodies
    request = read_pause_request(body)
    assert request is not None
    assert (request.stream, request.at, request.risk >= 1) == (ACME, NOW, True)


@pytest.mark.parametrize("call", ["ensure", "trip"])
def test_where_cloudwatch_takes_no_more_alarms_it_is_not_asked_for_each_of_hundreds(world, call):
    """It takes three a second, and a call that is refused takes seconds, for which all the pauses would wait."""
    many = [ACME._replace(configuration_set=f"s{number:03}") for number in range(60)]
    asked: list[str] = []

    def refuse(name: str) -> None:
        asked.append(name)
        if name == call:
            raise LOST

    world.memory.alarms.hook = refuse
    batch = world.take(
        *(event for stream in many for event in sends(100, stream=stream)),
        *(event for place, stream in enumerate(many) for event in bounces(PAUSES, stream=stream, first=PAUSES * place)),
    )
    assert batch.failed == {}
    assert asked.count(call) == 1
    told = [read_pause_request(body) for body in world.memory.requests.bodies]
    tripped = world.memory.alarms.tripped
    assert sorted({*tripped, *(each.stream for each in told if each is not None)}) == many


def test_a_record_that_cannot_be_read_fails_no_message_and_no_other_stream_and_is_told(world):
    world.failing = {"load": [RecordError(str(ACME), "status: quarantined")]}
    batch = world.take(*sends(100), *bounces(PAUSES))
    assert batch.failed == {}
    (notice,) = world.memory.bus.details("Operator Notice")
    assert str(ACME) in notice["text"]
    assert "quarantined" in notice["text"]


def test_a_fault_in_weighing_one_stream_fails_its_messages_alone(world):
    world.failing = {"load": [ZeroDivisionError()]}
    batch = world.take(*sends(100), *bounces(PAUSES), *sends(2, stream=OTHER))
    assert set(batch.failed.values()) == {"ZeroDivisionError"}
    assert set(batch.failed) == set(range(100, 100 + PAUSES))


def test_a_stream_whose_volume_could_not_be_written_is_weighed_when_its_messages_come_again(world):
    def throttled(**_):
        raise failure("ThrottlingException", "UpdateItem")

    good = world.store.update_item
    world.store.update_item = throttled
    batch = world.take(*sends(2), *bounces(1))
    assert set(batch.failed) == {0, 1, 2}
    assert batch.failed[2] == "NotWeighed"
    assert world.log == []
    world.store.update_item = good
    assert world.take(*sends(2), *bounces(1)).failed == {}
    assert outcomes_in(world.store, ACME).total() == 1


def test_another_writer_of_the_state_is_no_failure_the_stream_is_looked_at_again(world):
    world.failing = {"save": [ConflictError("x"), ConflictError("x")]}
    batch = world.take(*sends(100), *bounces(WARNS))
    assert batch.failed == {}
    assert world.state().status is Status.WATCHED


def test_writers_of_the_state_that_do_not_cease_are_a_failure(world):
    world.failing = {"save": [ConflictError("x")] * 5}
    batch = world.take(*sends(100), *bounces(WARNS))
    assert set(batch.failed.values()) == {"Conflict"}


def test_an_event_that_the_bus_did_not_take_stays_due_for_the_sweep(world):
    world.failing = {"publish": [LOST]}
    world.take(*sends(100), *bounces(WARNS))
    assert len(world.memory.streams.load(ACME).announce) == 1
    assert world.take(*bounces(WARNS)).failed == {}


def test_what_there_is_no_time_for_comes_again(world):
    batch = world.take(*sends(1), *bounces(1), *sends(1, stream=OTHER), left=lambda: 5.0)
    assert set(batch.failed) == {0, 1, 2}
    assert list(world.store.tables["cohorts"]) == []


def test_when_time_runs_short_what_is_counted_is_weighed_no_more_and_comes_again(world):
    left = iter([60.0, 60.0, *[13.0] * 100])
    batch = world.take(*sends(1), *bounces(1), left=lambda: next(left))
    assert batch.failed == {1: "OutOfTime"}
    assert outcomes_in(world.store, ACME).total() == 1


def test_the_answer_to_lambda_names_the_messages_to_send_again_in_their_order(world):
    batch = world.take("{", *sends(1), "{")
    records = [{"messageId": name} for name in "abc"]
    assert failures(batch, records) == {"batchItemFailures": [{"itemIdentifier": "a"}, {"itemIdentifier": "c"}]}


def test_an_empty_answer_means_that_all_is_done(world):
    assert failures(world.take(*sends(1)), [{"messageId": "a"}]) == {"batchItemFailures": []}


def test_an_outcome_of_mail_sent_days_ago_is_weighed_with_the_volume_of_then(world):
    at = NOW - timedelta(days=6)
    world.take(*sends(1000, at), now=at)
    (looked,) = world.take(*bounces(30, at)).looked
    assert looked.risk == 0


def test_a_set_that_publishes_no_volume_is_paused_for_no_rate_and_told_of_once(world):
    for first in (0, 100, 200):
        (looked,) = world.take(*bounces(PAUSES, first=first)).looked
        assert (looked.risk, looked.action) == (0, Action.NONE)
    assert world.memory.bus.types == []
    world.sweep(NOW + WAITED_FOR)
    assert world.memory.bus.types == ["Operator Notice"]
    assert world.state().volume_told == NOW + WAITED_FOR
    assert world.memory.alarms.tripped == []


def test_bounces_whose_mail_is_counted_after_them_with_nothing_to_follow_are_weighed_by_the_next_sweep(world):
    world.memory.switch.sets[ACME] = Sending.ON
    world.take(*bounces(PAUSES))
    world.take(*sends(PAUSES + 1))
    assert world.state().status is Status.HEALTHY
    world.sweep(NOW + MINUTE)
    assert world.state().status is Status.PAUSED
    assert world.memory.bus.types == ["Tenant Paused"]


def test_a_first_bounce_that_overtakes_the_event_of_its_mail_is_told_to_nobody(world):
    world.take(*bounces(1))
    assert world.memory.bus.types == []
    world.take(*sends(100), *bounces(PAUSES, first=10))
    assert world.memory.alarms.tripped != []


# ---- tenants, whose streams are weighed together


def test_what_came_in_of_a_tenants_streams_is_noted_once_a_batch(world):
    marks = MemoryTenantMarks()
    for it in (ACME, OTHER):
        world.memory.streams.save(replace(world.memory.streams.load(it), tenant="acme"))
    elsewhere = a_bounce(mail=a_mail(configuration_set="other", messageId="another"))
    world.take(a_bounce(), elsewhere, a_complaint(), tenants=marks)
    assert marks.counts == {"acme": [2, 1]}


@pytest.mark.parametrize(
    ("sets", "noted"),
    [
        ({ACME.configuration_set: "acme"}, {}),
        ({ACME.configuration_set: "acme", "acme-receipts": "acme"}, {"acme": [1, 0]}),
        ({"other": "somebody"}, {"acme": [1, 0]}),
    ],
    ids=["one set", "two", "none is known"],
)
def test_a_tenant_of_one_configuration_set_is_not_noted(world, sets, noted):
    class Known:
        def load(self, *_):
            return Senders(sets=sets)

    world.memory.streams.save(replace(world.memory.streams.load(ACME), tenant="acme"))
    marks = MemoryTenantMarks()
    world.take(a_bounce(), senders=Known(), tenants=marks)
    assert marks.counts == noted


def test_a_stream_of_no_tenant_is_noted_nowhere(world):
    marks = MemoryTenantMarks()
    world.take(a_bounce(), tenants=marks)
    assert marks.counts == {}


@pytest.mark.parametrize(("retryable", "failed"), [(True, {0: "Throttling"}), (False, {})])
def test_a_note_that_fails_comes_again_if_that_heals_it(world, retryable, failed):
    world.memory.streams.save(replace(world.memory.streams.load(ACME), tenant="acme"))
    marks = MemoryTenantMarks()

    def fail(_: str) -> None:
        raise AwsError("UpdateItem", "Throttling", retryable=retryable)

    marks.hook = fail
    assert world.take(a_bounce(), tenants=marks).failed == failed


# ---- whatever goes wrong


@pytest.mark.parametrize("call", ["load", "history", "save", "publish", "ensure", "metrics", "trip", "send"])
def test_a_port_that_breaks_in_a_way_nobody_thought_of_fails_no_batch(world, call):
    """Raising would bring all of it again, and count everybody's volume again each time."""
    world.failing[call] = [RuntimeError("a bug")] * 99
    if call == "send":
        world.failing["trip"] = [LOST] * 99
    batch = world.take(*sends(100), *bounces(PAUSES), *sends(1, stream=OTHER))
    assert volume_in(world.store, ACME).total() == 100
    assert volume_in(world.store, OTHER).total() == 1
    assert set(batch.failed) <= set(range(100, 100 + PAUSES))


def test_an_alarm_that_cannot_be_tripped_for_whatever_reason_is_told_to_enforce_directly(world):
    world.failing["ensure"] = [RuntimeError("a bug")]
    world.failing["trip"] = [RuntimeError("a bug")]
    assert world.take(*sends(100), *bounces(PAUSES)).failed == {}
    (body,) = world.memory.requests.bodies
    assert read_pause_request(body).stream == ACME


@pytest.mark.parametrize("client_call", ["transact_write_items", "update_item"])
def test_counting_that_breaks_so_fails_only_what_rests_on_it(world, monkeypatch, client_call):
    real = getattr(world.store, client_call)

    def breaks(**request):
        if str(ACME) in str(request):
            raise RuntimeError("a bug")
        return real(**request)

    monkeypatch.setattr(world.store, client_call, breaks)
    batch = world.take(*sends(2), *bounces(1), *sends(1, stream=OTHER), *bounces(1, stream=OTHER, first=1))
    assert not {3, 4} & set(batch.failed)
    assert set(batch.failed.values()) <= {"RuntimeError", "NotWeighed"}
    assert batch.failed
    assert volume_in(world.store, OTHER).total() == 1


def test_senders_and_tenants_that_break_so_fail_no_other_message(world):
    class Broken:
        def load(self, *_):
            raise RuntimeError("a bug")

        def note(self, *_):
            raise RuntimeError("a bug")

    world.memory.streams.save(replace(world.memory.streams.load(ACME), tenant="acme"))
    batch = world.take(*sends(2), *bounces(1), senders=Broken(), tenants=Broken())
    assert batch.failed == {2: "RuntimeError"}
    assert world.take(*bounces(1), tenants=Broken()).failed == {}
