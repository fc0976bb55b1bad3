"""What a template says comes true in the local cloud: HTTP APIs and secrets, as CloudFormation describes them."""

import base64
import json
import string
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

pytestmark = pytest.mark.emulator

ECHOES = """
import json

def handler(event, context):
    return {"statusCode": 200, "headers": {"content-type": "text/html"}, "body": json.dumps(event)}
"""
API = {
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            }
        },
    },
    "Api": {"Type": "AWS::Serverless::HttpApi", "Properties": {}},
    "Page": {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "InlineCode": ECHOES,
            "Events": {
                method: {
                    "Type": "HttpApi",
                    "Properties": {"ApiId": {"Ref": "Api"}, "Path": "/incidents/{token}", "Method": method},
                }
                for method in ("GET", "POST")
            },
        },
    },
}


def deployed(aws, resources, **outputs):
    """The outputs of a stack with these resources."""
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": resources,
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    aws.cloudformation.create_stack(
        StackName="stack", TemplateBody=json.dumps(template), Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    )
    stacks = []

    def done():
        stacks[:] = aws.cloudformation.describe_stacks(StackName="stack")["Stacks"]
        return not stacks[0]["StackStatus"].endswith("IN_PROGRESS")

    aws.wait_until(done, lambda: str(stacks))
    assert stacks[0]["StackStatus"] == "CREATE_COMPLETE", stacks
    return {each["OutputKey"]: each["OutputValue"] for each in stacks[0]["Outputs"]}


def call(aws, api, path, body=None):
    """Call an HTTP API as a browser would, unsigned: what the function that answers was given."""
    url = f"{aws.emulator.endpoint}/_aws/execute-api/{api}{path}"
    with urlopen(Request(url, data=body)) as answer:  # noqa: S310 (the emulator)
        return json.loads(answer.read())


def test_an_http_api_answers_unsigned_calls_of_its_routes(aws):
    api = deployed(aws, API, Api={"Ref": "Api"})["Api"]
    got = call(aws, api, "/incidents/abc?x=1")
    assert got["version"] == "2.0"
    assert (got["routeKey"], got["rawPath"]) == ("GET /incidents/{token}", "/incidents/abc")
    assert (got["pathParameters"], got["queryStringParameters"]) == ({"token": "abc"}, {"x": "1"})
    assert got["requestContext"]["accountId"] == aws.id
    posted = call(aws, api, "/incidents/abc", b"reason=fixed")
    assert posted["routeKey"] == "POST /incidents/{token}"
    body = posted["body"].encode()
    assert (base64.b64decode(body) if posted["isBase64Encoded"] else body) == b"reason=fixed"


@pytest.mark.parametrize("path", ["/", "/incidents", "/other/abc"])
def test_an_http_api_has_nothing_but_its_routes(aws, path):
    api = deployed(aws, API, Api={"Ref": "Api"})["Api"]
    with pytest.raises(HTTPError) as missing:
        call(aws, api, path)
    assert missing.value.code == 404
    missing.value.close()


def test_a_reference_to_a_secret_is_its_arn_and_the_secret_is_as_it_was_asked_for(aws):
    generate = {"PasswordLength": 64, "ExcludePunctuation": True}
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": generate}}
    reference = deployed(aws, {"Key": secret}, Key={"Ref": "Key"})["Key"]
    assert reference.startswith(f"arn:aws:secretsmanager:us-east-1:{aws.id}:secret:")
    value = aws.secretsmanager.get_secret_value(SecretId=reference)["SecretString"]
    assert len(value) == 64
    assert set(value) <= set(string.ascii_letters + string.digits)


def test_a_secret_goes_with_its_stack(aws):
    generate = {"SecretStringTemplate": '{"name": "key"}', "GenerateStringKey": "value"}
    secret = {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": generate}}
    reference = deployed(aws, {"Key": secret}, Key={"Ref": "Key"})["Key"]
    value = json.loads(aws.secretsmanager.get_secret_value(SecretId=reference)["SecretString"])
    assert (value["name"], len(value["value"])) == ("key", 32)
    aws.cloudformation.delete_stack(StackName="stack")
    aws.wait_until(lambda: aws.secretsmanager.list_secrets()["SecretList"] == [], lambda: "a secret")
