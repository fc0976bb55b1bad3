"""`sam deploy --guided` as the README has it: Enter answers every question, by what the SAM CLI itself would ask."""

import json
import subprocess
import tomllib

import pytest

from localcloud.cloud import ROOT
from tests.template.stack import PARAMETERS

pytestmark = pytest.mark.emulator  # needs the environment of the SAM CLI
SENDER = {"NoticeSender": "guard@example.com", "OperatorEmail": "you@example.com"}
CONFIGURED = tomllib.loads((ROOT / "samconfig.toml").read_text())["default"]

# Asks what `sam deploy --guided` asks, and answers with Enter. What would look into AWS, for where to upload code and
# images, comes after the questions and is left out.
PROGRAM = """
import json, sys
from unittest.mock import patch
from click.testing import CliRunner
import click
from samcli.commands.deploy import guided_context
from samcli.commands._utils.template import get_template_parameters

asked = json.loads(sys.argv[1])
template = "template.yaml"

@click.command()
def deploy():
    context = guided_context.GuidedContext(
        template_file=template, stack_name=asked["stack_name"], s3_bucket=None, image_repository=None,
        image_repositories=None, s3_prefix=None, region="eu-west-1", parameter_overrides=asked["overrides"],
        confirm_changeset=asked["confirm_changeset"], capabilities=("CAPABILITY_IAM",), config_env="default",
        config_section="parameters", config_file="samconfig.toml", disable_rollback=False, resolve_s3=True,
        resolve_image_repos=False,
    )
    bucket = patch.object(guided_context, "manage_stack", return_value="bucket")
    images = patch.object(guided_context.GuidedContext, "prompt_image_repository", return_value={})
    with bucket, images:
        context.guided_prompts(get_template_parameters(template))
    print(json.dumps({"overrides": context.guided_parameter_overrides, "confirm": context.confirm_changeset,
                      "disable_rollback": context.disable_rollback, "stack": context.guided_stack_name}))

done = CliRunner().invoke(deploy, input="\\n" * 100)
print(done.output, file=sys.stderr)
if done.exception:
    raise done.exception
print(done.output.strip().splitlines()[-1])
"""


def guided(**asked):
    done = subprocess.run(  # noqa: S603 (our own program)
        [str(ROOT / ".venv-sam/bin/python"), "-c", PROGRAM, json.dumps(asked)],
        cwd=ROOT,
        env={"SAM_CLI_TELEMETRY": "0", "HOME": "/nonexistent", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout), done.stderr


def test_enter_to_every_question_deploys_with_every_default():
    answers, questions = guided(
        stack_name=CONFIGURED["global"]["parameters"]["stack_name"],
        confirm_changeset=CONFIGURED["deploy"]["parameters"]["confirm_changeset"],
        overrides=SENDER,
    )
    assert "has no authentication" not in questions
    assert answers["stack"] == "sesguard"
    assert not answers["confirm"]  # whose question is answered by No
    assert not answers["disable_rollback"]
    given = {name: value["Value"] if isinstance(value, dict) else value for name, value in answers["overrides"].items()}
    defaults = {name: str(parameter["Default"]) for name, parameter in PARAMETERS.items() if "Default" in parameter}
    assert given == {**defaults, **SENDER}
