"""Finding the messages in a file: of its documents each is one, or holds some, as a Lambda event or a list does."""

from __future__ import annotations

import gzip
import re
from binascii import Error as NotBase64Error
from collections.abc import Iterator
from io import BufferedReader
from typing import Final, NamedTuple

import msgspec

from sesguard.ses_events.documents import documents
from sesguard.ses_events.unpacked import UNREADABLE, texts

_HOLDS: Final = re.compile(rb'"(?:Records|events|Messages|results|awslogs|logEvents|rawData)"')
_COUNTS: Final = b'{"stream"'  # as a line of counts begins
_QUEUE_ARN: Final = re.compile(r"arn:[^:]+:sqs:([a-z0-9-]+):([0-9]{12}):")


class RawMessage(NamedTuple):
    """One message of a file, as a queue would hold it.

    line: where its document starts, from 1. record: its place in a document that holds several, from 1, else None.
    account, region: of the queue that a Lambda event says it came from, else empty.
    """

    line: int
    record: int | None
    body: bytes | str
    account: str = ""
    region: str = ""


class _LambdaRecord(msgspec.Struct, gc=False):
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html. A record of SNS has no body: it is a message."""

    body: str | None = None
    arn: str | None = msgspec.field(default=None, name="eventSourceARN")


class _LambdaEvent(msgspec.Struct, gc=False):
    records: list[msgspec.Raw] = msgspec.field(name="Records")


class _Taken(msgspec.Struct, gc=False):
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_Message.html."""

    body: str = msgspec.field(name="Body")


class _TakenByHand(msgspec.Struct, gc=False):
    """What ``aws sqs receive-message`` prints, as somebody does who looks at dead letters."""

    taken: list[_Taken] = msgspec.field(name="Messages")


class _Logged(msgspec.Struct, gc=False):
    """https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilteredLogEvent.html."""

    message: str


class _Filtered(msgspec.Struct, gc=False):
    """What ``aws logs filter-log-events`` and ``get-log-events`` print."""

    events: list[_Logged]


class _Subscribed(msgspec.Struct, gc=False):
    """What a subscription filter delivers, unpacked.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
    """

    events: list[_Logged] = msgspec.field(name="logEvents")


class _Cell(msgspec.Struct, gc=False):
    field: str
    value: str = ""


class _Insights(msgspec.Struct, gc=False):
    """What ``aws logs get-query-results`` prints: rows of cells."""

    results: list[list[_Cell]]


class _Packed(msgspec.Struct, gc=False):
    data: bytes


class _LambdaLogs(msgspec.Struct, gc=False):
    """A subscription as Lambda gets it: https://docs.aws.amazon.com/lambda/latest/dg/services-cloudwatchlogs.html."""

    awslogs: _Packed


class _Failed(msgspec.Struct, gc=False):
    """What Firehose writes below its error prefix of a record that it could not transform.

    https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-failure-handling.html
    """

    data: bytes = msgspec.field(name="rawData")


_elements = msgspec.json.Decoder(list[msgspec.Raw]).decode
_lambda_event = msgspec.json.Decoder(_LambdaEvent).decode
_taken_by_hand = msgspec.json.Decoder(_TakenByHand).decode
_filtered = msgspec.json.Decoder(_Filtered).decode
_subscribed = msgspec.json.Decoder(_Subscribed).decode
_insights = msgspec.json.Decoder(_Insights).decode
_lambda_logs = msgspec.json.Decoder(_LambdaLogs).decode
_failed = msgspec.json.Decoder(_Failed).decode
_lambda_record = msgspec.json.Decoder(_LambdaRecord).decode


def messages(file: BufferedReader) -> Iterator[RawMessage]:
    """Give every message of a file, which may be compressed, or an archive. Raises one of UNREADABLE.

    A file whose first line is a whole document is read line by line, whatever its size; any other is held in memory.
    What is no JSON comes as a message all the same, so that its reader says so. Of a file that breaks off, what comes
    before the break is given first. Lines of an archive are counted in each of its members.
    """
    for text in texts(file):
        for line, document in documents(text):
            if _holds_messages(document):
                yield from _messages_of(line, document)
            else:
                yield RawMessage(line, None, document)


def _holds_messages(document: bytes) -> bool:
    """Whether a document may hold messages, and is not surely one itself: nearly all are, and each is asked.

    A search, as ``in`` takes four times as long: it tries bytes as a number first, seven times.
    """
    if document.startswith(_COUNTS):
        return False
    return not document.startswith(b"{") or _HOLDS.search(document) is not None


def _messages_of(line: int, document: bytes) -> Iterator[RawMessage]:
    records: list[msgspec.Raw] = []
    try:
        if document.startswith(b"["):
            records = _elements(document)
        elif b'"Records"' in document:
            records = _lambda_event(document).records
        elif (texts := _printed(document)) is not None:
            for place, text in enumerate(texts, start=1):
                yield RawMessage(line, place, text)
            return
    except (msgspec.DecodeError, UnicodeError, RecursionError, NotBase64Error):
        records = []
    if not records and document != b"[]":
        yield RawMessage(line, None, document)
    for place, record in enumerate(records, start=1):
        yield _message_of(line, place, bytes(record))


def _printed(document: bytes) -> list[str] | None:
    """The messages in what a command of AWS prints, None where it is nothing of the kind. Raises DecodeError."""
    if b'"Messages"' in document:
        return [message.body for message in _taken_by_hand(document).taken]
    if b'"awslogs"' in document:
        document = _unpacked(_lambda_logs(document).awslogs.data)
    if b'"results"' in document:
        rows = _insights(document).results
        return [cell.value for row in rows for cell in row if cell.field == "@message"]
    if b'"logEvents"' in document:
        return [event.message for event in _subscribed(document).events]
    if b'"rawData"' in document:
        return [_failed(document).data.decode()]
    if b'"events"' in document and b'"message"' in document:
        return [event.message for event in _filtered(document).events]
    return None


def _unpacked(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except UNREADABLE:
        return b""


def _message_of(line: int, place: int, record: bytes) -> RawMessage:
    try:
        queued = _lambda_record(record)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return RawMessage(line, place, record)
    if queued.body is None:
        return RawMessage(line, place, record)
    arn = _QUEUE_ARN.match(queued.arn or "")
    return RawMessage(line, place, queued.body, arn[2] if arn else "", arn[1] if arn else "")
