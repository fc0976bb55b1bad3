"""How the operator's commands read AWS: the stack, the names of sets, dead letters, and counts without a write."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.dead_letters import dead_letters
from sesguard.aws.ses.configuration_sets import configuration_sets
from sesguard.aws.stack import find_stack
from sesguard.errors import AwsError, StackError
from sesguard.policy import Mode, Policy
from sesguard.wiring import central
from sesguard.wiring.central import find_centre
from sesguard.wiring.operator import find_guard
from tests.fakes.clock import NOW, minute_of
from tests.fakes.dynamodb import MemoryDynamoDB
from tests.fakes.world import ACME

OUTPUTS = {
    "CohortsTableName": "cohorts",
    "StreamsTableName": "streams",
    "IncidentsTableName": "incidents",
    "TenantsTableName": "tenants",
    "GuardBusName": "bus",
    "NoticeConfigurationSetName": "notices",
    "AlarmPrefix": "sesguard-sesguard",
    "AlarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:alarms",
}
PARAMETERS = {
    "DefaultMode": "observe",
    "IncidentRetentionDays": "30",
    "HourlyPauses": "20",
    "HourlyPausesShare": "0.05",
}


CALLER = "arn:aws:sts::123456789012:assumed-role/operator/me"


class Aws:
    """CloudFormation with one stack, or it refuses with ``code``; and STS, which refuses where there is no caller."""

    meta = SimpleNamespace(region_name="eu-west-1")

    def __init__(self, *, without: str = "", code: str = "", caller: str = CALLER, **parameters: str) -> None:
        self.code, self.caller = code, caller
        self.outputs = {name: value for name, value in OUTPUTS.items() if name != without}
        self.parameters = {name: value for name, value in (PARAMETERS | parameters).items() if name != without}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803  # as boto3 has it
        if self.code:
            raise ClientError({"Error": {"Code": self.code}}, "DescribeStacks")
        return {
            "Stacks": [
                {
                    "StackId": f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{StackName}/1-2-3",
                    "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in self.outputs.items()],
                    "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in self.parameters.items()],
                }
            ]
        }

    def get_caller_identity(self) -> dict[str, str]:
        if not self.caller:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetCallerIdentity")
        return {"Arn": self.caller}


class Clients:
    """Clients of which only CloudFormation and DynamoDB answer."""

    events = sesv2 = cloudwatch = None

    def __init__(self, aws: Aws, dynamodb: Any = None) -> None:
        self._aws = aws
        self.dynamodb = dynamodb

    def make(self, _: str) -> Aws:
        return self._aws


def test_the_guard_is_found_by_its_stack():
    guard = find_guard(Clients(Aws()), "platform-guard")
    assert (guard.stack.name, guard.stack.account, guard.stack.region) == ("platform-guard", ACME.account, ACME.region)
    assert guard.policy.mode is Mode.OBSERVE
    assert {str(stream) for stream in guard.deps.spared} == {"123456789012/eu-west-1/notices"}


@pytest.mark.parametrize("name", [*OUTPUTS, *PARAMETERS])
def test_a_stack_that_is_not_the_guards_is_said_to_be_none(name):
    with pytest.raises(StackError, match=f"has no .* {name}: is it sesguard's"):
        find_guard(Clients(Aws(without=name)), "sesguard")


def test_a_parameter_of_another_version_is_said_to_be_unknown():
    with pytest.raises(StackError, match="does not know"):
        find_guard(Clients(Aws(DefaultMode="dream")), "sesguard")


@pytest.mark.parametrize(("code", "error"), [("ValidationError", StackError), ("AccessDenied", AwsError)])
def test_a_stack_that_is_not_there_is_no_refusal(code, error):
    with pytest.raises(error):
        find_stack(Clients(Aws(code=code)), "sesguard")


NOWHERE = "does not exist in account 123456789012, region eu-west-1: see"


def test_the_error_says_in_which_account_and_region_there_is_no_such_stack(monkeypatch):
    clients = Clients(Aws(code="ValidationError"))
    with pytest.raises(StackError, match=f"'sesguard' {NOWHERE} --stack-name, --region"):
        find_guard(clients, "sesguard")
    monkeypatch.setattr(central, "OperatorClients", lambda *_: clients)
    with pytest.raises(StackError, match=f"'sesguard-central' {NOWHERE} --central, --region"):
        find_centre("sesguard-central")


def test_where_the_account_cannot_be_asked_the_error_says_the_region():
    with pytest.raises(StackError, match="does not exist in eu-west-1"):
        find_stack(Clients(Aws(code="ValidationError", caller="")), "sesguard")


def test_names_of_sets_come_from_all_pages():
    pages = {None: (["b"], "1"), "1": (["a"], "2"), "2": ([], None)}

    def listed(PageSize: int, NextToken: str | None = None) -> dict[str, Any]:  # noqa: N803  # as boto3 has it
        names, token = pages[NextToken]
        return {"ConfigurationSets": names, **({"NextToken": token} if token else {})}

    assert configuration_sets(SimpleNamespace(list_configuration_sets=listed)) == ["a", "b"]


def test_dead_letters_are_those_that_wait_and_those_that_are_being_looked_at():
    resources = [("AlarmDeadLetters", "SQS::Queue"), ("AlarmQueue", "SQS::Queue"), ("NotDeadLetters", "SNS::Topic")]
    summaries = [
        {"LogicalResourceId": name, "PhysicalResourceId": name, "ResourceType": f"AWS::{kind}"}
        for name, kind in resources
    ]
    paginator = SimpleNamespace(paginate=lambda **_: [{"StackResourceSummaries": summaries}])
    counts = {"ApproximateNumberOfMessages": "2", "ApproximateNumberOfMessagesNotVisible": "1"}
    sqs = SimpleNamespace(get_queue_attributes=lambda **_: {"Attributes": counts})
    cloudformation = SimpleNamespace(get_paginator=lambda _: paginator)
    assert dead_letters(cloudformation, sqs, "sesguard") == {"AlarmDeadLetters": 3}


def test_looking_at_a_streams_evidence_writes_nothing():
    dynamodb = MemoryDynamoDB(cohorts=("stream", "cohort"), streams=("stream",))
    key = (str(ACME), "v#2026-11-10T10")
    dynamodb.tables["cohorts"][key] = {
        "stream": {"S": key[0]},
        "cohort": {"S": key[1]},
        "s": {"N": "700"},
        "s05": {"N": "700"},
    }
    before = deepcopy(dynamodb.tables)
    history = find_guard(Clients(Aws(), dynamodb), "sesguard").deps.counts.history(ACME, NOW, None, Policy())
    assert history.weighed_volume(minute_of(NOW)) == 700
    assert dynamodb.tables == before
    DynamoCounts(dynamodb, "cohorts").history(ACME, NOW, None, Policy())  # as the guard itself does it
    assert dynamodb.tables != before
