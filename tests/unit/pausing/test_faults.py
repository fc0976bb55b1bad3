"""The alarm may fail, the pause may not; what one stream's record, alarm or place does stops nobody else's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from sesguard.bus.events import Outcome
from sesguard.errors import AwsError, RecordError
from sesguard.ingest.evaluate import Evaluator, evaluate
from sesguard.pausing.decision import Action, Alarm, Look
from sesguard.pausing.enforce import act
from sesguard.pausing.queue import serve
from sesguard.pausing.record import QueuedAlarm, Sending, StreamRecord
from sesguard.pausing.ses_status import follow_ses_status
from sesguard.pausing.state import Origin, Status, StreamState
from sesguard.pausing.sweep import ONE_BY_ONE, RESUME_PATIENCE, sweep
from sesguard.pausing.unreadable import MOST_TOLD, tell_unreadable
from sesguard.policy import Policy
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.ses_status_event import Said, SesStatusEvent
from sesguard.stream import StreamId
from tests.fakes.alarms import MEASURED, a_body, own_trigger, ses_trigger
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW
from tests.fakes.cloudwatch import LivelyAlarms
from tests.fakes.enforcing import MemoryTenantStreams, enforce, enforce_all
from tests.fakes.pause_queue import MemoryPauseQueue
from tests.fakes.world import ACME, Memory

SHOP = ACME._replace(configuration_set="acme-shop")
SECOND = timedelta(seconds=1)
OVER = "Threshold Crossed: 1 datapoint [0.06] was greater than the threshold (0.05)."


@pytest.fixture
def memory() -> Memory:
    memory = Memory()
    memory.switch.sets[SHOP] = Sending.ON
    return memory


def evaluator(memory: Memory) -> Evaluator:
    return Evaluator(
        streams=memory.streams,
        counts=memory.counts,
        alarms=memory.alarms,
        bus=memory.bus,
        requests=memory.requests,
        parallel=ONE_BY_ONE,
    )


def failing(*steps: str, code: str = "InternalServiceFault"):
    def hook(step: str) -> None:
        if step in steps:
            raise AwsError(step, code, retryable=code != "LimitExceeded")

    return hook


# ---- the alarm may fail, the pause may not


@pytest.mark.parametrize("code", ["InternalServiceFault", "LimitExceeded"])
@pytest.mark.parametrize(
    "steps", [["ensure"], ["metrics"], ["trip"], ["now"], ["ensure", "metrics", "trip", "now", "up"]], ids=str
)
def test_with_any_call_to_cloudwatch_failing_for_an_hour_a_bad_stream_is_paused_within_a_minute_of_its_bounces(
    memory, steps, code
):
    memory.counts.sent(ACME, NOW - 5 * MINUTE, 3_000, bounces=900)
    memory.alarms.hook = failing(*steps, code=code)
    (looked,) = evaluate(evaluator(memory), [ACME], NOW, lambda: True)
    assert (looked.failed, looked.action) == ("", Action.PAUSE)
    assert memory.state().status is Status.WATCHED
    if not memory.alarms.tripped:
        (body,) = memory.requests.bodies
        assert enforce(memory.deps, body, NOW + SECOND).outcome is Outcome.PAUSED
        assert memory.switch.sets[ACME] is Sending.OFF
    for minute in range(1, 60):
        sweep(memory.deps, memory.alarms, NOW + minute * MINUTE)
    assert memory.switch.sets[ACME] is Sending.OFF


def test_a_stream_whose_alarm_is_up_for_bounces_that_overtook_their_volume_is_paused_when_it_is_over_its_limit(memory):
    alarms = memory.alarms = LivelyAlarms(NOW)
    memory.counts.sent(ACME, NOW, 20, bounces=20)  # the other mails of this minute are not counted yet
    evaluate(evaluator(memory), [ACME], NOW, lambda: True)
    memory.counts.sent(ACME, NOW, 880)
    (body,) = alarms.messages
    assert enforce(memory.deps, body, NOW + SECOND).reason == "outdated"
    memory.counts.sent(ACME, NOW, 100, bounces=100)
    evaluate(evaluator(memory), [ACME], NOW + 2 * SECOND, lambda: True)
    (body,) = memory.requests.bodies  # an alarm that is up already reports nothing
    assert enforce(memory.deps, body, NOW + 3 * SECOND).outcome is Outcome.PAUSED


def test_with_cloudwatch_and_alarm_queue_both_failing_the_sweep_pauses(memory):
    memory.counts.sent(ACME, NOW - 5 * MINUTE, 3_000, bounces=900)
    memory.alarms.hook = failing("ensure", "metrics", "trip", "now")
    memory.requests.hook = failing("send")
    (looked,) = evaluate(evaluator(memory), [ACME], NOW, lambda: True)
    assert looked.failed == "InternalServiceFault"
    sweep(memory.deps, memory.alarms, NOW + MINUTE)
    assert memory.switch.sets[ACME] is Sending.OFF


@pytest.mark.parametrize("steps", [["ensure"], ["metrics"], ["now"]], ids=str)
def test_a_pause_that_is_over_ends_although_its_alarm_cannot_say_so(memory, steps):
    memory.counts.sent(ACME, NOW - 5 * MINUTE, 2_000, bounces=199)
    act(memory.deps, ACME, Look(), NOW)
    if steps == ["metrics"]:
        memory.alarms.put(ACME, AlarmValue.ALARM, NOW)  # and stays up, as nobody publishes a lower risk
    memory.alarms.hook = failing(*steps)
    for minute in range(1, 80):
        sweep(memory.deps, memory.alarms, NOW + minute * MINUTE)
        expected = Sending.OFF if minute * MINUTE < HOUR + RESUME_PATIENCE else Sending.ON
        assert memory.switch.sets[ACME] is expected


# ---- redriven and late alarms


@pytest.mark.parametrize("reason", [MEASURED, "hard bounce rate 24 % > 5 % over 1 min [risk 7.00]"])
def test_an_own_alarm_of_ten_days_ago_pauses_nobody_whose_risk_is_low_now(memory, reason):
    memory.counts.sent(ACME, NOW - 30 * MINUTE, 5_000, bounces=3)
    result = enforce(memory.deps, a_body(NOW - 10 * DAY, NewStateReason=reason), NOW)
    assert (result.action, result.reason) == (Action.NONE, "outdated")


@pytest.mark.parametrize(("up", "action"), [(True, Action.PAUSE), (False, Action.NONE)])
@pytest.mark.parametrize("age", [16 * MINUTE, 10 * DAY])
def test_somebody_elses_late_alarm_has_to_be_up_still(memory, age, up, action):
    memory.alarm_states.names = {"theirs"} if up else set()
    body = a_body(NOW - age, trigger=ses_trigger(), AlarmName="theirs", NewStateReason=OVER)
    assert enforce(memory.deps, body, NOW).action is action


def test_and_one_that_comes_in_time_is_not_asked_about(memory):
    body = a_body(NOW - 14 * MINUTE, trigger=ses_trigger(), AlarmName="theirs", NewStateReason=OVER)
    assert enforce(memory.deps, body, NOW).action is Action.PAUSE
    assert memory.alarm_states.asked == []


def test_where_cloudwatch_cannot_say_whether_it_is_up_the_message_comes_again(memory):
    memory.alarm_states.hook = failing("up")
    body = a_body(NOW - DAY, trigger=ses_trigger(), AlarmName="theirs", NewStateReason=OVER)
    with pytest.raises(AwsError):
        enforce(memory.deps, body, NOW)


def test_an_alarm_that_rose_a_second_before_the_resume_and_is_up_is_seen(memory):
    state = StreamState(status=Status.PROBATION, since=NOW, counted_from=NOW)
    memory.streams.save(StreamRecord(ACME, 0, state, Policy(), known=False))
    memory.alarm_states.names = {"theirs"}
    body = a_body(NOW - SECOND, trigger=ses_trigger(), AlarmName="theirs", NewStateReason=OVER)
    assert enforce(memory.deps, body, NOW + SECOND).action is Action.PAUSE


def test_a_pause_waits_for_an_alarm_that_rose_meanwhile_and_the_operator_is_told_once(memory):
    memory.counts.sent(ACME, NOW - 5 * MINUTE, 2_000, bounces=199)
    act(memory.deps, ACME, Look(), NOW)
    memory.alarms.put(ACME, AlarmValue.OK, NOW)
    body = a_body(NOW + MINUTE, trigger=ses_trigger(), AlarmName="theirs", NewStateReason=OVER)
    assert enforce(memory.deps, body, NOW + MINUTE).reason == "already_off"
    memory.alarm_states.names = {"theirs"}
    for minute in range(60, 70):
        sweep(memory.deps, memory.alarms, NOW + minute * MINUTE)
    assert memory.switch.sets[ACME] is Sending.OFF
    (notice,) = memory.bus.details("Operator Notice")
    assert '"theirs"' in notice["text"]
    memory.alarm_states.names = set()
    sweep(memory.deps, memory.alarms, NOW + 70 * MINUTE)
    assert memory.switch.sets[ACME] is Sending.ON


# ---- alarms that do not say "over"


def test_what_does_not_say_over_is_told_once_with_what_it_looks_like_and_pauses_nobody(memory):
    trigger = {**ses_trigger(), "ComparisonOperator": "LessThanThreshold", "Statistic": "AVERAGE"}
    for hour in range(100):
        at = NOW + hour * HOUR
        body = a_body(at, trigger=trigger, AlarmName="all clear", NewStateReason="was less than the threshold")
        assert enforce(memory.deps, body, at).reason == "not_over"
    (notice,) = memory.bus.details("Operator Notice")
    for word in ("all clear", "LessThanThreshold", "Reputation.BounceRate AVERAGE", "Mend it"):
        assert word in notice["text"]
    assert memory.switch.turns == []
    assert memory.streams.records == {}


def test_an_alarm_by_a_tenants_name_pauses_all_its_streams_and_one_without_streams_is_told(memory):
    trigger = {**ses_trigger(), "Dimensions": [{"name": "TenantName", "value": "acme"}]}
    body = a_body(NOW, trigger=trigger, NewStateReason=OVER)
    results = enforce_all(memory.deps, body, NOW, MemoryTenantStreams(acme=[ACME, SHOP]))
    assert {result.stream for result in results} == {ACME, SHOP}
    assert memory.switch.sets[ACME] is memory.switch.sets[SHOP] is Sending.OFF
    assert enforce_all(memory.deps, body, NOW) == []
    assert "lists no configuration set of tenant acme" in memory.bus.details("Operator Notice")[0]["text"]


# ---- a record that cannot be read


def unreadable(memory: Memory, stream: StreamId) -> None:
    load = memory.streams.load

    def loads(asked: StreamId) -> StreamRecord:
        if asked == stream:
            raise RecordError(str(stream), "status: quarantined")
        return load(asked)

    memory.streams.load = loads  # type: ignore[method-assign]  # one record is a newer version's


def test_one_record_that_cannot_be_read_stops_no_other_in_the_sweep(memory):
    memory.counts.sent(SHOP, NOW - 5 * MINUTE, 2_000, bounces=199)
    act(memory.deps, SHOP, Look(), NOW)
    memory.streams.save(StreamRecord(ACME, 0, StreamState(status=Status.WATCHED), Policy(), known=False))
    before = memory.streams.records[ACME]
    unreadable(memory, ACME)
    memory.alarms.put(SHOP, AlarmValue.OK, NOW)
    swept = sweep(memory.deps, memory.alarms, NOW + HOUR + 2 * MINUTE)
    assert memory.switch.sets[SHOP] is Sending.ON
    assert swept.unreadable == {str(ACME): "status: quarantined"}
    assert swept.failed == {ACME: "UnreadableRecord"}
    assert memory.streams.records[ACME] == before


def test_nor_in_the_queue_for_ses_and_it_leaves_that(memory):
    memory.counts.sent(SHOP, NOW - 5 * MINUTE, 2_000, bounces=199)
    unreadable(memory, ACME)
    queue = MemoryPauseQueue()
    for stream, urgency in ((ACME, 9.0), (SHOP, 2.0)):
        queue.enqueue(QueuedAlarm(stream, urgency, Alarm(AlarmValue.ALARM, NOW, own=True), {}))
    serve(memory.deps, queue, lambda: NOW, lambda: True, pause=lambda _: None)
    assert memory.switch.sets[SHOP] is Sending.OFF
    assert queue.worst(9) == []
    assert "quarantined" in memory.bus.details("Operator Notice")[0]["text"]


def test_of_very_many_unreadable_records_some_are_named_and_how_many_is_said(memory):
    for _ in range(3):
        tell_unreadable(memory.bus, {f"a/b/{n:03}": "x" for n in range(100)}, NOW)
    notices = memory.bus.details("Operator Notice")
    assert len(notices) == MOST_TOLD + 1
    assert "100 records" in notices[-1]["text"]


# ---- out of reach


@pytest.mark.parametrize("elsewhere", [{"region": "us-east-1"}, {"account": "999999999999"}])
def test_a_stream_out_of_reach_is_recorded_and_observed_and_the_operator_told_once(memory, elsewhere):
    there = ACME._replace(**elsewhere)
    memory.switch.sets[there] = Sending.OUT_OF_REACH
    memory.counts.sent(there, NOW - 5 * MINUTE, 2_000, bounces=199)
    assert enforce(memory.deps, a_body(NOW, trigger=own_trigger(there)), NOW).outcome is Outcome.OBSERVED
    assert memory.state(there).status is Status.PAUSED
    for minute in range(1, 200):
        sweep(memory.deps, memory.alarms, NOW + minute * MINUTE)
    assert memory.switch.turns == []
    assert memory.state(there).status is Status.PROBATION
    (notice,) = memory.bus.details("Operator Notice")
    assert "out of the guard's reach" in notice["subject"]


# ---- SES's own word


class Refused:
    """The port TenantStreams of a call that SES refuses."""

    def __init__(self, *, retryable: bool) -> None:
        self.retryable = retryable

    def streams_of(self, home: StreamId, tenant: str) -> list[StreamId]:
        raise AwsError("ListTenantResources", "BadRequestException", retryable=self.retryable)


@pytest.mark.parametrize("said", [Said.DISABLED, Said.FOUND])
def test_a_verdict_is_told_and_on_record_whatever_ses_answers_about_its_streams(memory, said):
    arn = f"arn:aws:ses:{ACME.region}:{ACME.account}:tenant/acme/tn-1"
    verdict = SesStatusEvent(said, arn, ACME.account, ACME.region, "acme", by_aws=True, at=NOW, text="high bounces")
    assert follow_ses_status(memory.deps, Refused(retryable=False), verdict, NOW) == []
    with pytest.raises(AwsError):
        follow_ses_status(memory.deps, Refused(retryable=True), verdict, NOW + SECOND)
    (notice,) = memory.bus.details("Operator Notice")
    assert "high bounces" in notice["text"]
    home = ACME._replace(configuration_set="")
    assert {entry.finding for entry in memory.streams.entries(home, "finding")} == {said.value}


def test_of_a_tenants_streams_one_that_cannot_be_read_keeps_no_other_from_following(memory):
    arn = f"arn:aws:ses:{ACME.region}:{ACME.account}:tenant/acme/tn-1"
    record = memory.streams.load(SHOP)
    memory.streams.save(replace(record, target=record.target._replace(configuration_set=False, tenant_arn=arn)))
    memory.switch.sets[SHOP] = Sending.OFF_BY_AWS
    unreadable(memory, ACME)
    verdict = SesStatusEvent(Said.DISABLED, arn, ACME.account, ACME.region, "acme", by_aws=True, at=NOW)
    assert follow_ses_status(memory.deps, MemoryTenantStreams(acme=[ACME, SHOP]), verdict, NOW) == [SHOP]
    assert memory.state(SHOP).origin is Origin.AWS


# ---- fair to all


def test_of_two_thousand_unhealthy_streams_nobody_waits_longer_than_twice_the_fair_time(memory):
    capacity = 150
    streams = [StreamId(ACME.account, ACME.region, f"s{number:04}") for number in range(2_000)]
    for number, stream in enumerate(streams):
        state = StreamState(status=Status.WATCHED, since=NOW, incident="i")
        if number % 5 == 0:  # their time is up, and their alarms stay up
            state = StreamState(status=Status.PAUSED, since=NOW - DAY, origin=Origin.GUARD, cool_down_until=NOW + DAY)
        memory.streams.save(StreamRecord(stream, 0, state, Policy(), known=False))
    last, start, longest = dict.fromkeys(streams, 0), "", 0
    for minute in range(1, 61):
        memory.alarms.published.clear()
        left = iter(range(capacity))
        now = NOW + minute * SECOND
        swept = sweep(memory.deps, memory.alarms, now, lambda left=left: next(left, None) is not None, start=start)
        start = swept.reached
        assert swept.left == len(streams) - len(memory.alarms.published) > 0
        for stream, _ in memory.alarms.published:
            longest = max(longest, minute - last[stream])
            last[stream] = minute
    fair = -(-len(streams) // capacity)
    assert max(longest, *(60 - seen for seen in last.values())) <= 2 * fair


def test_whose_pause_is_over_comes_first_wherever_it_is_in_line(memory):
    for number in range(500):
        state = StreamState(status=Status.WATCHED, since=NOW, incident="i")
        stream = StreamId(ACME.account, ACME.region, f"s{number:04}")
        memory.streams.save(StreamRecord(stream, 0, state, Policy(), known=False))
    over = StreamState(status=Status.PAUSED, since=NOW - DAY, origin=Origin.GUARD, cool_down_until=NOW - HOUR)
    last = StreamId(ACME.account, ACME.region, "z")
    memory.streams.save(StreamRecord(last, 0, over, Policy(), known=False))
    left = iter(range(100))
    sweep(memory.deps, memory.alarms, NOW, lambda: next(left, None) is not None, start=str(ACME))
    assert memory.state(last).status is Status.PROBATION


def test_notices_hold_nothing_that_is_not_json(memory):
    tell_unreadable(memory.bus, {"a\u202eb": "x" * 9_999}, NOW)
    assert len(json.dumps(memory.bus.events)) < 2_000
