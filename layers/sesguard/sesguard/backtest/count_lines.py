"""Reading counts: one JSON line for each moment of a stream.

``{"stream": "acme-news", "tenant": "acme", "seen_at": 3660.0, "rows": [["send", 3600, 41, "gmail.com"],
["bounce", 3600, 3, "example.com", "5.7.26"], ["complaint", 3600, 1], ["delivery", 3600, 38], ["transient", 3600, 2],
["acknowledge"], ["resume"]]}``: the tenant, receiving domains and the status code of bounces are optional.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import isfinite
from typing import Annotated, Any

import msgspec

from sesguard.backtest.moment import (
    MOST_COUNTED,
    Counted,
    Resume,
    Row,
    Second,
    SeenAcknowledgement,
    SeenBounces,
    SeenComplaints,
    SeenDeliveries,
    SeenMoment,
    Send,
    Transient,
    UnusableError,
)
from sesguard.lake.record import LATEST
from sesguard.ses_events.recipients import domain_of, status_code

LONGEST_NAME = 256

_COUNTED: dict[str, type[Counted]] = {
    "send": Send,
    "delivery": SeenDeliveries,
    "bounce": SeenBounces,
    "complaint": SeenComplaints,
    "transient": Transient,
}
_WORDS: dict[str, Callable[[], Row]] = {"acknowledge": SeenAcknowledgement, "resume": Resume}
_KINDS = ", ".join([*_COUNTED, *_WORDS])


class _Line(msgspec.Struct, gc=False):
    stream: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
    seen_at: Second
    rows: list[Send | SeenDeliveries | SeenBounces | SeenComplaints | Transient | SeenAcknowledgement | Resume]
    tenant: Annotated[str, msgspec.Meta(max_length=LONGEST_NAME)] | None = None


_decode = msgspec.json.Decoder(_Line).decode


def read_line(line: bytes) -> SeenMoment | None:
    """Read one line; None where it is JSON but no line of counts. Raises UnusableError."""
    try:
        read = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _read_slowly(line)
    seen_at = read.seen_at
    for row in read.rows:
        if isinstance(row, Counted):
            if row.sent > seen_at:
                return _read_slowly(line)
            if row.domain is not None:
                row.domain = receiving_domain(row.domain)
            if type(row) is SeenBounces and row.code:
                row.code = _status_code(row.code)
                if not row.code:
                    return _read_slowly(line)
    return SeenMoment(read.stream, seen_at, read.rows, tenant=read.tenant or "")


@lru_cache(maxsize=16_384)
def receiving_domain(text: str) -> str:
    """A receiving domain as the guard counts it: lower-case, in ASCII, "invalid" where it cannot be one."""
    return domain_of(f"@{text}") if text else ""


@lru_cache(maxsize=1_024)
def _status_code(text: str) -> str:
    return status_code(text, None)


def _read_slowly(line: bytes) -> SeenMoment | None:
    """Read with a word for everything that may be wrong."""
    try:
        document = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        detail = f"not JSON: {problem}"
        raise UnusableError(detail) from None
    except RecursionError:
        raise UnusableError("not JSON that can be read: nested too deep") from None
    return moment_of(document)


def moment_of(document: object) -> SeenMoment | None:
    """Make a moment of a parsed line of counts; None where the document is something else. Raises UnusableError."""
    if not isinstance(document, dict) or not {"rows", "seen_at"} & document.keys():
        return None
    stream = document.get("stream")
    if not isinstance(stream, str) or not 0 < len(stream) <= LONGEST_NAME:
        raise _wrong("stream", document, f"a name of 1 to {LONGEST_NAME} characters")
    seen_at = _number(document.get("seen_at"))
    if seen_at is None or not 0 <= seen_at <= LATEST:
        raise _wrong("seen_at", document, f"a time in seconds from 0 to {LATEST} (the year 2100)")
    tenant = document.get("tenant")
    if tenant is not None and not (isinstance(tenant, str) and len(tenant) <= LONGEST_NAME):
        raise _wrong("tenant", document, f"a name of at most {LONGEST_NAME} characters")
    rows = document.get("rows")
    if not isinstance(rows, list):
        raise _wrong("rows", document, "a list of rows")
    read = [_row(f"rows[{index}]", row, seen_at) for index, row in enumerate(rows)]
    return SeenMoment(stream, seen_at, read, tenant=tenant or "")


def _row(where: str, row: Any, seen_at: float) -> Row:  # noqa: ANN401 - whatever the JSON holds
    if not isinstance(row, list) or not row or not isinstance(row[0], str):
        raise _wrong(where, row, 'a list that begins with a kind, such as ["send", 3600, 41]')
    kind, *values = row
    if kind in _WORDS:
        if values:
            raise _wrong(where, row, f'["{kind}"] alone')
        return _WORDS[kind]()
    if kind not in _COUNTED:
        raise _wrong(where, row, f"one of the kinds {_KINDS}")
    most, also = (4, ", and its status code") if kind == "bounce" else (3, "")
    if not 2 <= len(values) <= most:
        raise _wrong(where, row, f'["{kind}", second of sending, count], and a receiving domain{also} if known')
    return _counted(where, _COUNTED[kind], values, seen_at)


def _counted(where: str, kind: Any, values: list[Any], seen_at: float) -> Row:  # noqa: ANN401 - any kind of Counted
    written_sent, written_count, domain, code = [*values, None, None][:4]
    sent, count = _number(written_sent), _number(written_count)
    if sent is None or sent < 0:
        raise _wrong(where + "[1]", written_sent, "the second of sending, 0 or more")
    if sent > seen_at:
        raise _wrong(where + "[1]", written_sent, f"a second of sending not after seen_at ({seen_at:.15g})")
    if count is None or not 0 <= count <= MOST_COUNTED or count != int(count):
        raise _wrong(where + "[2]", written_count, f"a whole number of mails from 0 to {MOST_COUNTED}")
    if domain is not None and not isinstance(domain, str):
        raise _wrong(where + "[3]", domain, "a receiving domain as text")
    at = None if domain is None else receiving_domain(domain)
    if code is None:
        row: Row = kind(sent, int(count), at)
        return row
    read = _status_code(code) if isinstance(code, str) else ""
    if not read:
        raise _wrong(where + "[4]", code, 'an enhanced status code such as "5.1.1"')
    return SeenBounces(sent, int(count), at, read)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if isfinite(value) else None
    except OverflowError:
        return None


def _wrong(where: str, value: object, expected: str) -> UnusableError:
    if isinstance(value, dict):
        if where not in value:
            return UnusableError(f"{where}: missing; expected {expected}")
        value = value[where]
    shown = msgspec.json.encode(value).decode()
    return UnusableError(f"{where}: {shown if len(shown) <= 80 else shown[:77] + '…'}; expected {expected}")
