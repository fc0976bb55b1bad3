"""The record of each stream and the journal: one contract, for the tables and for their twin in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from msgspec.structs import replace as replace_state

from sesguard.aws.tables.journal import DynamoJournal
from sesguard.aws.tables.streams import DynamoStreams
from sesguard.errors import AwsError, ConflictError, RecordError
from sesguard.pausing.journal import NotifiedEntry
from sesguard.pausing.record import DesiredAlarm, Waiting
from sesguard.pausing.state import Origin, Status, StreamState
from sesguard.policy import Mode, Policy
from sesguard.stream import StreamId
from tests.fakes.clock import HOUR, NOW
from tests.fakes.elsewhere import a_pause_elsewhere
from tests.fakes.moto_tables import tables
from tests.fakes.world import ACME, MemoryStreams

SHOP = StreamId("123456789012", "us-east-1", "shop")
PAUSED = StreamState(
    status=Status.PAUSED,
    since=NOW,
    counted_from=NOW - HOUR,
    strikes=(NOW - 2 * HOUR, NOW),
    cool_down_until=NOW + timedelta(hours=2, microseconds=1),
    acknowledge=True,
    origin=Origin.GUARD,
    alarm_at=NOW,
    incident="2026-11-21T18:00:00.000000Z",
)
EVENT = {"type": "Tenant Paused", "detail": {"id": "1", "evidence": {"chance": 1e-200, "domains": [["a.example", 3]]}}}


def entry(name: str = "1", stream: StreamId = ACME, channel: str = "mail") -> NotifiedEntry:
    at = f"2026-11-21T18:00:00.000000Z#{name}"
    return NotifiedEntry(str(stream), at, "1", event="1", type="Tenant Paused", channel=channel)


@pytest.fixture
def client() -> Iterator[Any]:
    with tables() as client:
        yield client


@pytest.fixture(params=["memory", "dynamodb"])
def streams(request) -> Any:
    if request.param == "memory":
        return MemoryStreams()
    return DynamoStreams(request.getfixturevalue("client"), "streams", "incidents", Policy())


def test_a_pause_that_is_proposed_or_waits_for_one_elsewhere_is_read_as_it_was_saved(streams):
    there = a_pause_elsewhere(strikes=2)
    waiting = Waiting(NOW, "proposed", 0.25, elsewhere=there)
    saved = streams.save(replace(streams.load(ACME), proposed=waiting, waiting=waiting))
    loaded = streams.load(ACME)
    assert (loaded.proposed, loaded.waiting) == (waiting, waiting)
    assert list(streams.not_healthy()) == [ACME]  # the sweep sees that it lapses
    streams.save(replace(saved, proposed=None, waiting=None))
    assert streams.load(ACME).backlog is None
    assert list(streams.not_healthy()) == []


def test_a_stream_that_nobody_wrote_is_healthy_and_not_known(streams):
    record = streams.load(ACME)
    assert (record.state, record.version, record.known) == (StreamState(), 0, False)


def test_a_record_comes_back_as_it_was_saved(streams):
    saved = streams.save(
        replace(
            streams.load(ACME), state=PAUSED, switch_due="off", turned_off=True, trouble="Denied", announce=(EVENT,)
        )
    )
    assert streams.load(ACME) == saved
    assert (saved.version, saved.known) == (1, True)


def test_a_pause_that_waits_comes_back_as_it_was_saved_and_so_does_its_end(streams):
    waiting = Waiting(NOW, "alarm", 0.25, 'their "alarm"')
    saved = streams.save(replace(streams.load(ACME), waiting=waiting))
    assert streams.load(ACME).waiting == waiting
    streams.save(replace(saved, waiting=None))
    assert streams.load(ACME).waiting is None


def test_a_state_of_defaults_comes_back_as_well(streams):
    streams.save(streams.load(ACME))
    assert streams.load(ACME).state == StreamState()


def test_whoever_saves_what_he_read_before_another_saved_loses(streams):
    read = streams.load(ACME)
    streams.save(replace(read, state=PAUSED))
    with pytest.raises(ConflictError, match="acme-news"):
        streams.save(read)
    assert streams.load(ACME).state == PAUSED


def test_and_so_does_his_journal(streams):
    read = streams.load(ACME)
    streams.save(read, [entry("first")])
    with pytest.raises(ConflictError):
        streams.save(read, [entry("second")])
    second = streams.save(streams.load(ACME), [entry("second")])  # which would refuse a name that is taken
    assert second.version == 2


def test_the_journal_is_never_written_over(streams):
    streams.save(streams.load(ACME), [entry("taken")])
    with pytest.raises(ConflictError):
        streams.save(streams.load(ACME), [entry("taken")])
    assert streams.load(ACME).version == 1


def test_streams_are_apart(streams):
    streams.save(replace(streams.load(ACME), state=PAUSED), [entry()])
    streams.save(streams.load(SHOP), [entry(stream=SHOP)])
    assert streams.load(SHOP).state == StreamState()


@pytest.mark.parametrize(
    ("change", "listed"),
    [
        ({}, False),
        ({"state": PAUSED}, True),
        ({"switch_due": "on"}, True),
        ({"announce": (EVENT,)}, True),
    ],
    ids=["healthy", "paused", "switch due", "to announce"],
)
def test_who_is_not_healthy_or_has_something_due_is_listed(streams, change, listed):
    streams.save(replace(streams.load(ACME), **change))
    assert list(streams.not_healthy()) == ([ACME] if listed else [])


def test_and_is_no_longer_once_that_is_over(streams):
    record = streams.save(replace(streams.load(ACME), state=PAUSED, announce=(EVENT,)))
    record = streams.save(replace(record, announce=()))
    assert list(streams.not_healthy()) == [ACME]
    streams.save(replace(record, state=StreamState()))
    assert list(streams.not_healthy()) == []


def test_who_publishes_no_volume_is_listed_by_itself_and_among_the_others_while_it_is_one_of_them(streams):
    record = streams.save(replace(streams.load(ACME), state=StreamState(volume_told=NOW)))
    assert (list(streams.not_healthy()), list(streams.without_volume())) == ([], [ACME])
    record = streams.save(replace(record, state=replace_state(PAUSED, volume_told=NOW)))
    assert (list(streams.not_healthy()), list(streams.without_volume())) == ([ACME], [])
    streams.save(replace(record, state=StreamState()))
    assert (list(streams.not_healthy()), list(streams.without_volume())) == ([], [])


# ---- the tables alone


def dynamo(client: Any) -> DynamoStreams:
    return DynamoStreams(client, "streams", "incidents", Policy(mode=Mode.OBSERVE))


def register(client: Any, **attributes: Any) -> None:
    for name, value in attributes.items():
        client.update_item(
            TableName="streams",
            Key={"stream": {"S": str(ACME)}},
            UpdateExpression="SET #name = :value",
            ExpressionAttributeNames={"#name": name},
            ExpressionAttributeValues={":value": value},
        )


def test_the_registry_may_come_first_and_keeps_what_it_wrote(client):
    register(client, tenant={"S": "acme"}, policy={"M": {"mode": {"S": "enforce"}, "chance": {"N": "0.001"}}})
    record = dynamo(client).load(ACME)
    assert (record.tenant, record.policy.mode, record.policy.chance) == ("acme", Mode.ENFORCE, 0.001)
    dynamo(client).save(replace(record, state=PAUSED))
    assert dynamo(client).load(ACME).tenant == "acme"


def test_the_registry_may_come_second(client):
    dynamo(client).save(replace(dynamo(client).load(ACME), state=PAUSED))
    register(client, tenant={"S": "acme"}, policy={"S": '{"cool_down": "5m"}'})
    record = dynamo(client).load(ACME)
    assert (record.tenant, record.policy.cool_down, record.state) == ("acme", timedelta(minutes=5), PAUSED)


def test_what_the_registry_wishes_of_the_alarm_is_read_with_the_tenant_among_its_tags(client):
    register(client, tenant={"S": "acme"}, alarm={"S": "always"}, tags={"M": {"cost-centre": {"S": "42"}}})
    assert dynamo(client).load(ACME).alarm == DesiredAlarm(kept=True, tags=(("cost-centre", "42"), ("tenant", "acme")))
    register(client, tenant={"S": "acme"}, alarm={"S": "on_demand"})
    assert not dynamo(client).load(ACME).alarm.kept


@pytest.mark.parametrize(
    "policy",
    [
        {"M": {"bounce_limit": {"N": "7"}}},
        {"M": {"typo": {"N": "1"}}},
        {"S": "{"},
        {"S": "[]"},
        {"N": "1"},
        {"M": {"mode": {"NULL": True}}},
    ],
)
def test_a_policy_that_breaks_a_rule_leaves_the_default_in_force(client, policy, caplog):
    register(client, policy=policy)
    assert dynamo(client).load(ACME).policy == Policy(mode=Mode.OBSERVE)
    assert "acme-news" in caplog.text


def test_a_state_is_readable_for_people(client):
    dynamo(client).save(replace(dynamo(client).load(ACME), state=PAUSED))
    item = client.get_item(TableName="streams", Key={"stream": {"S": str(ACME)}})["Item"]
    assert item["status"] == {"S": "paused"}
    assert json.loads(item["state"]["S"])["cool_down_until"].startswith("2026-11-21T20:00:00")


def test_a_save_that_was_answered_too_late_reads_as_a_conflict(client):
    """The client tries again after a lost answer, and finds the version that it wrote itself."""
    read = dynamo(client).load(ACME)
    dynamo(client).save(read)
    with pytest.raises(ConflictError):
        dynamo(client).save(read)


def test_a_note_is_written_once(client):
    journal = DynamoJournal(client, "incidents")
    journal.note(entry("1", channel="mail"))
    journal.note(entry("1", channel="another"))
    (item,) = client.scan(TableName="incidents")["Items"]
    assert item["channel"] == {"S": "mail"}


def test_an_entry_expires_after_the_days_that_the_journal_is_kept(client):
    DynamoJournal(client, "incidents", kept_days=30).note(entry("1"))
    (item,) = client.scan(TableName="incidents")["Items"]
    assert int(item["expires"]["N"]) == (NOW + 30 * 24 * HOUR).timestamp()


class Refusing:
    """A client that refuses everything with one error."""

    def __init__(self, code: str, *reasons: str) -> None:
        response: Any = {"Error": {"Code": code}, "CancellationReasons": [{"Code": reason} for reason in reasons]}
        self.error = ClientError(response, "Any")

    def __getattr__(self, name: str) -> Any:
        def refuse(**_: Any) -> None:
            raise self.error

        return refuse


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        (Refusing("TransactionCanceledException", "TransactionConflict", "None"), ConflictError),
        (Refusing("TransactionCanceledException", "None", "ThrottlingError"), AwsError),
        (Refusing("ProvisionedThroughputExceededException"), AwsError),
        (Refusing("TransactionConflictException"), ConflictError),
    ],
)
def test_what_time_heals_is_retryable(client, expected):
    record = replace(MemoryStreams().load(ACME), version=3)
    with pytest.raises(expected) as raised:
        dynamo(client).save(record, [entry()])
    assert raised.value.retryable


def test_what_nobody_may_is_not(client):
    refusing = dynamo(Refusing("AccessDeniedException"))
    for call in (lambda: refusing.load(ACME), lambda: refusing.save(dynamo(client).load(ACME))):
        with pytest.raises(AwsError) as raised:
            call()
        assert not raised.value.retryable


# ---- what a newer version, or a hand, has written


def written(client: Any, key: str, **attributes: Any) -> None:
    client.put_item(TableName="streams", Item={"stream": {"S": key}, "version": {"N": "3"}, **attributes})


@pytest.mark.parametrize(
    "attributes",
    [
        {"state": {"S": '{"status": "quarantined"}'}},
        {"state": {"S": "{"}},
        {"state": {"S": '{"since": "soon"}'}},
        {"version": {"N": "1.5"}},
        {"announce": {"L": [{"S": "{"}]}},
        {"waiting": {"S": '{"until": 3}'}},
        {"state": {"N": "3"}, "announce": {"S": "x"}},
    ],
    ids=str,
)
def test_a_record_that_cannot_be_read_is_an_error_of_its_own_and_stops_no_other(client, attributes):
    written(client, str(ACME), **attributes)
    written(client, str(SHOP), state={"S": '{"status": "watched"}'}, unhealthy={"S": "yes"})
    streams = DynamoStreams(client, "streams", "incidents", Policy())
    if attributes == {"state": {"N": "3"}, "announce": {"S": "x"}}:
        assert streams.load(ACME).state == StreamState()  # written in another form is as if not written
        return
    with pytest.raises(RecordError, match=str(ACME)):
        streams.load(ACME)
    loaded = streams.load_many([ACME, SHOP])
    assert [record.stream for record in loaded.records] == [SHOP]
    assert isinstance(loaded.failed[ACME], RecordError)


def test_fields_that_a_newer_version_has_added_are_kept_as_they_are(client):
    state = {"status": "paused", "incident": "i", "quarantine": {"pool": "x"}, "alarms": {}}
    written(client, str(ACME), state={"S": json.dumps(state)}, pool={"S": "x"})
    streams = DynamoStreams(client, "streams", "incidents", Policy())
    record = streams.load(ACME)
    assert (record.state.status, record.state.incident) == (Status.PAUSED, "i")
    changed = replace_state(record.state, status=Status.PROBATION)
    streams.save(replace(record, state=changed))
    item = client.get_item(TableName="streams", Key={"stream": {"S": str(ACME)}})["Item"]
    assert item["pool"] == {"S": "x"}
    saved = json.loads(item["state"]["S"])
    assert (saved["quarantine"], saved["status"]) == ({"pool": "x"}, "probation")
    assert streams.load(ACME).state == changed


def test_of_a_policy_with_a_key_that_this_version_lacks_the_other_keys_are_in_force(client):
    written(client, str(ACME), policy={"S": '{"mode": "observe", "trust": 3, "cool_down": "2h"}'})
    policy = DynamoStreams(client, "streams", "incidents", Policy()).load(ACME).policy
    assert (policy.mode, policy.cool_down) == (Mode.OBSERVE, timedelta(hours=2))


def test_a_key_that_is_no_stream_keeps_no_other_from_being_found(client):
    written(client, "acme-news", unhealthy={"S": "yes"})
    written(client, str(SHOP), unhealthy={"S": "yes"})
    assert list(DynamoStreams(client, "streams", "incidents", Policy()).not_healthy()) == [SHOP]


def test_many_are_read_at_once_those_that_nobody_wrote_too(client):
    streams = DynamoStreams(client, "streams", "incidents", Policy())
    many = [ACME._replace(configuration_set=f"s{number:03}") for number in range(250)]
    for stream in many[:120]:
        streams.save(streams.load(stream))
    records = {record.stream: record.known for record in streams.load_many(many).records}
    assert records == {stream: number < 120 for number, stream in enumerate(many)}
