"""One notification, one channel: once, tried again with patience, or given up and reported."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from hypothesis import given
from hypothesis import strategies as st

from sesguard.aws.tables.once import DynamoOnce, item_id
from sesguard.errors import AwsError, ChannelError
from sesguard.notices.wording import Wording
from sesguard.notify.back_off import TRIES, WAITS, wait
from sesguard.notify.channel import OPERATORS_TOPIC, Channel, Kind, TenantContacts
from sesguard.notify.deliver import Fate
from sesguard.notify.notification import Notification, written
from tests.fakes.clock import HOUR, MINUTE
from tests.fakes.moto_tables import tables
from tests.fakes.notify import NotifyScene, enveloped
from tests.fakes.world import ACME, MemoryTenants
from tests.unit.notify.test_route import HOOK, MAIL, OWNER, SLACK, a_pause, changed

HOURS = 4 * HOUR


@pytest.fixture
def scene() -> NotifyScene:
    tenant = TenantContacts("acme", "Acme Ltd", (OWNER,), (SLACK, HOOK))
    return NotifyScene(MemoryTenants(tenant, streams={ACME: "acme"}))


def down(**fields: Any) -> ChannelError:
    return ChannelError("HTTP 500", retryable=True, **fields)


def reports(scene: NotifyScene) -> list[str]:
    return [subject for subject, _ in scene.sent.told if "could not be told" in subject or "does not work" in subject]


def of_kind(scene: NotifyScene, kind: str) -> list[Any]:
    return [entry for entry in scene.journal.journal if entry.kind == kind]


# ---- once


def test_each_channel_is_told_once_however_often_the_event_comes(scene):
    event = a_pause()
    for _ in range(3):
        scene.notify(event)
    assert sorted(to.key for to, _ in scene.sent.all) == sorted(
        each.key for each in (MAIL, SLACK, HOOK, OPERATORS_TOPIC)
    )


def test_what_was_told_is_on_record_by_kinds_of_channels_and_without_addresses(scene):
    scene.notify(a_pause())
    channels = [entry.channel for entry in of_kind(scene, "notified")]
    assert channels == [MAIL.key, SLACK.key, HOOK.key, "operator"]
    assert "owner" not in json.dumps([*channels, *scene.once.done])


def test_a_notification_for_a_channel_that_is_registered_no_more_is_let_go(scene):
    for notification in (
        Notification("owner", "slack/0", enveloped(a_pause()), tenant="acme"),
        Notification("owner", MAIL.key, enveloped(a_pause()), tenant="gone"),
        Notification("operator", SLACK.key, enveloped(a_pause())),
        Notification("operator", OPERATORS_TOPIC.key, digest="none"),
        Notification("operator", OPERATORS_TOPIC.key, '{"detail-type": "Of A Later Version", "detail": {}}'),
    ):
        scene.put_notification(written(notification))
    scene.work()
    assert [done.fate for done in scene.fates] == [Fate.GONE] * 5
    assert scene.sent.all == []


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"to": "owner", "channel": "x"}', '{"to": "all", "channel": "x"}'])
def test_what_is_no_notification_ends_among_the_dead_letters(scene, body):
    scene.put_notification(body)
    with pytest.raises(msgspec.DecodeError):
        scene.work()


# ---- tried again


def test_a_channel_that_fails_holds_up_no_other_and_is_told_when_it_works_again(scene):
    scene.sent.failing[SLACK.address] = down()
    scene.notify(a_pause())
    assert [to for to, _ in scene.sent.all] == [MAIL, HOOK, OPERATORS_TOPIC]
    scene.sent.failing.clear()
    scene.pass_time(WAITS[0])
    assert [to for to, _ in scene.sent.all] == [MAIL, HOOK, OPERATORS_TOPIC, SLACK]


def test_it_is_tried_with_growing_pauses_for_two_hours(scene):
    scene.sent.failing[SLACK.address] = down()
    scene.notify(a_pause())
    scene.pass_time(HOURS)
    tries = [done.fate for done in scene.fates if done.channel == SLACK.key]
    assert tries == [Fate.LATER] * (TRIES - 1) + [Fate.GIVEN_UP]
    assert timedelta(hours=1.5) < sum(WAITS, timedelta()) < timedelta(hours=2.5)


@pytest.mark.parametrize(
    ("asked", "waited"),
    [(timedelta(minutes=10), timedelta(minutes=10)), (timedelta(days=1), HOUR), (timedelta(seconds=1), WAITS[0])],
    ids=["longer than the guard would", "longer than it will", "shorter"],
)
def test_a_receiver_that_asks_for_time_gets_it_within_limits(scene, asked, waited):
    scene.sent.failing[HOOK.address] = down(asked=asked)
    scene.notify(a_pause())
    scene.sent.failing.clear()
    scene.pass_time(waited - timedelta(seconds=1))
    assert HOOK not in [to for to, _ in scene.sent.all]
    scene.pass_time(timedelta(seconds=1))
    assert HOOK in [to for to, _ in scene.sent.all]


def test_a_table_that_is_throttled_is_tried_again_and_what_fails_for_good_is_raised(scene):
    passing = AwsError("GetItem", "ThrottlingException", retryable=True)
    gone = AwsError("GetItem", "AccessDeniedException", retryable=False)

    def find(_: str) -> TenantContacts:
        raise failing

    scene.notify()
    scene.put_notification(written(Notification("owner", MAIL.key, enveloped(a_pause()), tenant="acme")))
    real, scene.tenants.find = scene.tenants.find, find  # type: ignore[method-assign]
    failing = passing
    scene.work()
    assert scene.fates[-1].fate is Fate.LATER
    failing = gone
    with pytest.raises(AwsError, match="AccessDenied"):
        scene.pass_time(MINUTE)
    scene.tenants.find = real  # type: ignore[method-assign]
    scene.pass_time(HOUR)
    assert [to for to, _ in scene.sent.all] == [MAIL]


# ---- given up


@pytest.mark.parametrize(
    "error",
    [ChannelError("HTTP 404", denied=True), down()],
    ids=["refused for good", "failing for hours"],
)
def test_what_is_given_up_is_reported_and_on_record(scene, error):
    scene.sent.failing[SLACK.address] = error
    scene.notify(a_pause())
    scene.pass_time(HOURS)
    assert reports(scene) == ["[sesguard] An owner could not be told"]
    ((_, text),) = [told for told in scene.sent.told if told[0] in reports(scene)]
    assert error.reason in text
    (entry,) = of_kind(scene, "undelivered")
    assert (entry.channel, entry.reason, entry.type) == (SLACK.key, error.reason, "Tenant Paused")
    assert entry.incident


def test_a_refusal_for_good_is_reported_at_once(scene):
    scene.sent.failing[SLACK.address] = ChannelError("the secret ssm:/sesguard/acme/slack does not exist")
    scene.notify(a_pause())
    assert len(reports(scene)) == 1


def test_a_dead_channel_calls_the_operator_once_an_hour_and_not_for_each_notice(scene):
    scene.sent.failing[SLACK.address] = ChannelError("HTTP 404")
    for number in range(4):
        scene.notify(changed(a_pause(), id=f"{number:032x}"))
        scene.pass_time(timedelta(minutes=20))
    assert len(reports(scene)) == 2
    assert len(of_kind(scene, "undelivered")) == 4


def test_a_channel_of_the_operators_that_is_dead_is_reported_by_the_others_alone(scene):
    teams = Channel(Kind.TEAMS, "ssm:/sesguard/operator/teams")
    scene.tenants.of_the_operator += [Channel(Kind.SLACK, "ssm:/sesguard/operator/slack"), teams]
    for channel in scene.tenants.of_the_operator:
        scene.sent.failing[channel.address] = ChannelError("HTTP 410")
    scene.notify(a_pause())
    scene.pass_time(HOURS)
    assert reports(scene) == ["[sesguard] A channel of the operator's does not work"] * 2
    assert all(done.fate is not Fate.LATER for done in scene.fates)


def test_the_operators_topic_is_never_given_up_in_silence(scene):
    scene.sent.failing[OPERATORS_TOPIC.address] = ChannelError("SNS refuses it with NotFound")
    with pytest.raises(ChannelError, match="NotFound"):
        scene.notify(a_pause())
    with pytest.raises(ChannelError, match="NotFound"):
        scene.pass_time(HOUR)
    assert [to for to, _ in scene.sent.all] == [MAIL, SLACK, HOOK]


# ---- links and templates


def test_where_no_link_can_be_made_for_good_the_owner_is_told_without_one(scene, monkeypatch):
    def broken(*_: Any) -> str:
        raise AwsError("GetSecretValue", "AccessDeniedException", retryable=False)

    monkeypatch.setattr(NotifyScene, "delivery_deps", property(lambda self: _with_links(self, broken)))
    scene.notify(a_pause(bounces=200))
    assert len(scene.sent.mails) == 1


def _with_links(scene: NotifyScene, links: Any) -> Any:
    return replace(REAL_DEPS(scene), links=links)


REAL_DEPS: Any = NotifyScene.delivery_deps.fget


def test_a_template_that_cannot_be_used_is_told_to_the_operator_once_and_the_owner_is_told_all_the_same(scene):
    scene.wordings.wording = Wording.with_own({"owner.txt": "{% if %}"}, {})
    for number in range(3):
        scene.notify(changed(a_pause(), id=f"{number:032x}"))
    assert len(scene.sent.mails) == 3
    problems = [subject for subject, _ in scene.sent.told if "template of yours" in subject]
    assert len(problems) == len(set(scene.wordings.wording.problems)) == 1


# ---- the memory of what was sent, in the table


class Context:
    """Of a Lambda invocation, as far as Powertools asks."""

    def __init__(self, left: timedelta = timedelta(seconds=30)) -> None:
        self.left = left

    def get_remaining_time_in_millis(self) -> int:
        return int(self.left.total_seconds() * 1000)


@pytest.fixture
def once():
    with tables() as client:
        memory = DynamoOnce(client, "idempotency")
        memory.register(Context())
        yield memory


def throttled() -> AwsError:
    return AwsError("SendEmail", "TooManyRequestsException", retryable=True)


def test_what_is_done_is_done_once(once):
    done = []
    for key in ("a", "b", "a"):
        once.do(key, lambda key=key: done.append(key))
    assert done == ["a", "b"]


def test_what_failed_is_not_done(once):
    def fail() -> None:
        raise throttled()

    with pytest.raises(AwsError, match="TooManyRequests"):
        once.do("a", fail)
    done = []
    once.do("a", lambda: done.append("a"))
    assert done == ["a"]


def test_what_another_is_doing_comes_again_later(once):
    def meanwhile() -> None:
        with pytest.raises(AwsError, match="AlreadyInProgress") as raised:
            once.do("a", lambda: None)
        assert raised.value.retryable

    once.do("a", meanwhile)


def test_a_table_that_does_not_answer_is_trouble_that_passes():
    with tables() as client:
        missing = DynamoOnce(client, "no-such-table")
        missing.register(Context())
        with pytest.raises(AwsError) as raised:
            missing.do("a", lambda: None)
        assert raised.value.retryable


def test_what_was_cut_off_runs_again_once_its_time_is_over():
    with tables() as client:
        killed = DynamoOnce(client, "idempotency")
        killed.register(Context(timedelta(seconds=-1)))

        class Killed(BaseException):
            pass

        def cut_off() -> None:
            raise Killed

        with pytest.raises(Killed):
            killed.do("a", cut_off)
        again = DynamoOnce(client, "idempotency")
        again.register(Context())
        done = []
        again.do("a", lambda: done.append("a"))
        assert done == ["a"]


# ---- how long


@given(
    tries=st.integers(1, 20), chance=st.floats(0, 1), asked=st.none() | st.timedeltas(timedelta(), timedelta(days=9))
)
def test_a_pause_is_never_shorter_than_planned_nor_longer_than_sqs_can_hide_a_message(tries, chance, asked):
    found = wait(tries, asked, chance)
    assert (found is None) is (tries >= TRIES)
    if found is not None:
        assert WAITS[tries - 1] <= found <= timedelta(hours=1.2)


def test_items_are_those_of_powertools_which_earlier_versions_wrote_and_read():
    with tables() as client:
        store = DynamoDBPersistenceLayer(table_name="idempotency", boto3_client=client)
        config = IdempotencyConfig(expires_after_seconds=60)
        config.register_lambda_context(Context())

        def run(key):
            done.append(key)

        powertools = idempotent_function(
            run, data_keyword_argument="key", persistence_store=store, config=config, key_prefix="notice"
        )
        done = []
        once = DynamoOnce(client, "idempotency")
        once.register(Context())
        powertools(key="é/1")
        once.do("é/1", lambda: done.append("again"))
        once.do("b", lambda: done.append("b"))
        powertools(key="b")
        assert done == ["é/1", "b"]
        assert {item["id"]["S"] for item in client.scan(TableName="idempotency")["Items"]} == {
            item_id("é/1"),
            item_id("b"),
        }
