"""Channels: what is one, what names it, and how a webhook's receiver knows the guard."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from sesguard.aws.queues import SqsNotificationQueue, SqsWaker
from sesguard.aws.secrets import KEPT_SECONDS, AwsSecrets
from sesguard.aws.settings import origins
from sesguard.aws.tables.bad_contacts import DynamoBadContacts
from sesguard.aws.tables.wordings import DynamoWordings
from sesguard.errors import AwsError, ChannelError, SettingsError
from sesguard.notify.back_off import LONGEST, retry_after
from sesguard.notify.channel import Channel, Kind, channel_of, mail_to
from sesguard.notify.notification import Notification, read
from sesguard.notify.signature import secrets_in, signature
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


# ---- parcels


def test_a_parcel_is_read_as_it_was_written():
    sent: list[Any] = []

    class Queue:
        def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803  # as boto3 has it
            sent.extend(Entries)
            return {}

    parcels = [Notification("owner", f"mail/{number}", "x" * number, tenant="acme") for number in range(1, 24)]
    SqsNotificationQueue(Queue(), "queue").send(parcels)  # type: ignore[arg-type]  # as much of a client as is used
    assert [read(entry["MessageBody"]) for entry in sent] == parcels


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


DOCUMENTED = Path(__file__).resolve().parents[3] / "examples" / "verify_webhook.py"


class Receiver:
    """A receiver that verifies as documented, at a time of its own."""

    def __init__(self, at: datetime = NOW) -> None:
        self.names: dict[str, Any] = {}
        exec(DOCUMENTED.read_text(), self.names)  # noqa: S102  # our own
        self.names["time"] = type("Time", (), {"time": staticmethod(at.timestamp)})

    def believes(self, header: str, body: bytes = BODY, secret: str = SECRET) -> bool:
        return bool(self.names["is_genuine"](body, header, secret))


def test_to_verify_takes_no_more_than_ten_lines():
    _, _, function = DOCUMENTED.read_text().partition("def ")
    assert len(function.strip().splitlines()) <= 10


def test_a_receiver_that_verifies_as_documented_believes_the_guard():
    assert Receiver().believes(signature(BODY, [SECRET], NOW))


@pytest.mark.parametrize("secret", [SECRET, NEXT])
def test_while_a_secret_is_changed_both_are_believed(secret):
    header = signature(BODY, secrets_in(f"{NEXT}\n{SECRET}\n"), NOW)
    assert header.count("v1=") == 2
    assert Receiver().believes(header, secret=secret)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (signature(BODY, [NEXT], NOW), BODY),
        (signature(BODY, [SECRET], NOW), BODY + b" "),
        (signature(BODY, [SECRET], NOW).replace("t=1", "t=2"), BODY),
        (signature(BODY, [SECRET], NOW).partition(",")[0], BODY),
        (signature(BODY, [SECRET], NOW).partition(",")[2], BODY),
        (f"t=²,v1={'0' * 64}", BODY),
        (f"t={'9' * 5000},v1={'0' * 64}", BODY),
        ("t=1,v1=ä", BODY),
        ("", BODY),
    ],
)
def test_it_believes_nobody_else(header, body):
    assert not Receiver().believes(header, body)


@pytest.mark.parametrize(("age", "believed"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_an_old_call_played_again_is_not_believed(age, believed):
    header = signature(BODY, [SECRET], NOW)
    assert Receiver(NOW + timedelta(seconds=age)).believes(header) is believed


def test_the_signature_is_hmac_sha256_over_time_dot_body():
    expected = hmac.new(SECRET.encode(), f"{int(NOW.timestamp())}.".encode() + BODY, hashlib.sha256).hexdigest()
    assert signature(BODY, [SECRET], NOW) == f"t={int(NOW.timestamp())},v1={expected}"


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
