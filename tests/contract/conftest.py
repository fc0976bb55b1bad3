"""An AWS account of its own for each test, in the emulator with and without its gaps closed."""

import io
import itertools
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localcloud.cloud import Emulator
from tests.conftest import LOGS

REGION = "us-east-1"
_accounts = itertools.count(200_000_000_001)
PATIENCE_SECONDS = 30


class Account:
    """Shorthand for what the tests do in an account again and again."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.id = str(next(_accounts))
        self._clients: dict[str, Any] = {}

    def __getattr__(self, service: str) -> Any:
        """`account.sqs` and so on: a boto3 client as the root user."""
        if service.startswith("_"):
            raise AttributeError(service)
        if service not in self._clients:
            self._clients[service] = self.emulator.client(service, account=self.id, region=REGION)
        return self._clients[service]

    def queue(self, name: str = "queue", **attributes: str) -> tuple[str, str]:
        """A queue that any service may send to: its URL and ARN."""
        arn = f"arn:aws:sqs:{REGION}:{self.id}:{name}"
        policy = _policy({"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}, "sqs:SendMessage", arn)
        return self.sqs.create_queue(QueueName=name, Attributes={"Policy": policy} | attributes)["QueueUrl"], arn

    def topic(self, *services: str, **attributes: str) -> str:
        """A topic that the services may publish to on behalf of this account."""
        topic = self.sns.create_topic(Name="topic", Attributes=attributes)["TopicArn"]
        source = {"StringEquals": {"aws:SourceAccount": self.id}}
        policy = _policy({"Service": list(services)}, "sns:Publish", topic, source)
        self.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        return topic

    def subscribed_queue(self, topic: str, *, raw: bool = True, name: str = "queue") -> str:
        url, arn = self.queue(name)
        attributes = {"RawMessageDelivery": "true"} if raw else {}
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        return url

    def queue_of_events(self, pattern: dict[str, Any], name: str = "events", **attributes: str) -> str:
        """A queue that takes the events of the default bus that match."""
        url, arn = self.queue(name, **attributes)
        self.events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        self.events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
        return url

    def bodies(self, queue: str, enough: Callable[[list[str]], bool]) -> list[str]:
        """All bodies taken from a queue, as soon as they are enough."""
        taken: list[str] = []

        def receive() -> bool:
            answer = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                taken.append(message["Body"])
                self.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
            return enough(taken)

        self.wait_until(receive, lambda: f"{len(taken)} messages: {[body[:120] for body in taken]}")
        return taken

    def role(
        self,
        actions: list[str],
        resources: list[str],
        service: str = "lambda.amazonaws.com",
        condition: dict[str, Any] | None = None,
        name: str = "role",
    ) -> str:
        """A role that a service may take, functions where none is named, allowed `actions` on `resources`: its ARN."""
        trust = _policy({"Service": service}, "sts:AssumeRole", condition=condition)
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam.put_role_policy(RoleName=name, PolicyName="policy", PolicyDocument=document)
        return str(arn)

    def function(self, role: str, code: str) -> str:
        """A Python function, `handler(event, context)` in `code`: its name."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            files.writestr("app.py", code)
        self.client("lambda").create_function(
            FunctionName="function",
            Runtime="python3.13",
            Role=role,
            Handler="app.handler",
            Timeout=30,
            Code={"ZipFile": archive.getvalue()},
        )
        self.client("lambda").get_waiter("function_active_v2").wait(FunctionName="function")
        return "function"

    def client(self, service: str) -> Any:
        return getattr(self, service)

    @staticmethod
    def wait_until(happened: Callable[[], bool], described: Callable[[], str]) -> None:
        """Patience for what takes its time; the test fails when it does not happen at all."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            assert time.monotonic() < deadline, f"gave up waiting; there was {described()}"
            time.sleep(0.05)

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())


def _policy(
    principal: dict[str, Any], action: str, resource: str | None = None, condition: dict[str, Any] | None = None
) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    statement |= {"Resource": resource} if resource else {}
    statement |= {"Condition": condition} if condition else {}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def aws(emulator: Emulator) -> Account:
    """A fresh account in the emulator with its gaps closed."""
    return Account(emulator)


@pytest.fixture(scope="session")
def bare_emulator() -> Iterator[Emulator]:
    with Emulator(bare=True, log=LOGS / "bare-emulator.log") as running:
        yield running


@pytest.fixture
def bare(bare_emulator: Emulator) -> Account:
    """A fresh account in the emulator as it is published."""
    return Account(bare_emulator)
