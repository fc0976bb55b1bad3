"""Watches the guard from outside while the scenario plays: its tables, and the mails that it sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from localcloud.cloud import Emulator
from localcloud.mailbox import mails_of_the_guard
from localcloud.player import Tally
from localcloud.scenario import Tenant
from localcloud.setting_up import SetUpError, stream_of
from localcloud.view import Row
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.tables.journal import DynamoJournalReader
from sesguard.aws.tables.provisioning import DynamoProvisioningTasks
from sesguard.aws.tables.streams import DynamoStreams
from sesguard.detection.weigh import ALL_BOUNCED, COMPLAINED, weigh
from sesguard.pausing.journal import DecisionEntry
from sesguard.pausing.state import Status
from sesguard.policy import Policy
from sesguard.provisioning.task import TaskState

_EVIDENT = frozenset({"warn", "pause", "hold"})  # decisions that rest on evidence


@dataclass(frozen=True)
class Event:
    """A decision of the guard, from its journal. ``what`` is its action, or its reason where it only takes note."""

    stream: str
    at: datetime
    what: str
    sentence: str


class Watcher:
    """Reads what the deployed guard has on record, with the guard's own adapters."""

    def __init__(self, emulator: Emulator, outputs: Mapping[str, str]) -> None:
        dynamodb = emulator.client("dynamodb")
        self._endpoint = emulator.endpoint
        self._counts = DynamoCounts(dynamodb, outputs["CohortsTableName"])
        self._streams = DynamoStreams(dynamodb, outputs["StreamsTableName"], outputs["IncidentsTableName"], Policy())
        self._journal = DynamoJournalReader(dynamodb, outputs["IncidentsTableName"])
        self._tasks = DynamoProvisioningTasks(dynamodb, outputs["OnboardingTableName"])
        self._seen: set[tuple[str, str]] = set()

    def rows(self, tenants: Sequence[Tenant], tallies: Mapping[str, Tally], onboarded: Collection[Tenant]) -> list[Row]:
        """How each tenant stands now."""
        return [
            self._row(tenant, tallies[tenant.id])
            if tenant in onboarded
            else Row(tenant, 0, tallies[tenant.id].refused, 0.0, 0.0, 0.0, None)
            for tenant in tenants
        ]

    def onboarded(self, tenants: Iterable[Tenant]) -> list[Tenant]:
        """Those of ``tenants`` whose stream is as the registry says. Raises SetUpError where one cannot be made so."""
        done = []
        for tenant in tenants:
            task = self._tasks.load(str(stream_of(tenant.configuration_set)))
            if task is not None and task.state is TaskState.FAILED:
                raise SetUpError(tenant.name, task.problem)
            if task is not None and task.state is TaskState.DONE:
                done.append(tenant)
        return done

    def status(self, configuration_set: str) -> Status:
        """The state that the guard has on record of a stream."""
        return self._streams.load(stream_of(configuration_set)).state.status

    def volume(self, configuration_set: str) -> int:
        """The mails of a stream that the guard has counted and weighs now."""
        stream, now = stream_of(configuration_set), datetime.now(UTC)
        record = self._streams.load(stream)
        history = self._counts.history(stream, now, record.state.counted_from, record.policy)
        return history.weighed_volume(int(now.timestamp() // 60))

    def news(self, configuration_sets: Sequence[str]) -> Iterator[Event]:
        """The decisions since the last call, stream by stream."""
        for name in configuration_sets:
            for entry in self._journal.of(stream_of(name)):
                key = (entry.stream, entry.at)
                if key not in self._seen and isinstance(entry, DecisionEntry):
                    self._seen.add(key)
                    said = entry.evidence.get("sentence", "") if entry.action in _EVIDENT else ""
                    what = entry.reason if entry.action == "none" else entry.action
                    yield Event(name, entry.time, what, said.partition(";")[0])

    def mails(self) -> dict[str, list[str]]:
        """The guard's mails as sent: recipient -> texts."""
        found: dict[str, list[str]] = {}
        for mail in mails_of_the_guard(self._endpoint):
            found.setdefault(mail.to, []).append(f"Subject: {mail.subject}\n\n{mail.text}")
        return found

    def _row(self, tenant: Tenant, tally: Tally) -> Row:
        stream, now = stream_of(tenant.configuration_set), datetime.now(UTC)
        record = self._streams.load(stream)
        history = self._counts.history(stream, now, record.state.counted_from, record.policy)
        minute = int(now.timestamp() // 60)
        verdict = weigh(history, record.limits, minute)
        rows = history.rows(minute)
        volume = history.weighed_volume(minute)
        return Row(
            tenant,
            volume,
            tally.refused,
            sum(row[ALL_BOUNCED] for row in rows) / volume if volume else 0.0,
            sum(row[COMPLAINED] for row in rows) / volume if volume else 0.0,
            verdict.risk,
            record.state.status,
        )
