"""Register a batch of changes of the registry, and the tenants that have to be looked at because of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sesguard.errors import AwsError, SesguardError
from sesguard.pausing.ports import Parallel
from sesguard.provisioning.enqueue import Register, register

OUT_OF_TIME: Final = AwsError("Register", "OutOfTime", retryable=True)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Registered:
    """What came of a batch. up: whether anything is due now; others: how many were looked at because of it."""

    failed: dict[str, Exception] = field(default_factory=dict)
    others: int = 0
    up: bool = False


class Registration:
    """Registers batches, and remembers what was done because of a change that comes again.

    So that where a policy of more tenants changes than there is time for, each try gets further.
    """

    def __init__(self, deps: Register, parallel: Parallel) -> None:
        self.deps = deps
        self._parallel = parallel
        self._done: dict[str, set[str]] = {}  # number of a change -> tenants

    def register(self, changes: Mapping[str, str], left: Callable[[], bool]) -> Registered:
        """Register the tenants that ``changes`` names, each with the number of its last change, "" for none.

        ``left``: whether there is time for more. Raises nothing: what fails is said of each tenant.
        """
        batch = _Batch(self.deps, left, {name: self._done.get(change, set()) for name, change in changes.items()})
        self._parallel.each(batch.take, sorted(changes))
        seen: set[str] = set()
        while more := batch.because_of.keys() - seen:
            seen |= more
            self._parallel.each(batch.take, [name for name in sorted(more) if not batch.is_done(name)])
        for change in changes.values():
            self._done.pop(change, None)
        found = batch.found
        self._done.update({changes[name]: batch.done[name] for name in found.failed if changes[name]})
        found.others = len(seen)
        return found


class _Batch:
    """One batch. done: for each change's tenant, who was registered because of it; because_of: whose changes ask it."""

    def __init__(self, deps: Register, left: Callable[[], bool], done: dict[str, set[str]]) -> None:
        self._deps, self._left = deps, left
        self.done = done
        self.because_of: dict[str, set[str]] = {}
        self.found = Registered()

    def is_done(self, name: str) -> bool:
        return all(name in self.done[cause] for cause in self.because_of[name])

    def take(self, name: str) -> None:
        """Register one tenant. What fails is of all whose changes asked for it, and stops no other."""
        causes = self.because_of.get(name, {name})
        try:
            if not self._left():
                raise OUT_OF_TIME
            enqueued = register(self._deps, name, datetime.now(UTC))
        except Exception as error:
            if not isinstance(error, SesguardError):  # odd in a way nobody thought of
                _log.exception("%s not registered", name)
            elif error is not OUT_OF_TIME:
                _log.warning("%s not registered: %s", name, error)
            self.found.failed.update(dict.fromkeys(causes, error))
            return
        self.found.up |= enqueued.up
        for other in enqueued.others - self.done.keys():
            self.because_of.setdefault(other, set()).update(causes)
        if not enqueued.others:
            for cause in causes:
                self.done[cause].add(name)
