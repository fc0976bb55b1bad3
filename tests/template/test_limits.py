"""What AWS bounds fits, under the longest names that a stack and a region may have."""

import json
import re

import pytest

from tests.template.stack import (
    FUNCTIONS,
    GLOBALS,
    PARAMETERS,
    RESOURCES,
    ROLES,
    ROOT,
    as_list,
    load,
    of_type,
    statements,
    target,
)

LONGEST = {
    "AWS::StackName": "s"
    * 128,  # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-southeast-99",
    "AWS::AccountId": "1" * 12,
}
ARN = f"arn:aws-us-gov:dynamodb:ap-southeast-99:{'1' * 12}:table/{'s' * 128}"
NAME = "n" * 140


def filled(node):
    """A part of the template with the longest values; both arms of a condition count as there."""
    if isinstance(node, list):
        return [filled(each) for each in node]
    if not isinstance(node, dict):
        return node
    if len(node) == 1:
        ((key, value),) = node.items()
        if key == "Ref":
            return _ref(value)
        if key == "Fn::GetAtt":
            return ARN
        if key == "Fn::Sub" and isinstance(value, str):
            return re.sub(r"\$\{([^}]+)\}", lambda found: str(_ref(found[1])), value)
        if key == "Fn::If":
            return max((filled(each) for each in value[1:]), key=lambda each: len(json.dumps(each)))
    return {key: filled(value) for key, value in node.items()}


def _ref(name):
    if name in LONGEST:
        return LONGEST[name]
    parameter = PARAMETERS.get(name)
    if parameter is None:
        return NAME
    return max(map(str, parameter.get("AllowedValues", ["v" * int(parameter.get("MaxLength", 100))])), key=len)


def size(document):
    return len(json.dumps(filled(document), separators=(",", ":")))


@pytest.mark.parametrize("path", ["template.yaml", "central/template.yaml", "lake/template.yaml"])
def test_a_template_fits_what_cloudformation_takes_of_one(path):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html."""
    text = (ROOT / path).read_text()
    template = load(text)
    assert len(text.encode()) <= 1_000_000 / 2  # with comments and before SAM, which made 122 KB of 153
    assert len(template["Description"].encode()) <= 1_024
    assert len(template["Resources"]) * 2 <= 500  # SAM made 133 of 115
    for part, describes in (("Parameters", 4_000), ("Outputs", 1_024)):
        assert len(template[part]) <= 200
        assert all(len(each.get("Description", "").encode()) <= describes for each in template[part].values())
        assert all(re.fullmatch("[A-Za-z0-9]{1,255}", name) for name in template[part])
    assert all(re.fullmatch("[A-Za-z0-9]{1,255}", name) for name in template["Resources"])


@pytest.mark.parametrize("role", ROLES)
def test_a_roles_policies_fit_what_iam_takes_of_a_role(role):
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html."""
    assert sum(size(each["PolicyDocument"]) for each in ROLES[role]["Policies"]) <= 10_240


def test_the_policies_of_topics_fit():
    """https://docs.aws.amazon.com/general/latest/gr/sns.html."""
    assert max(size(each["PolicyDocument"]) for each in of_type("AWS::SNS::TopicPolicy").values()) <= 30_000


def queue_policies():
    for path in ("template.yaml", "central/template.yaml", "lake/template.yaml"):
        resources = load((ROOT / path).read_text())["Resources"]
        for name, each in resources.items():
            if each["Type"] == "AWS::SQS::QueuePolicy":
                yield pytest.param(each["Properties"], id=f"{path} {name}")


@pytest.mark.parametrize("policy", list(queue_policies()))
def test_a_queues_policy_is_one_that_sqs_takes(policy):
    """The whole stack fails of one that is not: https://github.com/remind101/stacker_blueprints/pull/71.

    It covers one queue: http://docs.amazonwebservices.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/AccessPolicyLanguage_SpecialInfo.html
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
    """
    found = statements(policy)
    (queue,) = (target(each) for each in policy["Queues"])
    assert {target(each["Resource"]) for each in found} == {queue}
    assert size(policy["PolicyDocument"]) <= 8_192
    assert len(found) <= 20
    assert sum(len(keys) for each in found for keys in each.get("Condition", {}).values()) <= 10
    assert all(len(as_list(each["Action"])) <= 7 for each in found)
    sids = [each["Sid"] for each in found]
    assert len(set(sids)) == len(sids)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_functions_variables_fit_in_four_kilobytes(function):
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""
    own = FUNCTIONS[function]["Environment"]["Variables"]
    variables = filled({**GLOBALS["Environment"]["Variables"], **own})
    assert sum(len(name) + len(str(value)) for name, value in variables.items()) <= 4_096


def test_rules_and_alarms_fit():
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html and the alarms' API reference."""
    for rule in of_type("AWS::Events::Rule").values():
        assert size(rule.get("EventPattern", {})) <= 2_048
        assert len(rule.get("Targets", [])) <= 5
    for alarm in of_type("AWS::CloudWatch::Alarm").values():
        assert len(filled(alarm["AlarmDescription"])) <= 1_024
        assert len(alarm.get("Metrics", [])) <= 10


NAMED = {
    "LayerName": 140,
    "LogGroupName": 512,
    "DashboardName": 255,
    "Name": 256,  # the bus
    "FunctionName": 64,
    "RoleName": 64,
    "AlarmName": 255,
    "QueueName": 80,
    "TopicName": 256,
    "RuleName": 64,
    "TableName": 255,
}


def test_whatever_is_named_after_the_stack_may_be_called_so_however_long_that_is():
    named = {
        (resource, key): filled(value)
        for resource, each in RESOURCES.items()
        for key, value in each.get("Properties", {}).items()
        if key in NAMED and isinstance(value, dict)
    }
    assert ("GuardBus", "Name") in named
    assert {where: name for where, name in named.items() if len(name) > NAMED[where[1]]} == {}


def test_the_alarm_of_a_stream_may_be_called_so_under_the_longest_names():
    """AlarmPrefix, account, region and the set, whose name has up to 64 letters."""
    prefix = f"sesguard-{LONGEST['AWS::StackName']}"
    assert len("-".join((prefix, "1" * 12, LONGEST["AWS::Region"], "s" * 64))) <= 255
