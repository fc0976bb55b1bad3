"""The port ``DrillStage`` over AWS: a stream of its own, and a queue that listens to the bus and the operator's topic.

What is begun stands in TurnsTable, line ``drill``, before anything is made, so that whoever comes next can clean it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from sesguard.aws.clients import Clients, calling, calling_unless
from sesguard.aws.cloudwatch.alarms import CloudWatchAlarms
from sesguard.aws.cloudwatch.stream_alarm import alarm_name
from sesguard.aws.counts.account_reader import read_day
from sesguard.aws.counts.unfolded import VolumeLog
from sesguard.aws.ses.calls import GONE, SesCalls
from sesguard.aws.tables.lease import Lease
from sesguard.bus.events import DetailType
from sesguard.drill.hop import Hop
from sesguard.errors import AwsError, ConflictError
from sesguard.pausing.journal import Word
from sesguard.pausing.operator_command import Order, operate
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.state import Status
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId

_LINE: Final = {"line": {"S": "drill"}, "place": {"S": "begun"}}
_EVENTS: Final = ("SEND", "BOUNCE", "COMPLAINT")
_OFF: Final = "SendingPausedException"
_GONE: Final = frozenset(
    "NotFoundException NotFound ResourceNotFoundException ResourceNotFound AWS.SimpleQueueService.NonExistentQueue "
    "QueueDoesNotExist".split()
)
_POLL_SECONDS: Final = 1
_LONGEST_NAME: Final = 64  # of a rule: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlaces:
    """Where a drill works: names and ARNs of the stack. targets: what sets publish to. sender: a verified address."""

    home: StreamId
    partition: str
    streams_table: str
    cohorts_table: str
    turns_table: str
    bus: str
    operator_topic: str
    alarm_prefix: str
    targets: tuple[str, ...]
    sender: str
    stack: str
    caller: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.home.region}:{self.home.account}:{resource}"


class AwsDrillStage:
    """One drill's stage."""

    ON_QUEUE: ClassVar = frozenset(
        "sqs:CreateQueue sqs:DeleteQueue sqs:ReceiveMessage sqs:DeleteMessage sqs:GetQueueUrl".split()
    )
    ON_RULE: ClassVar = frozenset("events:PutRule events:DeleteRule events:PutTargets events:RemoveTargets".split())
    ACTIONS: ClassVar = frozenset(
        """
        ses:CreateConfigurationSet ses:DeleteConfigurationSet ses:CreateConfigurationSetEventDestination ses:SendEmail
        sns:Subscribe sns:Unsubscribe sns:ListSubscriptionsByTopic cloudwatch:DeleteAlarms
        """.split()
    ).union(ON_QUEUE, ON_RULE)

    def __init__(
        self,
        clients: Clients,
        calls: SesCalls,
        places: DrillPlaces,
        deps: PausingDeps,
        alarms: CloudWatchAlarms,
    ) -> None:
        self._clients = clients
        self._calls = calls
        self._places = places
        self._deps = deps
        self._alarms = alarms
        self._lease = Lease(clients.dynamodb, places.turns_table, "drill")
        self._sqs: Any = clients.make("sqs")
        self._heard: set[Hop] = set()

    def take(self) -> bool:
        return self._lease.take()

    def leave(self) -> None:
        self._lease.leave()

    def started(self) -> str:
        with calling("GetItem"):
            answer = self._clients.dynamodb.get_item(TableName=self._places.turns_table, Key=_LINE, ConsistentRead=True)
        name: str = answer.get("Item", {}).get("drill", {}).get("S", "")
        return name

    def prepare(self, name: str, *, enforce: bool) -> None:
        dynamodb, places = self._clients.dynamodb, self._places
        policy = {"count_simulator": True, "mode": "enforce" if enforce else "observe"}
        with calling("PutItem"):
            dynamodb.put_item(TableName=places.turns_table, Item={**_LINE, "drill": {"S": name}})
            dynamodb.put_item(
                TableName=places.streams_table,
                Item={"stream": {"S": str(self._stream(name))}, "policy": {"S": json.dumps(policy)}},
            )
        self._listen(name)
        self._calls.call("CreateConfigurationSet", "create_configuration_set", ConfigurationSetName=name)
        for number, target in enumerate(places.targets):
            to_topic = target.split(":")[2] == "sns"
            kind = (
                {"SnsDestination": {"TopicArn": target}}
                if to_topic
                else {"EventBridgeDestination": {"EventBusArn": target}}
            )
            self._calls.call(
                "CreateConfigurationSetEventDestination",
                "create_configuration_set_event_destination",
                ConfigurationSetName=name,
                EventDestinationName=f"drill-{number}",
                EventDestination={"Enabled": True, "MatchingEventTypes": list(_EVENTS), **kind},
            )

    def _listen(self, name: str) -> None:
        """Let a queue hear what the bus says of the stream, and what the operator is told."""
        places = self._places
        queue, rule = self._queue_name(name), self._rule_name(name)
        queue_arn, rule_arn = places.arn("sqs", queue), places.arn("events", f"rule/{places.bus}/{rule}")
        statements = [
            _nobody_without_tls(queue_arn),
            _may_send(queue_arn, "events.amazonaws.com", rule_arn),
            _may_send(queue_arn, "sns.amazonaws.com", places.operator_topic),
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        attributes = {"Policy": policy, "MessageRetentionPeriod": "3600", "SqsManagedSseEnabled": "true"}
        with calling("CreateQueue"):
            self._sqs.create_queue(QueueName=queue, Attributes=attributes)
        pattern = {"source": ["sesguard"], "detail": {"stream": {"configuration_set": [name]}}}
        with calling("PutRule"):
            self._clients.events.put_rule(Name=rule, EventBusName=places.bus, EventPattern=json.dumps(pattern))
        with calling("PutTargets"):
            target = {"Id": "drill", "Arn": queue_arn}
            self._clients.events.put_targets(Rule=rule, EventBusName=places.bus, Targets=[target])  # type: ignore[list-item]  # a plain dict of that form
        with calling("Subscribe"):
            self._clients.sns.subscribe(TopicArn=places.operator_topic, Protocol="sqs", Endpoint=queue_arn)

    def send(self, name: str, recipient: str) -> bool:
        text = {"Data": "A drill of sesguard: nobody reads this.", "Charset": "UTF-8"}
        content = {"Simple": {"Subject": {"Data": "Drill", "Charset": "UTF-8"}, "Body": {"Text": text}}}
        with calling_unless("SendEmail", _OFF):
            self._clients.sesv2.send_email(
                FromEmailAddress=self._places.sender,
                ConfigurationSetName=name,
                Destination={"ToAddresses": [recipient]},
                Content=content,  # type: ignore[arg-type]  # plain dicts of that form
            )
            return True
        return False

    def happened(self, name: str, hop: Hop, bounces: int, complaints: int) -> bool:
        stream = self._stream(name)
        match hop:
            case Hop.COUNTED:
                client, table = self._clients.dynamodb, self._places.cohorts_table
                sums = read_day(client, table, VolumeLog(client, table), stream, datetime.now(UTC)).sums
                return sums.bounces >= bounces and sums.complaints >= complaints
            case Hop.WEIGHED:
                return self._deps.streams.load(stream).state.status is not Status.HEALTHY
            case Hop.ALARM:
                found = self._alarms.now([stream]).get(stream)
                return found is not None and found.value is AlarmValue.ALARM
            case Hop.DECIDED:
                return self._deps.streams.load(stream).state.off
            case _:
                if hop not in self._heard:
                    self._hear(name)
                return hop in self._heard

    def _hear(self, name: str) -> None:
        """Take what has come: an event of a pause, and a notice to the operator that names the stream."""
        with calling("ReceiveMessage"):
            url = self._sqs.get_queue_url(QueueName=self._queue_name(name))["QueueUrl"]
            answer = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=_POLL_SECONDS)
            for message in answer.get("Messages", ()):
                self._heard |= set(_heard(message["Body"], name))
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def resume(self, name: str) -> None:
        word = Word(self._places.caller, "the drill is over")
        operate(self._deps, self._stream(name), Order.RESUME, word, datetime.now(UTC))

    def clean(self, name: str) -> Sequence[str]:
        problems: list[str] = []
        for what, remove in self._removals(name):
            with _noted(what, problems):
                self._lease.take()  # cleaning takes seconds, and nobody else may begin meanwhile
                remove()
        if not problems:
            with _noted("its note", problems), calling("DeleteItem"):
                self._clients.dynamodb.delete_item(TableName=self._places.turns_table, Key=_LINE)
        return problems

    def _removals(self, name: str) -> Iterator[tuple[str, Callable[[], object]]]:
        """What there is to remove, what makes new things first."""
        places, events, stream = self._places, self._clients.events, self._stream(name)
        rule = self._rule_name(name)
        yield (
            "configuration set",
            lambda: self._calls.unless(
                GONE, "DeleteConfigurationSet", "delete_configuration_set", ConfigurationSetName=name
            ),
        )
        key = {"stream": {"S": str(stream)}}
        yield "record", lambda: self._clients.dynamodb.delete_item(TableName=places.streams_table, Key=key)
        yield "subscription", lambda: self._unsubscribe(name)
        yield "target", lambda: events.remove_targets(Rule=rule, EventBusName=places.bus, Ids=["drill"])
        yield "rule", lambda: events.delete_rule(Name=rule, EventBusName=places.bus)
        yield (
            "queue",
            lambda: self._sqs.delete_queue(
                QueueUrl=self._sqs.get_queue_url(QueueName=self._queue_name(name))["QueueUrl"]
            ),
        )
        # Long behind the record: a sweep that still knew the stream would make the alarm anew.
        alarm = alarm_name(places.alarm_prefix, stream)
        yield "alarm", lambda: self._clients.cloudwatch.delete_alarms(AlarmNames=[alarm])

    def _unsubscribe(self, name: str) -> None:
        endpoint = self._places.arn("sqs", self._queue_name(name))
        pages = self._clients.sns.get_paginator("list_subscriptions_by_topic").paginate(
            TopicArn=self._places.operator_topic
        )
        for page in pages:
            for each in page.get("Subscriptions", ()):
                if each["Endpoint"] == endpoint:
                    self._clients.sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])

    def _stream(self, name: str) -> StreamId:
        return self._places.home._replace(configuration_set=name)

    def _queue_name(self, name: str) -> str:
        return self._rule_name(name)

    def _rule_name(self, name: str) -> str:
        return name_below(self._places.stack, name)


def name_below(stack: str, name: str) -> str:
    """Name what a drill makes: as its stack's name begins, by which operators' permissions go (wiring/arns.py)."""
    return f"{stack[: _LONGEST_NAME - len(name) - 1]}-{name}"


@contextmanager
def _noted(what: str, problems: list[str]) -> Iterator[None]:
    """Note what could not be removed; what is gone already is removed."""
    try:
        with calling("Remove"):
            yield
    except AwsError as error:
        if error.code not in _GONE:
            problems.append(f"{what}: {error.code}")
    except ConflictError as error:
        problems.append(f"{what}: {error}")


def _nobody_without_tls(queue: str) -> Mapping[str, Any]:
    """As of every queue of the template."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": queue,
        "Condition": {"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}},
    }


def _may_send(queue: str, service: str, source: str) -> Mapping[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }


def _heard(body: str, name: str) -> Iterator[Hop]:
    """What a message says has happened."""
    try:
        said = json.loads(body)
    except ValueError:
        return
    if said.get("detail-type") == DetailType.PAUSED.value:
        yield Hop.BUS
    elif name in str(said.get("Message", "")):
        yield Hop.NOTICE
