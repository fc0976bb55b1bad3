"""What the acknowledgement page reads of AWS: the decision that a pause rests on, and the key of its links."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.session import Session
from botocore.stub import Stubber

from sesguard.aws.clients import Clients
from sesguard.aws.signing_key import LEAST, SigningKey
from sesguard.aws.tables.journal import DynamoDecisions, DynamoJournal
from sesguard.bus.events import iso
from sesguard.errors import AwsError
from sesguard.pausing.journal import DoneEntry
from sesguard.pausing.ports import Decisions, Journal
from sesguard.stream import StreamId
from tests.fakes.clock import MINUTE, NOW
from tests.fakes.journal import a_decision
from tests.fakes.moto_tables import tables
from tests.fakes.owner import EVIDENCE, MemoryDecisions
from tests.fakes.world import ACME, MemoryStreams

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:Signing-1"


@pytest.fixture(params=["dynamodb", "memory"])
def journal(request: pytest.FixtureRequest) -> Iterator[tuple[Journal, Decisions]]:
    if request.param == "memory":
        streams = MemoryStreams()
        yield streams, MemoryDecisions(streams)
        return
    with tables() as client:
        yield DynamoJournal(client, "incidents"), DynamoDecisions(client, "incidents")


def test_the_decision_of_a_time_is_found_with_its_evidence(journal):
    writes, reads = journal
    writes.note(a_decision(NOW, evidence=EVIDENCE))
    assert reads.decided(ACME, NOW) == a_decision(NOW, evidence=EVIDENCE)


def test_what_else_was_written_at_the_time_and_what_others_decided_is_no_decision_of_it(journal):
    writes, reads = journal
    writes.note(DoneEntry(str(ACME), f"{iso(NOW)}#00000007#done", "1", outcome="paused"))
    writes.note(a_decision(NOW + MINUTE))
    writes.note(a_decision(NOW, StreamId(ACME.account, ACME.region, "shop")))
    assert reads.decided(ACME, NOW) is None


def test_where_the_journal_cannot_be_read_the_code_is_said():
    client = Clients(session(), endpoint="http://127.0.0.1:9").dynamodb
    with Stubber(client) as stub:
        stub.add_client_error("query", "ProvisionedThroughputExceededException", http_status_code=400)
        with pytest.raises(AwsError, match="Query failed: ProvisionedThroughput") as caught:
            DynamoDecisions(client, "incidents").decided(ACME, NOW)
    assert caught.value.retryable


def session() -> Session:
    made = Session()
    made.set_credentials("testing", "testing")
    made.set_config_variable("region", "eu-west-1")
    return made


class Secrets(Clients):
    """Clients of which the one for Secrets Manager is stubbed."""

    def __init__(self) -> None:
        super().__init__(session())
        self.client = super().make("secretsmanager")
        self.stub = Stubber(self.client)

    def make(self, service: str, region: str | None = None) -> Any:
        assert service == "secretsmanager"
        return self.client

    def holds(self, text: str) -> None:
        self.stub.add_response("get_secret_value", {"SecretString": text}, {"SecretId": ARN})


def test_the_key_is_read_once_and_kept():
    secrets = Secrets()
    secrets.holds("k" * LEAST)
    with secrets.stub:
        key = SigningKey(secrets, ARN)
        assert [key.read(), key.read()] == [b"k" * LEAST] * 2
    secrets.stub.assert_no_pending_responses()


def test_a_key_that_could_not_be_read_is_read_again():
    secrets = Secrets()
    secrets.stub.add_client_error("get_secret_value", "ThrottlingException", http_status_code=400)
    secrets.holds("k" * LEAST)
    with secrets.stub:
        key = SigningKey(secrets, ARN)
        with pytest.raises(AwsError, match="GetSecretValue failed: ThrottlingException"):
            key.read()
        assert key.read() == b"k" * LEAST


@pytest.mark.parametrize("value", [{"SecretBinary": b"k" * LEAST}, {"SecretString": "k" * (LEAST - 1)}])
def test_a_secret_that_is_no_text_or_too_short_signs_nothing_and_is_not_named(value):
    secrets = Secrets()
    secrets.stub.add_response("get_secret_value", value, {"SecretId": ARN})
    with secrets.stub, pytest.raises(AwsError, match="SigningSecretTooShort") as caught:
        SigningKey(secrets, ARN).read()
    assert "kkk" not in str(caught.value)
    assert not caught.value.retryable
