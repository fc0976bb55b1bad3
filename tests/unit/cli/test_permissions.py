"""``sesguard permissions``: a policy of what each command's adapters declare, on the stack's own resources."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

import pytest

from sesguard.aws.drill import name_below
from sesguard.cli.commands import COMMANDS
from sesguard.cli.main import main
from sesguard.wiring import permissions
from sesguard.wiring.arns import Place, arns_of
from sesguard.wiring.drill import drill_name
from tests.template.stack import DEAD_LETTERS, FUNCTIONS, QUEUES, TABLES, of_type

WHERE = ("--account", "111122223333", "--region", "eu-west-1")
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsimpleemailservicev2.html
KNOW_NO_RESOURCE = {
    "ses:ListConfigurationSets",
    "ses:ListEmailIdentities",
    "ses:ListDedicatedIpPools",
    "sts:GetCallerIdentity",
    "ses:GetAccount",
    "ses:BatchGetMetricData",  # of the account: a set or an identity only where one is asked about
    "ses:GetDedicatedIp",  # and the next: of the account, a pool is a filter (docs/aws-assumptions.md, A79)
    "ses:GetDedicatedIps",
    "ses:ListTenants",
    # and list_amazoncloudwatch, list_awslambda, list_awsidentityandaccessmanagementiam of the same reference
    "cloudwatch:GetMetricData",
    "lambda:ListEventSourceMappings",
    "sns:Unsubscribe",
    "iam:ListUsers",
    "iam:ListRoles",
}


@pytest.fixture
def policy(capsys):
    def read(*words: str) -> dict[str, Any]:
        assert main(["permissions", *words, *WHERE]) == 0
        return json.loads(capsys.readouterr().out)

    return read


def actions(policy: dict[str, Any]) -> set[str]:
    return {action for statement in policy["Statement"] for action in statement["Action"]}


def test_every_command_says_what_it_needs():
    assert {*permissions.COMMANDS, *permissions.COMMANDS_ALIKE} == {command.words for command in COMMANDS}


def test_who_may_hold_may_turn_streams_by_their_ses_tenants_too(policy):
    assert {"ses:GetReputationEntity", "ses:UpdateReputationEntityCustomerManagedStatus"} <= actions(policy("hold"))


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "show",
        "explain",
        "incidents",
        "cost",
        "doctor",
        "backlog list",
        "tenants list",
        "tenants plan",
        "tenants export",
    ],
)
def test_who_only_looks_needs_no_right_to_change_anything(policy, command):
    verbs = {action.partition(":")[2] for action in actions(policy(command))}
    assert not {
        verb
        for verb in verbs
        if not verb.startswith(("Get", "BatchGet", "Query", "Scan", "List", "Describe", "Simulate"))
    }


def test_what_works_without_aws_needs_nothing(policy):
    for command in ("parse", "backtest", "notices check", "completion", "permissions"):
        assert policy(command)["Statement"] == []


def test_a_word_stands_for_its_commands_and_none_for_all(policy):
    assert actions(policy("tenants")) < actions(policy())
    assert actions(policy("tenants")) == set().union(
        *(actions(policy(each)) for each in permissions.COMMANDS if each.startswith("tenants "))
    )
    assert policy("stream show") == policy("show")


def test_no_action_is_a_pattern_and_a_resource_only_where_aws_knows_none(policy):
    for statement in policy()["Statement"]:
        assert not [action for action in statement["Action"] if "*" in action]
        if statement["Resource"] == "*":
            assert set(statement["Action"]) <= KNOW_NO_RESOURCE
            continue
        named = statement["Resource"]
        for arn in named if isinstance(named, list) else [named]:
            region = "" if ":iam:" in arn else "eu-west-1"  # IAM is of no region
            assert arn.split(":")[3:5] == [region, "111122223333"]


@pytest.mark.parametrize(
    ("stack", "beginning"),
    [
        ("s" * 23, "s" * 23 + "-"),
        ("s" * 24, "s" * 24),
        ("s" * 128, "s" * 24),
        ("StackSet-guard-*", "StackSet-guard-*-"),
    ],
)
def test_of_a_long_stacks_name_it_names_what_cloudformation_leaves_of_it(stack, beginning):
    place = Place(stack, "111122223333", "eu-west-1")
    for kind, resource in (("queues", ""), ("functions", "function:"), ("rules", "rule/")):
        assert arns_of(kind, place)[0].split(":", 5)[5] == f"{resource}{beginning}*"


def test_a_stacks_name_stands_whole_with_the_longest_that_is_made_in_it():
    schedules = {f"{name}{event}" for name, each in FUNCTIONS.items() for event in each["Events"]}
    longest = max(len(name) for name in (*QUEUES, *FUNCTIONS, *of_type("AWS::Events::Rule"), *schedules))
    assert 23 + longest + len("--") + 13 <= 64


CHANGES = re.compile(r"(Create|Delete|Put|Remove|Disable|Send|Receive|Change|Subscribe|Tag|Update)")


def test_nothing_that_it_lets_change_is_of_a_stack_that_begins_alike(policy):
    """What the guard ``sesguard-test`` has, by every logical name, and what its drills and its streams make."""
    names = [*QUEUES, *of_type("AWS::SNS::Topic"), *TABLES]
    schedules = [f"rule/{name}EveryMinute" for name in FUNCTIONS]
    others = [f"sesguard-test-{name}-1GRP3N0TVA1LD" for name in names]
    others += [each.replace("rule/", "rule/sesguard-test-") + "-1GRP3N0TVA1LD" for each in schedules]
    others += ["alarm:sesguard-sesguard-test-111122223333-eu-west-1-news", "rule/sesguard-test/NotifyRule"]
    drill = name_below("sesguard-test", drill_name())
    others += [drill, f"rule/sesguard-test/{drill}", "event-bus/sesguard-test", "role/sesguard-test", "user/ada"]
    for statement in policy()["Statement"]:
        resource = statement["Resource"]
        mine = [each.split(":", 5)[-1] for each in ([resource] if isinstance(resource, str) else resource)]
        if any(CHANGES.search(action.partition(":")[2]) for action in statement["Action"]) and mine != ["*"]:
            assert not [(other, each) for other in others for each in mine if fnmatchcase(other, each)]


def test_dead_letters_sources_topics_and_schedules_are_those_of_the_template():
    def logical(kind: str) -> set[str]:
        return {arn.rpartition("sesguard-")[2].removesuffix("-*") for arn in arns_of(kind, Place("sesguard"))}

    assert logical("dead letters") == DEAD_LETTERS
    assert logical("redriven queues") <= {*QUEUES}
    assert logical("topics") == {*of_type("AWS::SNS::Topic")}
    assert logical("schedules") == {
        f"{name}EveryMinute" for name, each in FUNCTIONS.items() if "EveryMinute" in each["Events"]
    }


@pytest.mark.parametrize("letters", [1, 23, 24, 38, 39, 54, 128])
def test_what_a_drill_makes_has_a_name_that_is_allowed_and_not_too_long(letters):
    stack, drill = "s" * letters, drill_name()
    made = name_below(stack, drill)
    assert made.endswith(f"-{drill}")
    assert len(made) <= 64
    (queue,), (rule,) = arns_of("a drill's queue", Place(stack)), arns_of("a drill's rule", Place(stack))
    assert fnmatchcase(f"arn:aws:sqs:eu-west-1:111122223333:{made}", queue)
    assert fnmatchcase(f"arn:aws:events:eu-west-1:111122223333:rule/{stack}/{made}", rule)


def test_what_is_too_long_for_a_policy_is_said(capsys):
    assert main(["permissions", *WHERE]) == 0
    assert "and a managed policy takes 6,144" in capsys.readouterr().err
    assert main(["permissions", "redrive", *WHERE]) == 0
    assert capsys.readouterr().err == ""


def test_every_table_that_it_names_is_one_of_the_template(policy):
    resources = [statement["Resource"] for statement in policy()["Statement"]]
    named = {each.partition("table/sesguard-")[2].removesuffix("-*") for each in resources if ":table/" in each}
    assert "central-MembersTable" in named  # of central/template.yaml
    assert named - {"central-MembersTable"} <= set(TABLES)


@pytest.mark.parametrize(
    ("region", "partition"), [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("eu-west-1", "aws")]
)
def test_the_partition_is_the_regions(capsys, region, partition):
    main(["permissions", "status", "--region", region, "--stack-name", "guard"])
    resources = [each["Resource"] for each in json.loads(capsys.readouterr().out)["Statement"]]
    assert f"arn:{partition}:dynamodb:{region}:*:table/guard-StreamsTable-*" in resources


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["tenats"], "there is no command 'tenats'; did you mean tenants?"),
        (["--account", "12"], "--account '12': that is no account"),
        (["--region", "Europe"], "--region 'Europe': that is no region"),
    ],
)
def test_what_it_does_not_know_it_names(capsys, words, said):
    assert main(["permissions", *words]) == 2
    assert capsys.readouterr().err == f"sesguard permissions: {said}\n"
