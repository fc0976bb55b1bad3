"""Reading lines of the lake for a replay, one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

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
)
from sesguard.backtest.recorded import Skipped
from sesguard.backtest.unusable import UnusableError
from sesguard.lake.record import SIGN, LakeRecord, decode
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
    try:
        record = decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        detail = f"no record of the lake: {problem}"
        raise UnusableError(detail) from None
    if record.counts_for == CountsFor.NOTHING:
        return Skipped(unattributed=False)
    if not record.configuration_set:
        return Skipped(unattributed=True)
    name = "/".join(filter(None, (record.account, record.region, record.configuration_set)))
    return SeenMoment(name, record.seen_at, _rows(record), record.identity)


def _rows(record: LakeRecord) -> list[Row]:
    sent = record.sent_at
    domains = Counter(record.domains)
    if record.counts_for == CountsFor.VOLUME:
        kind = _VOLUME.get((record.event, record.via))
        if kind is None:
            detail = f"event: {record.event!r} by {record.via!r}; expected Send or Delivery by sns or eventbridge"
            raise UnusableError(detail)
        return [kind(sent, count, domain) for domain, count in domains.items()]
    if record.counts_for == CountsFor.HARD_BOUNCE:
        (domain, count), *others = domains.items() or [("", record.recipients)]
        codes = tuple(Counter(record.codes).items())
        return [CodedBounce(sent, count, domain, codes=codes), *(SeenBounces(sent, n, name) for name, n in others)]
    if record.counts_for == CountsFor.COMPLAINT:
        return [SeenComplaints(sent, 1, record.domains[0] if record.domains else "")]
    detail = f"counts_for: {record.counts_for!r}; expected one of {', '.join(CountsFor)}"
    raise UnusableError(detail)
