"""register: changes of the registry, from TenantsTable's stream; each tenant that is named is read and enqueued up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from sesguard.aws.clients import Clients
from sesguard.aws.settings import RegisterSettings, in_lambda
from sesguard.errors import AwsError, SesguardError
from sesguard.provisioning.enqueue import register
from sesguard.provisioning.senders import keep_senders
from sesguard.wiring.register import Registering, registering

KEPT_MS = 20_000  # of the function's time, for what was begun
OUT_OF_TIME = AwsError("Register", "OutOfTime", retryable=True)

logger = Logger()
_done: dict[str, set[str]] = {}  # tenants that were registered because of a change which comes again, by its number


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
        names = event["tenants"] if "tenants" in event else [item["id"] for item in guard.deps.items.items()]
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
        found = keep_senders(guard.rows, guard.senders, guard.deps.home)
    except SesguardError as error:
        logger.warning("senders not kept", error=str(error))
        return
    except Exception:
        logger.exception("senders not kept")
        return
    logger.info("senders kept", identities=len(found.identities), sets=len(found.sets))


def _register(guard: Registering, names: Mapping[str, str], left: Callable[[], bool]) -> dict[str, Exception]:
    """Register tenants, and those that have to be looked at because of them; what failed, by name.

    names: each with the number of its last change. Those that were registered because of it at an earlier try are left
    out: where a policy of more tenants changes than there is ``left`` time for, each try gets further.
    """
    up = False
    failed: dict[str, Exception] = {}
    because_of: dict[str, set[str]] = {}
    done = {name: _done.get(change, set()) for name, change in names.items()}

    def take(name: str) -> None:
        nonlocal up
        causes = because_of.get(name, {name})
        try:
            if not left():
                raise OUT_OF_TIME
            enqueued = register(guard.deps, name, datetime.now(UTC))
        except SesguardError as error:
            if error is not OUT_OF_TIME:
                logger.warning("not registered", item=name, error=str(error))
            failed.update(dict.fromkeys(causes, error))
            return
        except Exception as error:  # one that is odd in a way nobody thought of stops no other
            logger.exception("not registered", item=name)
            failed.update(dict.fromkeys(causes, error))
            return
        up = up or enqueued.up
        for other in enqueued.others - names.keys():
            because_of.setdefault(other, set()).update(causes)
        if not enqueued.others:
            for cause in causes:
                done[cause].add(name)

    guard.workers.each(take, sorted(names))
    seen: set[str] = set()
    while more := because_of.keys() - seen:
        seen |= more
        guard.workers.each(take, [it for it in sorted(more) if not all(it in done[cause] for cause in because_of[it])])
    for change in names.values():
        _done.pop(change, None)
    _done.update({names[name]: done[name] for name in failed if names[name]})
    out_of_time = OUT_OF_TIME in failed.values()
    logger.info("registered", items=len(names), others=len(seen), failed=sorted(failed), out_of_time=out_of_time)
    if up:
        try:
            guard.wake.send()
        except AwsError as error:
            logger.warning("onboard is left to its schedule", error=str(error))
    return failed
