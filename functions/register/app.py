"""register: changes of the registry, from TenantsTable's stream; each tenant that is named is read and enqueued up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.clients import Clients
from sesguard.aws.settings import RegisterSettings, in_lambda
from sesguard.errors import AwsError, SesguardError
from sesguard.provisioning.registration import OUT_OF_TIME
from sesguard.provisioning.senders import keep_senders
from sesguard.wiring.register import Registering, registering

KEPT_MS = 20_000  # of the function's time, for what was begun

logger = Logger()


@cache
def clients() -> Clients:
    return Clients().prepare("dynamodb")


@cache
def wired(account: str, region: str) -> Registering:
    return registering(RegisterSettings.from_env(), account, region, clients())


if in_lambda():
    clients()  # while the process starts, when Lambda gives it more CPU than the function will have


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
    """Take a batch of changes; what fails comes again with all that follows it.

    Without records: register the ``tenants`` that the event names (the schedule names none), or every one. Either way
    ingest finds afterwards who sends from which identity.
    """
    _, _, _, region, account, *_ = context.invoked_function_arn.split(":")
    guard = wired(account, region)

    def left() -> bool:
        return context.get_remaining_time_in_millis() > KEPT_MS

    if "Records" not in event:
        items = guard.registration.deps.items
        names = event["tenants"] if "tenants" in event else [item["id"] for item in items.items()]
        failed = _register(guard, dict.fromkeys(names, ""), left)
        _keep_senders(guard)
        if failed:
            logger.error("not registered", failed=sorted(failed))
            raise failed.popitem()[1]
        return {"batchItemFailures": []}
    records = [(each["dynamodb"]["Keys"]["id"]["S"], each["dynamodb"]["SequenceNumber"]) for each in event["Records"]]
    failed = _register(guard, dict(records), left)
    _keep_senders(guard)
    return {"batchItemFailures": [{"itemIdentifier": number} for name, number in records if name in failed]}


def _keep_senders(guard: Registering) -> None:
    """Raises nothing: the schedule does it again within the hour, which also heals a table that was made anew."""
    try:
        found = keep_senders(guard.rows, guard.senders, guard.registration.deps.home)
    except SesguardError as error:
        logger.warning("senders not kept", error=str(error))
        return
    except Exception:
        logger.exception("senders not kept")
        return
    logger.info("senders kept", identities=len(found.identities), sets=len(found.sets))


def _register(guard: Registering, changes: Mapping[str, str], left: Callable[[], bool]) -> dict[str, Exception]:
    """Register the tenants of ``changes``, and wake onboard where anything is due; what failed, by name."""
    found = guard.registration.register(changes, left)
    failed, out_of_time = sorted(found.failed), OUT_OF_TIME in found.failed.values()
    logger.info("registered", items=len(changes), others=found.others, failed=failed, out_of_time=out_of_time)
    if found.up:
        try:
            guard.wake.send()
        except AwsError as error:
            logger.warning("onboard is left to its schedule", error=str(error))
    return found.failed
