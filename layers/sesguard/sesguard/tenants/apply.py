"""Apply a plan to the registry: each change where the item is still as the plan read it, none of them twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from sesguard.errors import AwsError, ConflictError
from sesguard.tenants.items import RESERVED
from sesguard.tenants.plan import Change, PlanAction
from sesguard.tenants.ports import RegistryStore
from sesguard.tenants.stored import Stored

Each = Callable[[Callable[[Change], None], Iterable[Change]], None]
"""Does a piece of work with each of some changes, several at once."""


class ApplyOutcome(StrEnum):
    """CONFLICT: somebody else changed the item since it was read. NOT_TRIED: something had failed by then."""

    DONE = "done"
    CONFLICT = "conflict"
    FAILED = "failed"
    NOT_TRIED = "not_tried"


class Applied(NamedTuple):
    """What became of one change."""

    change: Change
    outcome: ApplyOutcome
    problem: AwsError | None = None


def apply(
    store: RegistryStore,
    changes: Sequence[Change],
    stored: Mapping[str, Stored],
    each: Each,
    progress: Callable[[], None] = lambda: None,
) -> list[Applied]:
    """Make the changes: policies and pools before tenants, removals of these after; tenants several at once.

    A conflict concerns its item alone. After a failure nothing more is tried, and the next run goes on from there.
    """
    run = _Run(store, stored, progress)
    first = [change for change in changes if _reserved(change) and change.action is not PlanAction.REMOVE]
    last = [change for change in changes if _reserved(change) and change.action is PlanAction.REMOVE]
    for change in first:
        run.make(change)
    each(run.make, [change for change in changes if not _reserved(change)])
    for change in last:
        run.make(change)
    return [run.outcomes[change.item] for change in changes]


def _reserved(change: Change) -> bool:
    return change.item.startswith(RESERVED)


class _Run:
    def __init__(self, store: RegistryStore, stored: Mapping[str, Stored], progress: Callable[[], None]) -> None:
        self.outcomes: dict[str, Applied] = {}
        self._store = store
        self._stored = stored
        self._progress = progress
        self._failed = False

    def make(self, change: Change) -> None:
        self.outcomes[change.item] = self._outcome(change)
        self._progress()

    def _outcome(self, change: Change) -> Applied:
        if self._failed:
            return Applied(change, ApplyOutcome.NOT_TRIED)
        was = self._stored.get(change.item)
        try:
            if change.document is not None:
                self._store.put(change.document, was)
            elif was is not None:
                self._store.remove(was)
        except ConflictError:
            return Applied(change, ApplyOutcome.CONFLICT)
        except AwsError as error:
            self._failed = True
            return Applied(change, ApplyOutcome.FAILED, error)
        except BaseException:  # Ctrl-C among them: whoever works beside this one stops, too
            self._failed = True
            raise
        return Applied(change, ApplyOutcome.DONE)
