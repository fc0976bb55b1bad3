"""Tell the operator what failed: the first at once, and then at most once an hour, however many there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from sesguard.bus.events import operator_notice
from sesguard.errors import ConflictError, RecordError
from sesguard.pausing.ports import Bus
from sesguard.provisioning.ports import ProvisioningTasks
from sesguard.provisioning.task import TENANT, Untold
from sesguard.text import one_line

APART: Final = timedelta(hours=1)
_MOST_NAMED: Final = 10
_LONGEST: Final = 300


def tell_failures(rows: ProvisioningTasks, bus: Bus, now: datetime) -> bool:
    """Tell what has failed and was not told, if it is time to; whether something was told. Raises AwsError.

    Where two tell at the same time, both tell the same under the same name, and one of them takes it off.
    """
    untold = rows.untold()
    if untold.many <= 0 or (untold.told_at is not None and now - untold.told_at < APART):
        return False
    subject = f"{untold.many:,} {'stream' if untold.many == 1 else 'streams'} could not be set up"
    lines = "\n".join(f"  {line}" for line in _lines(rows, untold))
    text = (
        f"{subject} as the registry says:\n{lines}\n"
        "All of them, with what to do: sesguard tenants status. More is told in an hour at the earliest."
    )
    # Named by how often there was something to tell: a crash before it is taken off tells it under the same name.
    bus.publish([operator_notice(subject, text, f"onboarding/{untold.told}", now)])
    with suppress(ConflictError):
        rows.told(untold, now)
    return True


def _lines(rows: ProvisioningTasks, untold: Untold) -> Iterator[str]:
    named = untold.keys[:_MOST_NAMED]
    for key in named:
        yield one_line(f"{key}: {_problem(rows, key) or 'mended meanwhile'}", _LONGEST)
    if untold.many > len(named):
        yield f"… and {untold.many - len(named):,} more"


def _problem(rows: ProvisioningTasks, key: str) -> str:
    if key.startswith(TENANT):
        return rows.problem_of(key.removeprefix(TENANT))
    try:
        row = rows.load(key)
    except RecordError as error:
        return str(error)
    return row.problem if row is not None else ""
