"""ingest: SES events from SesEventsQueue; each batch is counted, and streams with a bounce or complaint are weighed."""

from __future__ import annotations

import gc
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.settings import IngestSettings, SetAsideSettings, in_lambda
from sesguard.ingest.batch import failures, ingest
from sesguard.ingest.deferrals import note_deferrals
from sesguard.ingest.sender_sample import note_senders
from sesguard.ses_events.context import Context
from sesguard.wiring.ingest import Ingesting, ingesting
from sesguard.wiring.ingest_report import report
from sesguard.wiring.set_aside import Aside

FOR_SENDERS_SECONDS = 10.0
"""Of the function's time, below which it is left to another batch from where mail is sent."""

logger = Logger()
aside = Aside(SetAsideSettings.from_env)


@cache
def wired() -> Ingesting:
    return ingesting(IngestSettings.from_env())


if in_lambda():
    wired()  # while the process starts, when Lambda gives it more CPU than the function will have
    gc.freeze()  # what is here now stays: looking through it again with every batch costs some 4 % of the time


# Not Powertools' BatchProcessor: that takes one record at a time, and a batch's counts are written once.
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Take a batch of SES events; what fails comes back through the queue, what never heals is set aside."""
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    records = event["Records"]
    wires = wired()
    bodies = [record["body"] for record in records]
    of = Context(account=account, region=region, count_simulator=wires.count_simulator)

    def left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    batch = ingest(bodies, of, wires.writer, wires.guard, datetime.now(UTC), left, wires.senders, wires.tenants)
    if left() > FOR_SENDERS_SECONDS:
        note_senders(bodies, of, wires.sampling, wires.domains, wires.guard.parallel)
    for stream in note_deferrals(wires.deferrals, batch.deferred, datetime.now(UTC)):
        logger.info("mail is deferred as not authenticated", stream=str(stream))
    report(batch, logger)
    for number in [number for number, reason in batch.failed.items() if reason in batch.rejected]:
        if aside.put(records[number]["body"], batch.failed[number]):
            del batch.failed[number]
    wires.visibility.soon([records[number] for number in sorted(batch.failed)], left)
    return failures(batch, records)
