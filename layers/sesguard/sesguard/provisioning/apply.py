"""Make one stream true in SES, in the order in which one thing needs the other; and take it away in reverse.

Everything can be done again: what the guard made is known by its tag, what it changed is noted before it is changed.
Whether a set may send is never changed
here: only a set that is made starts off where its stream is paused.
"""

from __future__ import annotations

from sesguard.bus.events import iso
from sesguard.pausing.journal import OffboardedEntry
from sesguard.provisioning.configuration_sets import ensure_set
from sesguard.provisioning.desired import DESTINATION, IDENTITY, SES_TENANT, TAG, Desired, owned
from sesguard.provisioning.domains import with_ready
from sesguard.provisioning.identities import ensure_defaults, release_defaults
from sesguard.provisioning.job import Job
from sesguard.provisioning.past import leave, read_past, save_past
from sesguard.provisioning.problems import Later
from sesguard.provisioning.ses_tenants import ensure_tenant, leave_tenant


def make(job: Job, desired: Desired) -> None:
    """Make the stream what ``desired`` says. Raises Problem, Later, Stopped, AwsError or ConflictError."""
    job.begin()
    desired = with_ready(job, desired)
    past = read_past(job, desired.entry.identities)
    ensure_set(job, desired, on=not past.off)
    save_past(job, past)
    if ensure_defaults(job, desired):
        save_past(job, read_past(job, desired.entry.identities))
    tenant_arn = ensure_tenant(job, desired)
    _ensure_alarm(job, desired)
    _ensure_switch(job, desired, tenant_arn)


def _ensure_alarm(job: Job, desired: Desired) -> None:
    """An alarm that is made on demand is none of onboarding's, but for one that was to be kept and is not any more."""
    was_kept = job.was is not None and job.was.entry.alarm == "always"
    if desired.alarm.kept or was_kept:
        job.deps.alarms.ensure(job.stream, desired.alarm)


def _ensure_switch(job: Job, desired: Desired, tenant_arn: str) -> None:
    """What turns the stream: known here alone, as only the making of an SES tenant gives its ARN."""
    by_tenant = desired.entry.switch != "configuration_set"
    if by_tenant and not tenant_arn:
        return  # it is as it was
    if not job.deps.registered.switch(job.stream, desired.entry.switch, tenant_arn if by_tenant else ""):
        raise Later("the stream is turned off, and what turns it is changed when it is on again")


def remove(job: Job) -> None:
    """Take away what the guard made for the stream, end its record, and leave its history.

    First what mail would run into (SES refuses mail of an identity whose default set is gone), then what SES keeps a
    set for (a tenant it is associated with), then the set. Raises what ``make`` raises.
    https://docs.aws.amazon.com/ses/latest/dg/managing-configuration-sets-default-adding.html
    """
    job.begin()
    setup, name = job.deps.setup, job.stream.configuration_set
    now = setup.read_set(name)
    mine = now is not None and owned(now.tags, job.deps.stack)
    known = set(job.was.entry.identities) if job.was is not None and mine else set()
    release_defaults(job, sorted(known.union(job.noted(IDENTITY))))
    for tenant in job.noted(SES_TENANT):
        leave_tenant(job, tenant)
    end_record(job, set_goes=mine or now is None)
    job.deps.alarms.remove(job.stream)
    if mine:
        setup.delete_set(name)
    elif now is not None and DESTINATION in job.row.made:
        setup.delete_destination(name)
    _untag(job)
    job.deps.registered.remove(job.stream, job.row.since)


def _untag(job: Job) -> None:
    """Take away the tags that the guard added to what others made."""
    keys: dict[str, list[str]] = {}
    for tag in job.noted(TAG):
        key, _, arn = tag.partition("=")
        keys.setdefault(arn, []).append(key)
    for arn, tags in sorted(keys.items()):
        job.deps.setup.untag(arn, tags)


def end_record(job: Job, *, set_goes: bool) -> None:
    """Note in the stream's record and journal that it leaves; its state stays (:mod:`sesguard.provisioning.past`)."""
    record = job.deps.streams.load(job.stream)
    if not record.known or record.offboarded:
        return
    # Named by when it was told to leave, so that it is there once however often this is done.
    status = record.state.status.value
    entry = OffboardedEntry(
        str(job.stream),
        f"{iso(job.row.since)}#offboarded",
        record.state.incident,
        before=status,
        to=status,
        tenant=record.tenant,
    )
    job.deps.journal.note(entry)
    job.deps.streams.save(leave(record, job.now, set_goes=set_goes))
