"""The handlers of register and onboard: what fails comes again, and whoever works alone lets go."""

from __future__ import annotations

import json
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from sesguard.aws.counts.senders import EVERY, DynamoSenders
from sesguard.errors import AwsError, RecordError
from sesguard.provisioning.registration import Registration
from sesguard.provisioning.worker import Worked
from sesguard.tenants.sender import RegisteredSender
from sesguard.wiring.register import Registering
from tests.fakes.guard import OneByOne
from tests.fakes.onboarding import HOME, Platform
from tests.fakes.tables import TABLES, in_memory
from tests.fakes.world import MemoryBus
from tests.unit.functions.test_handlers import Context, app

DOWN = AwsError("GetItem", "InternalServerError", retryable=True)


class Wake:
    """Counts how often it was sent, and fails if told to."""

    def __init__(self) -> None:
        self.sent = 0
        self.error: AwsError | None = None

    def send(self) -> None:
        if self.error:
            raise self.error
        self.sent += 1


class Registered:
    """register over a platform in memory."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.platform, self.wake = Platform(), Wake()
        self.module = app("register", monkeypatch)
        self._monkeypatch = monkeypatch
        self.rewire()

    def rewire(self) -> None:
        wired = Registering(
            Registration(self.platform.register_world, OneByOne()),
            self.wake,
            self.platform.rows,
            self.platform.senders,
        )
        self._monkeypatch.setattr(self.module, "wired", lambda account, region: wired)

    def item(self, name: str, *sets: str) -> None:
        streams = [{"configuration_set": each} for each in sets]
        self.platform.items.stored[name] = {"id": name, "contacts": [f"o@{name}.example"], "streams": streams}

    def handle(self, *names: str, context: Context | None = None) -> list[str]:
        keys = [{"dynamodb": {"Keys": {"id": {"S": name}}, "SequenceNumber": str(n)}} for n, name in enumerate(names)]
        answer = self.module.handler({"Records": keys}, context or Context())
        return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Registered:
    return Registered(monkeypatch)


def test_what_changed_is_registered_once_and_onboard_is_woken(registered: Registered) -> None:
    registered.item("acme", "acme-news")
    registered.item("shop", "shop-news")
    assert registered.handle("acme", "shop", "acme") == []
    assert len(registered.platform.rows.stored) == 2
    assert registered.wake.sent == 1


def test_nobody_is_woken_where_nothing_is_to_do(registered: Registered) -> None:
    registered.item("acme")
    registered.handle("acme")
    assert registered.wake.sent == 0


def test_each_record_of_what_fails_comes_again_and_the_others_are_done(registered: Registered) -> None:
    registered.item("acme", "acme-news")
    registered.item("shop", "shop-news")
    names = iter(["fail"])

    def fail(_: str) -> None:
        if next(names, None):
            raise DOWN

    registered.platform.items.hook = fail  # the first item that is read is acme's
    assert registered.handle("shop", "acme", "shop", "acme") == ["1", "3"]
    assert [row.tenant for row in registered.platform.rows.stored.values()] == ["shop"]


def test_a_policy_that_changes_registers_its_users_and_comes_again_for_one_that_fails(registered: Registered) -> None:
    registered.item("acme", "acme-news")
    registered.platform.items.stored["acme"]["policy"] = "careful"
    registered.platform.items.stored["@policy/careful"] = {"id": "@policy/careful", "values": {}}

    def fail(call: str) -> None:
        if call == "item":
            raise DOWN

    registered.platform.items.hook = fail
    assert registered.handle("@policy/careful") == ["0"]
    registered.platform.items.hook = lambda _: None
    assert registered.handle("@policy/careful") == []
    assert len(registered.platform.rows.stored) == 1


class Hurried(Context):
    """A function's time that is over after so many questions for it."""

    def __init__(self, questions: int) -> None:
        self.left = questions

    def get_remaining_time_in_millis(self) -> int:
        self.left -= 1
        return 60_000 if self.left >= 0 else 10_000


def test_a_policy_of_more_tenants_than_there_is_time_for_goes_on_at_each_try(registered: Registered) -> None:
    for number in range(10):
        registered.item(f"t{number}", f"t{number}-news")
        registered.platform.items.stored[f"t{number}"]["policy"] = "careful"
    registered.platform.items.stored["@policy/careful"] = {"id": "@policy/careful", "values": {}}
    rows, answers = [], []
    while answers[-1:] != [[]]:
        answers.append(registered.handle("@policy/careful", context=Hurried(4)))
        rows.append(len(registered.platform.rows.stored))
    assert answers == [["0"], ["0"], ["0"], []]
    assert rows == [3, 6, 9, 10]


def test_a_change_that_comes_meanwhile_registers_all_again(registered: Registered) -> None:
    for number in range(4):
        registered.item(f"t{number}", f"t{number}-news")
        registered.platform.items.stored[f"t{number}"]["policy"] = "careful"
    careful = registered.platform.items.stored["@policy/careful"] = {"id": "@policy/careful", "values": {}}
    assert registered.handle("@policy/careful", context=Hurried(3)) == ["0"]
    careful["values"] = {"mode": "observe"}
    assert registered.handle("@policy/careful", "@policy/careful") == []  # its first change, and the new one
    assert [record["policy"] for record in registered.platform.registered.records.values()] == [{"mode": "observe"}] * 4


def test_a_wake_that_fails_is_left_to_the_schedule(registered: Registered) -> None:
    registered.item("acme", "acme-news")
    registered.wake.error = AwsError("SendMessage", "AccessDenied", retryable=False)
    assert registered.handle("acme") == []


@pytest.mark.parametrize(("event", "rows"), [({}, 2), ({"tenants": ["acme"]}, 1)])
def test_without_records_the_named_or_all_are_registered(
    registered: Registered, event: dict[str, Any], rows: int
) -> None:
    registered.item("acme", "acme-news")
    registered.item("shop", "shop-news")
    assert registered.module.handler(event, Context()) == {"batchItemFailures": []}
    assert len(registered.platform.rows.stored) == rows


def test_what_fails_without_records_is_an_error(registered: Registered) -> None:
    registered.item("acme", "acme-news")

    def fail(call: str) -> None:
        if call == "load":
            raise DOWN

    registered.platform.rows.hook = fail
    with pytest.raises(AwsError):
        registered.module.handler({}, Context())


def sender_of(registered: Registered, identity: str) -> RegisteredSender | None:
    later = registered.platform.now + 2 * EVERY
    registered.platform.ses.now += 2 * EVERY.total_seconds()
    return registered.platform.senders.load(HOME, later).sender_of(identity)


def test_ingest_knows_whose_an_identity_is_as_soon_as_it_is_registered_and_no_longer(registered: Registered) -> None:
    registered.item("acme", "acme-news")
    registered.platform.items.stored["acme"]["streams"][0]["identities"] = ["acme.example"]
    registered.handle("acme")
    assert sender_of(registered, "acme.example") == RegisteredSender("acme", "acme-news")
    del registered.platform.items.stored["acme"]
    registered.handle("acme")
    assert sender_of(registered, "acme.example") is None


def test_every_hour_that_is_put_on_record_anew_and_nothing_else_is_done(registered: Registered) -> None:
    registered.item("acme", "acme-news")
    registered.platform.items.stored["acme"]["streams"][0]["identities"] = ["acme.example"]
    registered.handle("acme")
    registered.platform.senders = DynamoSenders(in_memory(), TABLES.cohorts)  # type: ignore[arg-type]  # a twin; made anew
    registered.rewire()
    assert sender_of(registered, "acme.example") is None
    registered.item("new", "new-news")
    registered.module.handler({"tenants": []}, Context())
    assert sender_of(registered, "acme.example") == RegisteredSender("acme", "acme-news")
    assert len(registered.platform.rows.stored) == 1


def test_senders_that_cannot_be_kept_fail_no_registration(registered: Registered) -> None:
    registered.item("acme", "acme-news")

    def fail(call: str) -> None:
        if call == "everything":
            raise DOWN

    registered.platform.rows.hook = fail
    assert registered.handle("acme") == []
    assert len(registered.platform.rows.stored) == 1


def test_one_that_is_odd_in_a_way_nobody_thought_of_stops_no_other(registered: Registered) -> None:
    registered.item("acme", "acme-news")
    registered.item("shop", "shop-news")
    names = iter(["fail"])

    def fail(_: str) -> None:
        if next(names, None):
            raise RuntimeError("a bug")

    registered.platform.items.hook = fail  # the first item that is read is acme's
    assert registered.handle("shop", "acme") == ["1"]
    assert [row.tenant for row in registered.platform.rows.stored.values()] == ["shop"]


def test_senders_that_break_fail_no_registration_either(registered: Registered) -> None:
    registered.item("acme", "acme-news")

    def fail(call: str) -> None:
        if call == "everything":
            raise ValueError("a row of a newer version")

    registered.platform.rows.hook = fail
    assert registered.handle("acme") == []


class Onboarded:
    """onboard over a platform in memory, with a lease that tests look at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.platform, self.go_on, self.bus = Platform(), Wake(), MemoryBus()
        self.free, self.held, self.left = True, 0, 0
        self.module: ModuleType = app("onboard", monkeypatch)
        wired = SimpleNamespace(rows=self.platform.rows, lease=self, bus=self.bus, go_on=self.go_on)
        monkeypatch.setattr(self.module, "wired", lambda: wired)
        monkeypatch.setattr(self.module, "make_worker", lambda *_: self.platform.worker())

    def take(self) -> bool:
        self.held += 1
        return self.free

    def leave(self) -> None:
        self.left += 1

    def handle(self) -> Any:
        return self.module.handler({}, Context())


@pytest.fixture
def onboarded(monkeypatch: pytest.MonkeyPatch) -> Onboarded:
    return Onboarded(monkeypatch)


def test_where_nothing_is_due_nobody_holds_the_line(onboarded: Onboarded) -> None:
    assert onboarded.handle() == {"batchItemFailures": []}
    assert onboarded.held == 0


def test_what_is_due_is_done_and_measured_and_the_line_let_go(
    onboarded: Onboarded, capsys: pytest.CaptureFixture[str]
) -> None:
    onboarded.platform.tenant("acme", "acme-news")
    onboarded.handle()
    assert "acme-news" in onboarded.platform.ses.sets
    assert onboarded.left == 1
    measured = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "OnboardingCalls" in line]
    assert measured[-1]["OnboardingCalls"] == [2.0]


def test_whoever_comes_second_leaves_at_once(onboarded: Onboarded) -> None:
    onboarded.platform.tenant("acme", "acme-news")
    onboarded.free = False
    onboarded.handle()
    assert onboarded.platform.ses.calls == []


def test_the_line_is_let_go_when_the_work_fails(onboarded: Onboarded, monkeypatch: pytest.MonkeyPatch) -> None:
    onboarded.platform.tenant("acme", "acme-news")

    def fail(_: object) -> Worked:
        raise DOWN

    monkeypatch.setattr(onboarded.module, "work", fail)
    with pytest.raises(AwsError):
        onboarded.handle()
    assert onboarded.left == 1


def test_a_worker_that_got_nothing_further_leaves_the_rest_to_the_schedule(
    onboarded: Onboarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    onboarded.platform.tenant("acme", "acme-news")
    monkeypatch.setattr(onboarded.module, "work", lambda _: Worked(left=True, unsaved=3))
    onboarded.handle()
    assert onboarded.go_on.sent == 0


def test_what_is_left_wakes_the_next(onboarded: Onboarded, monkeypatch: pytest.MonkeyPatch) -> None:
    onboarded.platform.tenant("acme", "acme-news")
    monkeypatch.setattr(onboarded.module, "work", lambda _: Worked(left=True, done=1))
    onboarded.handle()
    assert onboarded.go_on.sent == 1
    onboarded.go_on.error = AwsError("SendMessage", "AccessDenied", retryable=False)
    onboarded.handle()  # the schedule wakes it all the same


def test_failures_are_told(onboarded: Onboarded) -> None:
    onboarded.platform.ses.add_set("acme-news")
    onboarded.platform.tenant("acme", "acme-news")
    onboarded.handle()
    (notice,) = onboarded.bus.details("Operator Notice")
    assert notice["subject"] == "1 stream could not be set up"


def test_a_row_that_this_version_cannot_read_is_told_and_stops_no_other(
    onboarded: Onboarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    onboarded.platform.tenant("acme", "acme-news")
    onboarded.platform.tenant("shop", "shop-news")
    load = onboarded.platform.rows.load

    def unreadable(key: str) -> Any:
        if key.endswith("/acme-news"):
            raise RecordError(key, "'parked' is not a valid TaskState")
        return load(key)

    monkeypatch.setattr(onboarded.platform.rows, "load", unreadable)
    onboarded.handle()
    assert "shop-news" in onboarded.platform.ses.sets
    (notice,) = onboarded.bus.details("Operator Notice")
    assert "acme-news" in notice["text"]
