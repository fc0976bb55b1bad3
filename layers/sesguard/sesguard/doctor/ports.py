"""What checks ask of the world. Methods raise AwsError, and ask AWS once however often they are called."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from sesguard.doctor.facts import (
    AlarmFacts,
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
)


class SesFacts(Protocol):
    """SES in the guard's account and region, at the one call a second that it takes; hence samples."""

    def account(self) -> SesAccount:
        """Read limits, standing and use."""

    def set_names(self) -> Sequence[str]:
        """List all configuration sets."""

    def sets(self) -> Sampled[SetFacts]:
        """Read some configuration sets."""

    def one_set(self, name: str) -> SetFacts | None:
        """Read one; None where there is none."""

    def identities(self) -> Sampled[IdentityFacts]:
        """Read some identities."""

    def identity(self, name: str) -> IdentityFacts | None:
        """Read one; None where there is none."""

    def tenants(self) -> Sampled[SesTenantFacts]:
        """Read some of SES's own tenants."""

    def pools(self) -> Sequence[PoolFacts]:
        """Read all pools of dedicated addresses."""


class MessagingFacts(Protocol):
    """Topics, queues and rules."""

    def topic_policy(self, arn: str) -> Mapping[str, Any]:
        """Read a topic's policy."""

    def queue_policy(self, url: str) -> Mapping[str, Any]:
        """Read a queue's policy; empty where it has none."""

    def subscriptions(self, topic: str) -> Sequence[SubscriptionFacts]:
        """Read who is subscribed to a topic."""

    def queues(self) -> Sequence[QueueFacts]:
        """Read the queues of the stack."""

    def disabled_rules(self) -> Sequence[str]:
        """Read which rules of the stack are switched off, by their logical names."""


class RuntimeFacts(Protocol):
    """Functions, alarms and metrics."""

    def functions(self) -> Sequence[FunctionFacts]:
        """Read the functions of the stack."""

    def sources(self) -> Sequence[SourceFacts]:
        """Read what feeds them."""

    def alarms(self) -> Sequence[AlarmFacts]:
        """Read all alarms of the account and region."""

    def sent(self) -> float:
        """Read how many mails SES has taken in the last 24 hours."""


class GuardFacts(Protocol):
    """The guard's own tables."""

    def registered(self) -> Sequence[RegisteredStream]:
        """Read every stream of the registry."""

    def not_healthy(self) -> Sequence[OffRecord]:
        """Read the streams that are watched, paused, held or on probation."""

    def counted(self) -> int:
        """Read how many recipients the guard has counted in the last 24 hours."""


class AccessFacts(Protocol):
    """IAM."""

    def senders(self, identities: Collection[str]) -> Sampled[SenderFacts]:
        """Simulate which users and roles may send as one of ``identities``; the guard's own roles are left out."""
