"""Try on AWS what docs/aws-assumptions.md assumes, with a stack of its own, and remove everything: `make test-aws`.

However it ends, by a failure, Ctrl-C or a closed terminal, what it made is removed; what an earlier run left (one that
was killed) goes as well. Whatever stays all the same is named, with exit code 4.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, WaiterError
from botocore.parsers import ResponseParserError

from tests.aws.leftovers import MARK, PREFIX, RETRYING, remove_leftovers

ROOT: Final = Path(__file__).resolve().parents[2]
STACK: Final = "sesguard-test"
SAM: Final = ROOT / ".venv-sam/bin/sam"
FAILED, REFUSED, LEFT, INTERRUPTED = 1, 2, 4, 130
STOPPING_SECONDS: Final = 180  # in which a command that is stopped may remove what it made
_STOPS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SETTLED: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})
_TROUBLE: Final = (BotoCoreError, ClientError, ResponseParserError, OSError)
"""Of AWS, its answers, the way to it, and what credentials are read from."""
_NO_ANSWER: Final = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})
"""For the first call: who has no network hears of it at once."""


def main() -> int:
    """Try it, and give the exit code.

    That of the tests; 1 where it could not deploy; 2 where it was refused; 4 where something stays; 130 where it was
    stopped.
    """
    for number in _STOPS:
        signal.signal(number, _stop)
    try:
        session = boto3.Session()
        environment = look(session, os.environ.get("SESGUARD_TEST_SENDER", ""))
    except KeyboardInterrupt:
        say("interrupted before anything was made", sys.stderr)
        return INTERRUPTED
    except _TROUBLE as error:
        return refuse(f"AWS cannot be asked: {error}")
    except ValueError as error:
        return refuse(str(error))
    code = FAILED
    try:
        code = attempt(session, environment)
    except KeyboardInterrupt:
        say("interrupted", sys.stderr)
        code = INTERRUPTED
    except _TROUBLE as error:
        say(f"make test-aws: it cannot go on: {error}", sys.stderr)
    finally:
        left = remove(session, environment)
    if not left:
        say("Everything that was made is removed.")
        return code
    for each in left:
        say(f"not removed: {each}", sys.stderr)
    say("Once that can be removed, run make test-aws again: it removes what is left.", sys.stderr)
    return LEFT


def _stop(_number: int, _frame: object) -> None:
    """Stop what is being done, once: what is removed then is not to be stopped."""
    for number in _STOPS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def say(sentence: str, to: TextIO = sys.stdout) -> None:
    """Print it, where somebody reads: a terminal that is closed keeps nothing from being removed."""
    with suppress(OSError):
        print(sentence, file=to, flush=True)


def refuse(sentence: str) -> int:
    say(f"make test-aws: {sentence}", sys.stderr)
    return REFUSED


def look(session: Any, sender: str) -> dict[str, str]:
    """Give the environment of what is run. Raises ValueError where the account is not fit for it, or not free."""
    region = session.region_name
    if not region:
        raise ValueError("say in which region, such as by AWS_DEFAULT_REGION=eu-west-1")
    if "@" not in sender:
        raise ValueError("SESGUARD_TEST_SENDER has to be an address that SES has verified in this account and region")
    account = session.client("sts", config=_NO_ANSWER).get_caller_identity()["Account"]
    ses = session.client("sesv2", config=RETRYING)
    _look_at_ses(ses, region, sender)
    cloudformation = session.client("cloudformation", config=RETRYING)
    found = described(cloudformation)
    if found and MARK not in _tags(cloudformation, found):
        raise ValueError(f"there is a stack {STACK} in {region} that it did not make")
    environment = {
        **os.environ,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "SAM_CLI_TELEMETRY": "0",
        "SESGUARD_TEST_AWS": "1",
        "SESGUARD_TEST_STACK": STACK,
    }
    say(f"In account {account}, {region}, at {ses.meta.endpoint_url}.")
    if found:
        say(f"The stack {STACK} of an earlier run is there; it is removed first.")
        if left := remove(session, environment):
            raise ValueError(f"it cannot be removed: {', '.join(left)}")
    return environment


def _look_at_ses(ses: Any, region: str, sender: str) -> None:
    try:
        account = ses.get_account()
    except EndpointConnectionError as error:
        raise ValueError(f"SES does not answer in {region}; a region that has it is needed ({error})") from error
    if account.get("ProductionAccessEnabled"):
        raise ValueError(
            f"SES is out of its sandbox in {region}, and would have to share its one control call a second with what"
            " sends there; take a region in which this account is in the sandbox, as it is wherever nobody asked"
        )
    if not account.get("SendingEnabled", True):
        raise ValueError(f"SES sends nothing for this account in {region}: its sending is off")
    if not any(_verified(ses, name) for name in (sender, sender.rpartition("@")[2])):
        raise ValueError(f"neither {sender} nor its domain is a verified identity of SES in {region}")


def _verified(ses: Any, name: str) -> bool:
    try:
        return bool(ses.get_email_identity(EmailIdentity=name).get("VerifiedForSendingStatus"))
    except (ses.exceptions.NotFoundException, ses.exceptions.BadRequestException):  # the latter: no name for one
        return False


def _tags(cloudformation: Any, stack: Mapping[str, Any]) -> set[str]:
    """The keys of a stack's tags; one of which there are only change sets has none yet, and they have them."""
    found: list[Mapping[str, str]] = list(stack.get("Tags", ()))
    if stack["StackStatus"] == "REVIEW_IN_PROGRESS":
        for each in cloudformation.list_change_sets(StackName=STACK)["Summaries"]:
            found += cloudformation.describe_change_set(ChangeSetName=each["ChangeSetId"]).get("Tags", ())
    return {tag["Key"] for tag in found}


def attempt(session: Any, environment: Mapping[str, str]) -> int:
    """Build, deploy and test; the exit code."""
    # A samconfig.toml that `sam deploy --guided` has written into must not say where to, nor with which parameters.
    nothing = ROOT / "build/test-aws/samconfig.toml"
    nothing.parent.mkdir(parents=True, exist_ok=True)
    nothing.write_text("version = 0.1\n", encoding="utf-8")
    built = nothing.parent / "built"
    region, sender = environment["AWS_REGION"], environment["SESGUARD_TEST_SENDER"]
    if failed := run([SAM, "build", "--build-dir", built, "--config-file", nothing], environment):
        say("make test-aws: the stack could not be built, so nothing was tried", sys.stderr)
        return failed
    # Not the bucket that SAM makes for itself, which would stay.
    bucket = make_bucket(session.client("s3", config=RETRYING), region)
    deploy: list[str | Path] = [SAM, "deploy", "--template-file", built / "template.yaml", "--config-file", nothing]
    deploy += ["--stack-name", STACK, "--region", region, "--s3-bucket", bucket, "--capabilities", "CAPABILITY_IAM"]
    deploy += ["--tags", f"{MARK}=yes", "--no-confirm-changeset", "--no-fail-on-empty-changeset"]
    deploy += ["--parameter-overrides", f"NoticeSender={sender}", "CountSimulator=true", "DeletionProtection=false"]
    if failed := run(deploy, environment):
        say("make test-aws: the stack could not be deployed, so nothing was tried", sys.stderr)
        return failed
    # On SIGINT, pytest removes what it made.
    return run([sys.executable, "-m", "pytest", "-q", "--tb=short", "tests/aws"], environment, signal.SIGINT)


def make_bucket(s3: Any, region: str) -> str:
    """Make a bucket for the code that is deployed: its name."""
    name = f"{PREFIX}{secrets.token_hex(4)}-code"
    # S3 takes no name for its oldest region: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **where)
    s3.get_waiter("bucket_exists").wait(Bucket=name)
    return name


def run(command: Sequence[str | Path], environment: Mapping[str, str], stop: signal.Signals = signal.SIGTERM) -> int:
    """Run a command: its exit code. Where this is stopped, the command and what it has started are stopped first.

    They are out of reach of the terminal: its Ctrl-C would come twice, and pytest would not finish what it removes.
    stop: what stops it; most need not say anything.
    """
    words = [str(word) for word in command]
    # What stops this while the command is being started stops it when there is a process to be stopped.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        process = subprocess.Popen(words, cwd=ROOT, env=environment, start_new_session=True, preexec_fn=_heed)  # noqa: S603 (ours)
    except OSError:
        _heed()
        raise
    with process:
        try:
            _heed()
            return process.wait()
        except KeyboardInterrupt:
            _end(process, stop)
            raise


def _heed() -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPS)


def _end(process: subprocess.Popen[bytes], stop: signal.Signals) -> None:
    for number in (stop, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOPPING_SECONDS)
            return


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
    """Remove everything, and name what stays. Nothing that stops the rest stops this."""
    left: list[str] = []
    client = partial(session.client, config=RETRYING)
    with _unstoppable():
        say("Removing what was made; this takes a few minutes.")
        for what, work in (
            (f"the stack {STACK}", lambda: _remove_stack(session, environment)),
            (
                "what is named sesguard-test-…",
                lambda: left.extend(remove_leftovers(client)),
            ),
        ):
            _attempt(what, work, left)
    return left


@contextmanager
def _unstoppable() -> Iterator[None]:
    """Let nothing stop this process or what it starts meanwhile: a signal that is ignored stays so in what is run."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _attempt(what: str, work: Callable[[], None], left: list[str]) -> None:
    try:
        work()
    except Exception as error:
        left.append(f"{what}: {error}")


def _remove_stack(session: Any, environment: Mapping[str, str]) -> None:
    cloudformation = session.client("cloudformation", config=RETRYING)
    found = described(cloudformation)
    if not found:
        return
    if found["StackStatus"] in _SETTLED:
        # Its alarms and destinations; if it fails, the rest is removed all the same, and those by their names.
        where = ["--stack-name", STACK, "--region", environment["AWS_REGION"]]
        run([sys.executable, "-m", "sesguard", "retire", *where, "--leave-off", "--yes"], environment)
    cloudformation.delete_stack(StackName=STACK)
    try:
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=STACK)
    except WaiterError as error:
        raise RuntimeError("; ".join(_in_the_way(cloudformation)) or str(error)) from error


def _in_the_way(cloudformation: Any) -> list[str]:
    """What CloudFormation could not delete, and why."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=STACK)
    resources = [each for page in pages for each in page["StackResourceSummaries"]]
    return [
        f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', 'no reason given')}"
        for each in resources
        if each["ResourceStatus"] == "DELETE_FAILED"
    ]


if __name__ == "__main__":
    sys.exit(main())
