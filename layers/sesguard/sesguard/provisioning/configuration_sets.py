"""A stream's configuration set and its event destination: made, or what differs put right."""

from __future__ import annotations

from sesguard.provisioning.desired import DESTINATION, Desired, arn, not_ours, owned, same_set
from sesguard.provisioning.job import Job
from sesguard.provisioning.problems import Later
from sesguard.provisioning.ses_ports import SetNow
from sesguard.provisioning.task import POOL, TaskState
from sesguard.tenants.model import SHARED


def ensure_set(job: Job, wish: Desired, *, on: bool = True) -> None:
    """Make the configuration set true, and let it publish to the guard. on: whether one that is made may send.

    Raises Problem, AwsError or ConflictError.
    """
    setup = job.desk.setup
    _await_pool(job, wish.entry.pool)
    if same_set(wish, job.was):
        if job.was is not None and job.was.entry.events != wish.entry.events:
            _repair_destination(job, wish, mine=True)
        return
    if job.was is None and setup.create_set(wish.name, wish.delivery, wish.suppression, wish.tags, on=on):
        _make_destination(job, wish)
        return
    now = setup.read_set(wish.name)
    if now is None:  # somebody deleted it
        setup.create_set(wish.name, wish.delivery, wish.suppression, wish.tags, on=on)
        _make_destination(job, wish)
        return
    mine = owned(now.tags, wish.stack)
    if not mine and not wish.entry.adopt:
        raise not_ours("configuration set", wish.name, now.tags)
    _put_options(job, wish, now, mine=mine)
    _put_tags(job, wish, now, mine=mine)
    if job.was is None or job.was.entry.events != wish.entry.events:
        _repair_destination(job, wish, mine=mine)


def _await_pool(job: Job, name: str) -> None:
    """A pool that is to be made comes first."""
    if name == SHARED:
        return
    row = job.desk.rows.load(f"{POOL}{name}")
    if row is not None and row.wanted and row.state is TaskState.WAITING:
        raise Later(why=f"pool {name} is not made yet")


def _put_options(job: Job, wish: Desired, now: SetNow, *, mine: bool) -> None:
    """Put what differs. One Put replaces a whole group of options, so what is not ours goes along as it was."""
    setup = job.desk.setup
    if now.delivery[:2] != wish.delivery[:2]:
        setup.put_delivery(wish.name, wish.delivery._replace(other=now.delivery.other))
    new, old = wish.suppression, now.suppression
    if new.reasons is None and not mine:
        new = new._replace(reasons=old.reasons)
    differs = [new.reasons != old.reasons, new.scope not in ("", old.scope), new.validation not in ("", old.validation)]
    if any(differs):
        setup.put_suppression(wish.name, new._replace(other=old.other))
    if not now.reputation:
        setup.put_reputation(wish.name)


def _put_tags(job: Job, wish: Desired, now: SetNow, *, mine: bool) -> None:
    this = arn("configuration-set", wish.name, job.stream, job.desk.partition)
    if not mine:
        job.tag_also(this, now.tags, wish)
        return
    different = {key: value for key, value in wish.tags.items() if now.tags.get(key) != value}
    if different:
        job.desk.setup.tag(this, different)
    if job.was is not None and (gone := job.was.entry.tags.keys() - wish.tags.keys()):
        job.desk.setup.untag(this, sorted(gone))


def _make_destination(job: Job, wish: Desired) -> None:
    """Of a set that was just made, or whose making was not answered."""
    if not job.desk.setup.create_destination(wish.name, wish.entry.events):
        job.desk.setup.update_destination(wish.name, wish.entry.events)


def _repair_destination(job: Job, wish: Desired, *, mine: bool) -> None:
    setup = job.desk.setup
    if mine and job.was is None and setup.create_destination(wish.name, wish.entry.events):
        return
    differs = setup.destination_differs(wish.name, wish.entry.events)
    if differs is None:
        if not mine:
            job.note(DESTINATION)
        setup.create_destination(wish.name, wish.entry.events)
    elif differs:
        setup.update_destination(wish.name, wish.entry.events)
