"""Try on AWS what docs/aws-assumptions.md assumes, with a stack of its own, and remove everything: `make test-aws`.

However it ends, by a failure or by Ctrl-C, what it made is removed; what an earlier run left (one that was killed) goes
as well. Whatever stays all the same is named, with exit code 4.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tests.aws.leftovers import remove_leftovers

ROOT: Final = Path(__file__).resolve().parents[2]
STACK: Final = "sesguard-test"
MARK: Final = "sesguard-make-test-aws"
"""The tag of its stack: one of that name without it is somebody's own."""
SAM: Final = ROOT / ".venv-sam/bin/sam"
REFUSED, LEFT = 2, 4
_SETTLED: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})


def main() -> int:
    """Try it, and give the exit code: that of the tests, 2 where they cannot be begun, 4 where something stays."""
    session = boto3.Session()
    try:
        environment = look(session, os.environ.get("SESGUARD_TEST_SENDER", ""))
    except (BotoCoreError, ClientError) as error:
        return refuse(f"AWS cannot be asked: {error}")
    except ValueError as error:
        return refuse(str(error))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = 1
    try:
        code = attempt(environment)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 130
    finally:
        left = remove(session, environment)
    for each in left:
        print(f"not removed: {each}", file=sys.stderr)
    return LEFT if left else code


def refuse(sentence: str) -> int:
    print(f"make test-aws: {sentence}", file=sys.stderr)
    return REFUSED


def look(session: Any, sender: str) -> dict[str, str]:
    """Give the environment of what is run. Raises ValueError where the account is not fit for it, or not free."""
    region = session.region_name
    if not region:
        raise ValueError("say in which region, such as by AWS_DEFAULT_REGION=eu-west-1")
    if "@" not in sender:
        raise ValueError("SESGUARD_TEST_SENDER has to be an address that SES has verified in this account and region")
    session.client("sts").get_caller_identity()
    ses = session.client("sesv2")
    if not any(_verified(ses, name) for name in (sender, sender.rpartition("@")[2])):
        raise ValueError(f"neither {sender} nor its domain is a verified identity of SES in {region}")  # noqa: EM102 (says what is the matter)
    if not ses.get_account().get("SendingEnabled", True):
        raise ValueError(f"SES sends nothing for this account in {region}: its sending is off")  # noqa: EM102 (says what is the matter)
    found = described(session.client("cloudformation"))
    if found and MARK not in [tag["Key"] for tag in found.get("Tags", ())]:
        raise ValueError(f"there is a stack {STACK} that it did not make")  # noqa: EM102 (says what is the matter)
    if found:
        print(f"The stack {STACK} of an earlier run is there; it is removed first.", flush=True)
        if left := remove(session, {**os.environ, "AWS_DEFAULT_REGION": region, "AWS_REGION": region}):
            raise ValueError(f"it cannot be removed: {', '.join(left)}")  # noqa: EM102 (says what is the matter)
    return {
        **os.environ,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "SAM_CLI_TELEMETRY": "0",
        "SESGUARD_TEST_AWS": "1",
        "SESGUARD_TEST_STACK": STACK,
    }


def _verified(ses: Any, name: str) -> bool:
    try:
        return bool(ses.get_email_identity(EmailIdentity=name).get("VerifiedForSendingStatus"))
    except ses.exceptions.NotFoundException:
        return False


def attempt(environment: Mapping[str, str]) -> int:
    """Build, deploy and test; the exit code."""
    # A samconfig.toml that `sam deploy --guided` has written into must not say where to, nor with which parameters.
    nothing = ROOT / "build/test-aws/samconfig.toml"
    nothing.parent.mkdir(parents=True, exist_ok=True)
    nothing.write_text("version = 0.1\n", encoding="utf-8")
    built = nothing.parent / "built"
    sender = environment["SESGUARD_TEST_SENDER"]
    build = [SAM, "build", "--build-dir", built, "--config-file", nothing]
    deploy = [
        SAM,
        "deploy",
        "--template-file",
        built / "template.yaml",
        "--config-file",
        nothing,
        "--stack-name",
        STACK,
    ]
    deploy += ["--region", environment["AWS_REGION"], "--resolve-s3", "--capabilities", "CAPABILITY_IAM"]
    deploy += ["--tags", f"{MARK}=yes", "--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    deploy += ["--parameter-overrides", f"NoticeSender={sender}", "CountSimulator=true", "DeletionProtection=false"]
    test = [sys.executable, "-m", "pytest", "-q", "tests/aws"]
    return run(build, environment) or run(deploy, environment) or run(test, environment)


def run(command: Sequence[str | Path], environment: Mapping[str, str], *, apart: bool = False) -> int:
    """apart: out of reach of a Ctrl-C in the terminal."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, env=environment, check=False, start_new_session=apart)  # noqa: S603 (ours)
    return done.returncode


def described(cloudformation: Any) -> Mapping[str, Any]:
    """What CloudFormation says of the stack, nothing where there is none."""
    try:
        found: Mapping[str, Any] = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # which is how CloudFormation says it
            return {}
        raise
    return found


def remove(session: Any, environment: Mapping[str, str]) -> list[str]:
    """Remove everything, and name what stays. A second Ctrl-C does not end it."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    print("Removing what was made; this takes a few minutes.", flush=True)
    left: list[str] = []
    try:
        for what, work in (
            (f"the stack {STACK}", lambda: _remove_stack(session, environment)),
            ("what is named sesguard-test-…", lambda: left.extend(remove_leftovers(session.client))),
        ):
            _attempt(what, work, left)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return left


def _attempt(what: str, work: Callable[[], None], left: list[str]) -> None:
    try:
        work()
    except Exception as error:
        left.append(f"{what}: {error}")


def _remove_stack(session: Any, environment: Mapping[str, str]) -> None:
    cloudformation = session.client("cloudformation")
    found = described(cloudformation)
    if not found:
        return
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    tables = [each.get("PhysicalResourceId") for each in resources if each["ResourceType"] == "AWS::DynamoDB::Table"]
    if found["StackStatus"] in _SETTLED:
        # Its alarms and destinations; if it fails, the rest is removed all the same, and those by their names.
        where = ["--stack-name", STACK, "--region", environment["AWS_REGION"]]
        retire = [sys.executable, "-m", "sesguard", "retire", *where, "--leave-off", "--yes"]
        run(retire, environment, apart=True)
    cloudformation.delete_stack(StackName=STACK)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK)
    dynamodb = session.client("dynamodb")
    for table in filter(None, tables):  # those that outlive the stack
        with suppress(dynamodb.exceptions.ResourceNotFoundException):
            if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
                dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
                dynamodb.get_waiter("table_exists").wait(TableName=table)
            dynamodb.delete_table(TableName=table)


if __name__ == "__main__":
    sys.exit(main())
