"""DynamoDB streams and the functions that read them: retries, partial failures, bisecting, what is given up, windows.

The emulator takes a record that a function reports as failed for done, and repeats a batch whose function raises for
ever, in the thread that also serves all queues. On AWS a shard's batches come one after the other; one that fails is
repeated from the lowest sequence number that is reported, or halved, until its retries or its age are used up, then
described to the destination on failure:
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from ministack.core.arn import ArnParseError, parse_arn
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import dynamodb, lambda_svc

from localcloud.gaps import patching

Record = dict[str, Any]
FOR_EVER: Final = -1  # MaximumRetryAttempts and MaximumRecordAgeInSeconds, and their default
RETRY_SECONDS: Final = 0.5  # AWS does not say how long it waits


@dataclass
class _Reading:
    """How far a mapping has read its stream. One thread at a time works on it."""

    position: int
    tries: int = 0
    # How many records are handed over next, innermost last, where a batch failed as a whole and was halved.
    halves: list[int] = field(default_factory=list)
    opened: float | None = None
    not_before: float = 0.0
    busy: bool = False


_readings: dict[str, _Reading] = {}


def install() -> None:
    patching.replace(lambda_svc, "_poll_dynamodb_streams", "", poll)
    patching.original(lambda_svc, "_get_func_record_for_qualifier", "name qualifier")
    patching.original(lambda_svc, "_apply_filter_criteria", "records esm")
    patching.original(lambda_svc, "_execute_function", "func event")
    patching.original(lambda_svc, "_dynamodb_stream_table_from_arn_spec", "spec")
    patching.original(lambda_svc, "_send_ddb_stream_failure_record", "esm func_rec batch stream_arn result condition")
    patching.original(dynamodb, "stream_records_since", "table_name position limit account_id region")
    patching.original(dynamodb, "stream_start_position", "table_name account_id region")
    patching.original(dynamodb, "stream_end_position", "table_name account_id region")


def poll() -> bool:
    """Hand over what is due of every stream, each in a thread of its own. Whether there was anything."""
    for account, region, mapping in list(lambda_svc._iter_all_esms()):
        with request_scope(account, region):
            table = _table(mapping)
            if table is not None and mapping.get("Enabled", True):
                _take(mapping, table, account, region)
    return False  # a thread that has handed a batch over wakes the poller itself


def _table(mapping: dict[str, Any]) -> str | None:
    """The table whose current stream the mapping reads."""
    try:
        source = parse_arn(mapping.get("EventSourceArn", ""))
    except ArnParseError:
        return None
    here = source.service == "dynamodb" and source.account_id == get_account_id() and source.region == get_region()
    found = lambda_svc._dynamodb_stream_table_from_arn_spec(source) if here else None
    table = found[0] if found is not None else None
    stored = dynamodb._tables.get(table) if table is not None else None
    return table if stored is not None and stored.get("LatestStreamArn") == mapping["EventSourceArn"] else None


def _take(mapping: dict[str, Any], table: str, account: str, region: str) -> None:
    reading = _readings.setdefault(mapping["UUID"], _Reading(_begin(mapping, table)))
    function, _ = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
    now = time.time()
    if reading.busy or function is None or now < reading.not_before:
        return
    reading.position = max(reading.position, dynamodb.stream_start_position(table))
    most = reading.halves[-1] if reading.halves else int(mapping.get("BatchSize") or 100)
    batch = dynamodb.stream_records_since(table, reading.position, most)
    if not batch or not _window_over(mapping, reading, len(batch) == most, now):
        return
    reading.busy = True
    worker = threading.Thread(target=_hand_over, args=(mapping, reading, function, batch, account, region), daemon=True)
    worker.start()


def _begin(mapping: dict[str, Any], table: str) -> int:
    """Where the emulator has anchored the mapping when it was made, if it has."""
    latest = mapping.get("StartingPosition", "LATEST") == "LATEST"
    begin = dynamodb.stream_end_position if latest else dynamodb.stream_start_position
    anchored: int | None = lambda_svc._dynamodb_stream_positions.get(mapping["UUID"])
    return anchored if anchored is not None else int(begin(table))


def _window_over(mapping: dict[str, Any], reading: _Reading, full: bool, now: float) -> bool:
    window = float(mapping.get("MaximumBatchingWindowInSeconds") or 0)
    if full or reading.tries or not window:
        return True
    if reading.opened is None:
        reading.opened = now
        _wake_after(window)
    return now - reading.opened >= window


def _wake_after(seconds: float) -> None:
    alarm_clock = threading.Timer(seconds, lambda_svc._esm_wake.set)
    alarm_clock.daemon = True
    alarm_clock.start()


def _hand_over(
    mapping: dict[str, Any], reading: _Reading, function: dict[str, Any], batch: list[Record], account: str, region: str
) -> None:
    with request_scope(account, region):
        try:
            wanted = lambda_svc._apply_filter_criteria(batch, mapping)
            result = lambda_svc._execute_function(function, {"Records": wanted}) if wanted else {}
            _settle(mapping, reading, function, batch, wanted, result)
        finally:
            reading.opened = None
            reading.busy = False
            lambda_svc._esm_wake.set()


def _settle(
    mapping: dict[str, Any],
    reading: _Reading,
    function: dict[str, Any],
    batch: list[Record],
    wanted: list[Record],
    result: dict[str, Any],
) -> None:
    """Move on over what is done, or given up; keep the rest for the next try."""
    done = _done(mapping, batch, wanted, result)
    mapping["LastProcessingResult"] = "OK" if done == len(batch) else "FAILED"
    if done == len(batch):
        _advance(reading, done)
        return
    rest = batch[done:]
    if done:
        _advance(reading, done)
    halve = mapping.get("BisectBatchOnFunctionError") and len(rest) > 1 and not done
    why = None if halve else _given_up(mapping, reading, rest)
    if why is None:
        if halve:
            reading.halves.append(len(rest) // 2)  # whether a split counts as a retry is not documented
        else:
            reading.tries += 1
        reading.not_before = time.time() + RETRY_SECONDS
        _wake_after(RETRY_SECONDS)
        return
    failed = [record for record in rest if record in wanted]
    lambda_svc._send_ddb_stream_failure_record(mapping, function, failed, mapping["EventSourceArn"], result, why)
    _advance(reading, len(rest))


def _advance(reading: _Reading, count: int) -> None:
    reading.position += count
    reading.tries = 0
    if reading.halves:
        reading.halves.pop()


def _done(mapping: dict[str, Any], batch: list[Record], wanted: list[Record], result: dict[str, Any]) -> int:
    """How many records of the batch, from the first on, need not come again."""
    if not wanted:
        return len(batch)
    if result.get("error"):
        return 0
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or ()):
        return len(batch)
    numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
    failed = list(_reported(result.get("body")))
    known = [numbers.index(number) for number in failed if number in numbers]
    return 0 if len(known) < len(failed) else min(known, default=len(batch))


def _reported(body: object) -> Iterator[object]:
    """The identifiers that a function's answer names as failed."""
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return
    if isinstance(body, dict):
        yield from (failure.get("itemIdentifier") for failure in body.get("batchItemFailures") or ())


def _given_up(mapping: dict[str, Any], reading: _Reading, rest: list[Record]) -> str | None:
    """Why a batch is not tried again, in the words of the message on failure."""
    retries, age = (
        int(mapping[name]) if mapping.get(name) is not None else FOR_EVER
        for name in ("MaximumRetryAttempts", "MaximumRecordAgeInSeconds")
    )
    if retries != FOR_EVER and reading.tries >= retries:
        return "RetryAttemptsExhausted"
    oldest = min(float(record["dynamodb"]["ApproximateCreationDateTime"]) for record in rest)
    return "MaxRecordAgeExceeded" if age != FOR_EVER and time.time() - oldest > age else None
