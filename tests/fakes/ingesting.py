"""Ingest over DynamoDB in memory, and the sweep over the same counts."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.workers import Workers
from sesguard.ingest.batch import Batch, ingest
from sesguard.ingest.evaluate import Evaluator
from sesguard.ingest.ports import SendersStore, TenantNotes
from sesguard.pausing.sweep import sweep
from sesguard.pausing.swept import Swept
from sesguard.ses_events.context import Context
from tests.fakes.clock import NOW
from tests.fakes.tables import TABLES, in_memory
from tests.fakes.world import Memory


class MemoryIngest:
    """The guard's counting and looking after, everything in memory."""

    def __init__(self) -> None:
        self.memory, self.store, self.workers = Memory(), in_memory(), Workers(1)
        self.counts = DynamoCounts(self.store, TABLES.cohorts)

    def take(
        self,
        *bodies: Any,
        now: datetime = NOW,
        left: Callable[[], float] = lambda: 60.0,
        context: Context | None = None,
        senders: SendersStore | None = None,
        tenants: TenantNotes | None = None,
    ) -> Batch:
        """Ingest a batch. bodies: texts, or what is to be written as JSON."""
        guard = Evaluator(
            streams=self.memory.streams,
            counts=self.counts,
            alarms=self.memory.alarms,
            bus=self.memory.bus,
            requests=self.memory.requests,
            parallel=self.workers,
        )
        writer = DynamoCountsWriter(self.store, TABLES, self.workers, pause=lambda _: None)
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        return ingest(texts, context or Context(), writer, guard, now, left, senders, tenants)

    def sweep(self, now: datetime) -> Swept:
        return sweep(replace(self.memory.deps, counts=self.counts), self.memory.alarms, now)
