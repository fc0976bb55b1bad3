"""Have streams made true in SES again, although what the registry says of them has not changed."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from sesguard.errors import ConflictError
from sesguard.pausing.saving import until_saved
from sesguard.provisioning.ports import ProvisioningTasks
from sesguard.provisioning.task import ProvisioningTask, TaskState
from sesguard.stream import StreamId


def repair(rows: ProvisioningTasks, streams: Iterable[StreamId], now: datetime) -> int:
    """Line up those that were made true, or failed, as if nothing were known of them; how many those are.

    What waits already, and what another guard serves, is left as it is. Raises AwsError.
    """
    return sum(_enqueue(rows, str(stream), now) for stream in streams)


def _enqueue(rows: ProvisioningTasks, key: str, now: datetime) -> bool:
    def once() -> bool:
        row = rows.load(key)
        if row is None or row.state not in {TaskState.DONE, TaskState.FAILED}:
            return False
        rows.save(_afresh(row, now))
        return True

    with suppress(ConflictError):  # somebody is at it all the time
        return until_saved(once)
    return False


def _afresh(row: ProvisioningTask, now: datetime) -> ProvisioningTask:
    return replace(row, state=TaskState.WAITING, was="", problem="", tries=0, since=now, at=now, due=now)
