"""What each function is told by its environment. The only module that reads it, and never at import.

A settings class is frozen and has one constructor, ``from_env()``; it uses :func:`text`, :func:`flag` and
:func:`choice`, which raise SettingsError with the variable and what sets it in ``template.yaml``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Self, TypeVar

from sesguard.account.sums import Lines
from sesguard.errors import SettingsError
from sesguard.notify.http.url import is_origin
from sesguard.pausing.budget import MOST, Cap
from sesguard.policy import Mode

Choice = TypeVar("Choice", bound=StrEnum)
Environment = Mapping[str, str]


def text(environment: Environment, variable: str, parameter: str) -> str:
    """A variable that must be there and not empty; ``parameter`` is the template's parameter or resource."""
    value = environment.get(variable, "").strip()
    if not value:
        raise SettingsError(variable, parameter, "is missing or empty")
    return value


def flag(environment: Environment, variable: str, parameter: str) -> bool:
    """A variable that must be ``true`` or ``false``, in any case."""
    value = text(environment, variable, parameter).lower()
    if value not in ("true", "false"):
        raise SettingsError(variable, parameter, f"is {value[:40]!r}; expected true or false")
    return value == "true"


def choice(environment: Environment, variable: str, parameter: str, among: type[Choice]) -> Choice:
    """A variable that must be one of the values of the enum ``among``."""
    value = text(environment, variable, parameter)
    try:
        return among(value)
    except ValueError:
        expected = " or ".join(among)
        raise SettingsError(variable, parameter, f"is {value[:40]!r}; expected {expected}") from None


def number(environment: Environment, variable: str, parameter: str, least: int, most: int) -> int:
    """A variable that must be a whole number from ``least`` to ``most``."""
    value = text(environment, variable, parameter)
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise SettingsError(variable, parameter, f"is {value[:40]!r}; expected a whole number from {least} to {most}")
    return int(value)


def fraction(environment: Environment, variable: str, parameter: str) -> float:
    """A variable that must be a number from 0 to 1."""
    value = text(environment, variable, parameter)
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise SettingsError(variable, parameter, f"is {value[:40]!r}; expected a fraction from 0 to 1")
    return number


def hourly_pauses(environment: Environment) -> Cap:
    """How many streams the guard may pause by itself within an hour."""
    return Cap(
        number(environment, "HOURLY_PAUSES", "HourlyPauses", 1, MOST),
        fraction(environment, "HOURLY_PAUSES_SHARE", "HourlyPausesShare"),
    )


def incident_retention(environment: Environment) -> int:
    """Days that entries of the journal are kept."""
    return number(environment, "INCIDENT_RETENTION_DAYS", "IncidentRetentionDays", 1, 3_653)


def topic(environment: Environment, variable: str, resource: str) -> str:
    """A variable that must be the ARN of an SNS topic."""
    value = text(environment, variable, resource)
    if len(value.split(":")) != 6 or ":sns:" not in value:
        raise SettingsError(variable, resource, f"is {value[:80]!r}; expected the ARN of an SNS topic")
    return value


def origins(environment: Environment, variable: str, parameter: str) -> frozenset[str]:
    """A variable that may list origins, such as https://hooks.internal.example:8443, with commas between them."""
    listed = [each.strip() for each in environment.get(variable, "").split(",") if each.strip()]
    for each in listed:
        if not is_origin(each):
            problem = f"holds {each[:80]!r}; expected origins such as https://hooks.example:8443, without a path"
            raise SettingsError(variable, parameter, problem)
    return frozenset(listed)


def in_lambda() -> bool:
    """Whether this process is a Lambda function's (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


@dataclass(frozen=True, slots=True)
class AlarmSettings:
    """What the streams' alarms are called, and who hears of them."""

    topic_arn: str
    prefix: str

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(
            topic(environment, "ALARM_TOPIC_ARN", "AlarmTopic"),
            text(environment, "ALARM_PREFIX", "AWS::StackName"),
        )


@dataclass(frozen=True, slots=True)
class IngestSettings:
    """What ingest is told."""

    cohorts_table: str
    seen_table: str
    streams_table: str
    incidents_table: str
    incident_retention_days: int
    alarms: AlarmSettings
    guard_bus: str
    count_simulator: bool
    default_mode: Mode

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(
            text(environment, "COHORTS_TABLE", "CohortsTable"),
            text(environment, "SEEN_TABLE", "SeenTable"),
            text(environment, "STREAMS_TABLE", "StreamsTable"),
            text(environment, "INCIDENTS_TABLE", "IncidentsTable"),
            incident_retention(environment),
            AlarmSettings.from_env(environment),
            text(environment, "GUARD_BUS", "GuardBus"),
            flag(environment, "COUNT_SIMULATOR", "CountSimulator"),
            choice(environment, "DEFAULT_MODE", "DefaultMode", Mode),
        )


@dataclass(frozen=True, slots=True)
class DecidingSettings:
    """What enforce and sweep need: where states and counts are, whom to spare, and how to treat who has no policy."""

    cohorts_table: str
    streams_table: str
    incidents_table: str
    incident_retention_days: int
    guard_bus: str
    notice_configuration_set: str
    default_mode: Mode
    hourly_pauses: Cap

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(
            text(environment, "COHORTS_TABLE", "CohortsTable"),
            text(environment, "STREAMS_TABLE", "StreamsTable"),
            text(environment, "INCIDENTS_TABLE", "IncidentsTable"),
            incident_retention(environment),
            text(environment, "GUARD_BUS", "GuardBus"),
            text(environment, "NOTICE_CONFIGURATION_SET", "NoticeConfigurationSet"),
            choice(environment, "DEFAULT_MODE", "DefaultMode", Mode),
            hourly_pauses(environment),
        )


@dataclass(frozen=True, slots=True)
class PauseQueueSettings:
    """Where it is kept who waits for SES."""

    table: str

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(text(environment, "TURNS_TABLE", "TurnsTable"))


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """Where enforce's own messages come from."""

    alarm_queue_url: str

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(text(environment, "ALARM_QUEUE_URL", "AlarmQueue"))


@dataclass(frozen=True, slots=True)
class ShieldSettings:
    """When an account is at risk, and whether streams are paused for its sake."""

    mode: Mode
    lines: Lines

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(
            choice(environment, "SHIELD_MODE", "ShieldMode", Mode),
            Lines(
                fraction(environment, "SHIELD_BOUNCE_RATE", "ShieldBounceRate"),
                fraction(environment, "SHIELD_COMPLAINT_RATE", "ShieldComplaintRate"),
            ),
        )


@dataclass(frozen=True, slots=True)
class NotifySettings:
    """Where it is found who has to be told, and where parcels go."""

    streams_table: str
    tenants_table: str
    idempotency_table: str
    digests_table: str
    notify_queue_url: str
    delivery_queue_url: str

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(
            text(environment, "STREAMS_TABLE", "StreamsTable"),
            text(environment, "TENANTS_TABLE", "TenantsTable"),
            text(environment, "IDEMPOTENCY_TABLE", "IdempotencyTable"),
            text(environment, "DIGESTS_TABLE", "DigestsTable"),
            text(environment, "NOTIFY_QUEUE_URL", "NotifyQueue"),
            text(environment, "DELIVERY_QUEUE_URL", "DeliveryQueue"),
        )


@dataclass(frozen=True, slots=True)
class DeliverSettings:
    """Where parcels come from, by what means people are reached, and where what was told is remembered."""

    tenants_table: str
    incidents_table: str
    incident_retention_days: int
    idempotency_table: str
    digests_table: str
    delivery_queue_url: str
    operator_topic_arn: str
    notice_sender: str
    notice_configuration_set: str
    trusted_webhook_origins: frozenset[str]

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(
            text(environment, "TENANTS_TABLE", "TenantsTable"),
            text(environment, "INCIDENTS_TABLE", "IncidentsTable"),
            incident_retention(environment),
            text(environment, "IDEMPOTENCY_TABLE", "IdempotencyTable"),
            text(environment, "DIGESTS_TABLE", "DigestsTable"),
            text(environment, "DELIVERY_QUEUE_URL", "DeliveryQueue"),
            topic(environment, "OPERATOR_TOPIC_ARN", "OperatorTopic"),
            text(environment, "NOTICE_SENDER", "NoticeSender"),
            text(environment, "NOTICE_CONFIGURATION_SET", "NoticeConfigurationSet"),
            origins(environment, "TRUSTED_WEBHOOK_ORIGINS", "TrustedWebhookOrigins"),
        )


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where links to the acknowledgement page lead, what they are signed with, and how long they are good."""

    page_url: str
    signing_secret_arn: str
    lifetime: timedelta

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(
            text(environment, "PAGE_URL", "PageUrl"),
            text(environment, "SIGNING_SECRET_ARN", "SigningSecret"),
            timedelta(days=number(environment, "LINK_DAYS", "LinkDays", 1, 90)),
        )


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Where the acknowledgement page finds what it shows, and where it writes the owner's word."""

    streams_table: str
    incidents_table: str
    incident_retention_days: int
    signing_secret_arn: str
    default_mode: Mode

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(
            text(environment, "STREAMS_TABLE", "StreamsTable"),
            text(environment, "INCIDENTS_TABLE", "IncidentsTable"),
            incident_retention(environment),
            text(environment, "SIGNING_SECRET_ARN", "SigningSecret"),
            choice(environment, "DEFAULT_MODE", "DefaultMode", Mode),
        )


@dataclass(frozen=True, slots=True)
class RegisterSettings:
    """Where the registry is, and what it is written into."""

    tenants_table: str
    streams_table: str
    onboarding_table: str
    onboard_queue_url: str

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(
            text(environment, "TENANTS_TABLE", "TenantsTable"),
            text(environment, "STREAMS_TABLE", "StreamsTable"),
            text(environment, "ONBOARDING_TABLE", "OnboardingTable"),
            text(environment, "ONBOARD_QUEUE_URL", "OnboardQueue"),
        )


@dataclass(frozen=True, slots=True)
class OnboardSettings:
    """What is lined up for SES, who goes first, and where sets publish to (a topic, or EventBridge's default bus)."""

    onboarding_table: str
    onboard_queue_url: str
    turns_table: str
    streams_table: str
    incidents_table: str
    incident_retention_days: int
    alarms: AlarmSettings
    guard_bus: str
    event_target: str
    stack: str

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        return cls(
            text(environment, "ONBOARDING_TABLE", "OnboardingTable"),
            text(environment, "ONBOARD_QUEUE_URL", "OnboardQueue"),
            text(environment, "TURNS_TABLE", "TurnsTable"),
            text(environment, "STREAMS_TABLE", "StreamsTable"),
            text(environment, "INCIDENTS_TABLE", "IncidentsTable"),
            incident_retention(environment),
            AlarmSettings.from_env(environment),
            text(environment, "GUARD_BUS", "GuardBus"),
            text(environment, "EVENT_TARGET_ARN", "EventSource"),
            text(environment, "STACK_NAME", "AWS::StackName"),
        )
