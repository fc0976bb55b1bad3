"""Finding the messages in a file: JSON documents, JSON lines, arrays, Lambda events with records, CloudWatch Logs."""

from __future__ import annotations

import gzip
import json
import re
from binascii import Error as NotBase64Error
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from sesguard.ses_events.insights_table import is_insights_header, rows_of
from sesguard.ses_events.unpacked import UNREADABLE, texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedReader
    from typing import IO

_BOM: Final = b"\xef\xbb\xbf"
_BLANK: Final = b" \t\r\n"
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_BETWEEN: Final = re.compile(r"[ \t\r\n]*(?:,[ \t\r\n]*)?")  # documents, also those of a list that is no whole one
# A line of CloudWatch Logs: as it exports them to S3 (the time of the event, a blank, its message), or as
# ``aws logs tail`` prints them (with the stream's name between them).
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3ExportTasks.html
_STAMPED: Final = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]+)[ \t]+(?:[^ {]+[ \t]+)?(?=\{)")
# Names of a table's columns, as CloudWatch's consoles and databases write them above its rows.
_HEADER: Final = re.compile(rb"""["']?[A-Za-z_@][\w@.]*["']?(?:[,;\t]["']?[A-Za-z_@][\w@.]*["']?)+|@?message""")
_LONGEST_PREFIX: Final = 512  # of what any other log writes before a message
_ENDS: Final = (b"", b",", b"]", b"],", b"];")  # between the elements of a list, and behind it
_OPENS: Final = re.compile(rb"\{")
_MOST_OPENED: Final = 4  # objects that seem to begin there; the message is one of them
_BEGINS: Final = '{["'  # what a document can begin with: a log's lines begin with numbers
_TWO: Final = re.compile(rb"\}[ \t]*\{")  # where one document may end and the next begin
_CSV_LINE: Final = re.compile(rb'(?:[^",{]*,)*"(\{.*\})"(?:,(?:[^",{]*|"[^"]*"))*', re.DOTALL)
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


_is_json = msgspec.json.Decoder(msgspec.Raw).decode
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
        for line, document in _documents(text):
            if _holds_messages(document):
                yield from _messages_of(line, document)
            else:
                yield RawMessage(line, None, document)


def _documents(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    lines = enumerate(file, start=1)
    before = b""
    for number, line in lines:
        stripped = _line(line.removeprefix(_BOM))
        if not stripped:
            before += b"\n"
        elif is_insights_header(stripped):
            yield from rows_of(stripped, (line for _, line in lines), number)
            return
        elif _is_document(stripped):
            yield number, stripped
            for following, line in lines:
                stripped = line.strip(_BLANK)
                # nearly always one document, which its reader is to judge
                if stripped.startswith(b"{") and stripped.endswith(b"}") and _TWO.search(stripped) is None:
                    yield following, stripped
                elif stripped not in _ENDS:
                    yield from _documents_of(following, _line(stripped))
            return
        else:
            yield from _split(before + stripped + b"\n" + b"".join(line for _, line in lines))
            return


def _line(line: bytes) -> bytes:
    """A line without what a log writes before a message, or blanks; nothing where it holds no message."""
    line = line.strip(_BLANK)
    if line.startswith(b"[{") and line.endswith(b"},"):
        line = line[1:]  # where a list begins that has an element a line
    if line.startswith(b"{"):
        return line if line.endswith(b"}") else line.rstrip(b",]")
    if line[:1].isdigit() and (stamp := _STAMPED.match(line)):
        return line[stamp.end() :]
    if b'{""' in line and (row := _CSV_LINE.fullmatch(line)):
        return row[1].replace(b'""', b'"')
    if not line.startswith(b"[{"):
        for found in islice(_OPENS.finditer(line, 0, _LONGEST_PREFIX), _MOST_OPENED):
            if _is_document(line[found.start() :]):
                return line[found.start() :]
    return b"" if _HEADER.fullmatch(line) else line


def _documents_of(number: int, line: bytes) -> Iterator[tuple[int, bytes]]:
    """The documents of a line: mostly one, and each of several that stand one after the other."""
    if not line:
        return
    if (line.startswith(b"{") and line.endswith(b"}") and _TWO.search(line) is None) or _is_document(line):
        yield number, line
        return
    documents = [document for _, document in _concatenated(line.decode("utf-8", "surrogateescape"))]
    if len(documents) > 1 and b"{" not in documents[-1]:
        documents.pop()  # what a log writes behind a message
    for document in documents:
        yield number, document


def _is_document(line: bytes) -> bool:
    if not line.startswith((b"{", b"[")):
        return False
    try:
        _is_json(line)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _split(text: bytes) -> Iterator[tuple[int, bytes]]:
    """Split a file whose first line is no whole document: one document, lines of which the first is bad, or many."""
    lines = text.split(b"\n")
    if not _is_document(text.strip(_BLANK)) and any(map(_is_event_line, lines)):
        for number, line in enumerate(lines, start=1):
            if line.strip(_BLANK) not in _ENDS:
                yield from _documents_of(number, _line(line))
    else:
        yield from _concatenated(text.decode("utf-8", "surrogateescape"))


def _is_event_line(line: bytes) -> bool:
    """Whether a line is a document by itself; inside a document written over many lines, objects are indented."""
    if len(line) <= len(b"{}\r"):
        return False
    if line.startswith((b" ", b"\t")):
        return _is_document(line.rstrip(_BLANK))
    return any(_is_document(document) for _, document in _documents_of(0, _line(line)))


def _concatenated(text: str) -> Iterator[tuple[int, bytes]]:
    """Split documents written one after the other, as Firehose does; from the first bad one on, the rest is one.

    The elements of a list that breaks off are documents, up to where it does.
    """
    decoder = json.JSONDecoder()
    first = start = _SPACE.match(text).end()  # type: ignore[union-attr]  # the pattern matches everywhere
    line = 1 + text.count("\n", 0, start)
    while start < len(text):
        try:
            _, end = decoder.raw_decode(text, start) if text[start] in _BEGINS else (None, len(text))
        except (ValueError, RecursionError):
            if start == first and text.startswith("[", start):
                start += 1
                continue
            end = len(text)
        yield line, text[start:end].encode("utf-8", "surrogateescape")
        following = _BETWEEN.match(text, end).end()  # type: ignore[union-attr]  # the pattern matches everywhere
        line += text.count("\n", start, following)
        start = following


def _holds_messages(document: bytes) -> bool:
    """Whether a document may hold messages, and is not surely one itself: nearly all are, and each is asked."""
    return (
        not document.startswith(b"{")
        or b'"Records"' in document
        or b'"events"' in document
        or b'"Messages"' in document
        or b'"results"' in document
        or b'"awslogs"' in document
        or b'"logEvents"' in document
        or b'"rawData"' in document
    )


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
