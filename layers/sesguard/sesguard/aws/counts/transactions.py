"""Carrying a chunk of outcomes into the tables, whatever stands in the way that time can heal."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.counts.outcome_writes import Chunk, Tables, actions
from sesguard.errors import AwsError

ACTIONS: Final = frozenset({"dynamodb:PutItem", "dynamodb:UpdateItem"})  # of what a transaction holds

_TRIES = 5
_FIRST_PAUSE = 0.05  # seconds, doubling; a conflicting transaction takes some 20 ms

_EXISTS = "ConditionalCheckFailed"
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html, cancellation reasons
_PASSING = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})


class _Cancelled(NamedTuple):
    """Why a transaction was cancelled, action by action; set_of: the set that a marker which was there is of."""

    codes: list[str]
    set_of: list[str | None]


def commit(
    client: DynamoDBClient, tables: Tables, chunk: Chunk, *, minute: int, pause: Callable[[float], None]
) -> None:
    """Count each event of ``chunk`` unless it has been counted before. Raises AwsError; then none was counted by it.

    minute: by the writer's clock, epoch minute. pause: sleeps so many seconds.
    """
    named = True
    tries = 0
    while chunk.adds:
        cancelled = _try(client, actions(chunk, tables, named=named, minute=minute))
        if cancelled is None:
            return
        markers = list(zip(chunk.adds, cancelled.codes, cancelled.set_of, strict=False))
        known = {identity for identity, code, _ in markers if code == _EXISTS}
        full = _EXISTS in cancelled.codes[len(chunk.adds) :]
        if known or (full and named):
            # Told without its set before, and counted as mail without one: now it goes where it belongs.
            moving = {identity for identity, _, name in markers if name == "" and identity not in chunk.moved}
            moving = moving & known if chunk.outcomes.stream.attributed else set()
            chunk = chunk.without(known - moving).moving(moving)
            named = named and not full
            continue
        tries += 1
        others = set(cancelled.codes) - {"None"}
        if tries == _TRIES or not others <= _PASSING:
            raise AwsError("TransactWriteItems", min(others, default="Cancelled"), retryable=others <= _PASSING)
        pause(_FIRST_PAUSE * 2**tries * random.uniform(0.5, 1.0))  # noqa: S311  # spreads retries, keeps no secret


def _try(client: DynamoDBClient, items: list[dict[str, Any]]) -> _Cancelled | None:
    with calling("TransactWriteItems"):
        try:
            client.transact_write_items(TransactItems=items)  # type: ignore[arg-type]  # plain dicts of the same shape
        except ClientError as error:
            reasons: Any = error.response.get("CancellationReasons")
            if not reasons:
                raise
            found = [reason.get("Item", {}).get("set", {}).get("S") for reason in reasons]
            return _Cancelled([reason.get("Code") or "None" for reason in reasons], found)
    return None
