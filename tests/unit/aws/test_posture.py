"""Posture's adapters: its table, SES's identities, the memory of answers, and the names of resolvers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sesguard.aws.dns import CachedResolver
from sesguard.aws.ses.identity_reader import identity_of
from sesguard.aws.tables.posture import KEPT_SECONDS, DynamoPostureStore
from sesguard.errors import AwsError
from sesguard.posture.answer import AnswerStatus, DnsAnswer
from sesguard.posture.changes import PendingChange, PostureRecord, Sighting
from sesguard.posture.nameservers import nameservers_of
from tests.fakes.moto_tables import tables
from tests.unit.posture.zones import an_identity

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_a_record_is_read_as_it_was_written_and_expires_two_months_after_the_last_look():
    pending = {"policy": PendingChange("reject", (Sighting("system", AT),))}
    record = PostureRecord(
        name="acme.example", identity=an_identity(), ses_at=AT, aspects={"policy": "none"}, pending=pending
    )
    with tables() as client:
        client.create_table(
            TableName="posture",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "identity", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "identity", "KeyType": "HASH"}],
        )
        store = DynamoPostureStore(client, "posture", lambda: 1_000.0)
        store.save(record)
        many = [f"d{number}.example" for number in range(250)]
        for name in many:
            store.save(PostureRecord(name=name))
        assert store.load(["acme.example", "gone.example", "acme.example"]) == {"acme.example": record}
        assert store.load([]) == {}
        assert set(store.load(many)) == set(many)  # a hundred at a time
        item = client.get_item(TableName="posture", Key={"identity": {"S": "acme.example"}})["Item"]
        assert int(item["expires"]["N"]) == 1_000 + KEPT_SECONDS
        # What a newer version wrote before a rollback is looked at anew, and hides none of the others.
        client.put_item(TableName="posture", Item={**item, "document": {"S": '{"name": 7}'}})
        assert set(store.load(["acme.example", "d1.example"])) == {"d1.example"}


class OneAtATime:
    """A DynamoDB that leaves all but one key of a batch over."""

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803  # AWS's names
        first, *left = RequestItems["posture"]["Keys"]
        item = {**first, "document": {"S": json.dumps({"name": first["identity"]["S"]})}}
        return {"Responses": {"posture": [item]}, "UnprocessedKeys": {"posture": {"Keys": left}} if left else {}}


def test_what_is_left_over_of_a_batch_is_asked_for_again_and_never_taken_for_new():
    """What was seen of it before would be lost."""
    store = DynamoPostureStore(OneAtATime(), "posture")  # type: ignore[arg-type]  # a twin
    few = [f"d{number}.example" for number in range(4)]
    assert store.load(few) == {name: PostureRecord(name=name) for name in few}
    with pytest.raises(AwsError, match="UnprocessedKeys"):
        store.load([*few, "d4.example"])


def test_identities_without_a_default_set_are_a_list_of_their_own_that_has_an_end(monkeypatch):
    monkeypatch.setattr("sesguard.aws.tables.posture.MOST_LISTED", 3)
    with tables() as client:
        client.create_table(
            TableName="posture",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "identity", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "identity", "KeyType": "HASH"}],
        )
        store = DynamoPostureStore(client, "posture")
        assert store.without_default_set() == frozenset()
        for number in range(5):
            store.note_without_default_set(f"d{number}.example", lacks=True)
        assert store.without_default_set() == {"d0.example", "d1.example", "d2.example"}
        for number in range(5):
            store.note_without_default_set(f"d{number}.example", lacks=False)
        assert store.without_default_set() == frozenset()


def test_an_identity_is_read_as_ses_answers():
    answer = {
        "IdentityType": "DOMAIN",
        "VerifiedForSendingStatus": True,
        "VerificationStatus": "SUCCESS",
        "DkimAttributes": {
            "SigningEnabled": True,
            "Status": "SUCCESS",
            "Tokens": ["a", "b", "c"],
            "SigningAttributesOrigin": "AWS_SES",
            "SigningHostedZone": "dkim.eu-south-1.amazonses.com",
            "CurrentSigningKeyLength": "RSA_2048_BIT",
        },
        "MailFromAttributes": {
            "MailFromDomain": "Bounce.Acme.example",
            "MailFromDomainStatus": "FAILED",
            "BehaviorOnMxFailure": "REJECT_MESSAGE",
        },
        "ConfigurationSetName": "acme-news",
    }
    found = identity_of("acme.example", answer, "eu-south-1")
    assert (found.verified, found.dkim_tokens, found.dkim_bits) == (True, ("a", "b", "c"), 2048)
    assert found.dkim_zone == "dkim.eu-south-1.amazonses.com"
    assert (found.mail_from, found.mail_from_status, found.rejects_without_mx) == (
        "bounce.acme.example",
        "FAILED",
        True,
    )
    assert not found.dkim_own_key
    assert identity_of("acme.example", {"DkimAttributes": {"SigningAttributesOrigin": "EXTERNAL"}}, "x").dkim_own_key


def test_an_answer_of_ses_that_lacks_everything_is_an_identity_that_is_not_verified():
    found = identity_of("acme.example", {}, "eu-west-1")
    assert (found.verified, found.dkim_signing, found.mail_from) == (False, False, "")


class Counting:
    def __init__(self, answer: DnsAnswer) -> None:
        self.answer = answer
        self.asked = 0

    def look_up(self, name: str, kind: str) -> DnsAnswer:
        self.asked += 1
        return self.answer


@pytest.mark.parametrize(
    ("answer", "after", "asked"),
    [
        (DnsAnswer(AnswerStatus.FOUND, ("x",), ttl=300), 299, 1),
        (DnsAnswer(AnswerStatus.FOUND, ("x",), ttl=300), 301, 2),
        (DnsAnswer(AnswerStatus.FOUND, ("x",), ttl=0), 59, 1),  # a minute at least: polite
        (DnsAnswer(AnswerStatus.FOUND, ("x",), ttl=86_400), 3_601, 2),  # an hour at most: a look is of now
        (DnsAnswer(AnswerStatus.NO_NAME), 59, 1),
        (DnsAnswer(AnswerStatus.SERVFAIL), 1, 2),  # what failed is asked again
        (DnsAnswer(AnswerStatus.TIMED_OUT), 1, 2),
    ],
)
def test_answers_are_remembered_by_their_ttl_and_failures_never(answer, after, asked):
    now = [0.0]
    inner = Counting(answer)
    resolver = CachedResolver(inner, clock=lambda: now[0])
    resolver.look_up("acme.example", "TXT")
    now[0] = after
    assert resolver.look_up("ACME.example", "TXT") == answer
    assert inner.asked == asked


def test_questions_keep_apart():
    slept = []
    resolver = CachedResolver(Counting(DnsAnswer(AnswerStatus.SERVFAIL)), 0.5, lambda: 0.0, slept.append)
    for _ in range(3):
        resolver.look_up("acme.example", "TXT")
    assert slept == [0.5, 1.0]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("system", {"system": ((), 53)}),
        ("system, 192.0.2.1", {"system": ((), 53), "192.0.2.1": (("192.0.2.1",), 53)}),
        ("127.0.0.1:5353", {"127.0.0.1:5353": (("127.0.0.1",), 5353)}),
        ("2001:db8::1", {"2001:db8::1": (("2001:db8::1",), 53)}),
    ],
)
def test_resolvers_are_named_by_address(names, found):
    assert nameservers_of(names) == found


@pytest.mark.parametrize("names", ["", ",", "dns.example", "192.0.2.1:port", "192.0.2.300"])
def test_what_is_no_resolver_is_refused(names):
    with pytest.raises(ValueError, match=r"."):
        nameservers_of(names)
