"""A post scene in memory: NotifyQueue, DeliveryQueue and who works on them, with a clock of its own."""

from __future__ import annotations

import heapq
import itertools
import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sesguard.errors import ConflictError
from sesguard.notices.wording import Wording
from sesguard.notify.channel import Channel, Kind
from sesguard.notify.deliver import Delivered, Fate, deliver
from sesguard.notify.delivery_ports import DeliveryDeps
from sesguard.notify.digest_policy import DigestState
from sesguard.notify.notification import Notification, written
from sesguard.notify.route import RouteDeps, notify
from tests.fakes.clock import NOW
from tests.fakes.world import Hook, MemoryOnce, MemoryStreams, MemoryTenants, Sent, no_hook

AGAIN = timedelta(minutes=6)
"""When a queue hands a message out again that nobody has dealt with."""


def enveloped(event: Any) -> str:
    return json.dumps({"version": "0", "source": "sesguard", "detail-type": event["type"], "detail": event["detail"]})


class MemoryBadContacts:
    """The port BadContacts."""

    def __init__(self) -> None:
        self.marks: dict[str, tuple[str, datetime]] = {}
        self.hook: Hook = no_hook

    def among(self, contacts: Collection[str], now: datetime) -> Collection[str]:
        return {each for each in contacts if each in self.marks and self.marks[each][1] > now}

    def mark(self, contact: str, what: str, until: datetime) -> None:
        self.hook("mark")
        if contact not in self.marks or self.marks[contact][1] < until:
            self.marks[contact] = (what, until)
        self.hook("marked")


class MemoryDigests:
    """The port Digests."""

    def __init__(self) -> None:
        self.record = DigestState()
        self.version = 0
        self.decisions: dict[str, str] = {}
        self.kept: dict[str, dict[str, str]] = {}
        self.hook: Hook = no_hook

    def decided(self, event: str) -> str | None:
        self.hook("decided")
        return self.decisions.get(event)

    def load(self) -> tuple[DigestState, int]:
        self.hook("load")
        return self.record, self.version

    def decide(self, before: int, after: DigestState, event: str, digest: str, body: str) -> None:
        self.hook("decide")
        if event in self.decisions:
            raise ConflictError(event)
        self._write(before, after)
        self.decisions[event] = digest
        if digest:
            self.kept.setdefault(digest, {})[event] = body
        self.hook("has decided")

    def save(self, before: int, after: DigestState) -> None:
        self.hook("save")
        self._write(before, after)
        self.hook("saved")

    def held(self, digest: str) -> Sequence[str]:
        self.hook("held")
        return list(self.kept.get(digest, {}).values())

    def _write(self, before: int, after: DigestState) -> None:
        if before != self.version:
            raise ConflictError("record")
        self.record, self.version = after, before + 1


class BuiltIn:
    """The port Wordings: no templates of a platform's own, unless a test gives some."""

    def __init__(self) -> None:
        self.wording = Wording.built_in()

    def now(self) -> Wording:
        return self.wording


class NotifyScene:
    """Everything from an event on the guard's bus to whom it reaches."""

    def __init__(self, tenants: MemoryTenants | None = None, journal: MemoryStreams | None = None) -> None:
        self.tenants = tenants or MemoryTenants()
        self.journal = journal or MemoryStreams()
        self.contacts = MemoryBadContacts()
        self.digests = MemoryDigests()
        self.wordings = BuiltIn()
        self.once: Any = MemoryOnce()
        self.sent = Sent()
        self.links = "https://page.example/?t=token"
        self.now = NOW
        self.fates: list[Delivered] = []
        self.dead: list[str] = []
        self.hook: Hook = no_hook
        self._queue: list[tuple[datetime, int, Callable[[int], timedelta | None], int]] = []
        self._numbers = itertools.count()

    @property
    def route_deps(self) -> RouteDeps:
        return RouteDeps(
            tenants=self.tenants, contacts=self.contacts, digests=self.digests, waker=self, notifications=self
        )

    @property
    def delivery_deps(self) -> DeliveryDeps:
        return DeliveryDeps(
            tenants=self.tenants,
            digests=self.digests,
            wordings=self.wordings,
            links=lambda news, now: self.links,
            senders=dict.fromkeys(Kind, self.sent),
            notifications=self,
            once=self.once,
            journal=self.journal,
            chance=lambda: 0.0,
        )

    def hook_all(self, hook: Hook) -> None:
        self.hook = hook
        for port in (self.contacts, self.digests, self.once, self.sent, self.journal):
            port.hook = hook

    # ---- the ports NotificationQueue and Waker

    def send(self, notifications: Sequence[Notification]) -> None:
        for notification in notifications:
            self.hook("send")
            self._put(self._delivered(written(notification)), timedelta())
        self.hook("sent")

    def wake(self, digest: str, after: timedelta) -> None:
        self.hook("wake")
        self._put(self._notified(json.dumps({"digest": digest})), after)
        self.hook("woken")

    # ---- what tests do

    def notify(self, *events: Any) -> None:
        """Take events of the bus, and work until nothing is left that could be done now."""
        for event in events:
            self.put(enveloped(event))
        self.work()

    def put(self, body: str, after: timedelta = timedelta()) -> None:
        self._put(self._notified(body), after)

    def put_notification(self, body: str) -> None:
        self._put(self._delivered(body), timedelta())

    def work(self, until: datetime | None = None) -> None:
        """Take messages as they become visible, up to ``until``, which it then is."""
        until = until or self.now
        while self._queue and self._queue[0][0] <= until:
            at, number, take, tries = heapq.heappop(self._queue)
            self.now = max(self.now, at)
            again: timedelta | None = AGAIN  # a crash leaves the message in the queue
            try:
                again = take(tries + 1)
            finally:
                if again is not None:
                    heapq.heappush(self._queue, (self.now + again, number, take, tries + 1))
        self.now = until

    def pass_time(self, span: timedelta) -> None:
        self.work(self.now + span)

    def told(self, channel: Channel) -> list[str]:
        """The ids of what a channel has been told, transitions of digests each by its own."""
        subjects = [notice.about for to, notice in self.sent.all if to == channel]
        return [news.id for about in subjects for news in getattr(about, "transitions", [about])]

    def _put(self, take: Callable[[int], timedelta | None], after: timedelta) -> None:
        heapq.heappush(self._queue, (self.now + after, next(self._numbers), take, 0))

    def _notified(self, body: str) -> Callable[[int], timedelta | None]:
        def take(_: int) -> None:
            notify(self.route_deps, body, self.now)

        return take

    def _delivered(self, body: str) -> Callable[[int], timedelta | None]:
        def take(tries: int) -> timedelta | None:
            done = deliver(self.delivery_deps, body, tries, self.now)
            self.fates.append(done)
            return done.after if done.fate is Fate.LATER else None

        return take
