"""The sums of a whole account, by hour of sending, beside what is counted of each stream: roughly, and almost for free.

They say when it is worth looking at every stream, and decide nothing. A process adds up what it writes and writes its
sums at most once a minute: what it has not written when it ends is missing, and what comes again counts again.
Partition key: the account's own, a stream without a configuration set; sort key ``a#2026-11-21T18``; the attributes are
the totals of volume as in :mod:`sesguard.aws.counts.cohorts`, and ``b`` hard bounces, ``c`` complaints.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.counts.cohorts import BOUNCES, COMPLAINTS, LETTERS, expiry, hour_text
from sesguard.detection.columns import BOUNCED, COMPLAINED
from sesguard.errors import AwsError
from sesguard.ingest.tally import Outcomes, Part
from sesguard.ingest.volume import COLUMNS, Volume
from sesguard.ingest.volume_sums import VolumeSums
from sesguard.ses_events.observation import CountsFor
from sesguard.stream import DRILL, StreamId

ACTIONS: Final = frozenset({"dynamodb:UpdateItem"})
SUMS: Final = "a#"
NAMES: Final = (*LETTERS, BOUNCES, COMPLAINTS)
"""The attributes, by column as :mod:`sesguard.detection.history` numbers them."""

EVERY: Final = timedelta(minutes=1)

_log = logging.getLogger(__name__)


class DynamoAccountSums:
    """Adds up, and writes now and then. One for a process; not for several threads."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table
        self._sums: dict[tuple[str, str, int], list[int]] = {}
        self._written: datetime | None = None

    def add(self, parts: Iterable[Part]) -> None:
        """Add what has been written of streams' hours."""
        for part in parts:
            account, region, name = part.numbered.home if isinstance(part, VolumeSums) else part.stream
            if name.startswith(DRILL):
                continue
            sums = self._sums.setdefault((account, region, part.hour), [0] * len(NAMES))
            if isinstance(part, Outcomes):
                for event in part.events.values():
                    sums[BOUNCED if event.counts_for is CountsFor.HARD_BOUNCE else COMPLAINED] += event.count
            else:  # of a cell and of a slot it is the same
                for slot, count in (part.sums() if isinstance(part, Volume) else part.sums).items():
                    sums[slot % COLUMNS] += count

    def write(self, now: datetime) -> None:
        """Write what there is, unless that was done within the minute before ``now``. Raises nothing: it can wait.

        A batch that writes does so each time that it asks: ``now`` is the batch's.
        """
        # A clock that has jumped back is not waited for.
        lately = self._written is not None and self._written != now and timedelta() < now - self._written < EVERY
        if lately or not self._sums:
            return
        self._written = now
        for (account, region, hour), sums in list(self._sums.items()):
            try:
                with calling("UpdateItem"):
                    self._client.update_item(**_update(self._table, StreamId(account, region, ""), hour, sums))
            except AwsError as error:
                _log.warning("account's sums not written: %s", error)
                return
            del self._sums[account, region, hour]


def _update(table: str, home: StreamId, hour: int, sums: list[int]) -> dict[str, Any]:
    values = {f":{name}": {"N": str(count)} for name, count in zip(NAMES, sums, strict=True) if count}
    adds = ", ".join(f"{name[1:]} {name}" for name in values)
    return {
        "TableName": table,
        "Key": {"stream": {"S": str(home)}, "cohort": {"S": SUMS + hour_text(hour)}},
        "UpdateExpression": f"ADD {adds} SET expires = :x",
        "ExpressionAttributeValues": {**values, ":x": expiry(hour // 24)},
    }
