"""Firehose buffers, compresses, and sets aside what its function cannot transform; it does what its role may do.

https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
https://docs.aws.amazon.com/firehose/latest/dev/create-destination.html#create-destination-s3
https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html#using-iam-s3

The emulator writes an object for each record, never compressed; it forgets a record that its function could not
transform, stores one as it came where the function fails, and asks nowhere what the stream's role may do. Not here:
what may not be written is lost at once, where Firehose tries for a day.
"""

import base64
import gzip
import json
import threading
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import firehose, lambda_svc

from localcloud.gaps import patching, service_roles

BUFFER_SECONDS: Final = 0.5
"""In the place of the minutes that a stream is told to buffer for."""
_lock = threading.Lock()

Stored = dict[str, Any]
Records = list[tuple[str, bytes]]


class _Buffer(NamedTuple):
    stream: Stored
    destination: Stored
    records: Records


class _Failed(NamedTuple):
    """A record that was not transformed: as it came, and why."""

    data: bytes
    code: str
    message: str
    attempts: int


_buffers: dict[tuple[str, str, str], _Buffer] = {}


def install() -> None:
    service_roles.check()
    patching.original(firehose, "_evaluate_prefix", "template t query_keys lambda_keys error_type")
    patching.original(firehose, "_put_s3_object", "bucket key body")
    patching.original(firehose, "_put_record", "data")
    patching.original(lambda_svc, "_execute_function", "func event")
    patching.original(lambda_svc, "_resolve_name_and_qualifier", "name_or_arn")
    patching.replace(firehose, "_deliver_records_to_s3", "stream dest records", buffer)


def buffer(stream: Stored, dest: Stored, records: Records) -> None:
    """Keep records for a moment, then deliver all that came in it together."""
    account, region = get_account_id(), get_region()
    key = account, region, dest["id"]
    with _lock:
        waiting = _buffers.setdefault(key, _Buffer(stream, dest, []))
        waiting.records.extend(records)
        if len(waiting.records) > len(records):
            return
    timer = threading.Timer(BUFFER_SECONDS, _deliver, (key,))
    timer.daemon = True
    timer.start()


def _deliver(key: tuple[str, str, str]) -> None:
    with _lock:
        stream, dest, records = _buffers.pop(key)
    with request_scope(key[0], key[1]):
        done, failed = _transform(stream, dest["config"], records)
        if done:
            _write(stream, dest["config"], b"".join(done))
        if failed:
            _set_aside(stream, dest["config"], failed)


def _transform(stream: Stored, config: Stored, records: Records) -> tuple[list[bytes], list[_Failed]]:
    """Have the stream's function transform records; where it has none they stay as they are."""
    parameters = _processor(config)
    if "LambdaArn" not in parameters:
        return [data for _, data in records], []
    event = {
        "invocationId": firehose.new_uuid(),
        "deliveryStreamArn": stream["arn"],
        "region": get_region(),
        "records": [
            {"recordId": name, "approximateArrivalTimestamp": _now(), "data": base64.b64encode(data).decode()}
            for name, data in records
        ],
    }
    tries = 1 + int(parameters.get("NumberOfRetries", 3))
    if not _may(config, "lambda:InvokeFunction", parameters["LambdaArn"]):
        code, message = "Lambda.InvokeAccessDenied", "Access was denied."
        return [], [_Failed(data, code, message, tries) for _, data in records]
    for _ in range(tries):
        answer = _invoke(parameters["LambdaArn"], event)
        if answer is not None:
            return _sorted(records, answer)
    code, message = "Lambda.FunctionError", "The Lambda function was invoked, but it returned an error."
    return [], [_Failed(data, code, message, tries) for _, data in records]


def _may(config: Stored, action: str, resource: str, **call: str) -> bool:
    """Whether the stream may do something by the role of its destination."""
    trust = {"sts:externalid": get_account_id()}
    keys = {name.replace("_", ":"): value for name, value in call.items()}
    return service_roles.may("firehose.amazonaws.com", config.get("RoleARN", ""), action, resource, trust, keys)


def _processor(config: Stored) -> dict[str, str]:
    processing = config.get("ProcessingConfiguration") or {}
    for each in processing.get("Processors", ()) if processing.get("Enabled") else ():
        if each.get("Type") == "Lambda":
            return {it["ParameterName"]: it["ParameterValue"] for it in each.get("Parameters", ())}
    return {}


def _invoke(arn: str, event: dict[str, Any]) -> dict[str, Stored] | None:
    """Call the function; its answer by record, or None where that is none."""
    name, qualifier = lambda_svc._resolve_name_and_qualifier(arn)
    function, _ = lambda_svc._get_func_record_for_qualifier(name, qualifier)
    result = lambda_svc._execute_function(function, event) if function is not None else {"error": True}
    if result.get("error"):
        return None
    body = result.get("body")
    answer = json.loads(body) if isinstance(body, (str, bytes)) else body
    return (
        {it["recordId"]: it for it in answer["records"]} if isinstance(answer, dict) and "records" in answer else None
    )


def _sorted(records: Records, answer: dict[str, Stored]) -> tuple[list[bytes], list[_Failed]]:
    done: list[bytes] = []
    failed: list[_Failed] = []
    for name, data in records:
        result = answer.get(name, {}).get("result")
        if result == "Ok":
            done.append(base64.b64decode(answer[name]["data"]))
        elif result != "Dropped":
            said = "ProcessingFailed status set for record" if result else "The record is not in the answer"
            failed.append(_Failed(data, "Lambda.ProcessingFailedStatus", said, 1))
    return done, failed


def _write(stream: Stored, config: Stored, body: bytes) -> None:
    packed = config.get("CompressionFormat") == "GZIP"
    key = firehose._evaluate_prefix(config.get("Prefix", ""), time.gmtime()) + _name(stream)
    _put_object(config, key + (".gz" if packed else ""), gzip.compress(body) if packed else body)


def _put_object(config: Stored, key: str, body: bytes) -> None:
    """Write an object, where the role may do so and use the bucket's key."""
    encryption = (config.get("EncryptionConfiguration") or {}).get("KMSEncryptionConfig") or {}
    if "AWSKMSKeyARN" in encryption:
        through = f"s3.{get_region()}.amazonaws.com"
        if not _may(config, "kms:GenerateDataKey", encryption["AWSKMSKeyARN"], kms_viaservice=through):
            return
    if _may(config, "s3:PutObject", f"{config['BucketARN']}/{key}"):
        firehose._put_s3_object(firehose._s3_bucket_from_arn(config["BucketARN"]), key, body)


def _set_aside(stream: Stored, config: Stored, failed: Sequence[_Failed]) -> None:
    arn = _processor(config)["LambdaArn"]
    lines = [
        json.dumps(
            {
                "attemptsMade": each.attempts,
                "arrivalTimestamp": _now(),
                "errorCode": each.code,
                "errorMessage": each.message,
                "attemptEndingTimestamp": _now(),
                "rawData": base64.b64encode(each.data).decode(),
                "lambdaArn": arn,
            }
        )
        for each in failed
    ]
    prefix = config.get("ErrorOutputPrefix") or f"{config.get('Prefix', '')}processing-failed/"
    key = firehose._evaluate_prefix(prefix, time.gmtime(), error_type="processing-failed") + _name(stream)
    _put_object(config, key, "\n".join(lines).encode() + b"\n")


def _name(stream: Stored) -> str:
    at = time.strftime("%Y-%m-%d-%H-%M-%S", time.gmtime())
    return f"{stream['name']}-{stream.get('version', 1)}-{at}-{firehose.new_uuid()}"


def _now() -> int:
    return int(time.time() * 1000)
