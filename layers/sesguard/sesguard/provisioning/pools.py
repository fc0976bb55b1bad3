"""Pools of dedicated addresses: made, turned managed, removed.

https://docs.aws.amazon.com/ses/latest/dg/managing-ip-pools.html. A pool of others' is used as it is, and never removed.
"""

from __future__ import annotations

from sesguard.provisioning.desired import GUARD_TAG, owned, pool_of
from sesguard.provisioning.job import Job
from sesguard.provisioning.problems import ProvisioningProblem
from sesguard.provisioning.task import POOL


def ensure_pool(job: Job, home: tuple[str, str]) -> None:
    """Make the pool what its row wants, or remove it.

    Raises ProvisioningProblem, Stopped, AwsError or ConflictError.
    """
    setup = job.deps.setup
    name = job.row.key.removeprefix(POOL)
    if not job.row.wanted:
        if setup.read_pool(name) and _mine(job, name, home):
            setup.delete_pool(name)
        return
    wanted = pool_of(job.row.wanted).scaling
    if setup.create_pool(name, wanted, {GUARD_TAG: job.deps.stack}):
        return
    there = setup.read_pool(name)
    if there == wanted:
        return
    if not _mine(job, name, home):
        raise ProvisioningProblem(
            what=f"pool {name} is there already, {there}, and was not made by the guard", remedy=f"say scaling: {there}"
        )
    if wanted != "managed":
        raise ProvisioningProblem(
            what=f"pool {name} is managed",
            remedy="SES makes no managed pool standard; declare a new one and move to it",
        )
    setup.put_scaling(name, wanted)


def _mine(job: Job, name: str, home: tuple[str, str]) -> bool:
    account, region = home
    arn = f"arn:{job.deps.partition}:ses:{region}:{account}:dedicated-ip-pool/{name}"
    return owned(job.deps.setup.tags_of(arn), job.deps.stack)
