"""The default configuration set of identities: mail that names no set is counted, too.

https://docs.aws.amazon.com/ses/latest/dg/managing-configuration-sets-default-adding.html
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sesguard.provisioning.desired import IDENTITY, Desired, arn, entry_of
from sesguard.provisioning.job import Job
from sesguard.provisioning.past import note_default
from sesguard.provisioning.problems import Later, ProvisioningProblem
from sesguard.tenants.model import identity_key


def ensure_defaults(job: Job, desired: Desired) -> bool:
    """Make the set the default of its identities, and of no other; give whether one came from another set.

    Raises ProvisioningProblem, AwsError or ConflictError.
    """
    wanted = desired.entry.identities
    release_defaults(job, (name for name in job.noted(IDENTITY) if name not in wanted))
    known = job.was.entry.identities if job.was is not None and job.was.tenant == desired.tenant else ()
    moved = [_ensure_default(job, desired, name) for name in wanted if name not in known]
    return any(moved)


def release_defaults(job: Job, names: Iterable[str]) -> None:
    """Take the default away from identities whose default this set is."""
    for name in names:
        now = job.deps.setup.read_identity(name)
        if now is not None and now.default == job.stream.configuration_set:
            note_default(job, name, job.stream)
            job.deps.setup.put_default(name, "")
        job.forget(IDENTITY + name)


def _ensure_default(job: Job, desired: Desired, name: str) -> bool:
    """Make the set the identity's default; give whether another set was it."""
    now = job.deps.setup.read_identity(name)
    if now is None:
        raise ProvisioningProblem(
            what=f"identity {_shown(name)} is not there",
            remedy="verify it in SES, then: sesguard tenants repair",
        )
    if now.default != desired.name:
        _refuse_anothers(job, now.default, name)
        if now.default and not desired.entry.adopt and not _let_go(job, now.default, name):
            raise ProvisioningProblem(
                what=f"identity {_shown(name)} has a default configuration set of others' choosing, {now.default}",
                remedy="say adopt: true of the stream to change it, or leave the identity out",
            )
        if now.default:
            note_default(job, name, job.stream._replace(configuration_set=now.default))
        job.note(IDENTITY + name)
        job.deps.setup.put_default(name, desired.name)
    note_default(job, name, job.stream)
    if desired.entry.adopt:
        job.tag_also(arn("identity", name, job.stream, job.deps.partition), now.tags, desired)
    return now.default not in {"", desired.name}


def _refuse_anothers(job: Job, other: str, identity: str) -> None:
    """Raise ProvisioningProblem where another registered stream wants the identity, which no ``adopt`` overrules."""
    row = job.deps.rows.load(str(job.stream._replace(configuration_set=other))) if other else None
    if row is not None and row.wanted and identity_key(identity) in map(identity_key, entry_of(row.wanted).identities):
        if row.tenant == job.row.tenant:  # a tenant's item names it once: what that says of the other set is on its way
            raise Later(why=f"identity {_shown(identity)} has to leave stream {other} first")
        raise ProvisioningProblem(
            what=f"identity {_shown(identity)} is that of stream {other} of tenant {row.tenant}",
            remedy="an identity has one default configuration set: take it away there first, or leave it out here",
        )


def _let_go(job: Job, other: str, identity: str) -> bool:
    """Whether the guard made ``other`` the default for a stream that does not want the identity any more."""
    row = job.deps.rows.load(str(job.stream._replace(configuration_set=other)))
    if row is None or IDENTITY + identity not in row.made:
        return False
    if row.was:  # should that stream want it back, nothing must say that it has it
        job.deps.rows.save(replace(row, was="", at=job.now))
    return True


def _shown(name: str) -> str:
    """A domain as it is; of an address, which may be a person's, the domain alone."""
    local, at, domain = name.rpartition("@")
    return f"at {domain}" if at and local else name
