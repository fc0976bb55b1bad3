"""An owner at the acknowledgement page, over a world in memory."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from sesguard.acknowledgement.links import Links
from sesguard.acknowledgement.page import PageDeps, answer
from sesguard.acknowledgement.pages import Response
from sesguard.acknowledgement.request import Request
from sesguard.bus.events import iso
from sesguard.errors import AwsError
from sesguard.notices.brand import Brand
from sesguard.pausing.journal import DecisionEntry
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import StreamState
from sesguard.stream import StreamId
from tests.fakes.clock import DAY, HOUR, NOW
from tests.fakes.journal import a_decision
from tests.fakes.states import paused
from tests.fakes.world import ACME, Memory, MemoryStreams

KEY = b"k" * 64
HOST = "mail.example.com"
FIXED = "We removed the imported list."
FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
EVIDENCE = {
    "kind": "bounces",
    "volume": 330,
    "bad": 48,
    "rate": 0.145,
    "limit": 0.05,
    "chance": 1e-7,
    "from": "2026-11-21T16:05Z",
    "to": "2026-11-21T16:06Z",
    "domains": [["gone.example", 30], ["<b>bold</b>.example", 2]],
    "codes": [["5.1.1", 48]],
    "risk": 1.2,
    "sentence": "hard bounce rate 14.5 % > 5 %",
}


class MemoryDecisions:
    """The port Decisions over what MemoryStreams has written."""

    def __init__(self, streams: MemoryStreams) -> None:
        self._streams = streams

    def decided(self, stream: StreamId, at: datetime) -> DecisionEntry | None:
        entries = self._streams.entries(stream, "decided")
        return next((entry for entry in reversed(entries) if entry.at.startswith(f"{iso(at)}#")), None)


class Owner:
    """The owner of acme-news, which waits for the owner's word since NOW. ``reads`` counts looks at the record."""

    def __init__(self, state: StreamState | None = None, **record: Any) -> None:
        self.memory = Memory()
        self.put(paused(acknowledge=True) if state is None else state, **record)
        self.memory.streams.note(a_decision(NOW, to="paused", evidence=EVIDENCE))
        self.reads = 0
        self.memory.streams.hook = self._count
        streams = self.memory.streams
        self.brand = Brand()
        self.deps = PageDeps(
            streams=streams, decisions=MemoryDecisions(streams), key=lambda: KEY, brand=lambda: self.brand
        )
        self.now = NOW + HOUR / 2

    def _count(self, step: str) -> None:
        self.reads += step == "load"

    def put(self, state: StreamState, **changes: Any) -> None:
        stored = self.memory.streams.records.get(ACME)
        version = stored.version + 1 if stored else 1
        record = StreamRecord(ACME, version, state, self.memory.streams.policy, **{"turned_off": state.off, **changes})
        self.memory.streams.records[ACME] = record

    @property
    def state(self) -> StreamState:
        return self.memory.streams.records[ACME].state

    @property
    def words(self) -> list[tuple[str, str]]:
        """Who spoke and what they said, as the journal has it."""
        return [(it.who, it.why) for it in self.memory.streams.entries(ACME, "decided") if it.who]

    def link(self, pause: datetime = NOW, lifetime: timedelta = 30 * DAY, key: bytes = KEY, **claims: Any) -> str:
        """The token of a link that was sent at NOW."""
        links = Links("https://mail.example.com/acknowledge", key, lifetime)
        given = {"stream": ACME, "incident": self.state.incident, **claims}
        return links.to(given["stream"], given["incident"], pause, NOW).partition("?t=")[2]

    def ask(self, method: str, token: str | None = None, *, body: bytes = b"", **headers: str) -> Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(method, self.link() if token is None else token, given, body, frozenset({HOST}))
        return answer(self.deps, request, self.now)

    def open(self, token: str | None = None) -> Response:
        return self.ask("GET", token)

    def press(self, fixed: str = FIXED, token: str | None = None, **headers: str) -> Response:
        given = {**FORM, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.ask("POST", token, body=urlencode({"fixed": fixed}).encode(), **given)

    def cut_off(self, step: str) -> None:
        """Let DynamoDB refuse from now on."""

        def refuse(name: str) -> None:
            if name == step:
                raise AwsError("GetItem", "InternalServerError", retryable=True)

        self.memory.streams.hook = refuse
