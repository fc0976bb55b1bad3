"""Reading lines of the lake for a replay, one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from sesguard.backtest.moment import (
    CodedBounce,
    DeliveryByBus,
    Row,
    SeenBounces,
    SeenComplaints,
    SeenDeliveries,
    SeenMoment,
    Send,
    SendByBus,
    UnusableError,
)
from sesguard.backtest.recorded import Skipped
from sesguard.lake.record import LATEST, SIGN, LakeRecord, decode
from sesguard.ses_events.observation import CountsFor, Via

_VOLUME: dict[tuple[str, str], Callable[[float, int, str], Row]] = {
    ("Send", Via.SNS.value): Send,
    ("Send", Via.EVENTBRIDGE.value): SendByBus,
    ("Delivery", Via.SNS.value): SeenDeliveries,
    ("Delivery", Via.EVENTBRIDGE.value): DeliveryByBus,
}


def read_lake_line(line: bytes) -> SeenMoment | Skipped | None:
    """Read one line of the lake; None where it is none. Raises UnusableError."""
    if SIGN not in line:
        return None
    record = _decode(line)
    if record.counts_for == CountsFor.NOTHING:
        return Skipped(unattributed=False)
    if not record.configuration_set:
        return Skipped(unattributed=True)
    if not 0 <= record.sent_at <= record.seen_at <= LATEST:
        times = f"{record.sent_at:.15g}, {record.seen_at:.15g}"
        detail = f"sent_at, seen_at: {times}; expected seconds up to {LATEST} (the year 2100), in order"
        raise UnusableError(detail)
    name = "/".join(filter(None, (record.account, record.region, record.configuration_set)))
    return SeenMoment(name, record.seen_at, _rows(record), record.identity)


def _decode(line: bytes) -> LakeRecord:
    try:
        return decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        detail = f"no record of the lake: {problem}"
    try:  # what a query wrote has nulls where a record leaves a field out
        fields = msgspec.json.decode(line, type=dict[str, Any])
        return msgspec.convert({name: it for name, it in fields.items() if it is not None}, LakeRecord)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise UnusableError(detail) from None


def _rows(record: LakeRecord) -> list[Row]:
    sent = record.sent_at
    domains = Counter(record.domains or ("",))
    if record.counts_for == CountsFor.VOLUME:
        kind = _VOLUME.get((record.event, record.via))
        if kind is None:
            detail = f"event: {record.event!r} by {record.via!r}; expected Send or Delivery by sns or eventbridge"
            raise UnusableError(detail)
        return [kind(sent, count, domain) for domain, count in domains.items()]
    if record.counts_for == CountsFor.HARD_BOUNCE:
        (domain, count), *others = domains.items()
        codes = tuple(Counter(record.codes).items())
        return [CodedBounce(sent, count, domain, codes=codes), *(SeenBounces(sent, n, name) for name, n in others)]
    if record.counts_for == CountsFor.COMPLAINT:
        return [SeenComplaints(sent, 1, record.domains[0] if record.domains else "")]
    detail = f"counts_for: {record.counts_for!r}; expected one of {', '.join(CountsFor)}"
    raise UnusableError(detail)
