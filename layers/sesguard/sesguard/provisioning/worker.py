"""Work through what is lined up: one row after another, one worker at a time, until nothing is due or time is up."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from sesguard.errors import AwsError, ConflictError, RecordError, SesguardError
from sesguard.provisioning.apply import make, remove
from sesguard.provisioning.desired import Desired, LastApplied, entry_of, last_applied_of, written
from sesguard.provisioning.domains import ensure_domain
from sesguard.provisioning.job import Job, SesJob
from sesguard.provisioning.pools import ensure_pool
from sesguard.provisioning.problems import Later, ProvisioningProblem, Stopped, not_found_yet, refused
from sesguard.provisioning.task import DOMAIN, POOL, ProvisioningTask, TaskState

A_LOOK: Final = 25
"""Rows that are read at once: as many as are done within a few minutes."""
LOOKS: Final = 3
"""Looks in a row that find nothing to do, after which there is nothing: an index is a moment behind its table."""
FIRST_TRY: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=1)

_log = logging.getLogger(__name__)


class Counting(Protocol):
    """What has counted the calls to SES."""

    calls: int


@dataclass(slots=True)
class Worked:
    """What came of it. left: there is more, and no time. failed: keys of rows that somebody has to mend.

    unsaved: rows of which could not be written what became of them. unreadable: what is wrong with those that this
    version cannot read, by key.
    """

    done: int = 0
    removed: int = 0
    again: int = 0
    failed: list[str] = field(default_factory=list)
    left: bool = False
    unsaved: int = 0
    unreadable: dict[str, str] = field(default_factory=dict)

    @property
    def goes_on(self) -> bool:
        """Whether another worker should follow at once.

        Not where no row got further: such a chain of workers would have no end, and the schedule tries again.
        """
        return self.left and bool(self.done or self.removed or self.again or self.failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One worker. home: account and region of the guard. gate: counts the calls. pause: waits so many seconds."""

    deps: SesJob
    home: tuple[str, str]
    gate: Counting
    clock: Callable[[], datetime]
    time_left: Callable[[], bool]
    pause: Callable[[float], None]


def work(worker: Worker) -> Worked:
    """Do what is due. A row that fails stops no other. Raises AwsError where not even the rows can be read."""
    worked = Worked()
    idle = 0
    while idle < LOOKS:
        due = worker.deps.rows.due(worker.clock(), A_LOOK + len(worked.unreadable))
        keys = [key for key in due if key not in worked.unreadable]
        if not keys:
            return worked
        took = 0
        for key in keys:
            if not worker.time_left():
                worked.left = True
                return worked
            try:
                took += _take(worker, worked, key)
            except Stopped as stopped:
                _log.info("stopped: %s", stopped)
                worked.left = True
                return worked
        idle = 0 if took else idle + 1
        if not took:
            worker.pause(1.0)
    return worked


def _take(worker: Worker, worked: Worked, key: str) -> bool:
    """Work on one row, if it is still due. Raises Stopped."""
    try:
        row = worker.deps.rows.load(key)
        was = last_applied_of(row.was) if row is not None else None
    except RecordError as error:
        _log.error("%s", error)
        worked.unreadable[key] = error.problem
        return False
    now = worker.clock()
    if row is None or row.state is not TaskState.WAITING or row.due > now:
        return False
    job = Job(worker.deps, row, was, now)
    before = worker.gate.calls
    try:
        problem = _try(worker, job)
    except Stopped:
        raise
    except Exception as error:
        # Whatever is wrong with one row must not keep the others waiting; it comes again.
        if not isinstance(error, SesguardError):
            _log.exception("row %s", key)
        problem = error
    _settle(worker, worked, job, problem, worker.gate.calls - before)
    return True


def _try(worker: Worker, job: Job) -> Exception | None:
    """Do it; what stands in the way for good, or for now, or nothing. Raises Stopped, and what is a bug."""
    try:
        if job.row.key.startswith(POOL):
            ensure_pool(job, worker.home)
        elif job.row.key.startswith(DOMAIN):
            ensure_domain(job, worker.home)
        elif job.row.wanted:
            make(job, Desired(job.row.tenant, entry_of(job.row.wanted), worker.deps.stack))
        else:
            remove(job)
    except AwsError as error:
        if error.retryable or not_found_yet(error, job.row.tries):
            return error
        return refused(_named(job), error)
    except (ConflictError, ProvisioningProblem, Later) as error:
        return error
    return None


def _named(job: Job) -> str:
    if job.row.key.startswith(POOL):
        return f"pool {job.row.key.removeprefix(POOL)}"
    if job.row.key.startswith(DOMAIN):
        return f"identity {job.row.key.removeprefix(DOMAIN)}"
    return f"stream {job.stream.configuration_set}"


def _settle(worker: Worker, worked: Worked, job: Job, problem: Exception | None, calls: int) -> None:
    """Write what became of it. Where the row was changed meanwhile, it is due again by itself."""
    now = worker.clock()
    row = replace(job.row, calls=job.row.calls + calls, at=now)
    try:
        if problem is None and not row.wanted:
            worker.deps.rows.remove(row)
            worked.removed += 1
        elif problem is None:
            worker.deps.rows.save(replace(row, state=TaskState.DONE, problem="", tries=0, was=_was(row)))
            worked.done += 1
        elif isinstance(problem, ProvisioningProblem):
            worker.deps.rows.failed([row.key])
            worker.deps.rows.save(replace(row, state=TaskState.FAILED, problem=str(problem)))
            worked.failed.append(row.key)
        else:
            worker.deps.rows.save(_again(row, problem, now))
            worked.again += 1
    except SesguardError as error:
        _log.warning("row %s not written: %s", row.key, error)
        worked.unsaved += 1


def _was(row: ProvisioningTask) -> str:
    return "" if row.key.startswith((POOL, DOMAIN)) else written(LastApplied(row.tenant, entry_of(row.wanted)))


def _again(row: ProvisioningTask, problem: Exception, now: datetime) -> ProvisioningTask:
    """Try again later, and later each time."""
    wait = min(LONGEST_WAIT, FIRST_TRY * 2 ** min(row.tries, 10))
    if isinstance(problem, Later):
        wait = max(wait, problem.after)
    text = str(problem) if isinstance(problem, SesguardError) else type(problem).__name__
    return replace(row, problem=text, tries=row.tries + 1, due=now + wait)
