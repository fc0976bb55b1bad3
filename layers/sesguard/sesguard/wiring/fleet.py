"""Wire what an operator's views read to AWS: the port ``FleetSource`` over the deployed guard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import cast

from sesguard.aws.account_facts import AwsAccountFacts
from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.counts.month_counts import DynamoMonthCounts
from sesguard.aws.counts.snapshot import DynamoDayCounts, DynamoSnapshotReader
from sesguard.aws.counts.tenant_marks import DynamoTenantMarks
from sesguard.aws.function_logs import function_errors
from sesguard.aws.guard_facts import AwsGuardFacts
from sesguard.aws.tables.metered_reads import MeteredReads
from sesguard.aws.tables.streams_on_record import streams_on_record
from sesguard.aws.tables.wordings import DynamoWordings
from sesguard.costs.day_counts import DaysRead
from sesguard.errors import PolicyError
from sesguard.fleet.fleet import GuardPlace, ReadCost
from sesguard.fleet.function_errors import ErrorsRead
from sesguard.fleet.hours import HourCounts
from sesguard.notices.wording import Wording
from sesguard.pausing.tenant_standing import TenantStanding
from sesguard.policy import Policy, policy_from
from sesguard.posture.changes import PostureRecord
from sesguard.stream import StreamId
from sesguard.tenants.items import POLICY, policy_of
from sesguard.tenants.problems import RegistryError
from sesguard.wiring.operator import Guard
from sesguard.wiring.posture_records import posture_records, without_default_set
from sesguard.wiring.registry import registry_store


class GuardFleet:
    """The port ``FleetSource``. Of its reading, counts and scans are metered; looks at single streams are not."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.deps, self.policy = guard.deps, guard.policy
        self.journal, self.alarms = guard.journal, guard.alarms
        self.tenants, self.parallel = guard.tenants, guard.parallel
        self.queued_alarms, self.dead_letters = guard.queued_alarms, guard.dead_letters
        self.configuration_sets = guard.configuration_sets

    @cached_property
    def _reads(self) -> MeteredReads:
        return MeteredReads(self.guard.clients.dynamodb)

    @property
    def place(self) -> GuardPlace:
        stack = self.guard.stack
        return GuardPlace(stack.name, stack.account, stack.region, self.guard.policy.mode)

    def domains(self, tenant: str, stream: StreamId) -> Sequence[PostureRecord]:
        return posture_records(self.guard, tenant, stream)

    def together(self, tenant: str) -> TenantStanding | None:
        table = self.guard.stack.outputs.get("CohortsTableName")
        if table is None or not tenant:
            return None
        return DynamoTenantMarks(self.guard.clients.dynamodb, table, self.place.home).standing(tenant)

    def wording(self) -> Wording:
        return self._wordings.now()

    @cached_property
    def _wordings(self) -> DynamoWordings:
        return DynamoWordings(self.guard.clients.dynamodb, self.guard.stack.output("TenantsTableName"))

    def policies(self) -> Mapping[str, Policy]:
        found = {}
        for item, stored in registry_store(self.guard).all().items():
            if item.startswith(POLICY):
                with suppress(RegistryError, PolicyError):
                    found[item.removeprefix(POLICY)] = policy_from(policy_of(stored.document), self.policy)
        return found

    def without_default_set(self) -> Sequence[str]:
        return without_default_set(self.guard)

    def on_record(self) -> Mapping[StreamId, str]:
        return streams_on_record(self._client, self.guard.stack.output("StreamsTableName"), self.guard.parallel)

    def snapshot(self) -> Mapping[StreamId, HourCounts]:
        return DynamoSnapshotReader(self._client, self._cohorts, self.place.home).read()

    def count(self, streams: Iterable[StreamId], now: datetime) -> Mapping[StreamId, HourCounts]:
        return DynamoDayCounts(self._client, self._cohorts, self.guard.parallel).of(streams, now)

    def days(self, streams: Iterable[StreamId], days: range, now: datetime) -> DaysRead:
        return DynamoMonthCounts(self._client, self._cohorts, self.guard.parallel).of(streams, days, now)

    def reading(self) -> ReadCost:
        return ReadCost(self._reads.requests, self._reads.units)

    @property
    def _client(self) -> DynamoDBClient:
        return cast("DynamoDBClient", self._reads)

    @property
    def _cohorts(self) -> str:
        return self.guard.stack.output("CohortsTableName")


def account_facts(guard: Guard) -> AwsAccountFacts:
    """Make what reads the SES account."""
    stack = guard.stack
    posture = stack.outputs.get("PostureTableName", "")
    return AwsAccountFacts(guard.clients, stack.home, stack.output("CohortsTableName"), posture)


def guard_facts(guard: Guard) -> AwsGuardFacts:
    """Make what reads how the guard stands."""
    return AwsGuardFacts(guard.clients, guard.stack.name, lambda: len(guard.queued_alarms()))


def guard_errors(guard: Guard, now: datetime) -> ErrorsRead:
    """Read of what the guard's functions failed within the last day. Raises AwsError."""
    return function_errors(guard.clients, guard.stack.name, now)
