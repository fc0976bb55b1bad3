"""Checks of configuration sets, identities, pools and SES's tenants, and of what the registry says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, TypeVar

from sesguard.doctor.check import Check, Deployment, Finding, Severity
from sesguard.doctor.facts import Sampled, SetFacts
from sesguard.stream import StreamId

T = TypeVar("T")
_BAD: Final = frozenset({"BOUNCE", "COMPLAINT"})
_VOLUME: Final = frozenset({"SEND", "DELIVERY"})
UNSEEN_SHARE: Final = 0.1
UNSEEN_MAILS: Final = 50
"""Mail that SES has taken and the guard has not counted: from which share, and how many, it is no matter of minutes."""
_SETS: Final = frozenset(
    {"ses:ListConfigurationSets", "ses:GetConfigurationSet", "ses:GetConfigurationSetEventDestinations"}
)


def partly(sample: Sampled[T], what: str) -> Iterator[Finding]:
    """Say of how many the sample is; nothing where it is all."""
    if not sample.whole:
        said = f"{len(sample.seen):,} of {sample.of:,} were looked at, by chance"
        yield Finding(what, said, f"--sample {sample.of} looks at all, one a second", Severity.NOTE)


def _guards_own(at: Deployment) -> frozenset[str]:
    return frozenset({at.home.outputs.get("NoticeConfigurationSetName", "")})


def _tenants_sets(at: Deployment) -> Iterator[SetFacts]:
    return (each for each in at.ses.sets().seen if each.name not in _guards_own(at))


def _targets(at: Deployment) -> frozenset[str]:
    """Where a set may publish so that the guard counts it."""
    outputs = at.home.outputs
    return frozenset(filter(None, (outputs.get("SesEventsTopicArn"), outputs.get("SesEventsBusArn"))))


def _destinations(at: Deployment) -> Iterator[Finding]:
    targets = _targets(at)
    for each in _tenants_sets(at):
        if problem := _problem(each, targets):
            yield Finding(each.name, problem)
    yield from partly(at.ses.sets(), "configuration sets")


def _problem(each: SetFacts, targets: frozenset[str]) -> str:
    ours = [destination for destination in each.destinations if destination.targets & targets]
    if not ours:
        return "publishes nothing to the guard: it is neither counted nor paused"
    enabled = [destination for destination in ours if destination.enabled]
    if not enabled:
        return "its event destination is switched off: it is neither counted nor paused"
    events = frozenset[str]().union(*(destination.events for destination in enabled))
    missing = sorted(_BAD - events) + ([] if events & _VOLUME else ["SEND"])
    return f"its event destination leaves out {', '.join(missing)}" if missing else ""


def _metrics(at: Deployment) -> Iterator[Finding]:
    for each in _tenants_sets(at):
        if not each.reputation_metrics:
            yield Finding(
                each.name,
                "its reputation metrics are off",
                "aws sesv2 put-configuration-set-reputation-options "
                f"--configuration-set-name {each.name} --reputation-metrics-enabled",
            )


def _default_sets(at: Deployment) -> Iterator[Finding]:
    for each in at.ses.identities().seen:
        if each.verified and not each.default_set:
            yield Finding(
                each.name,
                "has no default configuration set: mail that names none is seen by nobody",
                f"name it under a stream's identities; or aws sesv2 put-email-identity-configuration-set-attributes "
                f"--email-identity {each.name} --configuration-set-name SET",
            )
    yield from partly(at.ses.identities(), "identities")


def _unseen(at: Deployment) -> Iterator[Finding]:
    sent, counted = at.runtime.sent(), at.guard.counted()
    unseen = sent - counted
    if unseen >= UNSEEN_MAILS and unseen >= UNSEEN_SHARE * sent:
        yield Finding(
            at.home.account,
            f"SES took {sent:,.0f} mails within 24 hours, and the guard has counted {counted:,}: "
            f"{unseen / sent:.0%} may have gone without a configuration set, or by sets that do not publish here",
        )


def _registry(at: Deployment) -> Iterator[Finding]:
    names = set(at.ses.set_names())
    home = (at.home.account, at.home.region)
    here = [(StreamId.parse(each.stream), each) for each in at.guard.registered()]
    known = {stream.configuration_set for stream, _ in here if stream[:2] == home}
    for stream, each in here:
        if each.problem:
            yield Finding(each.stream, f"cannot be made in SES: {each.problem}")
        elif stream[:2] == home and stream.configuration_set not in names:
            yield Finding(stream.configuration_set, f"is tenant {each.tenant}'s by the registry, and not in SES")
    off = {each.stream for each in at.guard.not_healthy() if each.off}
    for found in _tenants_sets(at):
        stream = StreamId(*home, found.name)
        if not found.sending and str(stream) not in off:
            remedy = f"sesguard show {found.name}; sesguard resume {found.name}, or sesguard hold {found.name}"
            yield Finding(found.name, "is off in SES, and the guard has not turned it off", remedy, Severity.WARNING)
    nobodys = sorted(each.name for each in _tenants_sets(at) if each.name not in known)
    if nobodys and known:
        more = f" and {len(nobodys) - 3:,} more" if len(nobodys) > 3 else ""
        said = f"are no tenant's: nobody is told of their pauses ({', '.join(nobodys[:3])}{more})"
        count = f"{len(nobodys)} of {len(at.ses.sets().seen)} sets that were looked at"
        yield Finding(count, said, "sesguard tenants import", Severity.NOTE)


def _ses_tenants(at: Deployment) -> Iterator[Finding]:
    for each in at.ses.tenants().seen:
        if each.policy not in ("none", ""):
            said = f"SES itself may pause it, by its policy {each.policy}, beside the guard"
            yield Finding(each.name, said, severity=Severity.WARNING if each.policy == "strict" else None)
    yield from partly(at.ses.tenants(), "tenants of SES")


def _pools(at: Deployment) -> Iterator[Finding]:
    used = Counter(each.pool for each in at.guard.registered())
    for pool in at.ses.pools():
        if pool.addresses == 0:
            streams = f"; {used[pool.name]} streams are to send from it" if used[pool.name] else ""
            severity = Severity.ERROR if used[pool.name] else Severity.NOTE
            yield Finding(pool.name, f"has no address{streams}", severity=severity)


def _elsewhere(at: Deployment) -> Iterator[Finding]:
    home = f"{at.home.account}/{at.home.region}"
    places = Counter(each.stream.rpartition("/")[0] for each in at.guard.registered())
    places.pop(home, None)
    for place, many in sorted(places.items()):
        region = place.rpartition("/")[2]
        remedy = f"sesguard doctor --region {region}, with credentials of {place.partition('/')[0]}"
        yield Finding(place, f"{many} streams of the registry are there: only a guard there guards them", remedy)


STREAM_CHECKS: Final = (
    Check(
        id="SG10",
        name="destinations",
        title="configuration sets publish to the guard",
        why="A set that publishes nothing is neither counted nor paused, and nothing else would say so.",
        remedy="sesguard tenants repair, where it is registered; else let it publish to the stack's SesEventsTopicArn",
        severity=Severity.ERROR,
        actions=_SETS,
        find=_destinations,
    ),
    Check(
        id="SG11",
        name="reputation-metrics",
        title="sets have reputation metrics",
        why="They show what SES itself thinks of a set, beside what the guard counts.",
        remedy="sesguard tenants repair",
        severity=Severity.NOTE,
        actions=_SETS,
        find=_metrics,
    ),
    Check(
        id="SG12",
        name="default-sets",
        title="identities have a default set",
        why="Mail without a configuration set makes no event: the guard can neither count nor stop it.",
        remedy="give each verified identity a default configuration set",
        severity=Severity.WARNING,
        actions=frozenset({"ses:ListEmailIdentities", "ses:GetEmailIdentity"}),
        find=_default_sets,
    ),
    Check(
        id="SG13",
        name="unseen-mail",
        title="the guard counts what SES takes",
        why="Mail that is not counted is a way around every pause.",
        remedy="see default-sets, destinations and sending-access",
        severity=Severity.WARNING,
        actions=frozenset({"cloudwatch:GetMetricData", "dynamodb:Query"}),
        find=_unseen,
    ),
    Check(
        id="SG14",
        name="registry",
        title="SES is as the registry says",
        why="What is registered and not in SES cannot send; what is off unknown to the guard stays off.",
        remedy="sesguard tenants status says what stands in the way; then sesguard tenants repair",
        severity=Severity.ERROR,
        actions=_SETS | {"dynamodb:Scan", "dynamodb:Query", "dynamodb:GetItem"},
        find=_registry,
    ),
    Check(
        id="SG15",
        name="ses-tenants",
        title="SES's own policy leaves pauses to the guard",
        why="By its own policy SES pauses a tenant without telling its owner, and the guard does not undo that.",
        remedy="ses_tenant_policy: none in the registry, or leave it and expect two who pause",
        severity=Severity.NOTE,
        actions=frozenset({"ses:ListTenants", "ses:GetReputationEntity"}),
        find=_ses_tenants,
    ),
    Check(
        id="SG16",
        name="pools",
        title="pools have addresses",
        why="Mail of a set whose pool has no address cannot be sent.",
        remedy="lease addresses (SES console, Dedicated IPs), then sesguard tenants pools assign POOL ADDRESS",
        severity=Severity.ERROR,
        actions=frozenset(
            {"ses:ListDedicatedIpPools", "ses:GetDedicatedIpPool", "ses:GetDedicatedIps", "dynamodb:Scan"}
        ),
        find=_pools,
    ),
    Check(
        id="SG17",
        name="elsewhere",
        title="streams are where the guard is",
        why="Each account and region is guarded by a guard of its own.",
        remedy="deploy the guard there too",
        severity=Severity.NOTE,
        actions=frozenset({"dynamodb:Scan"}),
        find=_elsewhere,
    ),
)
