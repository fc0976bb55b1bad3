"""A stream's configuration set and its event destination: made, or what differs put right."""

from __future__ import annotations

from sesguard.provisioning.desired import DESTINATION, Desired, arn, not_ours, owned, same_set
from sesguard.provisioning.job import Job
from sesguard.provisioning.problems import Later
from sesguard.provisioning.ses_ports import SetNow
from sesguard.provisioning.task import POOL, TaskState
from sesguard.tenants.model import SHARED


def ensure_set(job: Job, desired: Desired, *, on: bool = True) -> None:
    """Make the configuration set true, and let it publish to the guard. on: whether one that is made may send.

    Raises Problem, AwsError or ConflictError.
    """
    setup = job.deps.setup
    _await_pool(job, desired.entry.pool)
    if same_set(desired, job.was):
        if job.was is not None and job.was.entry.events != desired.entry.events:
            _repair_destination(job, desired, mine=True)
        return
    if job.was is None and setup.create_set(desired.name, desired.delivery, desired.suppression, desired.tags, on=on):
        _make_destination(job, desired)
        return
    now = setup.read_set(desired.name)
    if now is None:  # somebody deleted it
        setup.create_set(desired.name, desired.delivery, desired.suppression, desired.tags, on=on)
        _make_destination(job, desired)
        return
    mine = owned(now.tags, desired.stack)
    if not mine and not desired.entry.adopt:
        raise not_ours("configuration set", desired.name, now.tags)
    _put_options(job, desired, now, mine=mine)
    _put_tags(job, desired, now, mine=mine)
    if job.was is None or job.was.entry.events != desired.entry.events:
        _repair_destination(job, desired, mine=mine)


def _await_pool(job: Job, name: str) -> None:
    """A pool that is to be made comes first."""
    if name == SHARED:
        return
    row = job.deps.rows.load(f"{POOL}{name}")
    if row is not None and row.wanted and row.state is TaskState.WAITING:
        raise Later(why=f"pool {name} is not made yet")


def _put_options(job: Job, desired: Desired, now: SetNow, *, mine: bool) -> None:
    """Put what differs. One Put replaces a whole group of options, so what is not ours goes along as it was."""
    setup = job.deps.setup
    if now.delivery[:2] != desired.delivery[:2]:
        setup.put_delivery(desired.name, desired.delivery._replace(other=now.delivery.other))
    new, old = desired.suppression, now.suppression
    if new.reasons is None and not mine:
        new = new._replace(reasons=old.reasons)
    differs = [new.reasons != old.reasons, new.scope not in ("", old.scope), new.validation not in ("", old.validation)]
    if any(differs):
        setup.put_suppression(desired.name, new._replace(other=old.other))
    if not now.reputation:
        setup.put_reputation(desired.name)


def _put_tags(job: Job, desired: Desired, now: SetNow, *, mine: bool) -> None:
    this = arn("configuration-set", desired.name, job.stream, job.deps.partition)
    if not mine:
        job.tag_also(this, now.tags, desired)
        return
    different = {key: value for key, value in desired.tags.items() if now.tags.get(key) != value}
    if different:
        job.deps.setup.tag(this, different)
    if job.was is not None and (gone := job.was.entry.tags.keys() - desired.tags.keys()):
        job.deps.setup.untag(this, sorted(gone))


def _make_destination(job: Job, desired: Desired) -> None:
    """Of a set that was just made, or whose making was not answered."""
    if not job.deps.setup.create_destination(desired.name, desired.entry.events):
        job.deps.setup.update_destination(desired.name, desired.entry.events)


def _repair_destination(job: Job, desired: Desired, *, mine: bool) -> None:
    setup = job.deps.setup
    if mine and job.was is None and setup.create_destination(desired.name, desired.entry.events):
        return
    differs = setup.destination_differs(desired.name, desired.entry.events)
    if differs is None:
        if not mine:
            job.note(DESTINATION)
        setup.create_destination(desired.name, desired.entry.events)
    elif differs:
        setup.update_destination(desired.name, desired.entry.events)
