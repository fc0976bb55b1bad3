"""What each function is told by its environment. The only module that reads it, and never at import.

A settings class lists the names of its fields; ``VARIABLES`` says of each name, once for all functions, which variable
it is read from and how. What is missing or wrong raises SettingsError (:mod:`sesguard.aws.variables`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, Self

import msgspec

from sesguard.account.sums import Lines
from sesguard.aws.variables import (
    Environment,
    choice,
    flag,
    fraction,
    number,
    origins,
    queue_urls,
    resolvers,
    text,
    topic,
)
from sesguard.lake.personal import PersonalFields
from sesguard.pausing.budget import MOST, Cap
from sesguard.policy import Mode


def in_lambda() -> bool:
    """Whether this process is a Lambda function's (https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)."""
    return "AWS_LAMBDA_FUNCTION_NAME" in os.environ


def _hourly_pauses(environment: Environment) -> Cap:
    """How many streams the guard may pause by itself within an hour."""
    return Cap(
        number(environment, "HOURLY_PAUSES", "HourlyPauses", 1, MOST),
        fraction(environment, "HOURLY_PAUSES_SHARE", "HourlyPausesShare"),
    )


def _shield_lines(environment: Environment) -> Lines:
    """The rates at which an account is at risk."""
    return Lines(
        fraction(environment, "SHIELD_BOUNCE_RATE", "ShieldBounceRate"),
        fraction(environment, "SHIELD_COMPLAINT_RATE", "ShieldComplaintRate"),
    )


def _text(variable: str, parameter: str) -> Callable[[Environment], str]:
    return lambda environment: text(environment, variable, parameter)


def _topic(variable: str, resource: str) -> Callable[[Environment], str]:
    return lambda environment: topic(environment, variable, resource)


def _mode(variable: str, parameter: str) -> Callable[[Environment], Mode]:
    return lambda environment: choice(environment, variable, parameter, Mode)


VARIABLES: Final[Mapping[str, Callable[[Environment], object]]] = {
    # tables
    "cohorts_table": _text("COHORTS_TABLE", "CohortsTable"),
    "seen_table": _text("SEEN_TABLE", "SeenTable"),
    "streams_table": _text("STREAMS_TABLE", "StreamsTable"),
    "incidents_table": _text("INCIDENTS_TABLE", "IncidentsTable"),
    "incident_retention_days": lambda it: number(it, "INCIDENT_RETENTION_DAYS", "IncidentRetentionDays", 1, 3_653),
    "history_days": lambda it: number(it, "HISTORY_DAYS", "HistoryDays", 65, 3_653),
    "tenants_table": _text("TENANTS_TABLE", "TenantsTable"),
    "posture_table": _text("POSTURE_TABLE", "PostureTable"),
    "onboarding_table": _text("ONBOARDING_TABLE", "OnboardingTable"),
    "idempotency_table": _text("IDEMPOTENCY_TABLE", "IdempotencyTable"),
    "digests_table": _text("DIGESTS_TABLE", "DigestsTable"),
    "pause_queue_table": _text("TURNS_TABLE", "TurnsTable"),
    # queues, topics, the bus
    "ses_events_queue_url": _text("SES_EVENTS_QUEUE_URL", "SesEventsQueue"),
    "alarm_queue_url": _text("ALARM_QUEUE_URL", "AlarmQueue"),
    "notify_queue_url": _text("NOTIFY_QUEUE_URL", "NotifyQueue"),
    "delivery_queue_url": _text("DELIVERY_QUEUE_URL", "DeliveryQueue"),
    "posture_queue_url": _text("POSTURE_QUEUE_URL", "PostureQueue"),
    "onboard_queue_url": _text("ONBOARD_QUEUE_URL", "OnboardQueue"),
    "alarm_topic_arn": _topic("ALARM_TOPIC_ARN", "AlarmTopic"),
    "operator_topic_arn": _topic("OPERATOR_TOPIC_ARN", "OperatorTopic"),
    "dead_letters_url": _text("DEAD_LETTERS_URL", "the function's dead-letter queue"),
    "dead_letter_queue_urls": lambda it: queue_urls(it, "DEAD_LETTER_QUEUE_URLS", "the dead-letter queues"),
    "guard_bus": _text("GUARD_BUS", "GuardBus"),
    "event_target": _text("EVENT_TARGET_ARN", "EventSource"),
    # what is decided by
    "default_mode": _mode("DEFAULT_MODE", "DefaultMode"),
    "shield_mode": _mode("SHIELD_MODE", "ShieldMode"),
    "shield_lines": _shield_lines,
    "hourly_pauses": _hourly_pauses,
    "count_simulator": lambda it: flag(it, "COUNT_SIMULATOR", "CountSimulator"),
    "dashboard": lambda it: flag(it, "DASHBOARD", "Dashboard"),
    "posture_resolvers": lambda it: resolvers(it, "POSTURE_RESOLVERS", "PostureResolvers"),
    "posture_looks": lambda it: number(it, "POSTURE_LOOKS", "PostureLooks", 1, 5),
    "posture_apart_seconds": lambda it: number(it, "POSTURE_APART_SECONDS", "PostureApartSeconds", 0, 900),
    # who is told, and how
    "alarm_prefix": _text("ALARM_PREFIX", "AWS::StackName"),
    "stack": _text("STACK_NAME", "AWS::StackName"),
    "notice_sender": _text("NOTICE_SENDER", "NoticeSender"),
    "notice_configuration_set": _text("NOTICE_CONFIGURATION_SET", "NoticeConfigurationSet"),
    "trusted_webhook_origins": lambda it: origins(it, "TRUSTED_WEBHOOK_ORIGINS", "TrustedWebhookOrigins"),
    "page_url": _text("PAGE_URL", "PageUrl"),
    "signing_secret_arn": _text("SIGNING_SECRET_ARN", "SigningSecret"),
    "link_lifetime": lambda it: timedelta(days=number(it, "LINK_DAYS", "LinkDays", 1, 90)),
    "personal_fields": lambda it: choice(it, "PERSONAL_FIELDS", "PersonalFields", PersonalFields),
    "lake_key_secret": _text("LAKE_KEY_SECRET_ARN", "LakeHashKey"),
    # the centre
    "central_bus_arn": lambda it: it.get("CENTRAL_BUS_ARN", "").strip(),
    "members_table": _text("MEMBERS_TABLE", "MembersTable"),
    "central_topic_arn": _topic("CENTRAL_TOPIC_ARN", "CentralTopic"),
    "silent_after": lambda it: timedelta(minutes=number(it, "SILENT_MINUTES", "SilentMinutes", 10, 1440)),
    # settings within settings
    "alarms": lambda it: AlarmSettings.from_env(it),
}
"""How each field of the settings is read."""


class Settings(msgspec.Struct, frozen=True):
    """Base of what functions are told: fields whose names stand in ``VARIABLES``."""

    @classmethod
    def from_env(cls, environment: Environment = os.environ) -> Self:
        """Read the environment. Raises SettingsError."""
        values: dict[str, Any] = {name: VARIABLES[name](environment) for name in cls.__struct_fields__}
        return cls(**values)


class AlarmSettings(Settings, frozen=True):
    """What the streams' alarms are called, and who hears of them."""

    alarm_topic_arn: str
    alarm_prefix: str


class IngestSettings(Settings, frozen=True):
    """What ingest is told."""

    cohorts_table: str
    seen_table: str
    streams_table: str
    incidents_table: str
    incident_retention_days: int
    alarms: AlarmSettings
    ses_events_queue_url: str
    alarm_queue_url: str
    posture_queue_url: str
    guard_bus: str
    count_simulator: bool
    default_mode: Mode


class MemberSettings(Settings, frozen=True):
    """Whether the guard has a centre that waits for its sign of life."""

    central_bus_arn: str


class CentralSettings(Settings, frozen=True):
    """What the centre is told."""

    members_table: str
    central_topic_arn: str
    silent_after: timedelta


class LakeSettings(Settings, frozen=True):
    """What the lake's transform is told."""

    personal_fields: PersonalFields
    lake_key_secret: str


class DecidingSettings(Settings, frozen=True):
    """What enforce and sweep need: where states and counts are, whom to spare, and how to treat who has no policy."""

    cohorts_table: str
    streams_table: str
    incidents_table: str
    incident_retention_days: int
    guard_bus: str
    notice_configuration_set: str
    default_mode: Mode
    hourly_pauses: Cap


class EnforceSettings(DecidingSettings, frozen=True):
    """What enforce needs beside that: who waits for SES, which streams a tenant has, and where messages come from."""

    pause_queue_table: str
    tenants_table: str
    alarm_queue_url: str


class PauseQueueSettings(Settings, frozen=True):
    """Where it is kept who waits for SES."""

    pause_queue_table: str


class BlindnessSettings(Settings, frozen=True):
    """Where configuration sets are to publish to."""

    event_target: str


class HealthSettings(Settings, frozen=True):
    """What sweep looks at to know whether the guard is well, whose metric that is, and whether there is a dashboard."""

    stack: str
    dead_letter_queue_urls: tuple[str, ...]
    dashboard: bool


class HistorySettings(Settings, frozen=True):
    """For how long it is on record what streams sent by the day."""

    history_days: int


class RegistrySettings(Settings, frozen=True):
    """Where the registry says which streams a tenant has."""

    tenants_table: str


class SetAsideSettings(Settings, frozen=True):
    """Where messages go that no retry heals."""

    dead_letters_url: str


class ShieldSettings(Settings, frozen=True):
    """When an account is at risk, and whether streams are paused for its sake."""

    shield_mode: Mode
    shield_lines: Lines


class NotifySettings(Settings, frozen=True):
    """Where it is found who has to be told, and where notifications go."""

    streams_table: str
    tenants_table: str
    idempotency_table: str
    digests_table: str
    notify_queue_url: str
    delivery_queue_url: str


class DeliverSettings(Settings, frozen=True):
    """Where notifications come from, by what means people are reached, and where what was told is remembered."""

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


class LinkSettings(Settings, frozen=True):
    """Where links to the acknowledgement page lead, what they are signed with, and how long they are good."""

    page_url: str
    signing_secret_arn: str
    link_lifetime: timedelta


class PageSettings(Settings, frozen=True):
    """Where the acknowledgement page finds what it shows and looks like, and where it writes the owner's word."""

    streams_table: str
    incidents_table: str
    incident_retention_days: int
    tenants_table: str
    signing_secret_arn: str
    default_mode: Mode


class RegisterSettings(Settings, frozen=True):
    """Where the registry is, and what it is written into."""

    tenants_table: str
    streams_table: str
    onboarding_table: str
    cohorts_table: str
    onboard_queue_url: str


class PostureSettings(Settings, frozen=True):
    """Where it is kept how domains stand, who is asked, and how often a change has to be seen."""

    posture_table: str
    cohorts_table: str
    posture_queue_url: str
    alarm_queue_url: str
    tenants_table: str
    pause_queue_table: str
    guard_bus: str
    posture_resolvers: str
    posture_looks: int
    posture_apart_seconds: int


class OnboardSettings(Settings, frozen=True):
    """What is lined up for SES, who goes first, and where sets publish to (a topic, or EventBridge's default bus)."""

    onboarding_table: str
    onboard_queue_url: str
    pause_queue_table: str
    streams_table: str
    incidents_table: str
    incident_retention_days: int
    alarms: AlarmSettings
    guard_bus: str
    event_target: str
    stack: str
