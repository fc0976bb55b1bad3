"""The port ``MessagingFacts`` over SNS, SQS, EventBridge and CloudWatch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sesguard.aws.clients import Clients, calling, calling_unless
from sesguard.aws.dead_letter_queues import messages
from sesguard.aws.doctor.resources import Memory, StackResources
from sesguard.aws.metric_data import Metric, metric_data
from sesguard.doctor.facts import QueueFacts, SubscriptionFacts

_GONE: Final = "ResourceNotFoundException"
_AGE: Final = timedelta(minutes=5)
"""SQS publishes each minute, late by some: the greatest age of the last five."""


class MessagingReader:
    """Reads them. bus: the guard's own."""

    ACTIONS: ClassVar = frozenset(
        """
        sns:GetTopicAttributes sns:ListSubscriptionsByTopic sqs:GetQueueAttributes events:DescribeRule
        cloudformation:ListStackResources cloudwatch:GetMetricData
        """.split()
    )

    def __init__(self, clients: Clients, resources: StackResources, bus: str, now: datetime) -> None:
        self._clients = clients
        self._bus = bus
        self._resources = resources
        self._now = now
        self._memory = Memory()

    def topic_policy(self, arn: str) -> Mapping[str, Any]:
        with calling("GetTopicAttributes"):
            found = self._clients.sns.get_topic_attributes(TopicArn=arn)["Attributes"]
        return _document(found.get("Policy", ""))

    def queue_policy(self, url: str) -> Mapping[str, Any]:
        client: Any = self._clients.make("sqs")
        with calling("GetQueueAttributes"):
            found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        return _document(found.get("Policy", ""))

    def subscriptions(self, topic: str) -> Sequence[SubscriptionFacts]:
        return self._memory.ask(lambda: self._subscriptions(topic), "subscriptions", topic)

    def queues(self) -> Sequence[QueueFacts]:
        return self._memory.ask(self._queues, "queues")

    def disabled_rules(self) -> Sequence[str]:
        rules = self._resources.of("AWS::Events::Rule")
        return [rule.name for rule in rules if not self._enabled(rule.physical)]

    def _enabled(self, physical: str) -> bool:
        """Whether a rule is on, of the bus that CloudFormation names or of one of the two that the stack has."""
        bus, _, name = physical.rpartition("|")
        for each in [bus] if bus else ["default", self._bus]:
            with calling_unless("DescribeRule", _GONE):
                answer: Mapping[str, Any] = self._clients.events.describe_rule(Name=name, EventBusName=each)
                return bool(answer.get("State", "ENABLED") != "DISABLED")
        return False

    def _subscriptions(self, topic: str) -> Sequence[SubscriptionFacts]:
        with calling("ListSubscriptionsByTopic"):
            pages = self._clients.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
            return [
                SubscriptionFacts(each["Endpoint"], each["SubscriptionArn"].startswith("arn:"))
                for page in pages
                for each in page.get("Subscriptions", ())
                if each["SubscriptionArn"] != "Deleted"
            ]

    def _queues(self) -> Sequence[QueueFacts]:
        queues = self._resources.of("AWS::SQS::Queue")
        sqs = self._clients.make("sqs")
        wanted = [
            Metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", (("QueueName", _name(queue.physical)),))
            for queue in queues
        ]
        ages = metric_data(self._clients.cloudwatch, wanted, self._now - _AGE, self._now, int(_AGE.total_seconds()))
        return [
            QueueFacts(queue.name, messages(sqs, queue.physical), max((age for _, age in points), default=None))
            for queue, points in zip(queues, ages, strict=True)
        ]


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def _document(text: str) -> Mapping[str, Any]:
    """A policy as a document; an unreadable one lets nobody in."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
