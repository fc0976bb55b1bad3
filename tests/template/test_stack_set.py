"""Rolling out by StackSets: the parameter file, the commands of docs/accounts.md, and the template that they make."""

import json
import re
import subprocess
import tomllib
from typing import Any, Final

import pytest
import yaml

from tests.template.stack import PARAMETERS, ROOT, TEXT, _Loader

FILE: Final[list[dict[str, str]]] = json.loads((ROOT / "examples/stack-set-parameters.json").read_text())
GIVEN: Final = {each["ParameterKey"]: each["ParameterValue"] for each in FILE}
CENTRE: Final[dict[str, Any]] = yaml.load((ROOT / "central/template.yaml").read_text(), _Loader)  # noqa: S506 - a safe loader
DOCUMENT: Final = (ROOT / "docs/accounts.md").read_text()
LARGEST: Final = (
    460_800  # bytes at a URL; https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackSet.html
)
LARGEST_BODY: Final = 51_200


def test_the_file_is_as_the_aws_cli_reads_it():
    assert all(set(each) == {"ParameterKey", "ParameterValue"} for each in FILE)
    assert len(GIVEN) == len(FILE)
    assert {type(value) for value in GIVEN.values()} == {str}


@pytest.mark.parametrize("name", GIVEN)
def test_each_parameter_of_the_file_is_one_of_the_template_and_has_a_value_that_it_allows(name):
    allowed = PARAMETERS[name]
    if "AllowedValues" in allowed:
        assert GIVEN[name] in [str(each) for each in allowed["AllowedValues"]]
    else:
        assert re.fullmatch(allowed["AllowedPattern"], GIVEN[name])


def test_what_has_no_default_is_in_the_file():
    assert {name for name, each in PARAMETERS.items() if "Default" not in each} <= set(GIVEN)


def test_the_bus_of_the_file_is_the_one_that_the_centre_makes_and_gives_out():
    assert CENTRE["Outputs"]["CentralBusArn"]["Value"] == {"Fn::GetAtt": "CentralBus.Arn"}
    assert CENTRE["Resources"]["CentralBus"]["Properties"]["Name"] == {"Ref": "AWS::StackName"}
    configured = tomllib.loads((ROOT / "central/samconfig.toml").read_text())["default"]["global"]["parameters"]
    assert GIVEN["CentralBusArn"].endswith(f":event-bus/{configured['stack_name']}")


def test_the_document_deploys_the_centre_by_parameters_that_it_has_and_gives_all_that_it_must_have():
    (words,) = re.findall(r"cd central && sam build && sam deploy --parameter-overrides ([^`\n]+)`", DOCUMENT)
    named = set(re.findall(r"(\w+)=", words))
    assert named <= set(CENTRE["Parameters"])
    assert {name for name, each in CENTRE["Parameters"].items() if "Default" not in each} <= named


def test_the_document_overrides_by_account_what_the_template_has():
    named = re.findall(r"ParameterKey=(\w+),", DOCUMENT)
    assert named
    assert set(named) <= set(PARAMETERS)


def test_the_document_gives_the_processed_template_by_its_url_with_the_file():
    # SERVICE_MANAGED takes no macros, AWS::Serverless among them, and no body over 51,200 bytes.
    assert "Transform:" in TEXT
    assert len(TEXT) > LARGEST_BODY
    (command,) = re.findall(r"aws cloudformation create-stack-set (.*?)\n\$", DOCUMENT, re.DOTALL)
    assert "--permission-model SERVICE_MANAGED" in command
    assert "--parameters file://examples/stack-set-parameters.json" in command
    assert re.search(r"--template-url \S+/processed\.json", command)
    assert "--template-stage Processed" in DOCUMENT


# What CloudFormation makes of the packaged template, by the library that it makes it with.
PROCESS: Final = """
import json
from samcli.yamlhelper import yaml_parse
from samtranslator.translator.transform import transform

class Policies:
    def load(self):
        return {}

template = yaml_parse(open("template.yaml").read())
for each in template["Resources"].values():
    code = each.get("Properties", {})
    for key in {"CodeUri", "ContentUri"} & set(code):
        code[key] = {"Bucket": "guards-eu-west-1", "Key": "0" * 32}
print(json.dumps(transform(template, {"NoticeSender": "given@example.com"}, Policies())))
"""


@pytest.mark.emulator  # needs the environment of the SAM CLI
def test_processed_the_template_is_the_same_for_every_account():
    done = subprocess.run(  # noqa: S603 (our own program)
        [str(ROOT / ".venv-sam/bin/python"), "-c", PROCESS],
        cwd=ROOT,
        env={"HOME": "/nonexistent", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    processed = json.loads(done.stdout)
    assert "Transform" not in processed
    assert not [name for name, each in processed["Resources"].items() if "Serverless" in each["Type"]]
    assert list(processed["Parameters"]) == list(PARAMETERS)
    assert len(done.stdout) < LARGEST
    assert "given@example.com" not in done.stdout  # parameters stay parameters
    assert set(re.findall(r'"([^"]*eu-west-1[^"]*)"', done.stdout)) == {"guards-eu-west-1"}  # only where the code lies
