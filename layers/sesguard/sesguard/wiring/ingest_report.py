"""Tell what became of a batch: log lines, and metrics where there is something out of the ordinary.

An ordinary batch leaves neither: both are billed, and ordinary batches are many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from aws_lambda_powertools import Logger

from sesguard.errors import RecordError
from sesguard.ingest.batch import Batch
from sesguard.pausing.decision import Action

_NAMESPACE = "Sesguard"


def report(batch: Batch, logger: Logger) -> None:
    """Log and measure ``batch``."""
    failures = Counter(reason for reason in batch.failed.values() if reason not in batch.rejected)
    ordinary = not (batch.failed or batch.notes)
    (logger.debug if ordinary else logger.info)(
        "batch taken", events=batch.events, weighed=len(batch.looked), failed=failures
    )
    for reason, detail in batch.notes:
        logger.info("message left aside", reason=reason, detail=detail)
    for looked in batch.looked:
        if looked.failed:
            logger.warning("stream not weighed", stream=str(looked.stream), error=looked.failed)
        elif looked.action is not Action.NONE or looked.sentence:
            logger.info(
                "stream weighed",
                stream=str(looked.stream),
                action=looked.action.value,
                reason=looked.reason,
                risk=round(looked.risk, 3),
                sentence=looked.sentence,
            )
    _measure("IgnoredMessages", batch.ignored)
    _measure("RejectedMessages", batch.rejected)
    _measure("UnknownSubtypes", batch.unknown)
    _measure("FailedMessages", failures)
    for (stream, identity), count in batch.framed.items():
        # An identity may be a person's address: the domain says enough.
        domain = identity.rpartition("@")[2]
        logger.warning("outcomes of another tenant's mail", stream=str(stream), identity=domain, count=count)
    _measure("FramedOutcomes", {"": batch.framed.total()})
    unreadable = sum(looked.reason == RecordError.code for looked in batch.looked)
    _measure("UnreadableRecords", {"": unreadable})
    _measure("UnattributedMails", {"": batch.unattributed})


def _measure(name: str, counts: Mapping[str, int]) -> None:
    """Write counts by reason as embedded metrics, one a reason; "" for one that needs none."""
    counts = {reason: count for reason, count in counts.items() if count}
    if not counts:
        return
    # Imported here: it would make every cold start longer.
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    for reason, count in counts.items():
        with single_metric(name=name, unit=MetricUnit.Count, value=count, namespace=_NAMESPACE) as metric:
            if reason:
                metric.add_dimension(name="Reason", value=reason)
