"""What turns a stream: its configuration set, an SES tenant, or both, as the registry says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesguard.aws.tables.pause_target import target_of
from sesguard.aws.tables.streams import DynamoStreams
from sesguard.errors import AwsError
from sesguard.pausing.record import BY_CONFIGURATION_SET, PauseTarget, Sending
from sesguard.policy import Policy
from tests.fakes.moto_tables import tables
from tests.fakes.world import ACME
from tests.unit.cli.test_edges import Ses

TENANT = "arn:aws:ses:eu-west-1:123456789012:tenant/acme/tn-0123456789"
BY_TENANT = PauseTarget(configuration_set=False, tenant_arn=TENANT)
BY_BOTH = PauseTarget(configuration_set=True, tenant_arn=TENANT)
ENTITY = {"ReputationEntityType": "RESOURCE", "ReputationEntityReference": TENANT}


@pytest.fixture
def ses() -> Iterator[Ses]:
    ses = Ses()
    yield ses
    for stub in (ses.stub,):
        stub.assert_no_pending_responses()


def tenant_is(ses: Ses, customer: str, aws: str) -> None:
    aggregate = "DISABLED" if "DISABLED" in (customer, aws) else customer
    status = {
        "CustomerManagedStatus": {"Status": customer},
        "AwsSesManagedStatus": {"Status": aws},
        "SendingStatusAggregate": aggregate,
    }
    ses.stub.add_response("get_reputation_entity", {"ReputationEntity": status}, ENTITY)


def set_is(ses: Ses, *, on: bool) -> None:
    ses.answers("get_configuration_set", {"SendingOptions": {"SendingEnabled": on}})


def takes(ses: Ses, status: str) -> None:
    operation = "update_reputation_entity_customer_managed_status"
    ses.stub.add_response(operation, {}, {**ENTITY, "SendingStatus": status})


@pytest.mark.parametrize(
    ("customer", "aws", "sending"),
    [
        ("ENABLED", "ENABLED", Sending.ON),
        ("REINSTATED", "ENABLED", Sending.ON),
        ("DISABLED", "ENABLED", Sending.OFF),
        ("ENABLED", "DISABLED", Sending.OFF_BY_AWS),
        ("DISABLED", "DISABLED", Sending.OFF),
    ],
)
def test_ses_says_whether_a_tenant_may_send_and_whose_doing_it_is(ses, customer, aws, sending):
    tenant_is(ses, customer, aws)
    assert ses.switch().look(ACME, BY_TENANT) is sending


@pytest.mark.parametrize(("on", "status"), [(True, "ENABLED"), (False, "DISABLED")])
def test_a_tenant_is_turned_and_its_set_left_alone(ses, on, status):
    takes(ses, status)
    assert ses.switch().turn(ACME, on=on, target=BY_TENANT) is (Sending.ON if on else Sending.OFF)


@pytest.mark.parametrize(("on", "status"), [(True, "ENABLED"), (False, "DISABLED")])
def test_both_are_turned(ses, on, status):
    ses.answers("put_configuration_set_sending_options", {}, SendingEnabled=on)
    takes(ses, status)
    assert ses.switch().turn(ACME, on=on, target=BY_BOTH) is (Sending.ON if on else Sending.OFF)


def test_of_both_one_that_is_off_is_enough_and_asked_first_is_the_set(ses):
    set_is(ses, on=False)
    assert ses.switch().look(ACME, BY_BOTH) is Sending.OFF
    set_is(ses, on=True)
    tenant_is(ses, "ENABLED", "DISABLED")
    assert ses.switch().look(ACME, BY_BOTH) is Sending.OFF_BY_AWS


def test_of_both_one_that_is_gone_leaves_the_other(ses):
    set_is(ses, on=True)
    ses.refuses("get_reputation_entity", "NotFoundException", 404)
    assert ses.switch().look(ACME, BY_BOTH) is Sending.ON
    ses.answers("put_configuration_set_sending_options", {}, SendingEnabled=False)
    ses.refuses("update_reputation_entity_customer_managed_status", "NotFoundException", 404)
    assert ses.switch().turn(ACME, on=False, target=BY_BOTH) is Sending.OFF
    ses.refuses("get_configuration_set", "NotFoundException", 404)
    tenant_is(ses, "DISABLED", "ENABLED")
    assert ses.switch().look(ACME, BY_BOTH) is Sending.OFF


def test_a_tenant_that_is_gone_is_an_answer_and_no_error(ses):
    ses.refuses("get_reputation_entity", "NotFoundException", 404)
    assert ses.switch().look(ACME, BY_TENANT) is Sending.UNKNOWN_SET


@pytest.mark.parametrize(
    ("code", "status", "retryable"),
    [("TooManyRequestsException", 429, True), ("ConflictException", 409, True), ("BadRequestException", 400, False)],
)
def test_trouble_with_a_tenant_says_whether_time_can_heal_it(ses, code, status, retryable):
    ses.refuses("update_reputation_entity_customer_managed_status", code, status)
    with pytest.raises(AwsError) as raised:
        ses.switch().turn(ACME, on=False, target=BY_TENANT)
    assert (raised.value.code, raised.value.retryable) == (code, retryable)


# ---- as the registry writes it


@pytest.mark.parametrize(
    ("switch", "target"),
    [
        ({"kind": "configuration_set"}, BY_CONFIGURATION_SET),
        ({"kind": "tenant", "tenant_name": "acme", "tenant_arn": TENANT}, BY_TENANT),
        ({"kind": "both", "tenant_arn": TENANT}, BY_BOTH),
    ],
)
def test_a_switch_of_any_kind_is_read(switch, target):
    assert target_of(ACME, switch) == target


@pytest.mark.parametrize(
    "switch",
    [
        {},
        {"kind": "alarm"},
        {"kind": "tenant"},
        {"kind": "tenant", "tenant_arn": ""},
        {"kind": "both", "tenant_arn": 1},
        {"kind": "tenant", "tenant_arn": TENANT.replace("123456789012", "999999999999")},
        {"kind": "tenant", "tenant_arn": TENANT.replace("eu-west-1", "us-east-1")},
        {"kind": "tenant", "tenant_arn": TENANT.replace("tenant/acme/", "identity/")},
        {"kind": "tenant", "tenant_arn": TENANT + "\n"},
    ],
)
def test_a_switch_that_is_not_usable_is_refused(switch):
    with pytest.raises(ValueError, match="expected"):
        target_of(ACME, switch)


@given(
    st.dictionaries(st.sampled_from(["kind", "tenant_arn"]), st.text() | st.none() | st.integers() | st.just(TENANT))
)
def test_whatever_is_written_there_names_a_tenant_of_the_streams_own_home_or_none(switch):
    try:
        target = target_of(ACME, switch)
    except ValueError:
        return
    assert target.tenant_arn in ("", TENANT)


def stored(switch: dict[str, Any]) -> PauseTarget:
    with tables() as client:
        client.put_item(TableName="streams", Item={"stream": {"S": str(ACME)}, "switch": switch})
        streams = DynamoStreams(client, "streams", "incidents", Policy())
        record = streams.load(ACME)
        saved = streams.save(replace(record, trouble="any"))
        assert streams.load(ACME).target == saved.target == record.target
        return record.target


@pytest.mark.parametrize("form", ["map", "json"])
def test_the_record_says_what_turns_the_stream_and_a_save_leaves_it(form):
    fields = {"kind": "tenant", "tenant_arn": TENANT}
    attribute = {"M": {name: {"S": value} for name, value in fields.items()}}
    assert stored(attribute if form == "map" else {"S": json.dumps(fields)}) == BY_TENANT


@pytest.mark.parametrize("switch", [{"S": "hello"}, {"S": "[]"}, {"N": "1"}, {"M": {"kind": {"S": "tenant"}}}])
def test_a_switch_that_is_not_usable_leaves_the_set_in_force(switch):
    assert stored(switch) == BY_CONFIGURATION_SET
