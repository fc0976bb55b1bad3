"""A platform on the deployed guard: tenants with streams of their own, and ways to see what the guard did."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.cloud import ACCOUNT, REGION
from localcloud.mailbox import NOTICE_SENDER, mailbox_on
from localcloud.setting_up import PROBE_SENDER, stream_of
from localcloud.watcher import Watcher
from sesguard.aws.counts.cohort_items import Item
from sesguard.aws.counts.cohorts import NAMED, VOLUME
from sesguard.aws.counts.unfolded import Unfolded, VolumeLog
from sesguard.bus.events import iso
from sesguard.stream import StreamId
from tests.conftest import Cloud

PATIENCE_SECONDS = 600  # what happens at all happens within two sweeps; how long that takes is the machine's
EVERY = ["SEND", "BOUNCE", "COMPLAINT"]
_names = itertools.count(1)


class Platform:
    """Sends mail as tenants do. One for the session; each test makes streams of its own."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.outputs = cloud.outputs
        self.ses = cloud.client("sesv2")
        self.dynamodb = cloud.client("dynamodb")
        for identity in (PROBE_SENDER, NOTICE_SENDER):
            self.ses.create_email_identity(EmailIdentity=identity)
        self.watcher = Watcher(cloud.emulator, cloud.outputs)
        self.operators_mailbox = mailbox_on(cloud.emulator, cloud.outputs["OperatorTopicArn"])
        self._told: list[str] = []

    def stream(self, *, policy: dict[str, Any] | None = None, owner: str = "", via: str = "sns") -> str:
        """A configuration set that publishes to the guard: its name. ``via``: sns, eventbridge or both."""
        name = f"stream-{next(_names):03d}"
        self.ses.create_configuration_set(ConfigurationSetName=name)
        topic = {"SnsDestination": {"TopicArn": self.outputs["SesEventsTopicArn"]}}
        bus = {
            "EventBridgeDestination": {"EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"},
        }
        wanted = [topic] * (via != "eventbridge") + [bus] * (via != "sns")
        for number, destination in enumerate(wanted):
            self.ses.create_configuration_set_event_destination(
                ConfigurationSetName=name,
                EventDestinationName=f"sesguard-{number}",
                EventDestination={"Enabled": True, "MatchingEventTypes": EVERY, **destination},
            )
        item: dict[str, Any] = {"stream": {"S": str(stream_of(name))}}
        if owner:
            item["tenant"] = {"S": f"tenant-of-{name}"}
            tenant = {"id": item["tenant"], "name": {"S": "Acme"}, "contacts": {"L": [{"S": owner}]}}
            self.dynamodb.put_item(TableName=self.outputs["TenantsTableName"], Item=tenant)
        if policy:
            item["policy"] = {"S": json.dumps(policy)}
        if owner or policy:
            self.dynamodb.put_item(TableName=self.outputs["StreamsTableName"], Item=item)
        return name

    def tenant(self, owner: str, streams: int) -> list[str]:
        """A registered tenant of several streams: their names."""
        names = [self.stream() for _ in range(streams)]
        tenant = f"tenant-of-{names[0]}"
        listed = [{"M": {"configuration_set": {"S": name}}} for name in names]
        item: dict[str, Any] = {"id": {"S": tenant}, "name": {"S": "Acme"}, "contacts": {"L": [{"S": owner}]}}
        self.dynamodb.put_item(TableName=self.outputs["TenantsTableName"], Item={**item, "streams": {"L": listed}})
        for name in names:
            key = {"stream": {"S": str(stream_of(name))}, "tenant": {"S": tenant}}
            self.dynamodb.put_item(TableName=self.outputs["StreamsTableName"], Item=key)
        return names

    def send(self, stream: str, *recipients: str) -> bool:
        """Send one mail; whether SES took it."""
        try:
            self.ses.send_email(
                FromEmailAddress=PROBE_SENDER,
                ConfigurationSetName=stream,
                Destination={"ToAddresses": list(recipients)},
                Content={"Simple": {"Subject": {"Data": "News"}, "Body": {"Text": {"Data": "Hello."}}}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "SendingPausedException":
                raise
            return False
        return True

    def send_bad(self, stream: str) -> bool:
        """A mail to 48 people none of whom exists, at six domains."""
        return self.send(stream, *(f"gone-{number}@domain-{number % 6}.example" for number in range(48)))

    def send_good(self, stream: str, mails: int = 1) -> None:
        for number in range(mails):
            assert self.send(stream, *(f"person-{number}-{seat}@inbox.example" for seat in range(50)))

    def may_send(self, stream: str) -> bool:
        answer = self.ses.get_configuration_set(ConfigurationSetName=stream)
        return bool(answer["SendingOptions"]["SendingEnabled"])

    def status(self, stream: str) -> str:
        return self.item(stream).get("status", {}).get("S", "unknown")

    def item(self, stream: str) -> dict[str, Any]:
        key = {"stream": {"S": str(stream_of(stream))}}
        answer = self.dynamodb.get_item(TableName=self.outputs["StreamsTableName"], Key=key, ConsistentRead=True)
        item: dict[str, Any] = answer.get("Item", {})
        return item

    def _hours(self, stream: StreamId, unfolded: Unfolded) -> list[Item]:
        """Everything of a stream but names, with what is logged of its volume."""
        pages = self.dynamodb.get_paginator("query").paginate(
            TableName=self.outputs["CohortsTableName"],
            KeyConditionExpression="#s = :s",
            ExpressionAttributeNames={"#s": "stream"},
            ExpressionAttributeValues={":s": {"S": str(stream)}},
        )
        found = [item for page in pages for item in page["Items"] if not item["cohort"]["S"].startswith(NAMED)]
        volumes = [item for item in found if item["cohort"]["S"].startswith(VOLUME)]
        rest = [item for item in found if not item["cohort"]["S"].startswith(VOLUME)]
        return [*rest, *unfolded.of(stream.configuration_set).merged(volumes, 0, None)]

    def counted(self, stream: str, paths: Callable[[tuple[int, int]], int] = max) -> tuple[int, int, int]:
        """What ingest has counted: volume, hard bounces, complaints. paths: max, or sum, of what came by each."""
        of = stream_of(stream)
        log = VolumeLog(self.dynamodb, self.outputs["CohortsTableName"])
        counts = log.reading(of._replace(configuration_set=""), datetime.now(UTC), lambda it: self._hours(of, it))
        volume = bounces = complaints = 0
        for item in counts:  # what stands there by name is in the sums already
            sums = {name: int(value["N"]) for name, value in item.items() if "N" in value and name != "expires"}
            volume += paths((sums.get("s", 0), sums.get("e", 0)))
            bounces += sum(n for name, n in sums.items() if name.startswith("b") and "#" in name)
            complaints += sum(n for name, n in sums.items() if name.startswith("c") and "#" in name)
        return volume, bounces, complaints

    def physical(self, logical: str) -> str:
        """What a resource of the guard's stack is called."""
        pages = self.cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName="sesguard")
        names = {each["LogicalResourceId"]: each for page in pages for each in page["StackResourceSummaries"]}
        return str(names[logical]["PhysicalResourceId"])

    def waiting(self, queue: str) -> int:
        """Messages of a queue that are not taken for good."""
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=kinds)
        return sum(int(number) for number in answer["Attributes"].values())

    def mails_to(self, address: str) -> list[str]:
        return self.watcher.mails().get(address, [])

    def told(self) -> list[str]:
        """All that the operator has been told since the session began."""
        sqs = self.cloud.client("sqs")
        while messages := sqs.receive_message(QueueUrl=self.operators_mailbox, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._told.append(message["Body"])
                sqs.delete_message(QueueUrl=self.operators_mailbox, ReceiptHandle=message["ReceiptHandle"])
        return self._told

    def publish_alarm(self, **fields: Any) -> None:
        """Put a message onto the alarm queue, as CloudWatch would through the topic."""
        self.cloud.client("sqs").send_message(QueueUrl=self.outputs["AlarmQueueUrl"], MessageBody=json.dumps(fields))

    def wait_in_haste(self, task: str, happened: Callable[[], Any], what: str) -> None:
        """Wait for what onboarding does later: a minute or two after it was asked, and later each time it tries again.

        task: its key in the table of onboarding. Whenever it has been put off, it is due at once.
        """

        def hurried() -> Any:
            self._bring_forward(task)
            return happened()

        self.wait_until(hurried, what)

    def _bring_forward(self, task: str) -> None:
        with suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            self.dynamodb.update_item(
                TableName=self.outputs["OnboardingTableName"],
                Key={"stream": {"S": task}},
                UpdateExpression="SET #due = :now",
                ConditionExpression="attribute_exists(#work) AND #due > :now",
                ExpressionAttributeNames={"#work": "work", "#due": "due"},
                ExpressionAttributeValues={":now": {"S": iso(datetime.now(UTC))}},
            )

    def wait_for_report(self, happened: Callable[[], Any], what: str) -> None:
        """Wait for what the operator is told of onboarding: at once, and not an hour after what another test caused."""

        def hurried() -> Any:
            with suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
                self.dynamodb.update_item(
                    TableName=self.outputs["OnboardingTableName"],
                    Key={"stream": {"S": "@told"}},
                    UpdateExpression="REMOVE told_at",
                    ConditionExpression="attribute_exists(told_at)",
                )
            return happened()

        self.wait_until(hurried, what)

    def keys_for(self, policy: str, name: str) -> dict[str, str]:
        """The access key of a user who may do what ``policy`` allows and nothing else."""
        iam = self.cloud.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="sesguard", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    @staticmethod
    def wait_until(happened: Callable[[], Any], what: str) -> None:
        began = time.monotonic()
        while not happened():
            waited = time.monotonic() - began
            assert waited < PATIENCE_SECONDS, f"gave up waiting: {what}"
            time.sleep(min(1.0, 0.1 + waited / 20))  # asking computes, and what takes long may be seen a moment later


@pytest.fixture(scope="session")
def platform(cloud: Cloud) -> Platform:
    return Platform(cloud)
