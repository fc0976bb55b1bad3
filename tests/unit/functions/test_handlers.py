"""The handlers: a page each, and what fails in a batch fails alone."""

from __future__ import annotations

import importlib.util
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import msgspec
import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from sesguard.account.shield import Shielded
from sesguard.account.sums import Lines
from sesguard.alarm_queue import AlarmQueueDeps
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.volume_fold import VolumeFold
from sesguard.aws.counts.volume_log import log_request, new_key
from sesguard.aws.queues import GO_ON
from sesguard.aws.workers import Workers
from sesguard.errors import AwsError, ChannelError
from sesguard.fleet.daily_history import DailyHistory
from sesguard.fleet.snapshot import Snapshotter
from sesguard.ingest.volume import COLUMNS, Volume
from sesguard.notify.back_off import TRIES, WAITS
from sesguard.notify.channel import Channel, Kind
from sesguard.notify.notification import Notification, written
from sesguard.pausing.budget import Cap
from sesguard.pausing.outages import OutageDeps
from sesguard.pausing.record import Sending
from sesguard.pausing.state import Status
from sesguard.pausing.sweep import ONE_BY_ONE
from sesguard.policy import Mode
from sesguard.stream import StreamId
from sesguard.wiring.enforce import Enforcing
from sesguard.wiring.sweep import Sweeping
from tests.fakes.alarms import a_body, own_trigger
from tests.fakes.clock import NOW
from tests.fakes.cursors import MemoryAuditCursor, MemorySweepCursor
from tests.fakes.dynamodb import failure
from tests.fakes.enforcement import MemoryEnforcement
from tests.fakes.notify import NotifyScene
from tests.fakes.outages import MemoryOutages
from tests.fakes.pause_queue import MemoryPauseQueue
from tests.fakes.tables import TABLES, in_memory, volume_in
from tests.fakes.tenants import HOME, MemoryRegisteredStreams, tenant_deps
from tests.fakes.world import ACME, Memory, MemoryIdleAlarms

HOOK = Channel(Kind.WEBHOOK, "https://hooks.example/x")
SHOP = StreamId(ACME.account, ACME.region, "shop")
FUNCTIONS = Path(__file__).resolve().parents[3] / "functions"


class Context:
    """Of a Lambda invocation."""

    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:any"

    milliseconds = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def app(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A function's module, as Lambda loads it."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", name)
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Sesguard")
    spec = importlib.util.spec_from_file_location(f"app_{name}", FUNCTIONS / name / "app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def a_batch(*bodies: str) -> dict[str, Any]:
    return {"Records": [a_record(str(number), body) for number, body in enumerate(bodies)]}


def a_record(number: str, body: str) -> dict[str, Any]:
    taken = {"attributes": {"ApproximateReceiveCount": "1"}, "eventSource": "aws:sqs"}
    return {"messageId": number, "receiptHandle": number, "body": body} | taken


class Visibility:
    """Keeps the receipts of what is to come back soon."""

    def __init__(self) -> None:
        self.receipts: list[str] = []

    def soon(self, records: list[dict[str, Any]], left: object) -> None:
        self.receipts += [record["receiptHandle"] for record in records]


def failed(answer: Any) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


class Enforced:
    """Enforce over a world in memory, whose stream sends for a tenant. ``sent`` counts its messages to itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.memory, self.queue, self.sent, self.visibility = Memory(), MemoryPauseQueue(), 0, Visibility()
        self.memory.counts.sent(ACME, datetime.now(UTC) - timedelta(minutes=5), 400, bounces=72)
        self.module = app("enforce", monkeypatch)
        wired = Enforcing(AlarmQueueDeps(self.memory.deps, self.queue, self, MemoryRegisteredStreams(), HOME), self)  # type: ignore[arg-type]  # sends in memory
        monkeypatch.setattr(self.module, "wired", lambda account, region: wired)
        monkeypatch.setattr(self.module, "visibility", self.visibility)

    def send(self) -> None:
        self.sent += 1

    def streams_of(self, home: StreamId, tenant: str) -> list[StreamId]:
        return [ACME] if (home.account, tenant) == (ACME.account, "acme") else []

    def handle(self, *bodies: str, milliseconds: int = 30_000) -> list[str]:
        context = Context()
        context.milliseconds = milliseconds
        return failed(self.module.handler(a_batch(*bodies), context))


def test_enforce_takes_each_alarm_alone(monkeypatch):
    enforced = Enforced(monkeypatch)

    def once_without_a_table(name: str) -> None:
        if name == "enqueue":
            enforced.queue.hook = lambda _: None
            raise RuntimeError("DynamoDB is gone")

    enforced.queue.hook = once_without_a_table
    assert enforced.handle(a_body(NOW), a_body(NOW), "no alarm") == ["0"]
    assert enforced.visibility.receipts == ["0"]
    assert enforced.memory.switch.sets[ACME] is Sending.OFF
    assert enforced.memory.bus.types == ["Operator Notice", "Tenant Paused"]
    assert enforced.sent == 0


def test_who_waits_is_served_even_where_no_message_of_the_batch_could_be_taken(monkeypatch):
    enforced = Enforced(monkeypatch)
    enforced.handle(a_body(NOW), milliseconds=5_000)

    def fails(name: str) -> None:
        if name == "enqueue":
            raise RuntimeError("DynamoDB is gone")

    enforced.queue.hook = fails
    with pytest.raises(BatchProcessingError):
        enforced.handle(a_body(NOW, trigger=own_trigger(SHOP)))
    assert enforced.visibility.receipts == ["0"]
    assert enforced.memory.switch.sets[ACME] is Sending.OFF


def test_an_alarm_that_is_in_line_is_done_with_whatever_ses_says(monkeypatch):
    enforced = Enforced(monkeypatch)

    def refuses(name: str) -> None:
        if name == "look":
            raise AwsError("GetConfigurationSet", "AccessDeniedException", retryable=False)

    enforced.memory.switch.hook = refuses
    assert enforced.handle(a_body(NOW)) == []


def test_enforce_goes_on_in_another_invocation_when_its_time_is_up(monkeypatch):
    enforced = Enforced(monkeypatch)
    assert enforced.handle(a_body(NOW), milliseconds=5_000) == []
    assert (enforced.sent, enforced.memory.switch.turns) == (1, [])
    assert enforced.handle(GO_ON) == []
    assert enforced.memory.switch.sets[ACME] is Sending.OFF
    assert enforced.sent == 1


def test_a_message_to_itself_that_cannot_be_sent_fails_no_alarm(monkeypatch):
    enforced = Enforced(monkeypatch)

    def refuses() -> None:
        raise AwsError("SendMessage", "AccessDenied", retryable=False)

    monkeypatch.setattr(enforced, "send", refuses)
    assert enforced.handle(a_body(NOW), milliseconds=5_000) == []
    assert len(enforced.queue.worst(5)) == 1


class Letters:
    """Dead letters by queue; ``error``: they cannot be counted."""

    def __init__(self, **queues: int) -> None:
        self.queues, self.error = queues, False

    def count(self) -> dict[str, int]:
        if self.error:
            raise AwsError("GetQueueAttributes", "ServiceUnavailable", retryable=True)
        return self.queues


def sweeping(
    monkeypatch: pytest.MonkeyPatch,
    memory: Memory,
    queue: MemoryPauseQueue,
    letters: Letters | None = None,
    store: Any = None,
) -> ModuleType:
    """Sweep over a world in memory, with no account to shield. store: of counts, if not an empty one."""
    module = app("sweep", monkeypatch)
    home = ACME._replace(configuration_set="")
    letters = letters or Letters(alarms=0)
    wired = Sweeping(
        memory.deps,
        memory.alarms,  # type: ignore[arg-type]  # its twin
        MemoryIdleAlarms(),
        queue,
        MemoryAuditCursor(memory.streams),
        MemorySweepCursor(),
        MemoryEnforcement(),
        ONE_BY_ONE,
        letters,
        None,
        None,
        VolumeFold(store or in_memory(), TABLES.cohorts, home, ONE_BY_ONE),
        tenant_deps(),
        OutageDeps(outages=MemoryOutages(), streams=lambda now: frozenset(), parallel=ONE_BY_ONE),
        Snapshotter(lambda now: (), lambda streams, now: {}, None),
        DailyHistory(lambda now: (), None, ONE_BY_ONE),
    )
    monkeypatch.setattr(module, "wired", lambda account, region: (wired, None))
    monkeypatch.setattr(module, "dashboard", lambda: True)
    monkeypatch.setattr(module, "keep_verified", lambda domains, store, home, now: None)
    monkeypatch.setattr(module, "keep_shield", lambda world, guard, now, time_left: Shielded())
    return module


def test_sweep_serves_who_is_still_in_line(monkeypatch):
    enforced = Enforced(monkeypatch)
    enforced.handle(a_body(NOW), milliseconds=5_000)
    module = sweeping(monkeypatch, enforced.memory, enforced.queue)
    module.handler({}, Context())
    assert enforced.memory.switch.sets[ACME] is Sending.OFF


def test_a_verdict_of_ses_is_heeded_and_one_on_nobody_is_let_go(monkeypatch):
    enforced = Enforced(monkeypatch)
    nobody = {"source": "aws.ses", "detail-type": "Sending Status Disabled"}
    tenant = f"arn:aws:ses:{ACME.region}:{ACME.account}:tenant/acme/tn-1"
    assert enforced.handle(json.dumps({**nobody, "resources": [tenant]}), json.dumps(nobody)) == []
    assert enforced.memory.bus.types == ["Operator Notice"]


def test_sweep_goes_round_those_that_are_healthy(monkeypatch):
    memory = Memory()
    memory.streams.save(memory.streams.load(ACME))
    memory.switch.sets[ACME] = Sending.OFF
    sweeping(monkeypatch, memory, MemoryPauseQueue()).handler({}, Context())
    assert memory.bus.types == ["Tenant Paused"]


def test_sweep_folds_what_was_logged(monkeypatch):
    store, hour_ago = in_memory(), datetime.now(UTC) - timedelta(hours=1)
    minute = int(hour_ago.timestamp()) // 60
    home = ACME._replace(configuration_set="")
    writer = DynamoCountsWriter(store, TABLES, Workers(1), home=home, clock=hour_ago.timestamp)
    volume = Volume(ACME, minute // 60, [minute % 60 * COLUMNS, 3, 0])
    assert writer.add([volume], hour_ago, lambda: True) == []
    assert not volume_in(store, ACME)
    sweeping(monkeypatch, Memory(), MemoryPauseQueue(), store=store).handler({}, Context())
    assert volume_in(store, ACME) == {(minute, 0): 3}


def test_sweep_does_everything_else_where_volume_cannot_be_folded(monkeypatch):
    class Throttled:
        def query(self, **_: Any) -> None:
            raise failure("ProvisionedThroughputExceededException", "Query")

    memory = Memory()
    memory.streams.save(memory.streams.load(ACME))
    memory.switch.sets[ACME] = Sending.OFF
    sweeping(monkeypatch, memory, MemoryPauseQueue(), store=Throttled()).handler({}, Context())
    assert memory.bus.types == ["Tenant Paused"]


def test_but_not_while_anybody_waits_for_ses(monkeypatch):
    enforced = Enforced(monkeypatch)
    enforced.memory.streams.save(enforced.memory.streams.load(ACME))
    enforced.memory.switch.sets[ACME] = Sending.OFF
    enforced.handle(a_body(NOW, trigger=own_trigger(SHOP)), milliseconds=5_000)
    sweeping(monkeypatch, enforced.memory, enforced.queue).handler({}, Context())
    assert enforced.memory.state().status is Status.HEALTHY


BEFORE_SERVING = [
    "look_at_outages",
    "sweep",
    "look_at_tenants",
    "keep_shield",
    "keep_verified",
    "look_at_account",
    "audit_next",
    "tell_blind",
    "tidy",
]


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
@pytest.mark.parametrize("broken", [*BEFORE_SERVING, "tell_unreadable", "write_next", "keep_next"])
@pytest.mark.parametrize("error", [RuntimeError("a record nobody thought of"), AwsError("Query", "X", retryable=True)])
def test_a_part_of_the_sweep_that_breaks_stops_no_other_and_is_heard_of(monkeypatch, broken, error):
    """A pause whose alarm came while SES was asked too often is served by the sweep, and by nobody else."""
    enforced = Enforced(monkeypatch)
    module = sweeping(monkeypatch, enforced.memory, enforced.queue)
    # Queued after the sweep has looked who waits, so that all its parts have their turn.
    queued = module.queued_streams

    def then_wait(queue: Any) -> Any:
        found = queued(queue)
        enforced.handle(a_body(NOW), milliseconds=5_000)
        return found

    def breaks(*_: Any) -> None:
        raise error

    monkeypatch.setattr(module, "queued_streams", then_wait)
    monkeypatch.setattr(module, broken, breaks)
    told = broken in {"tell_unreadable", "write_next", "keep_next"} and isinstance(error, AwsError)
    if told:  # by themselves, as these are no more than delayed
        module.handler({}, Context())
    else:
        with pytest.raises(type(error)):
            module.handler({}, Context())
    assert enforced.memory.switch.sets[ACME] is Sending.OFF


@pytest.mark.parametrize("call", ["load", "save"])
def test_a_sweep_whose_cursor_is_not_read_or_kept_looks_after_everybody(monkeypatch, call):
    def breaks(*_: Any) -> None:
        raise AwsError("Query", "X", retryable=True)

    memory = Memory()
    memory.streams.save(memory.streams.load(ACME))
    memory.switch.sets[ACME] = Sending.OFF
    monkeypatch.setattr(MemorySweepCursor, call, breaks)
    sweeping(monkeypatch, memory, MemoryPauseQueue()).handler({}, Context())
    assert memory.bus.types == ["Tenant Paused"]


def test_logged_volume_that_cannot_be_read_is_told_to_the_operator(monkeypatch):
    memory, store, hour_ago = Memory(), in_memory(), datetime.now(UTC) - timedelta(hours=1)
    home = ACME._replace(configuration_set="")
    key = new_key(int(hour_ago.timestamp() * 1_000))
    store.put_item(**log_request(TABLES.cohorts, home, key, b"of a newer version"))
    sweeping(monkeypatch, memory, MemoryPauseQueue(), store=store).handler({}, Context())
    (notice,) = memory.bus.details("Operator Notice")
    assert key in notice["text"]


NEWS = json.dumps({"detail-type": "Operator Notice", "detail": {"id": "1", "subject": "s", "text": "t"}})


def test_notify_hands_out_each_event_alone(monkeypatch):
    scene = NotifyScene()
    module = app("notify", monkeypatch)
    monkeypatch.setattr(module, "wired", lambda: scene.route_deps)
    visibility = Visibility()
    monkeypatch.setattr(module, "visibility", visibility)
    assert failed(module.handler(a_batch("broken", NEWS), Context())) == ["0"]
    assert visibility.receipts == ["0"]
    scene.work()
    assert [subject for subject, _ in scene.sent.told] == ["[sesguard] s"]


class Delivering:
    """Deliver over a world in memory. ``hidden``: for how many seconds notifications were hidden."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.scene, self.hidden = NotifyScene(), list[float]()
        self.scene.tenants.of_the_operator.append(HOOK)
        self.module = app("deliver", monkeypatch)
        once = SimpleNamespace(register=lambda context: None)
        waiting = SimpleNamespace(hide=lambda receipt, after: self.hidden.append(after.total_seconds()))
        monkeypatch.setattr(self.module, "wired", lambda: (self.scene.delivery_deps, once, waiting))

    def handle(self, body: str, tries: int = 1) -> list[str]:
        record = {"messageId": "0", "receiptHandle": "r", "body": body}
        attributes = {"attributes": {"ApproximateReceiveCount": str(tries)}}
        return failed(self.module.handler({"Records": [record | attributes]}, Context()))


NOTIFICATION = written(Notification("operator", HOOK.key, NEWS))


def test_deliver_puts_off_what_has_to_wait_and_does_not_call_it_an_error(monkeypatch):
    delivering = Delivering(monkeypatch)
    delivering.scene.sent.failing[HOOK.address] = ChannelError("HTTP 500", retryable=True)
    assert delivering.handle(NOTIFICATION, tries=3) == ["0"]
    assert delivering.hidden == [WAITS[2].total_seconds()]
    delivering.scene.sent.failing.clear()
    assert delivering.handle(NOTIFICATION, tries=4) == []
    assert [to for to, _ in delivering.scene.sent.all] == [HOOK]


def test_deliver_is_done_with_what_it_gives_up(monkeypatch):
    delivering = Delivering(monkeypatch)
    delivering.scene.sent.failing[HOOK.address] = ChannelError("HTTP 500", retryable=True)
    assert delivering.handle(NOTIFICATION, tries=TRIES) == []
    assert delivering.hidden == []


def test_deliver_raises_what_is_no_notification(monkeypatch):
    with pytest.raises(msgspec.DecodeError):
        Delivering(monkeypatch).handle("no notification")  # where it cannot be set aside, as here


def test_deliver_sets_aside_what_is_no_notification(monkeypatch):
    delivering = Delivering(monkeypatch)
    monkeypatch.setattr(delivering.module, "aside", SimpleNamespace(put=lambda *_: True))
    assert delivering.handle("no notification") == []


def beats(capsys) -> list[list[float]]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line["DeadLetters"] for line in lines if "_aws" in line]


@pytest.mark.parametrize("queues", [{}, {"alarms": 0, "events": 0}, {"alarms": 2, "events": 1}])
def test_sweep_beats_with_the_sum_of_dead_letters(monkeypatch, capsys, queues):
    module = sweeping(monkeypatch, Memory(), MemoryPauseQueue(), Letters(**queues))
    module.handler({}, Context())
    assert beats(capsys) == [[float(sum(queues.values()))]]


def test_sweep_names_the_queues_that_hold_dead_letters(monkeypatch, caplog):
    module = sweeping(monkeypatch, Memory(), MemoryPauseQueue(), Letters(alarms=2, events=0))
    module.handler({}, Context())
    assert [record.queues for record in caplog.records if record.message == "dead letters"] == [{"alarms": 2}]


@pytest.mark.parametrize("centre", ["", "arn:aws:events:eu-west-1:999988887777:event-bus/centre"])
def test_sweep_gives_a_sign_of_life_to_a_centre_where_there_is_one(monkeypatch, centre):
    memory = Memory()
    module = sweeping(monkeypatch, memory, MemoryPauseQueue(), Letters(alarms=2))
    deciding = SimpleNamespace(default_mode=Mode.OBSERVE, hourly_pauses=Cap(20, 0.05))
    shield = SimpleNamespace(shield_mode=Mode.ENFORCE, shield_lines=Lines())
    told = {"DecidingSettings": deciding, "ShieldSettings": shield, "HealthSettings": SimpleNamespace(stack="guard")}
    told["MemberSettings"] = SimpleNamespace(central_bus_arn=centre)
    for name, settings in told.items():
        monkeypatch.setattr(module, name, SimpleNamespace(from_env=lambda settings=settings: settings))
    beats = []
    for due in (False, False, True):  # a process that is new says it at once, and then when that is due
        monkeypatch.setattr(module, "is_due", lambda now, due=due: due)
        module.handler({}, Context())
        said = [event["detail"] for event in memory.bus.events if event["type"] == "Guard Heartbeat"]
        beats.append(len(said))
    assert beats == ([1, 1, 2] if centre else [0, 0, 0])
    for beat in said:
        assert (beat["stack"], beat["dead_letters"], beat["settings"]["DefaultMode"]) == ("guard", 2, "observe")
        assert (beat["takes"], beat["states"], beat["worst"]) == (["Paused Elsewhere"], {}, [])


@pytest.mark.filterwarnings("ignore:No application metrics to publish")
def test_a_sweep_that_cannot_count_dead_letters_or_fails_does_not_beat(monkeypatch, capsys):
    letters = Letters()
    letters.error = True
    sweeping(monkeypatch, Memory(), MemoryPauseQueue(), letters).handler({}, Context())
    assert beats(capsys) == []
    module = sweeping(monkeypatch, Memory(), MemoryPauseQueue())
    monkeypatch.setattr(module, "tidy", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        module.handler({}, Context())
    assert beats(capsys) == []


def test_a_message_of_posture_that_fails_comes_back_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    module = app("posture", monkeypatch)
    looked: list[str] = []

    def look(_: object, body: str, __: object) -> SimpleNamespace:
        if body == "bad":
            raise AwsError("Scan", "InternalServerError", retryable=True)
        looked.append(body)
        return SimpleNamespace(looked_at=1, changes=0, pending=0, requested=0, refused=0, unusable=[])

    monkeypatch.setattr(module, "look", look)
    monkeypatch.setattr(module, "wired", lambda account, region: SimpleNamespace(deps=lambda time_left: None))
    records = [
        {"messageId": name, "body": name, "eventSource": "aws:sqs", "receiptHandle": "r", "attributes": {}}
        for name in ("good", "bad")
    ]
    result = module.handler({"Records": records}, Context())
    assert looked == ["good"]
    assert result == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
