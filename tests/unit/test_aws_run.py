"""`make test-aws`: what it refuses, what it removes however it ends, and what it says of what stays."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from functools import partial
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, WaiterError

from localcloud.environment import isolated
from tests.aws.leftovers import MARK, TRIES, Leftover, remove_leftovers, removed
from tests.aws.run import ROOT, STACK, attempt, look, make_bucket, remove

SENDER = "news@acme.example"
STOPPED = "sesguard-test-0123abcd"


def refusal(code, operation):
    return ClientError({"Error": {"Code": code, "Message": "so it is"}}, operation)


class NotFoundError(Exception):
    pass


class Ses:
    meta = SimpleNamespace(endpoint_url="https://email.eu-west-1.amazonaws.com")
    exceptions = SimpleNamespace(NotFoundException=NotFoundError, BadRequestException=NotFoundError)

    def __init__(self, verified=SENDER, **account):
        self._verified = verified
        self._account = {"SendingEnabled": True, "ProductionAccessEnabled": False, **account}

    def get_account(self):
        return self._account

    def get_email_identity(self, **request):
        if request["EmailIdentity"] != self._verified:
            raise NotFoundError
        return {"VerifiedForSendingStatus": True}


class Elsewhere(Ses):
    def get_account(self):
        raise EndpointConnectionError(endpoint_url="https://email.mars-1.amazonaws.com")


class CloudFormation:
    """One stack, or none, and the tags of its change sets."""

    def __init__(self, status="", tags=(), change_sets=()):
        self._status, self._tags, self._change_sets = status, tags, change_sets

    def describe_stacks(self, **_):
        if not self._status:
            raise refusal("ValidationError", "DescribeStacks")
        return {"Stacks": [{"StackStatus": self._status, "Tags": [{"Key": key} for key in self._tags]}]}

    def list_change_sets(self, **_):
        return {"Summaries": [{"ChangeSetId": key} for key in self._change_sets]}

    def describe_change_set(self, **request):
        return {"Tags": [{"Key": request["ChangeSetName"]}]}


class Session:
    region_name = "eu-west-1"

    def __init__(self, ses=None, cloudformation=None):
        sts = SimpleNamespace(get_caller_identity=lambda: {"Account": "111122223333"})
        self._clients = {"sts": sts, "sesv2": ses or Ses(), "cloudformation": cloudformation or CloudFormation()}

    def client(self, service, config=None):
        return self._clients[service]


def refused(**given):
    with pytest.raises(ValueError, match=r".") as error:
        look(Session(**given), SENDER)
    return str(error.value)


def test_an_account_in_the_sandbox_with_a_sender_or_its_domain_verified_is_fit():
    for verified in (SENDER, "acme.example"):
        environment = look(Session(Ses(verified)), SENDER)
        assert (environment["AWS_REGION"], environment["SESGUARD_TEST_AWS"]) == ("eu-west-1", "1")


def test_an_account_out_of_the_sandbox_is_refused_as_it_would_share_its_control_calls():
    assert "out of its sandbox in eu-west-1" in refused(ses=Ses(ProductionAccessEnabled=True))


def test_an_account_whose_sending_is_off_is_refused():
    assert "its sending is off" in refused(ses=Ses(SendingEnabled=False))


def test_a_sender_that_is_not_verified_is_refused():
    assert "neither news@acme.example nor its domain" in refused(ses=Ses("else.example"))


def test_a_region_without_ses_is_refused_by_its_name():
    assert "SES does not answer in eu-west-1" in refused(ses=Elsewhere())


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "REVIEW_IN_PROGRESS"])
def test_a_stack_of_its_name_that_it_did_not_make_is_left_alone(status):
    said = refused(cloudformation=CloudFormation(status, ["somebodys"], ["somebodys"]))
    assert said == "there is a stack sesguard-test in eu-west-1 that it did not make"


def test_a_stack_that_a_killed_run_left_before_its_change_set_was_executed_is_its_own(monkeypatch):
    removed = []
    monkeypatch.setattr("tests.aws.run.remove", lambda *_: removed.append(STACK) or [])
    look(Session(cloudformation=CloudFormation("REVIEW_IN_PROGRESS", change_sets=[MARK])), SENDER)
    assert removed == [STACK]


def run(code, **environment):
    """Start Python code that has tests.aws.run at hand."""
    return subprocess.Popen(  # noqa: S603 (our own arguments)
        [sys.executable, "-c", f"from tests.aws import run\nimport os, signal, sys\n{code}"],
        cwd=ROOT, env={**isolated(os.environ), "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_without_credentials_it_is_refused_in_a_sentence():
    process = run("sys.exit(run.main())", AWS_DEFAULT_REGION="eu-west-1", SESGUARD_TEST_SENDER=SENDER)
    said = process.communicate()[1]
    assert (process.returncode, said) == (2, "make test-aws: AWS cannot be asked: Unable to locate credentials\n")


STOPPABLE = """
import time
def attempt(session, environment):
    child = "import time\\ntry: print('begun', flush=True); time.sleep(60)"
    child += "\\nexcept KeyboardInterrupt: time.sleep(1); print('the test removed what it made', flush=True)"
    return run.run([sys.executable, "-c", child], environment, signal.SIGINT)
def remove(session, environment):
    with run._unstoppable():
        run.say("removing")
        code = run.run([sys.executable, "-c", "import time; time.sleep(1)"], environment)
        run.say(f"retired with {code}", sys.stderr)
    return []
run.look, run.attempt, run.remove = lambda *_: dict(os.environ), attempt, remove
sys.exit(run.main())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_is_stopped_removes_what_it_made_and_a_second_signal_stops_nothing(number):
    process = run(STOPPABLE)
    assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    time.sleep(0.2)
    process.send_signal(number)
    assert process.stdout.readline() == "the test removed what it made\n"
    assert process.stdout.readline() == "removing\n"
    process.send_signal(number)
    assert process.communicate() == ("Everything that was made is removed.\n", "interrupted\nretired with 0\n")
    assert process.returncode == 130


def test_where_nobody_reads_any_more_it_removes_all_the_same():
    process = run(STOPPABLE)
    assert process.stdout.readline() == "begun\n"
    process.stdout.close()
    process.send_signal(signal.SIGINT)
    assert "interrupted\nretired with 0\n" in process.communicate()[1]


class Undeletable(CloudFormation):
    def delete_stack(self, **_):
        pass

    def get_waiter(self, _):
        def wait(**_):
            raise WaiterError("StackDeleteComplete", "terminal failure state", {})

        return SimpleNamespace(wait=wait)

    def get_paginator(self, _):
        failed = {"LogicalResourceId": "SesEventsKey", "ResourceStatus": "DELETE_FAILED"}
        deleted = {"LogicalResourceId": "SweepRole", "ResourceStatus": "DELETE_COMPLETE"}
        page = {"StackResourceSummaries": [{**failed, "ResourceStatusReason": "not authorized"}, deleted]}
        return SimpleNamespace(paginate=lambda **_: [page])


def test_what_cloudformation_cannot_delete_is_named_with_its_reason(monkeypatch):
    monkeypatch.setattr("tests.aws.run.remove_leftovers", lambda _: [])
    session = Session(cloudformation=Undeletable("ROLLBACK_FAILED", [MARK]))
    assert remove(session, {"AWS_REGION": "eu-west-1"}) == ["the stack sesguard-test: SesEventsKey: not authorized"]


@pytest.mark.parametrize(("steps", "said"), [([1], "could not be built"), ([0, 1], "could not be deployed")])
def test_what_fails_before_the_tests_is_said_and_that_nothing_was_tried(steps, said, monkeypatch, tmp_path, capsys):
    codes = iter(steps)
    monkeypatch.setattr("tests.aws.run.ROOT", tmp_path)
    monkeypatch.setattr("tests.aws.run.run", lambda *_: next(codes))
    monkeypatch.setattr("tests.aws.run.make_bucket", lambda *_: "a-bucket")
    session = SimpleNamespace(client=lambda *_, **__: None)
    assert attempt(session, {"AWS_REGION": "eu-west-1", "SESGUARD_TEST_SENDER": SENDER}) == 1
    assert capsys.readouterr().err == f"make test-aws: the stack {said}, so nothing was tried\n"


class Account:
    """A fresh account of the local cloud."""

    def __init__(self, emulator):
        self.client = partial(emulator.client, account=f"4{secrets.randbelow(10**11):011}", region="us-east-1")


@pytest.fixture
def account(emulator):
    return Account(emulator)


@pytest.mark.emulator
def test_tables_that_outlive_the_stack_are_removed_by_its_tag_and_those_of_somebodys_stack_stay(account):
    dynamodb = account.client("dynamodb")
    for name, tag in (("sesguard-test-StreamsTable-1ABC", MARK), ("sesguard-test-TenantsTable-2DEF", "somebodys")):
        dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}], Tags=[{"Key": tag, "Value": "yes"}],
            DeletionProtectionEnabled=tag == MARK,
        )  # fmt: skip
    assert remove_leftovers(account.client, lambda _: None) == []
    assert dynamodb.list_tables()["TableNames"] == ["sesguard-test-TenantsTable-2DEF"]


@pytest.mark.emulator
def test_the_bucket_of_the_code_is_emptied_and_removed(account):
    s3 = account.client("s3")
    s3.put_object(Bucket=make_bucket(s3, "us-east-1"), Key="code.zip", Body=b"code")
    s3.create_bucket(Bucket="sesguard-test-somebodys")
    assert remove_leftovers(account.client, lambda _: None) == []
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["sesguard-test-somebodys"]


@pytest.mark.emulator
def test_a_key_that_a_killed_run_could_not_name_yet_is_scheduled_for_deletion(account):
    kms = account.client("kms")
    ours, somebodys = (kms.create_key(Description=text)["KeyMetadata"]["KeyId"] for text in (f"{STOPPED}-key", "mail"))
    assert remove_leftovers(account.client, lambda _: None) == []
    states = {key: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] for key in (ours, somebodys)}
    assert states == {ours: "PendingDeletion", somebodys: "Enabled"}


@pytest.mark.parametrize(("code", "tries"), [("ExpiredTokenException", 1), ("ResourceInUseException", TRIES)])
def test_removing_is_tried_again_for_a_minute_unless_the_credentials_are_refused(code, tries):
    tried, waited = [], []

    def remove():
        tried.append(code)
        raise refusal(code, "DeleteTable")

    assert removed(Leftover("table one", remove), waited.append) == f"table one: {code}"
    assert len(tried) == tries
    assert sum(waited) == (63 if tries > 1 else 0)


@pytest.mark.emulator
def test_what_cannot_be_looked_for_is_said_and_keeps_nothing_else_from_being_removed(account):
    def client(service):
        made = account.client(service)
        if service == "sesv2":
            made.meta.events.register("before-call.sesv2", deny)
        return made

    def deny(model, **_):
        raise refusal("ExpiredTokenException", model.name)

    sqs = account.client("sqs")
    sqs.create_queue(QueueName=f"{STOPPED}-queue")
    left = remove_leftovers(client, lambda _: None)
    kinds = ("SES tenants", "identities", "configuration sets")
    assert left == [f"{kind}, which could not be looked for: ExpiredTokenException" for kind in kinds]
    assert not sqs.list_queues().get("QueueUrls")
