"""What docs/aws-assumptions.md assumes of AWS, tried: in the local cloud, or with `make test-aws` on AWS itself.

On AWS: credentials and region as for the AWS CLI, of an account in the SES sandbox, and SESGUARD_TEST_SENDER, an
address that SES has verified, or one of a domain that it has. Mail goes to the mailbox simulator alone. Everything is
named sesguard-test-… and removed afterwards, whatever happened (what a killed run leaves, the next one removes).
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from threading import Thread
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError, CredentialRetrievalError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from tests.aws.leftovers import LOST, PREFIX, RETRYING, Leftover, key_of, removed

ON_AWS: Final = os.environ.get("SESGUARD_TEST_AWS") == "1"
PATIENCE_SECONDS: Final = 300 if ON_AWS else 30
APART_SECONDS: Final = 1.1 if ON_AWS else 0.0  # SES takes one control call a second, and in the sandbox one mail
SETTLING_SECONDS: Final = 60 if ON_AWS else 0
"""For which EventBridge may still go by what its rules were, and KMS, SNS and SQS by what their policies were."""
PAUSED: Final = frozenset({"SendingPausedException", "BadRequestException", "MessageRejected"})
"""What SES may answer to mail of a set that is off."""
SIMULATOR: Final = "simulator.amazonses.com"
_CONTENT: Final = {"Simple": {"Subject": {"Data": "sesguard test"}, "Body": {"Text": {"Data": "sesguard test"}}}}
NOT_TRIED: Final = "not tried"
_found: dict[str, str] = {}


class TestAccount:
    """An account, by its clients; what is made in it is named apart and taken away at the end."""

    __test__ = False

    def __init__(self, client: Callable[[str], Any], account: str, region: str, sender: str, after: ExitStack) -> None:
        self._client, self._after = client, after
        self.id, self.region, self.sender = account, region, sender
        self.partition = boto3.Session().get_partition_for_region(region)
        self.prefix = f"{PREFIX}{secrets.token_hex(4)}"
        self._clients: dict[str, Any] = {}

    def __getattr__(self, service: str) -> Any:
        if service.startswith("_"):
            raise AttributeError(service)
        return self.client(service)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._client(service)
        return self._clients[service]

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"

    def remove(self, call: Callable[..., Any], **request: Any) -> None:
        """Remove something when the test is over; what is gone already is fine, and what cannot be fails the test.

        Before it is made, where its name is known: then it is removed, too, if the making is interrupted.
        """
        self.remove_all([Leftover(f"{call.__name__} {request}", partial(call, **request))])

    def remove_all(self, those: list[Leftover]) -> None:
        def gone() -> None:
            for each in those:
                time.sleep(APART_SECONDS)
                assert removed(each, pause) == ""

        self._after.callback(gone)

    def queue(self, name: str = "queue") -> tuple[str, str]:
        """A queue that SNS and EventBridge may send to: its URL and ARN.

        Made with its policy: one that is set later holds up to a minute later, and what SNS may not send is lost.
        """
        arn = self.arn("sqs", f"{self.prefix}-{name}")
        statement = allow(["sns.amazonaws.com", "events.amazonaws.com"], "sqs:SendMessage", arn)
        attributes = {"Policy": policy(statement)}
        url: str = self.sqs.create_queue(QueueName=f"{self.prefix}-{name}", Attributes=attributes)["QueueUrl"]
        self.remove(self.sqs.delete_queue, QueueUrl=url)
        return url, arn

    def topic(self, service: str, source: str) -> str:
        """A topic as the template makes it: encrypted, and open to one service for one kind of resource."""
        root = {"AWS": f"arn:{self.partition}:iam::{self.id}:root"}
        owner = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
        encrypts = allow([service], ["kms:GenerateDataKey*", "kms:Decrypt"], "*")
        made = self.kms.create_key(Policy=policy(owner, encrypts), Description=f"{self.prefix}-key")
        key = made["KeyMetadata"]["Arn"]
        self.remove_all([key_of(self.kms, key)])
        topic = self.arn("sns", f"{self.prefix}-topic")
        self.remove(self.sns.delete_topic, TopicArn=topic)
        condition = {"StringEquals": {"AWS:SourceAccount": self.id}, "ArnLike": {"AWS:SourceArn": source}}
        statement = {**allow([service], "sns:Publish", topic), "Condition": condition}
        attributes = {"KmsMasterKeyId": key, "Policy": policy(statement)}
        self.sns.create_topic(Name=f"{self.prefix}-topic", Attributes=attributes)
        return topic

    def subscribe(self, topic: str, queue: str) -> None:
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})

    def configuration_set(self, **options: Any) -> str:
        """A set that SES finds: its name."""
        name = f"{self.prefix}-set"
        self.remove(self.sesv2.delete_configuration_set, ConfigurationSetName=name)
        time.sleep(APART_SECONDS)
        self.sesv2.create_configuration_set(ConfigurationSetName=name, **options)
        self._when_found(self.sesv2.get_configuration_set, ConfigurationSetName=name)
        return name

    def tenant(self, arn: str) -> str:
        """An SES tenant with one resource: its name."""
        name = f"{self.prefix}-tenant"
        self.remove(self.sesv2.delete_tenant, TenantName=name)
        time.sleep(APART_SECONDS)
        self.sesv2.create_tenant(TenantName=name)
        self.remove(self.sesv2.delete_tenant_resource_association, TenantName=name, ResourceArn=arn)
        self._when_found(self.sesv2.create_tenant_resource_association, TenantName=name, ResourceArn=arn)
        return name

    def table(self) -> str:
        """A table with the key `id`."""
        name = f"{self.prefix}-table"
        self.remove(self.dynamodb.delete_table, TableName=name)
        self.dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )  # fmt: skip
        self.dynamodb.get_waiter("table_exists").wait(TableName=name)
        return name

    def alarm_heard(self) -> tuple[str, str]:
        """An alarm whose action is an encrypted topic: its name, and the URL of the queue behind it."""
        topic = self.topic("cloudwatch.amazonaws.com", self.arn("cloudwatch", "alarm:*"))
        url, arn = self.queue()
        self.subscribe(topic, arn)
        name = self.alarm(topic)
        time.sleep(SETTLING_SECONDS)
        return name, url

    def alarm(self, topic: str) -> str:
        """An alarm of a metric that nobody puts, whose action is a topic: its name."""
        name = f"{self.prefix}-alarm"
        self.remove(self.cloudwatch.delete_alarms, AlarmNames=[name])
        self.cloudwatch.put_metric_alarm(
            AlarmName=name, Namespace="SesguardTest", MetricName="Risk", Statistic="Maximum", Period=60,
            EvaluationPeriods=1, Threshold=1.0, ComparisonOperator="GreaterThanOrEqualToThreshold",
            AlarmActions=[topic],
        )  # fmt: skip
        return name

    def destination(self, name: str, verb: str = "create", **where: Any) -> None:
        """Make or change the set's event destination as onboarding does.

        SES publishes to a topic to try it; the policies of topic and key, which were just made, may need a moment.
        """
        wanted = {"Enabled": True, "MatchingEventTypes": ["SEND", "BOUNCE", "COMPLAINT"], **where}
        call = getattr(self.sesv2, f"{verb}_configuration_set_event_destination")
        for left in reversed(range(4 if ON_AWS else 1)):
            time.sleep(APART_SECONDS)
            try:
                call(ConfigurationSetName=name, EventDestinationName="sesguard", EventDestination=wanted)
            except ClientError:
                if not left:
                    raise
                time.sleep(10)
            else:
                return

    def destinations(self, name: str) -> list[dict[str, Any]]:
        time.sleep(APART_SECONDS)
        answer = self.sesv2.get_configuration_set_event_destinations(ConfigurationSetName=name)
        return list(answer["EventDestinations"])

    def send(self, local_part: str, configuration_set: str) -> str:
        """Send a mail to the mailbox simulator, as soon as SES finds the set: its message id."""
        return str(self._when_found(self._send, local_part=local_part, configuration_set=configuration_set))

    def refusal(self, local_part: str, configuration_set: str) -> str:
        """Send a mail: the code with which SES refuses it, "" if it does not."""
        time.sleep(APART_SECONDS)
        try:
            self._send(local_part, configuration_set)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    def _when_found(self, call: Callable[..., Any], **request: Any) -> Any:
        """What SES answers, as soon as it finds what it is asked of."""
        answers: list[Any] = []

        def found() -> bool:
            time.sleep(APART_SECONDS)
            with suppress(self.sesv2.exceptions.NotFoundException):
                answers.append(call(**request))
            return bool(answers)

        self.wait_until(found, lambda: f"NotFoundException for {request}")
        return answers[0]

    def _send(self, local_part: str, configuration_set: str) -> str:
        answer = self.sesv2.send_email(
            FromEmailAddress=self.sender,
            Destination={"ToAddresses": [f"{local_part}@{SIMULATOR}"]},
            Content=_CONTENT,
            ConfigurationSetName=configuration_set,
        )
        return str(answer["MessageId"])

    def bodies(self, url: str, enough: Callable[[list[str]], bool]) -> list[str]:
        """All bodies taken from a queue, as soon as they are enough."""
        taken: list[str] = []

        def receive() -> bool:
            for message in self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
                "Messages", ()
            ):
                taken.append(message["Body"])
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return enough(taken)

        self.wait_until(receive, lambda: f"{len(taken)} messages")
        return taken

    @staticmethod
    def wait_until(happened: Callable[[], Any], described: Callable[[], str] = lambda: "nothing") -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            assert time.monotonic() < deadline, f"gave up waiting; there was {described()}"
            time.sleep(1 if ON_AWS else 0.1)


def assumes(number: str) -> pytest.MarkDecorator:
    """Mark a test as that of a row of docs/aws-assumptions.md."""
    return pytest.mark.assumption(number)


def refused(call: Callable[..., Any], **request: Any) -> str:
    """The code with which AWS refuses a call, which it has to."""
    with pytest.raises(ClientError) as error:
        call(**request)
    return str(error.value.response["Error"]["Code"])


def pause(seconds: float) -> None:
    time.sleep(seconds if ON_AWS else 0.1)


def allow(services: list[str], action: Any, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": services}, "Action": action, "Resource": resource}


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


@pytest.fixture(scope="session", autouse=True)
def _ends_with_whoever_started_it() -> None:
    """Of a run on AWS that was killed, tests stop as by Ctrl-C, and remove what they made."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os.kill(os.getpid(), signal.SIGINT)

    if ON_AWS:
        Thread(target=watch, daemon=True).start()


@pytest.fixture
def account(request: pytest.FixtureRequest) -> Iterator[TestAccount]:
    """The account that is assumed things of: one on AWS, or a fresh one of the local cloud."""
    with ExitStack() as after:
        if ON_AWS:
            session = boto3.Session()
            client = partial(session.client, config=RETRYING)
            account_id = client("sts").get_caller_identity()["Account"]
            sender = os.environ["SESGUARD_TEST_SENDER"]
            yield TestAccount(client, account_id, str(session.region_name), sender, after)
            return
        emulator = request.getfixturevalue("emulator")
        number = f"3{secrets.randbelow(10**11):011}"
        made = TestAccount(
            lambda service: emulator.client(service, account=number, region="us-east-1"),
            number, "us-east-1", "news@acme.example", after,
        )  # fmt: skip
        made.sesv2.create_email_identity(EmailIdentity="acme.example")
        yield made


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    _found.update({number: NOT_TRIED for item in items if (number := _assumption(item))})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.excinfo is not None and _is_final(call.excinfo.value):
        item.session.shouldfail = f"AWS cannot be asked any more: {call.excinfo.value}"
    elif report.when == "call" and (number := _assumption(item)):
        _found[number] = {"passed": "confirmed", "failed": "NOT CONFIRMED"}.get(report.outcome, NOT_TRIED)
    return report


def _assumption(item: pytest.Item) -> str:
    """The number of the row that a test tries, "" where it tries none."""
    marker = item.get_closest_marker("assumption")
    return str(marker.args[0]) if marker else ""


def _is_final(error: BaseException) -> bool:
    """Whether all other tests would meet it, too, each after minutes: no network, or no credentials any more."""
    if isinstance(error, ClientError):
        return any(word in error.response["Error"]["Code"] for word in LOST)
    return isinstance(error, NoConnectionError | HTTPClientError | CredentialRetrievalError)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table of what was confirmed, and of what was not."""
    if not _found:
        return
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    where = (f"at {endpoint}" if endpoint else "on AWS") if ON_AWS else "in the local cloud, which imitates it"
    terminalreporter.section(f"assumptions about AWS, {where}")
    for number, outcome in sorted(_found.items()):
        terminalreporter.write_line(f"{number}  {outcome}")
