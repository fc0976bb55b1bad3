"""sweep: every minute, the streams that are not healthy; nothing that was lost stays lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard import __version__
from sesguard.account.event_destinations import Followed, tell_blind
from sesguard.account.ses_standing import keep_verified, look_at_account
from sesguard.account.shield import Shield, Shielded, keep_shield
from sesguard.aws.clients import Clients
from sesguard.aws.counts.volume_fold import Folded
from sesguard.aws.settings import (
    AlarmSettings,
    BlindnessSettings,
    DecidingSettings,
    HealthSettings,
    HistorySettings,
    MemberSettings,
    PauseQueueSettings,
    RegistrySettings,
    ShieldSettings,
    in_lambda,
)
from sesguard.bus.heartbeat import heartbeat, is_due
from sesguard.errors import AwsError
from sesguard.fleet.daily_history import keep_next
from sesguard.fleet.snapshot import write_next
from sesguard.pausing.daily_audit import audit_next
from sesguard.pausing.idle_alarms import tidy
from sesguard.pausing.outages import OutagesSeen, look_at_outages
from sesguard.pausing.ports import DeadLetters
from sesguard.pausing.queue import Served, queued_streams, serve
from sesguard.pausing.sweep import sweep
from sesguard.pausing.swept import Stages, Swept
from sesguard.pausing.tenants import TenantsWeighed, look_at_tenants
from sesguard.pausing.unreadable import tell_unreadable
from sesguard.stream import StreamId
from sesguard.wiring.sweep import LateDestinations, Sweeping, shielding, sweeping
from sesguard.wiring.sweep_report import WORST, fleet_metrics, streams_told

KEPT_MS = 15_000  # of the function's time, for one more stream and the metrics
FOLDING_MS = 10_000  # of it, for volume that is to be folded, however many streams there are to look after
LISTING_MS = 10_000  # of it, for the names of 10,000 streams, once an hour: SES lists a thousand a second

logger = Logger()
metrics = Metrics()
destinations = LateDestinations(BlindnessSettings.from_env)
first = iter([True])  # a process that is new says at once that it lives, so that a new guard is known within a minute


@cache
def clients() -> Clients:
    return Clients().prepare("dynamodb", "sesv2", "cloudwatch", "events")


@cache
def dashboard() -> bool:
    """Whether somebody may look at what costs a metric."""
    return HealthSettings.from_env().dashboard


@cache
def wired(account: str, region: str) -> tuple[Sweeping, Shield]:
    deciding = DecidingSettings.from_env()
    alarms, queue, health = AlarmSettings.from_env(), PauseQueueSettings.from_env(), HealthSettings.from_env()
    guard = shielding(ShieldSettings.from_env(), deciding.cohorts_table, account, region, clients())
    metrics.set_default_dimensions(stack=health.stack)  # there may be two stacks in one account and region
    registry, history = RegistrySettings.from_env(), HistorySettings.from_env()
    return sweeping(deciding, alarms, queue, health, registry, history, account, region, clients()), guard


if in_lambda():
    clients()  # while the process starts, when Lambda gives it more CPU than the function will have


@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> None:  # noqa: ARG001  # a schedule has nothing to say
    """Sweep once. A stream that fails is looked after again by the next sweep.

    A part that breaks stops no other; the invocation fails of it, and the guard's sign of life is missing.
    """
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    parts, guard = wired(account, region)
    deps, queue, home = parts.deps, parts.queue, StreamId(account, region, "")

    def time_left() -> bool:
        return context.get_remaining_time_in_millis() > KEPT_MS

    def time_left_to_sweep() -> bool:
        return context.get_remaining_time_in_millis() > KEPT_MS + FOLDING_MS

    def time_left_to_list() -> bool:
        return context.get_remaining_time_in_millis() > KEPT_MS + LISTING_MS

    stages, waiting = Stages(), queued_streams(queue)
    outages = stages.run(lambda: look_at_outages(deps, parts.outages, datetime.now(UTC)), OutagesSeen())
    start = stages.attempt("sweep's cursor not read", parts.cursor.load, "")
    swept = stages.run(
        lambda: sweep(deps, parts.alarms, datetime.now(UTC), time_left_to_sweep, waiting, parts.parallel, start),
        Swept(reached=start),
    )
    stages.attempt("sweep's cursor not kept", lambda: parts.cursor.save(swept.reached), None)
    folded = stages.attempt(
        "volume not folded", lambda: parts.volume.fold(datetime.now(UTC), time_left), Folded(done=False)
    )
    tenants = stages.run(lambda: look_at_tenants(deps, parts.tenants, datetime.now(UTC), time_left), TenantsWeighed())
    shielded = stages.run(lambda: keep_shield(deps, guard, datetime.now(UTC), time_left), Shielded())
    if not waiting:
        _look_at_the_account(stages, parts, home, swept, time_left)
    removed = stages.run(lambda: tidy(deps.streams, parts.idle, datetime.now(UTC)), 0)
    # Whoever waits for SES, where no worker of enforce is left to serve them.
    served = stages.run(lambda: serve(deps, queue, partial(datetime.now, UTC), time_left), Served())
    unreadable = {**swept.unreadable, **shielded.unreadable, **folded.unreadable}
    stages.attempt(
        "unreadable records not told", lambda: tell_unreadable(deps.bus, unreadable, datetime.now(UTC)), None
    )
    for stream, action in swept.actions:
        logger.info("stream looked after", stream=str(stream), action=action.value)
    logger.info(
        "swept",
        streams=swept.streams,
        left=swept.left,
        providers_failing=outages.failing,
        outages_failed=outages.failed,
        undone=[str(result.stream) for result in outages.results],
        tenants=tenants.weighed,
        tenants_paused=[str(result.stream) for result in tenants.results],
        tenants_failed=tenants.failed,
        shielded=[str(result.stream) for result in shielded.results],
        account_failed=shielded.failed,
        served=[str(result.stream) for result in served.results],
        alarms_removed=removed,
        folded=folded.streams,
        repaired=[str(stream) for stream in swept.repaired],
        without_volume=[str(stream) for stream in swept.without_volume],
        unreadable=unreadable,
        failed={str(stream): code for stream, code in swept.failed.items()},
        worst=[f"{stream} {risk:.2f}" for stream, risk in swept.worst(WORST) if risk > 0],
    )
    if dashboard():
        for name, value in fleet_metrics(swept, len(waiting)).items():
            metrics.add_metric(name, MetricUnit.NoUnit, value)
    if not waiting and time_left_to_list():
        stages.attempt("fleet not counted", lambda: write_next(parts.snapshot, datetime.now(UTC)), None)
        if days := stages.attempt(
            "days not put on record", lambda: keep_next(parts.history, datetime.now(UTC), time_left), 0
        ):
            logger.info("days put on record", days=days)
    if unreadable:
        metrics.add_metric("UnreadableRecords", MetricUnit.Count, len(unreadable))
    stages.raise_failure()
    letters = _tell_of_dead_letters(parts.dead_letters)
    if (next(first, False) or is_due(datetime.now(UTC))) and MemberSettings.from_env().central_bus_arn:
        _say_alive(parts, account, region, swept, len(waiting), letters)


def _look_at_the_account(
    stages: Stages, parts: Sweeping, home: StreamId, swept: Swept, time_left: Callable[[], bool]
) -> None:
    """Do what takes calls to SES, while nobody waits for one."""
    deps, followed = parts.deps, Followed(parts.audit)
    stages.run(lambda: keep_verified(parts.domains, parts.senders, home, datetime.now(UTC)), None)
    stages.run(lambda: look_at_account(deps, parts.standing, home, datetime.now(UTC)), "")
    stages.run(lambda: audit_next(deps, followed, swept, datetime.now(UTC), time_left), None)
    blind = stages.run(
        lambda: tell_blind(deps, destinations, home, followed.seen, datetime.now(UTC), time_left), list[str]()
    )
    if blind:
        logger.error("sets that do not publish to the guard", sets=blind)


def _say_alive(parts: Sweeping, account: str, region: str, swept: Swept, waiting: int, letters: int) -> None:
    """Give the centre a sign of life, once a sweep has been through; the next one may be heard instead."""
    deciding, shield = DecidingSettings.from_env(), ShieldSettings.from_env()
    settings = {
        "DefaultMode": deciding.default_mode.value,
        "HourlyPauses": str(deciding.hourly_pauses.least),
        "HourlyPausesShare": f"{deciding.hourly_pauses.share:g}",
        "ShieldMode": shield.shield_mode.value,
        "ShieldBounceRate": f"{shield.shield_lines.bounces:g}",
        "ShieldComplaintRate": f"{shield.shield_lines.complaints:g}",
    }
    numbers = {"unhealthy": swept.streams, "waiting": waiting, "dead_letters": letters}
    told = {"settings": settings, **numbers, **streams_told(swept)}
    stack = HealthSettings.from_env().stack
    try:
        parts.deps.bus.publish([heartbeat(datetime.now(UTC), account, region, stack, guard=__version__, **told)])
    except AwsError as error:
        logger.warning("no sign of life given", error=str(error))


def _tell_of_dead_letters(letters: DeadLetters) -> int:
    """Publish how many there are: the one metric by which the guard's health is known, hence done last; give them."""
    try:
        found = letters.count()
    except AwsError as error:
        logger.warning("dead letters not counted", error=str(error))  # an alarm says so if it lasts
        return 0
    if any(found.values()):
        logger.error("dead letters", queues={name: number for name, number in found.items() if number})
    metrics.add_metric("DeadLetters", MetricUnit.Count, sum(found.values()))
    return sum(found.values())
