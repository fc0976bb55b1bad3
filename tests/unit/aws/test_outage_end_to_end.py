"""A provider that fails, from SES's events to what does not weigh, through the adapters of the tables."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.outage_store import DynamoOutages, DynamoRefusals
from sesguard.aws.counts.rollups import UNTOUCHED, clump_text, day_request
from sesguard.aws.workers import Workers
from sesguard.detection.rows import DayTotals
from sesguard.ingest.batch import ingest
from sesguard.ingest.evaluate import Evaluator
from sesguard.pausing.outages import OutageDeps, look_at_outages
from sesguard.pausing.sweep import ONE_BY_ONE
from sesguard.policy import Policy
from sesguard.ses_events.context import Context
from tests.fakes.account import HOME, stream
from tests.fakes.clock import DAY, NOW, minute_of
from tests.fakes.tables import TABLES, in_moto
from tests.fakes.world import Memory
from tests.ses_events import a_bounce, a_bounced, a_mail, a_send

TENANTS = 8
SENT = (NOW - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def mail(name: str, number: int, domain: str):
    address = f"person-{number}@{domain}"
    return a_mail(address, configuration_set=name, messageId=f"{name}-{domain}-{number}", timestamp=SENT)


def events(name: str) -> list[str]:
    found = [a_send(mail=mail(name, number, "gmail.com")) for number in range(60)]
    found += [a_send(mail=mail(name, number, "customers.example")) for number in range(60)]
    for number in range(40):
        bounced = a_bounced(f"person-{number}@gmail.com", "5.3.0")
        found.append(a_bounce(bounced, mail=mail(name, number, "gmail.com"), feedbackId=f"{name}-{number}"))
    return [json.dumps(event) for event in found]


def test_what_a_failing_provider_refused_is_found_told_and_does_not_weigh():
    with in_moto() as client:
        memory, workers = Memory(), Workers(1)
        memory.counts = DynamoCounts(client, TABLES.cohorts)
        streams = [stream(f"set-{number}") for number in range(TENANTS)]
        for it in streams:
            memory.streams.save(replace(memory.streams.load(it), tenant=f"tenant-of-{it.configuration_set}"))
            for day in range(5, 9):
                at = minute_of(NOW - day * DAY) // 1_440
                totals = DayTotals(1_000, 8, 0, 0, 1_000)
                rollup = day_request(TABLES.cohorts, str(it), at, totals, UNTOUCHED, clump_text(Policy()))
                client.put_item(**rollup)
        evaluator = Evaluator(
            streams=memory.streams,
            counts=memory.counts,
            alarms=memory.alarms,
            bus=memory.bus,
            requests=memory.requests,
            parallel=workers,
            refusals=DynamoRefusals(client, TABLES.cohorts),
        )
        writer = DynamoCountsWriter(client, TABLES, workers)
        for it in streams:
            batch = ingest(events(it.configuration_set), Context(), writer, evaluator, NOW, lambda: 60.0)
            assert batch.failed == {}
        # The first two are tripped, the others are left to the look across streams.
        assert len(memory.alarms.tripped) == 2
        outages = OutageDeps(
            outages=DynamoOutages(client, TABLES.cohorts, HOME),
            streams=lambda now: frozenset(streams),
            parallel=ONE_BY_ONE,
        )
        seen = look_at_outages(memory.deps, outages, NOW)
        assert (seen.failed, seen.failing) == ("", ["google"])
        (told,) = memory.bus.details("Operator Notice")
        assert told["subject"] == "google refuses everybody's mail"
        again = ingest(events("set-0")[-1:], Context(), writer, evaluator, NOW, lambda: 60.0)
        assert again.looked[0].risk < 0.5
