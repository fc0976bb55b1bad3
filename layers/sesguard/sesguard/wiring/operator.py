"""Wire the operator's commands to AWS: the deployed guard, found by its stack, with the operator's own credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.caller import read_caller
from sesguard.aws.clients import WORKERS, Clients, OperatorClients
from sesguard.aws.cloudwatch.alarms import CloudWatchAlarms
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.dead_letters import dead_letters
from sesguard.aws.ses.configuration_sets import configuration_sets
from sesguard.aws.settings import DecidingSettings
from sesguard.aws.stack import Stack, find_stack
from sesguard.aws.tables.journal import DynamoJournalReader
from sesguard.aws.tables.pause_queue import DynamoPauseQueue
from sesguard.aws.tables.tenants import DynamoTenants
from sesguard.aws.workers import Workers
from sesguard.errors import StackError
from sesguard.pausing.budget import Cap
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.record import QueuedAlarm
from sesguard.policy import Mode, Policy
from sesguard.wiring.arns import Place
from sesguard.wiring.deciding import pausing_deps

__all__ = ["Guard", "Stack", "find_guard", "open_guard"]

_MOST_QUEUED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Guard:
    """The deployed guard. ``deps`` weigh without writing: who only looks needs no right to write."""

    stack: Stack
    deps: PausingDeps
    policy: Policy
    alarms: CloudWatchAlarms
    tenants: DynamoTenants
    journal: DynamoJournalReader
    parallel: Workers
    clients: Clients

    @property
    def partition(self) -> str:
        """The partition of its region."""
        return Place(self.stack.name, self.stack.account, self.stack.region).partition

    def caller(self) -> str:
        """Read the ARN of the operator. Raises AwsError."""
        return read_caller(self.clients.make("sts"))

    def queued_alarms(self) -> Sequence[QueuedAlarm]:
        """Read which pauses and resumes wait for SES, the first first. Raises AwsError.

        Nothing of a stack that was deployed before it said where they wait.
        """
        table = self.stack.outputs.get("TurnsTableName")
        return DynamoPauseQueue(self.clients.dynamodb, table).worst(_MOST_QUEUED) if table else ()

    def configuration_sets(self) -> list[str]:
        """What SES has in the guard's account and region. Raises AwsError."""
        return configuration_sets(self.clients.sesv2)

    def dead_letters(self) -> Mapping[str, int]:
        """Messages in each dead-letter queue. Raises AwsError."""
        return dead_letters(self.clients.make("cloudformation"), self.clients.make("sqs"), self.stack.name)


def open_guard(
    stack_name: str,
    *,
    profile: str | None = None,
    region: str | None = None,
    endpoint: str | None = None,
    keys: tuple[str, str] | None = None,
) -> Guard:
    """Find the guard that is deployed as ``stack_name``; the rest as OperatorClients take it.

    Raises ConfigurationError, StackError or AwsError.
    """
    return find_guard(OperatorClients(profile or "", region or "", endpoint, keys), stack_name)


def find_guard(clients: Clients, stack_name: str) -> Guard:
    """Find the guard by its stack. Raises StackError or AwsError."""
    stack = find_stack(clients, stack_name)
    settings = _settings(stack)
    deps = pausing_deps(settings, stack.account, stack.region, clients)
    reads = cast("DynamoDBClient", _WritesNothing(clients.dynamodb))
    return Guard(
        stack,
        replace(deps, counts=DynamoCounts(reads, settings.cohorts_table)),
        Policy(mode=settings.default_mode),
        CloudWatchAlarms(clients, stack.output("AlarmPrefix"), stack.output("AlarmTopicArn")),
        DynamoTenants(clients.dynamodb, stack.output("TenantsTableName"), settings.streams_table),
        DynamoJournalReader(clients.dynamodb, settings.incidents_table),
        Workers(WORKERS),
        clients,
    )


def _settings(stack: Stack) -> DecidingSettings:
    try:
        mode, kept = Mode(stack.parameter("DefaultMode")), int(stack.parameter("IncidentRetentionDays"))
        cap = Cap(int(stack.parameter("HourlyPauses")), float(stack.parameter("HourlyPausesShare")))
    except ValueError as error:
        raise StackError(stack.name, f"has a parameter that this version does not know: {error}") from None
    return DecidingSettings(
        cohorts_table=stack.output("CohortsTableName"),
        streams_table=stack.output("StreamsTableName"),
        incidents_table=stack.output("IncidentsTableName"),
        incident_retention_days=kept,
        guard_bus=stack.output("GuardBusName"),
        notice_configuration_set=stack.output("NoticeConfigurationSetName"),
        default_mode=mode,
        hourly_pauses=cap,
    )


class _WritesNothing:
    """A DynamoDB client for reading counts, which otherwise keeps what it has settled of past days for later."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def query(self, **request: Any) -> Any:  # noqa: ANN401  # as the service's
        return self._client.query(**request)

    def put_item(self, **_: Any) -> Mapping[str, Any]:  # noqa: ANN401  # as the service's
        return _NOTHING


_NOTHING: Final[Mapping[str, Any]] = {}
