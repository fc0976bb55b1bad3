"""onboard: makes SES what the registry says, one control call a second, as long as anything is due."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.settings import OnboardSettings, in_lambda
from sesguard.errors import AwsError, SesguardError
from sesguard.pausing.unreadable import TASK, tell_unreadable
from sesguard.provisioning.report import tell_failures
from sesguard.provisioning.worker import work
from sesguard.wiring.onboard import OnboardDeps, make_worker, onboarding

logger = Logger()
metrics = Metrics()


@cache
def wired() -> OnboardDeps:
    return onboarding(OnboardSettings.from_env())


if in_lambda():
    wired()  # while the process starts, when Lambda gives it more CPU than the function will have


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:  # noqa: ARG001  # whatever woke it
    """Work until nothing is due or the time is up; one at a time, so whoever comes second leaves at once."""
    guard = wired()
    if guard.rows.due(datetime.now(UTC), 1) and guard.lease.take():
        try:
            _work(guard, context)
        finally:
            with suppress(SesguardError):  # it ends by itself
                guard.lease.leave()
    tell_failures(guard.rows, guard.bus, datetime.now(UTC))
    return {"batchItemFailures": []}


def _work(guard: OnboardDeps, context: LambdaContext) -> None:
    _, partition, _, region, account, *_ = context.invoked_function_arn.split(":")

    def time_left(seconds: float) -> bool:
        return context.get_remaining_time_in_millis() > seconds * 1000

    worker = make_worker(guard, account, region, partition, time_left)
    worked = work(worker)
    logger.info(
        "onboarded",
        done=worked.done,
        removed=worked.removed,
        again=worked.again,
        unsaved=worked.unsaved,
        failed=worked.failed,
        left=worked.left,
        calls=worker.gate.calls,
    )
    metrics.add_metric("OnboardingCalls", MetricUnit.Count, worker.gate.calls)
    metrics.add_metric("StreamsOnboarded", MetricUnit.Count, worked.done)
    metrics.add_metric("StreamsNotOnboarded", MetricUnit.Count, len(worked.failed))
    metrics.flush_metrics()  # here, because most minutes have nothing to report
    if worked.unreadable:
        tell_unreadable(guard.bus, worked.unreadable, datetime.now(UTC), TASK)
    if worked.goes_on:
        try:
            guard.go_on.send()
        except AwsError as error:
            logger.warning("the rest is left to the schedule", error=str(error))
