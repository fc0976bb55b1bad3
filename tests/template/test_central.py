"""The centre's template, and what members need to forward to it."""

from __future__ import annotations

from typing import Any, Final

import yaml

from sesguard.aws import member_buses
from sesguard.aws.queues import SqsSetAside
from sesguard.aws.tables import members
from sesguard.bus.events import CENTRE
from sesguard.bus.heartbeat import TAKES
from tests.template.stack import RESOURCES as MEMBER
from tests.template.stack import ROOT, _Loader, as_list

TEMPLATE: Final[dict[str, Any]] = yaml.load((ROOT / "central/template.yaml").read_text(), _Loader)  # noqa: S506 - a safe loader
RESOURCES: Final[dict[str, Any]] = TEMPLATE["Resources"]


def properties(name: str, of: dict[str, Any] = RESOURCES) -> dict[str, Any]:
    found: dict[str, Any] = of[name]["Properties"]
    return found


def test_the_bus_takes_what_rules_of_guards_of_the_organization_forward_and_nothing_else() -> None:
    (allowed,) = properties("CentralBus")["Policy"]["Statement"]
    assert allowed["Action"] == "events:PutEvents"
    condition = allowed["Condition"]
    # A role of the member's calls, so its organization is the principal's.
    assert condition["StringEquals"] == {"aws:PrincipalOrgID": {"Ref": "OrganizationId"}, "events:source": "sesguard"}
    assert condition["ArnLike"]["aws:PrincipalArn"]["Fn::Sub"].endswith("iam::*:role/sesguard/*")
    assert condition["BoolIfExists"] == {"events:eventBusInvocation": "true"}


def test_a_member_forwards_by_a_role_that_the_bus_knows_and_loses_nothing() -> None:
    (target,) = properties("ForwardRule", MEMBER)["Targets"]
    assert target["Arn"] == {"Ref": "CentralBusArn"}
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 24 * 60 * 60
    assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": "ForwardDeadLetters.Arn"}}
    role = properties("ForwardRole", MEMBER)
    assert role["Path"] == "/sesguard/"
    (statement,) = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("events:PutEvents", {"Ref": "CentralBusArn"})


def test_a_members_bus_takes_the_centres_word_on_pauses_elsewhere_and_nothing_else() -> None:
    condition, policy, nothing = properties("GuardBus", MEMBER)["Policy"]["Fn::If"]
    assert (condition, nothing) == ("HasCentre", {"Ref": "AWS::NoValue"})
    (allowed,) = policy["Statement"]
    assert allowed["Action"] == "events:PutEvents"
    centre = {"Fn::Select": [4, {"Fn::Split": [":", {"Fn::Sub": "${CentralBusArn}::::"}]}]}  # the account of an ARN
    assert allowed["Principal"]["AWS"]["Fn::Join"][1][1:] == [centre, ":root"]
    assert allowed["Condition"]["StringEquals"] == {"events:source": CENTRE, "events:detail-type": "Paused Elsewhere"}
    role = allowed["Condition"]["ArnLike"]["aws:PrincipalArn"]["Fn::Join"][1][1:]
    assert role == [centre, f":role{properties('CentralRole')['Path']}*"]
    assert properties("PausedElsewhereRule", MEMBER)["EventPattern"] == {
        "source": [CENTRE],
        "detail-type": list(TAKES),
        "account": [centre],
    }


def test_the_centres_word_is_passed_on_no_further() -> None:
    for rule in ("ForwardRule", "NotifyRule"):
        assert properties(rule, MEMBER)["EventPattern"]["source"] == ["sesguard"]  # which CENTRE is not


def test_the_centres_role_may_put_that_and_nothing_else_onto_buses() -> None:
    statements = properties("CentralRole")["Policies"][0]["PolicyDocument"]["Statement"]
    (allowed,) = (each for each in statements if "events:PutEvents" in as_list(each["Action"]))
    assert allowed["Condition"]["StringEqualsIfExists"] == {
        "events:source": CENTRE,
        "events:detail-type": "Paused Elsewhere",
        "aws:ResourceOrgID": {"Ref": "OrganizationId"},
    }


def test_without_a_centre_a_guard_has_nothing_of_it_but_an_empty_queue_that_takes_nothing() -> None:
    stays = {"ForwardDeadLetters", "ForwardDeadLettersPolicy"}
    parts = {name for name in MEMBER if name.startswith("Forward")} - stays
    assert parts == {"ForwardRule", "ForwardRole"}
    denies, allows = properties("ForwardDeadLettersPolicy", MEMBER)["PolicyDocument"]["Statement"]
    assert denies["Effect"] == "Deny"
    assert allows["Fn::If"][0] == "HasCentre"
    assert {MEMBER[name]["Condition"] for name in (*parts, "PausedElsewhereRule")} == {"HasCentre"}


def test_notify_is_not_woken_by_signs_of_life() -> None:
    pattern = properties("NotifyRule", MEMBER)["EventPattern"]
    assert pattern["detail-type"] == [{"anything-but": ["Guard Heartbeat"]}]
    assert "detail-type" not in properties("ForwardRule", MEMBER)["EventPattern"]


def test_the_function_may_do_what_its_adapters_declare() -> None:
    listed = properties("CentralRole")["Policies"][0]["PolicyDocument"]["Statement"]
    granted = {action for each in listed for action in as_list(each["Action"])}
    polls = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    logs = {"logs:CreateLogStream", "logs:PutLogEvents"}
    keys = {"kms:GenerateDataKey", "kms:Decrypt"}  # to publish to an encrypted topic
    declared = members.ACTIONS | member_buses.ACTIONS | SqsSetAside.ACTIONS
    assert granted == declared | polls | logs | keys
    assert not [each["Sid"] for each in listed if "*" in as_list(each["Resource"])]


def test_the_function_is_told_what_its_settings_read() -> None:
    given = properties("CentralFunction")["Environment"]["Variables"]
    assert {name for name in given if not name.startswith("POWERTOOLS_")} == {
        "MEMBERS_TABLE",
        "CENTRAL_TOPIC_ARN",
        "SILENT_MINUTES",
        "DEAD_LETTERS_URL",
    }


def test_the_centre_is_watched_too() -> None:
    alarms = [each["Properties"] for each in RESOURCES.values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    assert {each["MetricName"] for each in alarms} == {"ApproximateNumberOfMessagesVisible", "Invocations", "Errors"}
    assert all(each["AlarmActions"] == [{"Ref": "CentralTopic"}] for each in alarms)
