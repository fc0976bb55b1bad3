"""A deployment on which nothing is wrong, and which can be broken one fact at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sesguard import __version__
from sesguard.doctor.check import Deployment
from sesguard.doctor.facts import (
    AlarmFacts,
    DeploymentHome,
    Destination,
    FunctionFacts,
    IdentityFacts,
    OffRecord,
    PoolFacts,
    QueueFacts,
    RegisteredStream,
    Sampled,
    SenderFacts,
    SesAccount,
    SesTenantFacts,
    SetFacts,
    SourceFacts,
    SubscriptionFacts,
    Versions,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ACCOUNT, REGION = "111122223333", "eu-west-1"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:events"
ALARM_TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
OPERATOR_TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:operator"
HOME = DeploymentHome(
    "sesguard",
    ACCOUNT,
    REGION,
    "aws",
    {
        "SesEventsTopicArn": TOPIC,
        "AlarmTopicArn": ALARM_TOPIC,
        "OperatorTopicArn": OPERATOR_TOPIC,
        "SesEventsQueueUrl": f"https://sqs/{ACCOUNT}/events",
        "AlarmQueueUrl": f"https://sqs/{ACCOUNT}/alarms",
        "NoticeConfigurationSetName": "notices",
        "AlarmPrefix": "sesguard-sesguard",
    },
    {"NoticeSender": "Platform <guard@platform.example>"},
)
FINE = SesAccount(
    production=True,
    sending=True,
    enforcement="HEALTHY",
    max_24_hours=50_000,
    sent_24_hours=1_000,
    answered=NOW,
    asked=NOW,
)
NOTICES = SetFacts("notices", True, False, ())
SAME_VERSIONS = Versions(__version__, __version__, (1, 43, 1))
PUBLISHES = (Destination("guard", True, frozenset({"SEND", "BOUNCE", "COMPLAINT"}), frozenset({TOPIC})),)


def allows(service: str, action: str, resource: str, source: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": resource,
        "Condition": {"ArnLike": {"AWS:SourceArn": source}, "StringEquals": {"AWS:SourceAccount": ACCOUNT}},
    }


NO_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false", "aws:PrincipalIsAWSService": "false"}},
}


@dataclass
class Twin:
    """All ports at once. Fields are what they answer."""

    quota: SesAccount = FINE
    found_sets: tuple[SetFacts, ...] = (SetFacts("acme-news", True, True, PUBLISHES),)
    all_sets: int | None = None
    found_identities: tuple[IdentityFacts, ...] = (IdentityFacts("platform.example", True, "acme-news"),)
    found_tenants: tuple[SesTenantFacts, ...] = (SesTenantFacts("acme", "none"),)
    found_pools: tuple[PoolFacts, ...] = (PoolFacts("main", 2), PoolFacts("big", None))
    notices: SetFacts | None = NOTICES
    topic_statements: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {
            TOPIC: [allows("ses.amazonaws.com", "SNS:Publish", TOPIC, HOME.arn("ses", "configuration-set/*")), NO_TLS],
            ALARM_TOPIC: [
                allows("cloudwatch.amazonaws.com", "sns:Publish", ALARM_TOPIC, HOME.arn("cloudwatch", "alarm:*"))
            ],
            OPERATOR_TOPIC: [
                allows("cloudwatch.amazonaws.com", "sns:Publish", OPERATOR_TOPIC, HOME.arn("cloudwatch", "alarm:*"))
            ],
        }
    )
    queue_statements: list[dict[str, Any]] = field(
        default_factory=lambda: [allows("sns.amazonaws.com", "sqs:SendMessage", "*", "arn:aws:sns:*")]
    )
    found_subscriptions: dict[str, list[SubscriptionFacts]] = field(
        default_factory=lambda: {
            TOPIC: [SubscriptionFacts(HOME.arn("sqs", "events"), True)],
            ALARM_TOPIC: [SubscriptionFacts(HOME.arn("sqs", "alarms"), True)],
            OPERATOR_TOPIC: [SubscriptionFacts("operator@platform.example", True)],
        }
    )
    found_queues: tuple[QueueFacts, ...] = (QueueFacts("AlarmQueue", 3, 2.0), QueueFacts("AlarmDeadLetters", 0, None))
    rules_off: tuple[str, ...] = ()
    found_functions: tuple[FunctionFacts, ...] = (
        FunctionFacts("sesguard-SweepFunction-1", 15, 0, None, (f"arn:aws:lambda:x:{ACCOUNT}:layer:sesguard-code:4",)),
        FunctionFacts("sesguard-IngestFunction-1", 9, 0, None, (f"arn:aws:lambda:x:{ACCOUNT}:layer:sesguard-code:4",)),
    )
    found_sources: tuple[SourceFacts, ...] = (SourceFacts("sesguard-IngestFunction-1", "events", "Enabled"),)
    found_alarms: tuple[AlarmFacts, ...] = (AlarmFacts("sesguard-AlarmAgeAlarm-1", True, (OPERATOR_TOPIC,)),)
    mails: float = 1_000
    volume: int = 1_000
    found_registered: tuple[RegisteredStream, ...] = (
        RegisteredStream(f"{ACCOUNT}/{REGION}/acme-news", "acme", "shared"),
    )
    off: tuple[OffRecord, ...] = ()
    found_senders: tuple[SenderFacts, ...] = (SenderFacts(f"arn:aws:iam::{ACCOUNT}:user/acme", False),)
    versions: Versions = SAME_VERSIONS
    home: DeploymentHome = HOME

    def account(self) -> SesAccount:
        return self.quota

    def set_names(self) -> Sequence[str]:
        return [each.name for each in self.found_sets]

    def sets(self) -> Sampled[SetFacts]:
        return Sampled(self.found_sets, self.all_sets or len(self.found_sets))

    def one_set(self, name: str) -> SetFacts | None:
        return self.notices if name == "notices" else None

    def identities(self) -> Sampled[IdentityFacts]:
        return Sampled(self.found_identities, len(self.found_identities))

    def identity(self, name: str) -> IdentityFacts | None:
        return next((each for each in self.found_identities if each.name == name), None)

    def tenants(self) -> Sampled[SesTenantFacts]:
        return Sampled(self.found_tenants, len(self.found_tenants))

    def pools(self) -> Sequence[PoolFacts]:
        return self.found_pools

    def topic_policy(self, arn: str) -> Mapping[str, Any]:
        return {"Version": "2012-10-17", "Statement": self.topic_statements[arn]}

    def queue_policy(self, _: str) -> Mapping[str, Any]:
        return {"Version": "2012-10-17", "Statement": self.queue_statements}

    def subscriptions(self, topic: str) -> Sequence[SubscriptionFacts]:
        return self.found_subscriptions[topic]

    def queues(self) -> Sequence[QueueFacts]:
        return self.found_queues

    def disabled_rules(self) -> Sequence[str]:
        return self.rules_off

    def functions(self) -> Sequence[FunctionFacts]:
        return self.found_functions

    def sources(self) -> Sequence[SourceFacts]:
        return self.found_sources

    def alarms(self) -> Sequence[AlarmFacts]:
        return self.found_alarms

    def sent(self) -> float:
        return self.mails

    def registered(self) -> Sequence[RegisteredStream]:
        return self.found_registered

    def not_healthy(self) -> Sequence[OffRecord]:
        return self.off

    def counted(self) -> int:
        return self.volume

    def senders(self, _: Collection[str]) -> Sampled[SenderFacts]:
        return Sampled(self.found_senders, len(self.found_senders))

    def deployment(self) -> Deployment:
        return Deployment(self.home, self.versions, NOW, self, self, self, self, self)


def broken(**facts: Any) -> Twin:
    """A twin of a fine deployment but for ``facts``."""
    return replace(Twin(), **facts)
