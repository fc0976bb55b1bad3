"""The thin edges to SES, EventBridge and SNS: what is asked of them, and what their answers mean."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import msgspec
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber
from hypothesis import given
from hypothesis import strategies as st

from sesguard.aws.bus import EventBus
from sesguard.aws.clients import Clients
from sesguard.aws.ses.mail import SesMail, SnsTopics
from sesguard.aws.ses.switch import SesSwitch
from sesguard.aws.tables.tenants import DynamoTenants
from sesguard.bus.events import OperatorNotice
from sesguard.errors import AwsError, ChannelError
from sesguard.notices import compose
from sesguard.notices.wording import Wording
from sesguard.notify.channel import OPERATORS_TOPIC, Channel, Kind, TenantContacts
from sesguard.notify.delivery_ports import Notice
from sesguard.pausing.record import Sending
from sesguard.stream import StreamId
from tests.fakes.moto_tables import tables
from tests.fakes.world import ACME

ELSEWHERE = StreamId("123456789012", "us-east-1", "acme-news")
STRANGER = StreamId("999999999999", "eu-west-1", "acme-news")


def client(service: str) -> Any:
    make: Any = boto3.client  # which has an overload for each service's name
    return make(service, region_name="eu-west-1", aws_access_key_id="testing", aws_secret_access_key="testing")


class Ses:
    """A stubbed SES of the guard's own region."""

    def __init__(self) -> None:
        self.clients = Clients()
        home = client("sesv2")
        self.clients.__dict__["sesv2"] = home
        self.stub = Stubber(home)
        self.stub.activate()

    def answers(self, operation: str, response: dict[str, Any], **expected: Any) -> None:
        parameters = {"ConfigurationSetName": "acme-news", **expected}
        self.stub.add_response(operation, response, parameters)

    def refuses(self, operation: str, code: str, status: int = 400) -> None:
        self.stub.add_client_error(operation, code, http_status_code=status)

    def switch(self, **options: Any) -> SesSwitch:
        return SesSwitch(self.clients, "123456789012", "eu-west-1", **options)


@pytest.fixture
def ses() -> Iterator[Ses]:
    ses = Ses()
    yield ses
    ses.stub.assert_no_pending_responses()


# ---- the switch


@pytest.mark.parametrize(
    ("options", "sending"),
    [
        ({"SendingOptions": {"SendingEnabled": True}}, Sending.ON),
        ({"SendingOptions": {"SendingEnabled": False}}, Sending.OFF),
        ({}, Sending.ON),
    ],
)
def test_ses_says_whether_a_set_may_send(ses, options, sending):
    ses.answers("get_configuration_set", options)
    assert ses.switch().look(ACME) is sending


@pytest.mark.parametrize("on", [True, False])
def test_a_set_is_turned(ses, on):
    ses.answers("put_configuration_set_sending_options", {}, SendingEnabled=on)
    assert ses.switch().turn(ACME, on=on) is (Sending.ON if on else Sending.OFF)


def test_a_set_that_ses_does_not_know_is_an_answer_and_no_error(ses):
    ses.refuses("get_configuration_set", "NotFoundException", 404)
    ses.refuses("put_configuration_set_sending_options", "NotFoundException", 404)
    assert ses.switch().look(ACME) is Sending.UNKNOWN_SET
    assert ses.switch().turn(ACME, on=False) is Sending.UNKNOWN_SET


@pytest.mark.parametrize("stream", [STRANGER, ELSEWHERE], ids=["account", "region"])
def test_a_set_of_the_same_name_in_another_account_or_region_is_out_of_reach(ses, stream):
    assert ses.switch().look(stream) is Sending.OUT_OF_REACH
    assert ses.switch().turn(stream, on=False) is Sending.OUT_OF_REACH


@pytest.mark.parametrize(
    ("code", "status", "retryable"),
    [
        ("TooManyRequestsException", 429, True),
        ("InternalServiceErrorException", 500, True),
        ("AccessDenied", 403, False),
    ],
)
def test_ses_refusing_says_whether_time_can_heal_it(ses, code, status, retryable):
    ses.refuses("put_configuration_set_sending_options", code, status)
    with pytest.raises(AwsError) as raised:
        ses.switch().turn(ACME, on=False)
    assert (raised.value.code, raised.value.retryable) == (code, retryable)


def test_who_has_time_leaves_a_second_between_two_calls(ses):
    slept: list[float] = []
    for _ in range(2):
        ses.answers("get_configuration_set", {})
    switch = ses.switch(apart=1.0, sleep=slept.append)
    for stream in (ACME, ACME):
        switch.look(stream)
    (wait,) = slept
    assert 0 < wait <= 1


# ---- the bus


def an_event(number: int) -> dict[str, Any]:
    return {"type": "Tenant Paused", "detail": {"id": str(number)}}


def accepted(count: int, *codes: str) -> dict[str, Any]:
    entries = [{"EventId": "1"}] * (count - len(codes)) + [{"ErrorCode": code} for code in codes]
    return {"FailedEntryCount": len(codes), "Entries": entries}


def test_events_go_to_the_guards_bus_ten_at_a_time():
    events = client("events")
    with Stubber(events) as stub:
        for count in (10, 2):
            stub.add_response("put_events", accepted(count), {"Entries": [ANY] * count})
        EventBus(events, "guard").publish([an_event(number) for number in range(12)])
        stub.assert_no_pending_responses()


def test_long_events_go_in_as_many_calls_as_eventbridge_takes_and_in_their_order():
    events = client("events")
    long = [{"type": "Tenant Paused", "detail": {"id": str(number), "why": "é" * 10_000}} for number in range(9)]
    with Stubber(events) as stub:
        for count in (3, 3, 3):
            stub.add_response("put_events", accepted(count), {"Entries": [ANY] * count})
        EventBus(events, "guard").publish(long)  # each é takes six letters of JSON
        stub.assert_no_pending_responses()


def test_an_entry_says_what_and_from_whom():
    events = client("events")
    entry = {
        "EventBusName": "guard",
        "Source": "sesguard",
        "DetailType": "Tenant Paused",
        "Detail": json.dumps({"id": "1"}),
    }
    with Stubber(events) as stub:
        stub.add_response("put_events", accepted(1), {"Entries": [entry]})
        EventBus(events, "guard").publish([an_event(1)])


def test_an_event_that_was_not_accepted_has_to_come_again():
    events = client("events")
    with Stubber(events) as stub:
        stub.add_response("put_events", accepted(2, "ThrottlingException"), {"Entries": [ANY, ANY]})
        with pytest.raises(AwsError, match="Throttling") as raised:
            EventBus(events, "guard").publish([an_event(1), an_event(2)])
    assert raised.value.retryable


# ---- mail, topics, the registry

OWNER = Channel(Kind.MAIL, "owner@acme.example")
MESSAGE = compose.from_guard(OperatorNotice("1", "subject", "text"), Wording.built_in())
NOTICE = Notice(MESSAGE, OperatorNotice("1", "subject", "text"), "acme.inc")


def test_owners_are_written_to_with_the_guards_own_configuration_set_and_tags_that_name_no_address():
    sesv2 = client("sesv2")
    seen: list[Any] = []
    sesv2.meta.events.register("provide-client-params.sesv2.SendEmail", lambda params, **_: seen.append(params))
    with Stubber(sesv2) as stub:
        stub.add_response("send_email", {"MessageId": "1"}, None)
        SesMail(sesv2, "guard@platform.example", "notices").send(OWNER, NOTICE)
    (sent,) = seen
    assert (sent["FromEmailAddress"], sent["ConfigurationSetName"]) == ("guard@platform.example", "notices")
    assert sent["Destination"] == {"ToAddresses": ["owner@acme.example"]}
    simple = sent["Content"]["Simple"]
    assert {part: body["Data"] for part, body in simple["Body"].items()} == {"Text": MESSAGE.text, "Html": MESSAGE.html}
    assert simple["Headers"] == [{"Name": "Auto-Submitted", "Value": "auto-generated"}]
    tags = {tag["Name"]: tag["Value"] for tag in sent["EmailTags"]}
    assert tags == {"sesguard-tenant": "YWNtZS5pbmM", "sesguard-contact": OWNER.key.removeprefix("mail/")}


@pytest.mark.parametrize(
    ("code", "retryable"),
    [("TooManyRequestsException", True), ("MessageRejected", False), ("NotFoundException", False)],
)
def test_mail_that_is_refused_says_whether_time_can_heal_it(code, retryable):
    sesv2 = client("sesv2")
    with Stubber(sesv2) as stub:
        stub.add_client_error("send_email", code)
        with pytest.raises(ChannelError) as raised:
            SesMail(sesv2, "a@b.example", "notices").send(OWNER, NOTICE)
    assert (raised.value.retryable, raised.value.reason) == (retryable, f"SES refuses it with {code}")


class Sns:
    """Clients of SNS, and where each message went."""

    def __init__(self, error: Exception | None = None) -> None:
        self.published: list[tuple[str, dict[str, str]]] = []
        self._error = error

    def make(self, service: str, region: str) -> Any:
        def publish(**request: str) -> None:
            if self._error:
                raise self._error
            self.published.append((region, request))

        return SimpleNamespace(publish=publish)


TOPIC = "arn:aws:sns:eu-west-1:123456789012:operator"


def test_topics_are_published_to_where_they_are():
    sns = Sns()
    topics = SnsTopics(sns, TOPIC)  # type: ignore[arg-type]  # as much of the clients as is used
    away = "arn:aws:sns:us-east-1:999999999999:sesguard-acme"
    for channel in (OPERATORS_TOPIC, Channel(Kind.SNS, away)):
        topics.send(channel, NOTICE)
    said = {"Subject": MESSAGE.subject, "Message": MESSAGE.text}
    assert sns.published == [
        ("eu-west-1", {"TopicArn": TOPIC, **said}),
        ("us-east-1", {"TopicArn": away, **said}),
    ]


@given(st.text(min_size=1, max_size=200))
def test_a_subject_is_what_sns_takes_whatever_a_template_makes_of_it(subject):
    sns = Sns()
    notice = replace(NOTICE, message=msgspec.structs.replace(MESSAGE, subject=subject, text="ä" * 300_000))
    SnsTopics(sns, TOPIC).send(OPERATORS_TOPIC, notice)  # type: ignore[arg-type]  # as above
    ((_, request),) = sns.published
    assert 1 <= len(request["Subject"]) <= 100
    assert request["Subject"].isascii()
    assert len(request["Message"].encode()) <= 256 * 1024


def test_no_answer_at_all_is_trouble_that_passes():
    sns = Sns(EndpointConnectionError(endpoint_url="https://sns.example"))
    with pytest.raises(ChannelError) as raised:
        SnsTopics(sns, TOPIC).send(OPERATORS_TOPIC, NOTICE)  # type: ignore[arg-type]  # as above
    assert raised.value.retryable


@pytest.mark.parametrize("contacts", [{"L": [{"S": "a@b.example"}]}, {"SS": ["a@b.example"]}], ids=["list", "set"])
def test_the_registry_names_the_tenant_of_a_stream_and_its_contacts(contacts):
    with tables() as dynamodb:
        dynamodb.put_item(
            TableName="tenants", Item={"id": {"S": "acme"}, "name": {"S": "Acme Ltd"}, "contacts": contacts}
        )
        dynamodb.put_item(TableName="streams", Item={"stream": {"S": str(ACME)}, "tenant": {"S": "acme"}})
        registry = DynamoTenants(dynamodb, "tenants", "streams")
        assert registry.tenant_of(ACME) == "acme"
        assert registry.find("acme") == TenantContacts("acme", "Acme Ltd", ("a@b.example",))


def test_and_says_where_it_knows_nothing():
    with tables() as dynamodb:
        dynamodb.put_item(TableName="tenants", Item={"id": {"S": "acme"}})
        registry = DynamoTenants(dynamodb, "tenants", "streams")
        assert registry.tenant_of(ACME) == ""
        assert registry.find("nobody") is None
        assert registry.find("acme") == TenantContacts("acme")
        assert registry.operators() == ()


def test_channels_are_read_as_far_as_they_are_some():
    slack = {"kind": {"S": "slack"}, "url": {"S": "ssm:/sesguard/acme/slack"}}
    listed = {
        "L": [{"M": slack}, {"M": {"kind": {"S": "pigeon"}}}, {"S": "slack"}, {"M": {**slack, "url": {"N": "1"}}}]
    }
    with tables() as dynamodb:
        for name in ("acme", "@operator"):
            dynamodb.put_item(TableName="tenants", Item={"id": {"S": name}, "channels": listed, "name": {"N": "7"}})
        registry = DynamoTenants(dynamodb, "tenants", "streams")
        channel = Channel(Kind.SLACK, "ssm:/sesguard/acme/slack")
        assert registry.find("acme") == TenantContacts("acme", channels=(channel,), unreadable=3)
        assert registry.operators() == (channel,)
        assert registry.find("@operator") is None
