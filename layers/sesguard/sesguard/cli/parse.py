"""Shows what the guard reads in files of SES events, as one JSON object a line.

A folder stands for all files below it. A file may hold one JSON document, documents one after the other or one a line,
arrays, Lambda events with records of SQS or SNS, or lines of a log before which something else stands; also compressed
with gzip, bzip2 or xz, or in a zip or tar archive. Messages are read by the code that the deployed guard reads them
with. What it would set aside is searched for events, too: somebody's own documents, tables, texts with events in them.

Each line names the file, the line where the document starts, and the record where a document holds several. It goes on
with what was observed, or with "ignored" or "rejected" and the reason. sent_at is the minute of sending;
configuration_set is null for mail sent without one, which counts for no stream. No address is ever shown.

Exit code: 0, or 1 where a message was rejected or a file held not one event, or 2 where a file could not be read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import Annotated, cast

from cyclopts import Parameter

from sesguard.backtest.files import UnreadableFileError, files_below, is_folder
from sesguard.cli.options import many
from sesguard.errors import why_unread
from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import read
from sesguard.ses_events.messages import messages
from sesguard.ses_events.observation import Ignored, Reading, Rejected
from sesguard.ses_events.reasons import NO_MESSAGE
from sesguard.ses_events.unpacked import UNREADABLE
from sesguard.ses_events.within import Within, events_within
from sesguard.text import one_line

REJECTED = 1
UNREADABLE_FILE = 2


def run(
    files: Annotated[tuple[str, ...], many("FILE", "SES events: a file, a folder of them, or -")],
    /,
    *,
    account: Annotated[str, Parameter(help="account of events that neither name one nor came from one")] = "",
    region: Annotated[str, Parameter(help="region of events that neither name one nor came from one")] = "",
    count_simulator: Annotated[bool, Parameter(help="let mail to the SES mailbox simulator count")] = False,
) -> int:
    """Print every message of the files. Give the exit code."""
    assumed = Context(account=account, region=region, count_simulator=count_simulator)
    found, code = _files(files)
    for name in found:
        events = 0
        for line in _lines(name, assumed):
            if isinstance(line, str):
                print(f"sesguard parse: {json.dumps(name[:300])}: {line}", file=sys.stderr)
                code = UNREADABLE_FILE
                break
            print(json.dumps(line))
            events += "kind" in line
            code = max(code, REJECTED if "rejected" in line else 0)
        else:
            if not events:
                print(f"sesguard parse: {json.dumps(name[:300])}: not one SES event in it", file=sys.stderr)
                code = max(code, REJECTED)
    if not found and not code:
        print("sesguard parse: there is no file in what was named", file=sys.stderr)
        code = REJECTED
    return code


def _files(names: tuple[str, ...]) -> tuple[list[str], int]:
    """The files, and those below folders, and the exit code so far; what is not there is named where it is opened."""
    found, code = [], 0
    for name in names:
        try:
            found += files_below([name]) if not name or is_folder(name) else [name]
        except UnreadableFileError as problem:
            print(f"sesguard parse: {one_line(str(problem), 400)}", file=sys.stderr)
            code = UNREADABLE_FILE
    return found, code


def _lines(name: str, assumed: Context) -> Iterator[dict[str, object] | str]:
    """What is to be printed of a file, and in the end why the rest of it cannot be read."""
    try:
        yield from _readings(name, assumed)
    except UNREADABLE as problem:
        yield why_unread(problem)


def _readings(name: str, assumed: Context) -> Iterator[dict[str, object]]:
    with nullcontext(cast("BufferedReader", sys.stdin.buffer)) if name == "-" else Path(name).open("rb") as file:
        for message in messages(file):
            context = Context(
                account=message.account or assumed.account,
                region=message.region or assumed.region,
                count_simulator=assumed.count_simulator,
            )
            place = {"file": name, "line": message.line}
            if message.record is not None:
                place["record"] = message.record
            reading = read(message.body, context)
            found, rest = events_within(message.body) if _may_hold(reading) else Within([], rest=True)
            for number, body in enumerate(found, start=1):
                yield place | {"record": message.record or number} | _shown(read(body, context))
            if rest or not found:
                yield place | _shown(reading)


def _may_hold(reading: Reading) -> bool:
    """Whether what was read is no event itself, so that one may be within it."""
    return isinstance(reading, Rejected) or (isinstance(reading, Ignored) and reading.reason in NO_MESSAGE)


def _shown(reading: Reading) -> dict[str, object]:
    match reading:
        case Ignored(reason, detail):
            return {"ignored": reason, "detail": detail}
        case Rejected(reason, detail):
            return {"rejected": reason, "detail": detail}
        case seen:
            return {
                "kind": seen.kind,
                "account": seen.stream.account or None,
                "region": seen.stream.region or None,
                "configuration_set": seen.stream.configuration_set or None,
                "sent_at": datetime.fromtimestamp(seen.minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "count": seen.count,
                "counts_for": seen.counts_for,
                "why": seen.why,
            }
