"""Checks of ways around the guard, and of versions that do not go together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sesguard.doctor.check import Check, Deployment, Finding, Severity
from sesguard.doctor.streams import partly

OLDEST_SDK: Final = (1, 40)
"""botocore from which SES's tenants can be called: row A14 of docs/aws-assumptions.md."""


def _senders(at: Deployment) -> Iterator[Finding]:
    identities = [each.name for each in at.ses.identities().seen if each.verified]
    senders = at.access.senders(identities)
    for sender in senders.seen:
        if sender.any_set:
            yield Finding(
                sender.arn.rpartition(":")[2],
                "may send with any configuration set: a pause of its own set does not stop it",
            )
    yield from partly(senders, "users and roles")


def _versions(at: Deployment) -> Iterator[Finding]:
    versions = at.versions
    if not versions.stack:
        yield Finding(at.home.stack, f"does not say its version; this command line is {versions.command_line}")
    elif versions.stack != versions.command_line:
        yield Finding(at.home.stack, f"is {versions.stack}, this command line is {versions.command_line}")
    if versions.sdk < OLDEST_SDK:
        said = f"is {'.'.join(map(str, versions.sdk))}, which does not know all of SES"
        yield Finding("botocore", said, "pip install --upgrade botocore")
    layers = {layer for each in at.runtime.functions() for layer in each.layers if f":layer:{at.home.stack}-" in layer}
    if len(layers) > 1:
        said = f"functions run {len(layers)} versions of the guard's code: a deployment was left half done"
        yield Finding(at.home.stack, said, "deploy again", Severity.ERROR)


ACCESS_CHECKS: Final = (
    Check(
        id="SG30",
        name="sending-access",
        title="who sends can send by its own set only",
        why="Who may name any configuration set goes around a pause by naming another one.",
        remedy="sesguard tenants smtp create STREAM, or the policy that it prints with --policy",
        severity=Severity.WARNING,
        actions=frozenset(
            {
                "ses:ListEmailIdentities",
                "ses:GetEmailIdentity",
                "iam:ListUsers",
                "iam:ListRoles",
                "iam:SimulatePrincipalPolicy",
            }
        ),
        find=_senders,
    ),
    Check(
        id="SG31",
        name="versions",
        title="the stack, its functions and this command line are of one version",
        why="A newer one reads what an older one wrote; the other way round, keys may be unknown.",
        remedy="sam build && sam deploy, or update this command line",
        severity=Severity.WARNING,
        actions=frozenset(
            {
                "cloudformation:ListStackResources",
                "lambda:GetFunctionConfiguration",
                "lambda:GetFunctionConcurrency",
                "cloudwatch:GetMetricData",
            }
        ),
        find=_versions,
    ),
)
