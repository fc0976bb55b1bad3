"""IAM knows each action that a role is allowed, and the kind of resource on which it is: by the list of cfn-lint."""

import json
import re
from functools import cache

import pytest

from localcloud.cloud import ROOT
from tests.template.stack import as_list, load, statements

pytestmark = pytest.mark.emulator  # needs the environment of the SAM CLI, which brings cfn-lint
LIST = ".venv-sam/lib/python3*/site-packages/cfnlint/data/AdditionalSpecs/Policies.json"
ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:R:A:table/it",
    "AWS::Events::EventBus": "events:R:A:event-bus/it",
    "AWS::KinesisFirehose::DeliveryStream": "firehose:R:A:deliverystream/it",
    "AWS::KMS::Key": "kms:R:A:key/it",
    "AWS::Logs::LogGroup": "logs:R:A:log-group:it:*",
    "AWS::S3::Bucket": "s3:::it",
    "AWS::SecretsManager::Secret": "secretsmanager:R:A:secret:it",
    "AWS::Serverless::Function": "lambda:R:A:function:it",
    "AWS::SNS::Topic": "sns:R:A:it",
    "AWS::SQS::Queue": "sqs:R:A:it",
}
PARAMETERS = {"CentralBusArn": "AWS::Events::EventBus", "BucketKeyArn": "AWS::KMS::Key"}
WIDE = {"cloudwatch:DescribeAlarms", "cloudwatch:PutMetricData"}
"""Allowed on any, though there is a kind that they know: template.yaml says why beside each. Of the second it is a data
set, which no metric of the guard is in."""


@cache
def known():
    (path,) = ROOT.glob(LIST)
    return json.loads(path.read_text())


def resource(value, template):
    """An ARN of the kind that a part of a policy names, without its partition; "*" for any."""
    if isinstance(value, str):
        return value.removeprefix("arn:aws:")
    ((form, said),) = value.items()
    if form == "Fn::If":
        return resource(said[1], template)
    if form == "Fn::Sub":
        text = (said if isinstance(said, str) else said[0]).removeprefix("arn:${AWS::Partition}:")
        text = re.sub(r"\$\{(\w+)\.Arn\}", lambda found: resource({"Ref": found[1]}, template), text)
        return re.sub(r"\$\{AWS::Region\}", "R", re.sub(r"\$\{AWS::AccountId\}", "A", text))
    name, _, attribute = said.partition(".")
    arn = ARNS[PARAMETERS.get(name) or template[name]["Type"]]
    return f"{arn}/stream/it" if attribute == "StreamArn" else arn


def forms(action):
    """ARNs as they may look of what an action knows; None where it is no action."""
    service, _, name = action.partition(":")
    found = known()[service]["Actions"].get(name.lower())
    if found is None:
        return None
    kinds = {kind.lower(): each for kind, each in known()[service]["Resources"].items()}
    listed = [form for kind in found.get("Resources", ()) for form in kinds[kind.lower()]["ARNFormats"]]
    return [re.sub(r"\$\{\w+\}", "[^:]*", form.removeprefix("arn:${Partition}:")) for form in listed]


def allowed():
    for path in ("template.yaml", "central/template.yaml", "lake/template.yaml"):
        template = load((ROOT / path).read_text())["Resources"]
        for name, each in template.items():
            if each["Type"] not in ("AWS::IAM::Role", "AWS::IAM::Policy"):
                continue
            for policy in (*each["Properties"].get("Policies", ()), each["Properties"]):
                for statement in statements(policy) if "PolicyDocument" in policy else ():
                    resources = [resource(it, template) for it in as_list(statement["Resource"])]
                    for action in as_list(statement["Action"]):
                        yield pytest.param(action, resources, id=f"{path} {name} {statement['Sid']} {action}")


@pytest.mark.parametrize(("action", "resources"), list(allowed()))
def test_an_action_is_one_of_aws_and_allowed_on_a_kind_of_resource_that_it_knows(action, resources):
    taken = forms(action)
    assert taken is not None
    if resources != ["*"]:
        assert [it for it in resources if any(re.fullmatch(form, it) for form in taken)]
    elif taken:
        assert action in WIDE
