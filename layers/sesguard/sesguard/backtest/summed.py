"""From summed counts, as a query over the lake gives them, to the moments of a replay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

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

_KINDS: dict[str, Callable[[float, int, str | None], Row]] = {
    "send": Send,
    "send-eventbridge": SendByBus,
    "delivery": SeenDeliveries,
    "delivery-eventbridge": DeliveryByBus,
    "bounce": SeenBounces,
    "complaint": SeenComplaints,
}


class CountRow(NamedTuple):
    """One row of :func:`sesguard.lake.counts_query.counts_query`. Times are epoch seconds, already rounded."""

    stream: str
    seen: float
    sent: float
    kind: str
    name: str | None
    n: int


def moments_of(rows: Iterable[CountRow]) -> Iterator[SeenMoment]:
    """Make moments of rows that come in order of ``seen``, then ``stream``."""
    for (seen, stream), group in groupby(rows, key=lambda row: (row.seen, row.stream)):
        yield SeenMoment(stream, seen, [*_rows(group)])


def _rows(group: Iterable[CountRow]) -> Iterator[Row]:
    """The rows of one moment, volume first; status codes join the bounces that were sent in their minute."""
    codes: dict[float, list[tuple[str, int]]] = {}
    outcomes: list[CountRow] = []
    for row in group:
        if row.kind == "code":
            if row.name:
                codes.setdefault(row.sent, []).append((row.name, row.n))
        elif row.kind in {"bounce", "complaint"}:
            outcomes.append(row)
        else:
            yield _KINDS[row.kind](row.sent, row.n, row.name)
    for row in outcomes:
        if row.kind == "bounce" and (found := codes.pop(row.sent, None)):
            yield CodedBounce(row.sent, row.n, row.name, codes=tuple(found))
        else:
            yield _KINDS[row.kind](row.sent, row.n, row.name)
