"""Finding the documents in a file: JSON, JSON lines, documents one after the other, lines of a log or a table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import IO, Final

import msgspec

from sesguard.ses_events.insights_table import is_insights_header, rows_of

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


_is_json = msgspec.json.Decoder(msgspec.Raw).decode


def documents(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Give every document of a file, and the line where it starts, from 1. What is no JSON comes as a document too.

    A file whose first line is a whole document is read line by line, whatever its size; any other is held in memory.
    """
    lines = enumerate(file, start=1)
    before = b""
    for number, line in lines:
        line = line.removeprefix(_BOM)
        if is_insights_header(header := line.strip(_BLANK)):
            yield from rows_of(header, (line for _, line in lines), number)
            return
        stripped = _line(line)
        if not stripped:
            before += b"\n"
        elif _is_document(stripped):
            yield number, stripped
            for following, line in lines:
                stripped = line.strip(_BLANK)
                # nearly always one document, which its reader is to judge
                if stripped.startswith(b"{") and stripped.endswith(b"}") and not _may_be_two(stripped):
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
    if (line.startswith(b"{") and line.endswith(b"}") and not _may_be_two(line)) or _is_document(line):
        yield number, line
        return
    documents = [document for _, document in _concatenated(line.decode("utf-8", "surrogateescape"))]
    if len(documents) > 1 and b"{" not in documents[-1]:
        documents.pop()  # what a log writes behind a message
    for document in documents:
        yield number, document


def _may_be_two(line: bytes) -> bool:
    """Whether a line may hold two documents.

    One that closes nothing before its end does not, as nearly each line of counts: that takes a fifth of the time.
    """
    return line.find(b"}") < len(line) - 1 and _TWO.search(line) is not None


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
