"""The channels of the deployed guard: each told once, in earnest, and what does not work reported."""

from __future__ import annotations

import json
import socket
import threading
from typing import Any, NamedTuple

import pytest

from examples.verify_webhook import is_genuine
from localcloud.mailbox import mailbox_on
from localcloud.setting_up import stream_of
from tests.cloud.conftest import Platform
from tests.fakes.servers import Hooks, says

pytestmark = pytest.mark.cloud

SECRET = "a secret of the tenant and the guard"


class Secret(NamedTuple):
    """To be kept for a tenant: its name below the tenant's prefix, and its text."""

    name: str
    text: str
    store: str = "ssm"


TOPIC = "a topic of the tenant's own"


class Owner:
    """A tenant with one stream, whose channels are webhooks of the test's, an SNS topic and whatever else is given."""

    def __init__(self, platform: Platform, name: str, *channels: dict[str, str | Secret], contact: str = "") -> None:
        self.platform = platform
        self.hooks: Hooks = platform.cloud.hooks
        self.contact = contact or f"owner@{name}.example"
        self.stream = platform.stream(owner=self.contact)
        self.tenant = f"tenant-of-{self.stream}"
        listed = [
            {"M": {key: {"S": keep(platform, self.tenant, value)} for key, value in channel.items()}}
            for channel in channels
        ]
        platform.dynamodb.update_item(
            TableName=platform.outputs["TenantsTableName"],
            Key={"id": {"S": self.tenant}},
            UpdateExpression="SET channels = :channels",
            ExpressionAttributeValues={":channels": {"L": listed}},
        )

    def goes_bad(self) -> None:
        assert self.platform.send_bad(self.stream)

    def mails(self) -> list[str]:
        return self.platform.mails_to(self.contact)

    def journal(self, kind: str) -> list[dict[str, Any]]:
        answer = self.platform.dynamodb.query(
            TableName=self.platform.outputs["IncidentsTableName"],
            KeyConditionExpression="#stream = :stream",
            ExpressionAttributeNames={"#stream": "stream"},
            ExpressionAttributeValues={":stream": {"S": str(stream_of(self.stream))}},
        )
        return [item for item in answer["Items"] if item["kind"]["S"] == kind]

    def told_of(self, words: str) -> list[str]:
        """What the operator was told, on one line each, that holds these words."""
        return [text for text in (" ".join(each.split()) for each in self.platform.told()) if words in text]


def keep(platform: Platform, tenant: str, value: str | Secret) -> str:
    """The value itself, or the reference under which it is kept for the tenant; none is kept for ``none``."""
    if value == TOPIC:
        topic: str = platform.cloud.client("sns").create_topic(Name=f"sesguard-{tenant}")["TopicArn"]
        return topic
    if isinstance(value, str):
        return f"ssm:/sesguard/{tenant}/none" if value == "none" else value
    path = f"sesguard/{tenant}/{value.name}"
    if value.store == "ssm":
        platform.cloud.client("ssm").put_parameter(Name=f"/{path}", Value=value.text, Type="SecureString")
        return f"ssm:/{path}"
    platform.cloud.client("secretsmanager").create_secret(Name=path, SecretString=value.text)
    return f"secretsmanager:{path}"


def a_topic(platform: Platform, name: str) -> tuple[str, Any]:
    """A topic, and what reads its messages."""
    topic = platform.cloud.client("sns").create_topic(Name=name)["TopicArn"]
    queue, sqs = mailbox_on(platform.cloud.emulator, topic, f"{name}-mailbox"), platform.cloud.client("sqs")
    return topic, lambda: sqs.receive_message(QueueUrl=queue).get("Messages", [])


def test_a_pause_reaches_every_channel_of_the_owner_once(platform: Platform) -> None:
    hooks: Hooks = platform.cloud.hooks
    owner = Owner(
        platform,
        "every-channel",
        {
            "kind": "webhook",
            "url": Secret("hook-url", f"{hooks.origin}/hook"),
            "secret": Secret("hook", SECRET),
        },
        {"kind": "slack", "url": Secret("slack", f"{hooks.origin}/slack")},
        {"kind": "teams", "url": Secret("teams", f"{hooks.origin}/teams", "secretsmanager")},
        {"kind": "sns", "topic": TOPIC},
    )
    _, received = a_topic(platform, f"sesguard-{owner.tenant}")
    owner.goes_bad()
    platform.wait_until(lambda: len(owner.journal("notified")) >= 6, "five channels and the operator are told")
    ((headers, body),) = hooks.calls("/hook")
    assert is_genuine(body, dict(headers), SECRET, f"{hooks.origin}/hook")
    assert headers["webhook-id"] == json.loads(body)["id"]
    ((_, slack),) = hooks.calls("/slack")
    assert owner.stream in json.dumps(json.loads(slack)["blocks"])
    ((_, teams),) = hooks.calls("/teams")
    assert owner.stream in teams.decode()
    assert len(owner.mails()) == 1
    (message,) = received()
    assert owner.stream in message["Body"]


def test_a_webhook_that_is_down_is_called_again_and_holds_up_nobody(platform: Platform) -> None:
    hooks: Hooks = platform.cloud.hooks
    hooks.answers["/flaky"] = [says("429 Too Many Requests", "Retry-After: 1")]
    owner = Owner(platform, "flaky", {"kind": "webhook", "url": Secret("flaky", f"{hooks.origin}/flaky")})
    owner.goes_bad()
    platform.wait_until(owner.mails, "the mail is there")
    platform.wait_until(lambda: len(hooks.calls("/flaky")) == 2, "and the webhook is called again")
    first, second = (headers["webhook-id"] for headers, _ in hooks.calls("/flaky"))
    assert first == second
    assert len(owner.mails()) == 1


@pytest.mark.parametrize(
    ("name", "channel", "reason"),
    [
        ("gone", {"url": "{origin}/gone"}, "HTTP 404"),
        ("inside", {"url": "https://169.254.169.254/latest/meta-data/"}, "blocked: its host has an address"),
        ("unsigned", {"url": "{origin}/unsigned", "secret": "none"}, "/none does not exist"),
        ("moved", {"url": "{origin}/moved"}, "a redirect, which is not followed"),
    ],
)
def test_a_channel_that_cannot_work_is_on_record_and_reported(
    platform: Platform, name: str, channel: dict[str, str], reason: str
) -> None:
    hooks: Hooks = platform.cloud.hooks
    hooks.answers["/gone"] = [says("404 Not Found")]
    hooks.answers["/moved"] = [says("307 Moved", f"Location: {hooks.origin}/elsewhere")]
    url = Secret(name, channel["url"].format(origin=hooks.origin))
    owner = Owner(platform, name, {"kind": "webhook", **channel, "url": url})
    owner.goes_bad()
    platform.wait_until(lambda: owner.journal("undelivered"), "it is on record")
    assert reason in owner.journal("undelivered")[0]["reason"]["S"]
    platform.wait_until(lambda: owner.told_of(f"tenant-of-{owner.stream} did not take"), "the operator is told")
    assert hooks.calls("/elsewhere") == []
    platform.wait_until(lambda: platform.waiting(platform.outputs["DeliveryQueueUrl"]) == 0, "and nothing is left")


def test_a_contact_that_bounces_is_reported_and_not_written_to_again(platform: Platform) -> None:
    contact = "gone-owner@bounced.example"
    owner = Owner(platform, "bounced", contact=contact)
    owner.goes_bad()
    words = f"A contact of tenant-of-{owner.stream}"
    platform.wait_until(lambda: owner.told_of(words), "the operator is told of the contact")
    assert contact not in " ".join(owner.told_of(words))
    other = Owner(platform, "bounced-too", contact=contact)
    other.goes_bad()
    platform.wait_until(lambda: other.journal("announced"), "another stream of theirs is paused")
    platform.wait_until(lambda: other.told_of(other.stream), "and the operator told")
    assert len(platform.mails_to(contact)) == 1
    assert platform.counted(platform.outputs["NoticeConfigurationSetName"]) == (0, 0, 0)


def test_twenty_webhooks_of_one_tenant_that_hang_keep_nobody_elses_notice(platform: Platform) -> None:
    hooks: Hooks = platform.cloud.hooks
    paths = [f"/hangs-{number}" for number in range(20)]
    let_go = threading.Event()

    def hang(_: socket.socket) -> None:
        let_go.wait(60)

    for path in paths:
        hooks.answers[path] = [hang] * 10
    channels: list[dict[str, str | Secret]] = [
        {"kind": "webhook", "url": Secret(path[1:], f"{hooks.origin}{path}")} for path in paths
    ]
    hanging = Owner(platform, "hangs", *channels)
    neighbour = Owner(platform, "neighbour", {"kind": "webhook", "url": Secret("prompt", f"{hooks.origin}/prompt")})
    try:
        hanging.goes_bad()
        platform.wait_until(lambda: any(hooks.calls(path) for path in paths), "the first webhook hangs")
        neighbour.goes_bad()
        platform.wait_until(lambda: hooks.calls("/prompt"), "the neighbour is told")
        assert all(len(hooks.calls(path)) <= 1 for path in paths), "the others were called again before"
        assert not hanging.journal("undelivered"), "nobody had given the others up by then"
    finally:
        for path in paths:
            hooks.answers.pop(path)  # they answer from now on, and their notices come to rest
        let_go.set()
