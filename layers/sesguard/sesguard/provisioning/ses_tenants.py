"""SES's own tenants: made, associated with the set and its identities, and taken away when no set is left.

https://docs.aws.amazon.com/ses/latest/dg/tenants.html. SES gives a new tenant its reputation policy ``standard``, under
which it may stop the tenant itself. The guard leaves the policy alone unless the registry names one, and undoes nothing
that SES decides.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sesguard.provisioning.desired import ASSOCIATION, SES_TENANT, Desired, LastApplied, arn, entry_of, not_ours, owned
from sesguard.provisioning.job import Job
from sesguard.provisioning.problems import Later, ProvisioningProblem
from sesguard.provisioning.ses_ports import TenantNow

_A_SET: Final = ":configuration-set/"


def ensure_tenant(job: Job, desired: Desired) -> str:
    """Make the stream one of its SES tenant's, and of no other's that it was; give the tenant's ARN, "" for none.

    Raises Problem, AwsError or ConflictError.
    """
    name = desired.entry.ses_tenant
    for other in job.noted(SES_TENANT):
        if other != name:
            leave_tenant(job, other)
    if not name:
        return ""
    if job.was is not None and _same(desired, job.was):
        return ""
    job.note(SES_TENANT + name)
    setup = job.deps.setup
    made = setup.create_tenant(name, desired.tags)
    if made:
        _associate(job, desired, (), mine=True)
        _put_policy(job, desired, made)
        return made
    now = setup.read_tenant(name)
    if now is None:
        raise Later(why=f"SES tenant {name} was there and is gone")
    mine = owned(now.tags, desired.stack)
    if not mine and not desired.entry.adopt:
        raise not_ours("SES tenant", name, now.tags)
    there = setup.associated(name)
    _refuse_anothers(job, desired, there)
    _associate(job, desired, there, mine=mine)
    _put_tags(job, desired, now, mine=mine)
    _put_policy(job, desired, now.arn)
    return now.arn


def _put_policy(job: Job, desired: Desired, tenant_arn: str) -> None:
    """Say by what SES itself may pause the tenant, where the registry says so and has not said so before."""
    policy = desired.entry.ses_tenant_policy
    before = job.was.entry if job.was is not None else None
    if policy and (
        before is None or (before.ses_tenant, before.ses_tenant_policy) != (desired.entry.ses_tenant, policy)
    ):
        region = job.stream.region
        job.deps.setup.put_policy(tenant_arn, f"arn:{job.deps.partition}:ses:{region}:aws:reputation-policy/{policy}")


def _refuse_anothers(job: Job, desired: Desired, there: Collection[str]) -> None:
    """Raise ProvisioningProblem where a set of another tenant's is in it: an SES tenant is turned off as a whole."""
    for resource in there:
        _, is_set, name = resource.partition(_A_SET)
        row = job.deps.rows.load(str(job.stream._replace(configuration_set=name))) if is_set else None
        others = row is not None and row.wanted and row.tenant != desired.tenant
        if row is not None and others and entry_of(row.wanted).ses_tenant == desired.entry.ses_tenant:
            raise ProvisioningProblem(
                what=f"SES tenant {desired.entry.ses_tenant} is that of stream {name} of tenant {row.tenant}",
                remedy="an SES tenant is turned off as a whole: choose another name",
            )


def _associate(job: Job, desired: Desired, there: Collection[str], *, mine: bool) -> None:
    """Associate what is missing, and end what the guard associated and is not wished any more.

    What is there already in a tenant of the guard's own came from another stream, and is to go with the last of them.
    """
    name = desired.entry.ses_tenant
    wanted = _resources(job, desired.entry.identities)
    for resource in job.noted(_association(name)):
        if resource not in wanted:
            _dissociate(job, name, resource)
    missing = [resource for resource in wanted if resource not in there]
    job.note(*(_association(name) + resource for resource in (wanted if mine else missing)))
    for resource in missing:
        job.deps.setup.associate(name, resource)


def _association(tenant: str) -> str:
    return f"{ASSOCIATION}{tenant}="


def _resources(job: Job, identities: tuple[str, ...]) -> list[str]:
    """The ARNs of the stream's set and of identities."""
    partition = job.deps.partition
    of_set = arn("configuration-set", job.stream.configuration_set, job.stream, partition)
    return [of_set, *(arn("identity", name, job.stream, partition) for name in identities)]


def leave_tenant(job: Job, name: str) -> None:
    """Take the stream out of an SES tenant; delete the tenant if the guard made it and no other set is in it."""
    setup = job.deps.setup
    now = setup.read_tenant(name)
    if now is not None:
        noted = job.noted(_association(name))
        alone = owned(now.tags, job.deps.stack) and not _other_sets(job, name)
        if alone:
            setup.delete_tenant(name)  # its associations go with it
        else:
            for resource in noted:
                _dissociate(job, name, resource)
    job.forget(SES_TENANT + name, *(thing for thing in job.row.made if thing.startswith(_association(name))))


def _dissociate(job: Job, name: str, resource: str) -> None:
    """End an association, but of an identity that has gone to another stream of the same SES tenant's."""
    if not _taken_over(job, name, resource):
        job.deps.setup.dissociate(name, resource)
    job.forget(_association(name) + resource)


def _taken_over(job: Job, name: str, resource: str) -> bool:
    _, is_identity, identity = resource.partition(":identity/")
    now = job.deps.setup.read_identity(identity) if is_identity else None
    if now is None or now.default in {"", job.stream.configuration_set}:
        return False
    row = job.deps.rows.load(str(job.stream._replace(configuration_set=now.default)))
    if row is None or not row.wanted:
        return False
    wanted = entry_of(row.wanted)
    return wanted.ses_tenant == name and identity in wanted.identities


def _other_sets(job: Job, name: str) -> bool:
    (this,) = _resources(job, ())
    return any(_A_SET in resource and resource != this for resource in job.deps.setup.associated(name))


_OF_TENANT: Final = ("ses_tenant", "ses_tenant_policy", "identities", "tags", "switch")


def _same(desired: Desired, was: LastApplied) -> bool:
    new, old = desired.entry, was.entry
    same = all(getattr(new, key) == getattr(old, key) for key in _OF_TENANT)
    return same and was.tenant == desired.tenant


def _put_tags(job: Job, desired: Desired, now: TenantNow, *, mine: bool) -> None:
    """A tenant of SES's may be shared by streams of several tenants here: whose it is stays as it was first."""
    if not mine:
        job.tag_also(now.arn, now.tags, desired)
    elif missing := {key: value for key, value in desired.entry.tags.items() if now.tags.get(key) != value}:
        job.deps.setup.tag(now.arn, missing)
