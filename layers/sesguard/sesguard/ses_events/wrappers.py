"""Opening what lies around an SES event besides the envelopes of SNS and EventBridge, where its sense is plain.

Only bodies that the decoder refused, or in which it found no event, come here: being slow costs nothing. A mail's own
fields are never searched: headers and diagnostic text are whoever wrote them's, who could forge an event in there.
"""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from sesguard.ses_events.observe import RULES
from sesguard.ses_events.reasons import RejectedReason, UnreadableError

LARGEST_BODY: Final = 1_048_576
"""Bytes, or characters of text: what SQS holds at most
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html)."""

_DEEPEST: Final = 8  # levels of objects, lists and texts that are searched for an event
_TRANSPORTS: Final = frozenset(
    {
        "Records",  # https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html, and the same for SQS and Kinesis
        "Sns",
        "Message",
        "default",  # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html, MessageStructure
        "body",  # of a record of SQS, as EventBridge Pipes passes it on; of a request to API Gateway or a function URL
        "Body",  # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Message.html
        "Messages",
        "kinesis",
        "data",  # of a record of Kinesis or Firehose
        "Data",
        "records",  # https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
        "awslogs",  # https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html
        "logEvents",
        "events",
        "message",
        "requestPayload",  # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
        "detail",
    }
)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_GZIP: Final = b"\x1f\x8b"
_UNPACKED: Final = (b"{", b"[", b'"', _GZIP, b"eyJ", b"H4sI")  # JSON, gzip, and either in base64 once more
_BOM: Final = b"\xef\xbb\xbf"
# How the name of an event stands in text that is no JSON: cut off, escaped, or in the middle of something else.
_SPEAKS_OF_EVENT: Final = re.compile(
    rf"(?:eventType|notificationType)(?:\W|%[0-9A-Fa-f]{{2}}|&quot;){{1,16}}(?:{'|'.join(map(str, RULES))})\b"
    r"|bouncedRecipients|complainedRecipients"
)
# https://github.com/awslabs/payload-offloading-java-common-lib-for-aws
_S3_POINTER: Final = re.compile(r"(?:software|com)\.amazon\.[\w.]*S3Pointer")


def unpacked(body: str | bytes) -> bytes | None:
    """What a body that is no JSON holds in base64 or gzip, of at most some more than LARGEST_BODY; None for neither.

    Raises UnreadableError where its compression is broken.
    """
    whole = body if isinstance(body, bytes) else body.encode("utf-8", "replace")
    data = whole.removeprefix(_BOM).strip()
    if data.startswith(_GZIP):
        return _decompressed(data)
    text = "".join(data.decode("ascii", "replace").split())
    if _BASE64.fullmatch(text):
        text = text.rstrip("=").translate({ord("-"): "+", ord("_"): "/"})
        decoded = _decoded(text)
        if decoded.startswith(_GZIP):
            return _decompressed(decoded)
        return decoded if decoded.startswith(_UNPACKED) else None
    return data if whole.startswith(_BOM) else None


def _decoded(text: str) -> bytes:
    if len(text) % 4 == 1:  # cut off: the last character says nothing
        text = text[:-1]
    return b64decode(text + "=" * (-len(text) % 4)).removeprefix(_BOM).lstrip()


def _decompressed(data: bytes) -> bytes:
    decompressor = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        found = decompressor.decompress(data, LARGEST_BODY + 1)
    except zlib.error:
        found = b""
    if not found or (not decompressor.eof and len(found) <= LARGEST_BODY):
        raise UnreadableError(RejectedReason.NOT_JSON, "body: gzip that is broken or cut off")
    return found


def speaks_of_event(text: str) -> bool:
    """Whether text that is no JSON has an SES event in it, or a part of one."""
    return _SPEAKS_OF_EVENT.search(text) is not None


def holds_event(value: object, depth: int = _DEEPEST) -> bool:
    """Whether an SES event lies somewhere within ``value``, or is it, also as text, in base64 or compressed."""
    if isinstance(value, str):
        return bool(value) and _text_holds_event(value, depth)
    if isinstance(value, dict):
        if "mail" in value:
            kind = value.get("eventType", value.get("notificationType"))
            return isinstance(kind, str) and kind in RULES
        value = list(value.values())
    return depth > 0 and isinstance(value, list) and any(holds_event(it, depth - 1) for it in value)


def _text_holds_event(text: str, depth: int) -> bool:
    try:
        return depth > 0 and holds_event(msgspec.json.decode(text), depth - 1)
    except (ValueError, RecursionError):
        pass
    try:
        inner = unpacked(text)
    except UnreadableError:
        return False
    return speaks_of_event(text) if inner is None else holds_event(inner.decode("utf-8", "replace"), depth - 1)


def element_of(elements: list[Any]) -> bytes | None:
    """The only element of a list, None where no event is in it. Raises UnreadableError for several, or a pointer."""
    if len(elements) == 1:
        return msgspec.json.encode(elements[0])
    if holds_event(elements):
        detail = f"body: a list of {len(elements)}; expected one event a message"
        raise UnreadableError(RejectedReason.SEVERAL_RECORDS, detail)
    if elements and isinstance(elements[0], str) and _S3_POINTER.fullmatch(elements[0]):
        raise UnreadableError(RejectedReason.WRAPPED, "body: says where in S3 the message lies, which is not read")
    return None


def opened(document: Mapping[str, Any]) -> str | bytes | None:
    """What a wrapper that a service of AWS makes holds, None where ``document`` is none with an event in it.

    Where an event lies elsewhere in it as well, it is somebody's own, and none is opened.
    """
    if "mail" in document:
        return None
    holding = [key for key, value in document.items() if holds_event(value)]
    if len(holding) != 1 or holding[0] not in _TRANSPORTS:
        return None
    inner = document[holding[0]]
    if holding == ["detail"]:
        return _opened_detail(document, inner)
    return inner if isinstance(inner, str) else msgspec.json.encode(inner)


def _opened_detail(document: Mapping[str, Any], detail: object) -> str | bytes | None:
    """A detail that was written as text back in its envelope; one of an event as such needs no opening."""
    if isinstance(detail, str):
        try:
            return msgspec.json.encode({**document, "detail": msgspec.json.decode(detail)})
        except ValueError:
            return detail
    return msgspec.json.encode(detail) if isinstance(detail, dict) and "mail" not in detail else None
