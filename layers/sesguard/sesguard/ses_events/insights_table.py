"""The table that SES exports of single mails (message insights), as a JSON object a row.

The columns are those of an export as users report it: messageid, sendtimestamp, isp, fromaddress, destination, subject,
last_delivery_event, last_delivery_event_timestamp, bounce_sub_type, diagnostic_code, delivered, bounced, complained …
AWS documents that there is such a file, not how its columns are called
(https://docs.aws.amazon.com/ses/latest/dg/vdm-message-insights.html).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Final

_ALWAYS: Final = frozenset({"messageid", "sendtimestamp", "lastdeliveryevent"})
_LONGEST_FIELD: Final = 1_000_000  # a subject or diagnostic text is never this long


def column_name(written: str) -> str:
    """A column's name however it is written: ``Last delivery event``, ``last_delivery_event``, LastDeliveryEvent."""
    return written.strip().replace("_", "").replace(" ", "").casefold()


def is_insights_header(line: bytes) -> bool:
    """Whether a line is the head of such a table."""
    if b"," not in line or line.startswith((b"{", b"[")):
        return False
    columns = {column_name(name.strip('"')) for name in line.decode("utf-8", "replace").split(",")}
    return columns >= _ALWAYS


def rows_of(header: bytes, lines: Iterable[bytes], number: int) -> Iterator[tuple[int, bytes]]:
    """Give each row that follows ``header`` as a JSON object, with the line that it ends at. Cells may hold lines."""
    csv.field_size_limit(_LONGEST_FIELD)
    names = [column_name(name) for name in next(csv.reader([header.decode("utf-8", "replace")]))]
    reader = csv.reader(line.decode("utf-8", "replace") for line in lines)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield number + reader.line_num, f"row of a table: {problem}".encode()
            continue
        if row:
            yield number + reader.line_num, json.dumps(dict(zip(names, row, strict=False))).encode()
