"""An hour of bounces and complaints through the real writer: what they write and keep.

The first few of a stream's hour lie otherwise than the later ones, and items grow as their hour or slot fills, so less
than an hour of many streams has others. Of very much mail some streams stand for all, or some of the hour.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final, NamedTuple

from bench.mail_day import BEGIN, Event, Traffic, events
from bench.metered import OUTCOMES_WRITTEN, MeteredDynamoDB
from bench.past import Past
from bench.queue import Queue
from bench.traffic import ACCOUNT, REGION
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.outcome_writes import Tables
from sesguard.aws.workers import Workers
from sesguard.ingest.tally import Tally
from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import read
from sesguard.ses_events.observation import Observation

_MOST_MAILS: Final = 100_000.0


class OutcomesHour(NamedTuple):
    """Of each bounce or complaint: write units, and bytes that stay."""

    writes: float
    stored: float


def hour_of_outcomes(traffic: Traffic, window: float, pollers: int) -> OutcomesHour:
    """Write what comes back of an hour of such a day."""
    each = traffic.mails / traffic.streams
    streams = max(1, min(traffic.streams, int(_MOST_MAILS / (each / 24))))
    hours = min(1.0, _MOST_MAILS / (each * streams / 24))
    hour = replace(traffic, mails=round(each * streams), streams=streams, hours=hours, delivery=False)
    store = MeteredDynamoDB(int(BEGIN.timestamp()) // 3600, Past(0, 0))
    writer = DynamoCountsWriter(store, Tables("cohorts", "seen"), Workers(1))  # type: ignore[arg-type]  # stands in for the client
    context, written = Context(account=ACCOUNT, region=REGION), 0
    for at, batch in Queue[Event](pollers, window).batches(events(hour)):
        tally = Tally()
        for number, event in enumerate(batch):
            if event.is_bad:
                seen = read(event.body(), context)
                assert isinstance(seen, Observation), seen
                tally.add(seen, number)
                written += 1
        unwritten = writer.add(tally.parts()[0], BEGIN + timedelta(seconds=at), lambda: True)
        assert not unwritten, unwritten
    return OutcomesHour(store.write_units[OUTCOMES_WRITTEN] / written, store.stored_bytes / written)
