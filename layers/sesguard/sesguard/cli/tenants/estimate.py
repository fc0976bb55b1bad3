"""How many calls to SES a change takes, about: at one a second that says how long it takes."""

from __future__ import annotations

from datetime import timedelta

from sesguard.provisioning.desired import expected_calls, same_in_ses
from sesguard.stream import StreamId
from sesguard.tenants.items import POOL
from sesguard.tenants.model import StreamEntry
from sesguard.tenants.plan import Change, PlanAction, StreamChange

A_CALL = timedelta(seconds=1)  # https://docs.aws.amazon.com/ses/latest/dg/quotas.html


def calls(change: StreamChange, home: StreamId) -> int:
    """Calls of the guard at ``home``; none for a stream that another guard serves."""
    if change.stream[:2] != home[:2]:
        return 0
    if change.old is None:
        return expected_calls(change.new) if change.new is not None else 0
    if change.new is None:
        return _removing(change.old)
    return 0 if same_in_ses(change.old, change.new) else _changing(change.old, change.new)


def calls_of_pool(change: Change) -> int:
    """A pool is made at once; one that is there is read, with its tags, and then put or deleted."""
    if not change.item.startswith(POOL):
        return 0
    return 1 if change.action is PlanAction.CREATE else 4


def _removing(entry: StreamEntry) -> int:
    """The set is read and deleted; each identity read and cleared; the SES tenant read, looked into and deleted."""
    return 2 + 2 * len(entry.identities) + (3 if entry.ses_tenant else 0)


def _changing(old: StreamEntry, new: StreamEntry) -> int:
    """The set is read, and each group of its options that differs put; and so on for what else differs."""
    suppressing = ("suppression", "suppression_scope", "validation")
    groups = any(getattr(old, key) != getattr(new, key) for key in suppressing) + (old.tags != new.tags)
    groups += (old.tls, old.pool) != (new.tls, new.pool)
    of_set = groups + 1 if groups else 0
    of_destination = 2 if old.events != new.events else 0
    of_identities = 2 * len(set(old.identities) ^ set(new.identities))
    return of_set + of_destination + of_identities + _changing_tenant(old, new)


def _changing_tenant(old: StreamEntry, new: StreamEntry) -> int:
    if old.ses_tenant == new.ses_tenant:
        differs = (old.identities, old.tags, old.switch) != (new.identities, new.tags, new.switch)
        policy = old.ses_tenant_policy != new.ses_tenant_policy
        return 3 + policy if new.ses_tenant and (differs or policy) else 0
    return (3 if old.ses_tenant else 0) + (2 + len(new.identities) if new.ses_tenant else 0)
