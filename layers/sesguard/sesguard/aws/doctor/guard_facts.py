"""The port ``GuardFacts`` over the guard's own tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from sesguard.aws.counts.account_reader import DynamoAccount
from sesguard.aws.doctor.resources import Memory
from sesguard.aws.tables.provisioning import DynamoOnboardingRows
from sesguard.aws.tables.registry import DynamoRegistryItems
from sesguard.doctor.facts import OffRecord, RegisteredStream
from sesguard.errors import RecordError
from sesguard.pausing.ports import Streams
from sesguard.provisioning.task import TaskState
from sesguard.stream import StreamId
from sesguard.tenants.snapshot import registered


class GuardFactsReader:
    """Reads them. home: the guard's account and region."""

    ACTIONS: ClassVar = frozenset({"dynamodb:Scan", "dynamodb:Query", "dynamodb:GetItem"})

    def __init__(
        self,
        home: StreamId,
        registry: DynamoRegistryItems,
        rows: DynamoOnboardingRows,
        streams: Streams,
        counts: DynamoAccount,
        now: datetime,
    ) -> None:
        self._home = home
        self._registry = registry
        self._rows = rows
        self._streams = streams
        self._counts = counts
        self._now = now
        self._memory = Memory()

    def registered(self) -> Sequence[RegisteredStream]:
        return self._memory.ask(self._registered, "registered")

    def not_healthy(self) -> Sequence[OffRecord]:
        return self._memory.ask(self._not_healthy, "not healthy")

    def counted(self) -> int:
        return self._counts.rough(self._home, self._now).volume

    def _registered(self) -> Sequence[RegisteredStream]:
        documents = {str(item["id"]): item for item in self._registry.items()}
        rows, _ = self._rows.everything()
        problems = {row.key: row.problem for row in rows if row.state is TaskState.FAILED}
        return [
            RegisteredStream(str(entry.stream), tenant.id, entry.pool, problems.get(str(entry.stream), ""))
            for tenant in registered(documents, self._home).registry.tenants
            for entry in tenant.streams
        ]

    def _not_healthy(self) -> Sequence[OffRecord]:
        found = []
        for stream in self._streams.not_healthy():
            try:
                record = self._streams.load(stream)
            except RecordError:  # the sweep tells of it; it is as likely off as not
                found.append(OffRecord(str(stream), off=True))
                continue
            found.append(OffRecord(str(stream), record.state.off or record.turned_off))
        return found
