"""The events of a day of mail, and when they come."""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bench.traffic import BOUNCES, COMPLAINTS, a_bounce, a_complaint, a_delivery, a_mail, a_send

DAY = 86_400
BEGIN = datetime(2026, 11, 21, 12, tzinfo=UTC)
BURST_RATE = 14.0  # mails a second, SES's usual first quota


@dataclass(frozen=True, slots=True)
class Traffic:
    """``mails`` a day by ``streams``, of which ``hours`` are lived through."""

    mails: int
    streams: int
    hours: float
    delivery: bool
    bursts: bool

    @property
    def share(self) -> float:
        """Of the day."""
        return self.hours / 24


def _send(mail: dict[str, Any], _: int) -> dict[str, Any]:
    return a_send(mail)


def _delivery(mail: dict[str, Any], _: int) -> dict[str, Any]:
    return a_delivery(mail)


class Event(NamedTuple):
    """An event of a mail. sent: seconds into the day. kind: what writes it."""

    number: int
    stream: int
    sent: float
    kind: Callable[[dict[str, Any], int], dict[str, Any]] = _send

    @property
    def is_send(self) -> bool:
        return self.kind is _send

    @property
    def is_bad(self) -> bool:
        """Whether it is a bounce or complaint."""
        return self.kind in (a_bounce, a_complaint)

    def body(self) -> str:
        """The message that SES sends of it."""
        mail = a_mail(self.number, self.stream, BEGIN.timestamp() + self.sent)
        return json.dumps(self.kind(mail, self.number))


def events(traffic: Traffic, seed: int = 1) -> Iterator[tuple[float, Event]]:
    """Seconds into the day and each event, in that order; all within the time that is lived through.

    Of all mails exactly a share of BOUNCES and of COMPLAINTS come back, at random places. When they are sent and come
    back does not depend on how many streams send them, so that a comparison of such numbers is of nothing else.
    """
    chance, end = random.Random(seed), DAY * traffic.share
    mails = _mails(traffic, chance)
    bounces, complaints = round(len(mails) * BOUNCES), round(len(mails) * COMPLAINTS)
    places = chance.sample(range(len(mails)), bounces + complaints)
    bad = dict.fromkeys(places[:bounces], a_bounce) | dict.fromkeys(places[bounces:], a_complaint)
    later: list[tuple[float, Event]] = []
    for number, (at, stream) in enumerate(mails):
        while later and later[0][0] <= at:
            yield heapq.heappop(later)
        sent = Event(number, stream, at)
        yield at, sent
        if number in bad:
            after = chance.uniform(0.5, min(120.0, end - at))
            heapq.heappush(later, (at + after, sent._replace(kind=bad[number])))
        if traffic.delivery and bad.get(number) is not a_bounce:
            after = chance.uniform(0.5, min(5.0, end - at))
            heapq.heappush(later, (at + after, sent._replace(kind=_delivery)))
    while later:
        yield heapq.heappop(later)


def _mails(traffic: Traffic, chance: random.Random) -> list[tuple[float, int]]:
    """When each mail is sent, and by which stream."""
    end = DAY * traffic.share
    if not traffic.bursts:
        times = sorted(chance.uniform(0, end) for _ in range(round(traffic.mails * traffic.share)))
        senders = random.Random(traffic.streams)
        return [(at, senders.randrange(traffic.streams)) for at in times]
    each = traffic.mails // traffic.streams
    starts = [chance.uniform(-each / BURST_RATE, DAY) for _ in range(traffic.streams)]
    mails = ((start + n / BURST_RATE, stream) for stream, start in enumerate(starts) for n in range(each))
    return sorted(mail for mail in mails if 0 <= mail[0] < end)
