"""`sam deploy --guided` as the README has it, and what `sam deploy` takes afterwards, by the SAM CLI itself."""

import json
import subprocess
import tomllib

import pytest

from localcloud.cloud import ROOT
from tests.template.stack import PARAMETERS

pytestmark = pytest.mark.emulator  # needs the environment of the SAM CLI
SENDER = {"NoticeSender": "guard@example.com", "OperatorEmail": "you@example.com"}
CONFIGURED = tomllib.loads((ROOT / "samconfig.toml").read_text())["default"]

# Asks what `sam deploy --guided` asks, and answers with Enter, but for what ``answers`` says. What would look into AWS,
# for where to upload code and images, comes after the questions and is left out.
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
    def otherwise(ask):
        def asking(text, *words, **more):
            for question, answer in asked.get("answers", {}).items():
                if question in text:
                    print(f"{question}: {answer}")
                    return answer
            return ask(text, *words, **more)
        return asking

    bucket = patch.object(guided_context, "manage_stack", return_value="bucket")
    images = patch.object(guided_context.GuidedContext, "prompt_image_repository", return_value={})
    confirm = patch.object(guided_context, "confirm", otherwise(guided_context.confirm))
    prompt = patch.object(guided_context, "prompt", otherwise(guided_context.prompt))
    with bucket, images, confirm, prompt:
        context.guided_prompts(get_template_parameters(template))
    print(json.dumps({"overrides": context.guided_parameter_overrides, "confirm": context.confirm_changeset,
                      "disable_rollback": context.disable_rollback, "stack": context.guided_stack_name,
                      "capabilities": context._capabilities, "saves": context.save_to_config}))

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


AS_CONFIGURED = {
    "stack_name": CONFIGURED["global"]["parameters"]["stack_name"],
    "confirm_changeset": CONFIGURED["deploy"]["parameters"]["confirm_changeset"],
    "overrides": SENDER,
}


def test_enter_to_every_question_deploys_with_every_default():
    answers, questions = guided(**AS_CONFIGURED)
    assert "has no authentication" not in questions
    assert answers["stack"] == "sesguard"
    assert not answers["confirm"]  # whose question is answered by No
    assert not answers["disable_rollback"]
    assert list(answers["capabilities"]) == ["CAPABILITY_IAM"]
    assert answers["saves"]
    given = {name: value["Value"] if isinstance(value, dict) else value for name, value in answers["overrides"].items()}
    defaults = {name: str(parameter["Default"]) for name, parameter in PARAMETERS.items() if "Default" in parameter}
    assert given == {**defaults, **SENDER}


def test_whoever_says_no_where_yes_is_meant_or_yes_where_no_is_gets_what_was_asked_for():
    said = {"Confirm changes": True, "Allow SAM CLI IAM role": False, "Disable rollback": True, "Save arguments": False}
    answers, _ = guided(**AS_CONFIGURED, answers={**said, "Stack Name": "mail-guard"})
    assert list(answers["capabilities"]) == ["CAPABILITY_IAM"]  # which is all that the template needs
    assert (answers["confirm"], answers["disable_rollback"], answers["saves"]) == (True, True, False)
    assert answers["stack"] == "mail-guard"


# What `sam deploy` with each of these words would deploy with, one after another, all of them with one samconfig.toml.
THEN = """
import json, sys
from unittest.mock import patch
from click.testing import CliRunner
from samcli.commands.deploy import command
from samcli.commands.deploy.guided_config import GuidedConfig

took = []
with patch.object(command, "do_cli", lambda *given, **_: took.append(next(it for it in given if isinstance(it, dict)))):
    for words in json.loads(sys.argv[1]):
        done = CliRunner().invoke(command.cli, words)
        assert done.exit_code == 0, done.output
print(json.dumps(took))
"""
GUIDED = r"""parameter_overrides = "NoticeSender=\"guard@example.com\" EventSource=\"sns\" DeletionProtection=\"false\""
"""


def then(folder, *deployments):
    """Parameters of `sam deploy` after a guided one, which writes its answers into samconfig.toml."""
    head = "[default.deploy.parameters]\n"
    text = (ROOT / "samconfig.toml").read_text().replace(head, head + GUIDED, 1)
    (folder / "samconfig.toml").write_text(text)
    (folder / "template.yaml").write_text((ROOT / "template.yaml").read_text())
    done = subprocess.run(  # noqa: S603 (our own program)
        [str(ROOT / ".venv-sam/bin/python"), "-c", THEN, json.dumps([each.split() for each in deployments])],
        cwd=folder,
        env={"SAM_CLI_TELEMETRY": "0", "HOME": "/nonexistent", "AWS_DEFAULT_REGION": "eu-west-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_what_is_changed_later_is_not_changed_back_by_the_deployment_after_that(tmp_path):
    """A parameter that `sam deploy` does not name keeps its value in CloudFormation (UsePreviousValue)."""
    changed = "--parameter-overrides EventSource=both EventTarget=eventbridge"
    protect = "--parameter-overrides DeletionProtection=true --save-params"
    _, forgotten, _, kept, _, protected = then(tmp_path, changed, "", f"{changed} --save-params", "", protect, "")
    assert forgotten["EventSource"] == "sns"  # why --save-params is said everywhere
    assert kept == {"EventSource": "both", "EventTarget": "eventbridge"}
    assert protected == {"DeletionProtection": "true"}


def test_every_document_that_changes_a_parameter_later_has_it_saved():
    """But the first deployment, whose answers are saved by --guided."""
    documents = [ROOT / "docs/deploying.md", ROOT / "docs/moving-to-eventbridge.md"]
    lines = [line for each in documents for line in each.read_text().splitlines() if "--parameter-overrides" in line]
    assert len(lines) >= 4
    assert [line for line in lines if "--guided" not in line and "--save-params" not in line] == []
