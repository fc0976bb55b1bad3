"""Channels: what is one, what names it, and how a webhook's receiver knows the guard."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from examples.verify_webhook import is_genuine
from sesguard.aws.dynamodb import attributes
from sesguard.aws.queues import SqsNotificationQueue, SqsWaker
from sesguard.aws.secrets import KEPT_SECONDS, AwsSecrets
from sesguard.aws.tables.bad_contacts import DynamoBadContacts
from sesguard.aws.tables.tenants import DynamoTenants
from sesguard.aws.tables.wordings import DynamoWordings
from sesguard.aws.variables import origins
from sesguard.errors import AwsError, ChannelError, SettingsError
from sesguard.notify.back_off import LONGEST, retry_after
from sesguard.notify.channel import Channel, Kind, channel_of, mail_to
from sesguard.notify.notification import Notification, read
from sesguard.notify.signature import headers, secrets_in
from sesguard.tenants.channels import ChannelRule
from tests.fakes.clock import NOW
from tests.fakes.moto_tables import tables

SECRET, NEXT = "a secret of some length", "the next secret of some length"
BODY = b'{"id": "1"}'


# ---- what is a channel


@pytest.mark.parametrize(
    ("fields", "channel"),
    [
        ({"kind": "slack", "url": "ssm:/sesguard/a/slack"}, Channel(Kind.SLACK, "ssm:/sesguard/a/slack")),
        ({"kind": "teams", "url": "secretsmanager:sesguard/a"}, Channel(Kind.TEAMS, "secretsmanager:sesguard/a")),
        (
            {"kind": "webhook", "url": "https://a.example/x", "secret": "ssm:/sesguard/s"},
            Channel(Kind.WEBHOOK, "https://a.example/x", "ssm:/sesguard/s"),
        ),
        ({"kind": "webhook", "url": "ssm:/sesguard/url"}, Channel(Kind.WEBHOOK, "ssm:/sesguard/url")),
        (
            {"kind": "sns", "topic": "arn:aws:sns:eu-west-1:123456789012:sesguard-a"},
            Channel(Kind.SNS, "arn:aws:sns:eu-west-1:123456789012:sesguard-a"),
        ),
    ],
)
def test_a_channel_is_read_as_the_registry_writes_it(fields, channel):
    assert list(ChannelRule().wrong(fields)) == []
    assert channel_of(fields) == channel


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "pigeon", "url": "ssm:/sesguard/x"},
        {"kind": "mail", "url": "a@b.example"},
        {"kind": "topic", "topic": "arn:aws:sns:eu-west-1:123456789012:sesguard-a"},
        {"kind": "slack", "url": "https://hooks.slack.com/services/T/B/secret"},
        {"kind": "slack", "url": "ssm:/other/x"},
        {"kind": "webhook", "url": "ftp://a.example"},
        {"kind": "webhook", "url": "https://a.example/x", "secret": "written out"},
        {"kind": "sns", "topic": "arn:aws:sns:eu-west-1:123456789012:billing"},
        {"kind": "sns", "topic": ["sesguard-a"]},
        {"kind": ["slack"], "url": "ssm:/sesguard/x"},
    ],
)
def test_anything_else_is_none(fields):
    assert channel_of(fields) is None


KEYS = st.sampled_from(["kind", "url", "secret", "topic"])


@given(st.dictionaries(KEYS, st.text() | st.integers() | st.lists(st.text())))
def test_no_entry_of_a_registry_is_trouble(fields):
    assert channel_of(fields) is None or fields["kind"] in list(Kind)


def test_contacts_are_channels_each_once():
    assert mail_to(["a@b.example", "nobody", "a@b.example"]) == [Channel(Kind.MAIL, "a@b.example")]


# ---- notifications


def test_a_notification_is_read_as_it_was_written():
    sent: list[Any] = []

    class Queue:
        def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803  # as boto3 has it
            sent.extend(Entries)
            return {}

    notifications = [Notification("owner", f"mail/{number}", "x" * number, tenant="acme") for number in range(1, 24)]
    SqsNotificationQueue(Queue(), "queue").send(notifications)  # type: ignore[arg-type]  # as much of a client as is used
    assert [read(entry["MessageBody"]) for entry in sent] == notifications


class Batches:
    """A queue that refuses messages of a batch by their ids."""

    def __init__(self, *refused: str) -> None:
        self.sizes: list[tuple[int, int]] = []
        self._refused = refused

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803  # as above
        self.sizes.append((len(Entries), sum(len(entry["MessageBody"].encode()) for entry in Entries)))
        return {"Failed": [{"Id": each, "Code": "InternalError", "SenderFault": False} for each in self._refused]}


def test_batches_are_as_large_as_sqs_takes():
    queue = Batches()
    small = [Notification("owner", "mail/1", "x")] * 21
    large = [Notification("owner", "mail/1", "ä" * 200_000)] * 3
    SqsNotificationQueue(queue, "queue").send([*small, *large])  # type: ignore[arg-type]  # as above
    assert [count for count, _ in queue.sizes] == [10, 10, 3, 1]
    assert max(size for _, size in queue.sizes) <= 1024 * 1024


def test_where_one_was_not_accepted_all_others_are_sent_and_it_comes_again():
    queue = Batches("3")
    with pytest.raises(AwsError, match="InternalError") as raised:
        SqsNotificationQueue(queue, "queue").send([Notification("owner", "mail/1", "x")] * 20)  # type: ignore[arg-type]  # as above
    assert raised.value.retryable
    assert len(queue.sizes) == 2


def test_a_digest_is_woken_through_the_queue_that_notify_reads():
    asked: list[Any] = []

    class Queue:
        def send_message(self, **request: Any) -> None:
            asked.append(request)

    SqsWaker(Queue(), "queue").wake("d", timedelta(seconds=150))  # type: ignore[arg-type]  # as above
    assert asked == [{"QueueUrl": "queue", "MessageBody": '{"digest": "d"}', "DelaySeconds": 150}]


# ---- Retry-After


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("120", timedelta(seconds=120)),
        ("0", timedelta()),
        ("9" * 400, LONGEST),
        ("Sat, 21 Nov 2026 18:02:00 GMT", timedelta(minutes=2)),
        ("Sat, 21 Nov 2020 18:02:00 GMT", timedelta()),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("²", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, span):
    assert retry_after(header, datetime(2026, 11, 21, 18, tzinfo=UTC)) == span


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ ([A-Z]+|[+-]\d+)", fullmatch=True))
def test_no_header_is_trouble(header):
    span = retry_after(header, NOW)
    assert span is None or span >= timedelta()


# ---- signatures


URL = "https://hooks.acme.example/mail"
TO_ACME = json.dumps({"id": "1", "to": {"tenant": "acme", "url": URL}}).encode()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Sets what time it is for the receiver's library."""

    def tell(now: datetime) -> None:
        class Told(datetime):
            @classmethod
            def now(cls, tz=None):
                return cls.fromtimestamp(now.timestamp(), tz)

        monkeypatch.setattr("standardwebhooks.webhooks.datetime", Told)

    tell(NOW)
    return tell


def believed(call: Mapping[str, str], body: bytes = TO_ACME, secret: str = SECRET, url: str = URL) -> bool:
    return is_genuine(body, call, secret, url)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("secret", [SECRET, "whsec_" + base64.b64encode(b"k" * 32).decode(), "whsec_aGVsbG8"])
def test_a_receiver_that_verifies_as_documented_believes_the_guard(secret):
    assert believed(headers("1", TO_ACME, [secret], NOW), secret=secret)


@pytest.mark.usefixtures("clock")
def test_a_secret_without_prefix_is_believed_as_libraries_read_it_and_as_its_own_bytes():
    secret = base64.b64encode(b"k" * 32).decode()
    call = headers("1", TO_ACME, [secret], NOW)
    assert Webhook(secret).verify(TO_ACME, dict(call))["id"] == "1"
    assert believed(call, secret=secret)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("secret", [SECRET, NEXT])
def test_while_a_secret_is_changed_both_are_believed(secret):
    call = headers("1", TO_ACME, secrets_in(f"{NEXT}\n{SECRET}\n"), NOW)
    assert believed(call, secret=secret)


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "2"},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": "²"},
        {"webhook-timestamp": "9" * 5_000},
        {"webhook-signature": "v1,ä"},
        {"webhook-signature": "v2,AAAA"},
        {"webhook-signature": ""},
    ],
)
def test_it_believes_nobody_else(change):
    call = headers("1", TO_ACME, [SECRET], NOW)
    assert not believed({**call, **change})


@pytest.mark.usefixtures("clock")
def test_neither_another_body_nor_another_secret_nor_a_call_to_somebody_else_is_believed():
    call = headers("1", TO_ACME, [SECRET], NOW)
    assert not believed(call, TO_ACME + b" ")
    assert not believed(headers("1", TO_ACME, [NEXT], NOW))
    assert not believed(headers("1", TO_ACME, [], NOW))
    assert not believed(call, url="https://victim.example/hook")  # played on to another receiver


@pytest.mark.parametrize(("age", "genuine"), [(299, True), (301, False), (-299, True), (-301, False)])
def test_an_old_call_played_again_is_not_believed(clock, age, genuine):
    call = headers("1", TO_ACME, [SECRET], NOW)
    clock(NOW + timedelta(seconds=age))
    assert believed(call) is genuine


def test_receivers_of_before_find_their_header_for_a_while():
    call = headers("1", BODY, [SECRET], NOW)
    expected = hmac.new(SECRET.encode(), f"{int(NOW.timestamp())}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert call["Sesguard-Signature"] == f"t={int(NOW.timestamp())},v1={expected}"
    assert call["Sesguard-Event-Id"] == "1"


# ---- secrets


class Store:
    """Parameter Store and Secrets Manager in one: values by name, or errors; and how often each was asked."""

    def __init__(self, **values: Any) -> None:
        self.values = {name.replace("_", "/"): value for name, value in values.items()}
        self.asked: list[str] = []

    def make(self, _: str) -> Store:
        return self

    def _get(self, name: str) -> Any:
        self.asked.append(name)
        value = self.values.get(name)
        if isinstance(value, Exception):
            raise value
        return value

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803  # as boto3 has it
        assert WithDecryption
        return {"Parameter": {"Value": self._get(Name)}}

    def get_secret_value(self, *, SecretId: str) -> dict[str, Any]:  # noqa: N803  # as above
        return {"SecretString": self._get(SecretId)}


def refusal(code: str, status: int = 400) -> ClientError:
    error = {"Error": {"Code": code, "Message": "of a secret"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(error, "Get")  # type: ignore[arg-type]  # as much of an answer as is read


def test_a_secret_is_read_from_where_its_reference_says_and_kept_for_some_minutes():
    store = Store(_sesguard_a="one", sesguard_b="two")
    clock = [0.0]
    secrets = AwsSecrets(store, lambda: clock[0])  # type: ignore[arg-type]  # as much of the clients as is used
    for at in (0.0, KEPT_SECONDS - 1, KEPT_SECONDS):
        clock[0] = at
        assert secrets.read("ssm:/sesguard/a") == "one"
    assert secrets.read("secretsmanager:sesguard/b") == "two"
    assert store.asked == ["/sesguard/a", "/sesguard/a", "sesguard/b"]
    secrets.read("ssm:/sesguard/a", fresh=True)
    assert len(store.asked) == 4


@pytest.mark.parametrize(
    ("value", "words", "retryable"),
    [
        (refusal("ParameterNotFound"), "does not exist", False),
        (refusal("AccessDeniedException"), "cannot be read: AccessDeniedException", False),
        (refusal("ThrottlingException"), "cannot be read: ThrottlingException", True),
        (refusal("InternalServerError", 500), "cannot be read", True),
        (" ", "holds no text", False),
        (None, "holds no text", False),
    ],
)
def test_a_secret_that_cannot_be_read_is_named_by_its_reference_alone(value, words, retryable):
    with pytest.raises(ChannelError, match=re.escape(words)) as raised:
        AwsSecrets(Store(_sesguard_a=value)).read("ssm:/sesguard/a")  # type: ignore[arg-type]  # as above
    assert raised.value.retryable is retryable
    assert "ssm:/sesguard/a" in str(raised.value)
    assert "of a secret" not in str(raised.value)


# ---- bad contacts, templates, settings


def test_a_bad_contact_is_known_until_its_time_is_over_and_a_longer_time_wins():
    with tables() as client:
        contacts = DynamoBadContacts(client, "idempotency")
        contacts.mark("a" * 16, "complaint", NOW + timedelta(days=365))
        contacts.mark("a" * 16, "bounce", NOW + timedelta(days=30))
        contacts.mark("b" * 16, "bounce", NOW + timedelta(days=30))
        every = ["a" * 16, "b" * 16, "c" * 16]
        assert set(contacts.among(every, NOW)) == {"a" * 16, "b" * 16}
        assert set(contacts.among(every, NOW + timedelta(days=30))) == {"a" * 16}
        assert set(contacts.among(every, NOW + timedelta(days=365))) == set()


def test_templates_are_read_again_after_a_minute():
    with tables() as client:
        clock = [0.0]
        wordings = DynamoWordings(client, "tenants", lambda: clock[0])
        assert wordings.now().problems == ()
        client.put_item(TableName="tenants", Item={"id": {"S": "@notices"}, "templates": {"S": "text"}})
        assert wordings.now().problems == ()
        clock[0] = 60.0
        assert len(wordings.now().problems) == 1


@pytest.mark.parametrize(
    ("value", "found"),
    [("", set()), ("https://a.example:8443, http://127.0.0.1:9", {"https://a.example:8443", "http://127.0.0.1:9"})],
)
def test_trusted_origins_are_listed_with_commas(value, found):
    assert origins({"TRUSTED": value}, "TRUSTED", "TrustedWebhookOrigins") == found


@pytest.mark.parametrize("value", ["a.example", "https://a.example/path", "ftp://a.example", "https://u@a.example"])
def test_what_is_no_origin_is_refused(value):
    with pytest.raises(SettingsError, match="expected origins"):
        origins({"TRUSTED": value}, "TRUSTED", "TrustedWebhookOrigins")


def test_a_topic_of_another_tenant_is_no_channel_whoever_wrote_the_item_and_the_operators_are_as_they_like():
    topic = "arn:aws:sns:eu-west-1:123456789012:sesguard-"
    mine, victims = ({"kind": "sns", "topic": f"{topic}{name}"} for name in ("mallory", "victim"))
    with tables() as client:
        for tenant in ("mallory", "@operator"):
            client.put_item(TableName="tenants", Item=attributes({"id": tenant, "channels": [mine, victims]}))
        tenants = DynamoTenants(client, "tenants")
        found, operators = tenants.find("mallory"), tenants.operators()
    assert found is not None
    assert (found.channels, found.unreadable) == ((Channel(Kind.SNS, mine["topic"]),), 1)
    assert [each.address for each in operators] == [mine["topic"], victims["topic"]]


def test_a_channel_with_a_secret_of_another_tenant_is_none_whoever_wrote_the_item():
    mine = {"kind": "slack", "url": "ssm:/sesguard/mallory/slack"}
    victims = {"kind": "webhook", "url": "https://mallory.example/x", "secret": "ssm:/sesguard/victim/hook"}
    with tables() as client:
        client.put_item(TableName="tenants", Item=attributes({"id": "mallory", "channels": [mine, victims]}))
        found = DynamoTenants(client, "tenants").find("mallory")
    assert found is not None
    assert (found.channels, found.unreadable) == ((Channel(Kind.SLACK, mine["url"]),), 1)
