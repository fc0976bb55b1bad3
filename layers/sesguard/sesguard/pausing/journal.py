"""The journal's entries, one struct for each kind: what is written, what is read, and the schema (``schemas/``).

An entry is appended and never written again, so a reader finds what every version before it wrote, and what a newer one
does. A default is for a reader, where an older version wrote no such key. What is None is not written. A kind that this
version does not know, or an entry that it cannot read, is an ``UnknownEntry`` and holds all that is on record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple

import msgspec

from sesguard.bus.events import iso
from sesguard.bus.fields import FilledText, described
from sesguard.pausing.record import StreamRecord

Ground = Annotated[dict[str, Any], described("what it rests on", **{"$ref": "#/$defs/Evidence"})]
"""Evidence as it was written: what was not weighed has no key, and people are shown all of it."""
StreamKey = Annotated[str, described("the stream's key; an incident names it once for all its entries")]
Key = Annotated[FilledText, described("time, version and kind, which order the entries of a stream")]


class Signature(NamedTuple):
    """Whose word a decision was made at: which command, who gave it, and why. All None where nobody spoke."""

    command: str | None = None
    who: str | None = None
    why: str | None = None


UNSIGNED: Final = Signature()


class Word(NamedTuple):
    """Who says it (an operator's ARN, or ``owner, by link``), and why."""

    who: str
    why: str

    def signature(self, command: str) -> Signature:
        """How the journal's entry of the decision that was made at this word is signed."""
        return Signature(command, self.who, self.why)


class JournalEntry(msgspec.Struct, frozen=True, tag_field="kind"):
    """One entry. ``at`` names it within its ``stream``; ``incident`` is the episode, "" where none goes on.

    What a kind does not hold is None.
    """

    stream: StreamKey
    at: Key
    incident: str = ""

    @property
    def kind(self) -> str:
        return str(self.__struct_config__.tag)

    @property
    def time(self) -> datetime:
        return datetime.fromisoformat(self.at.partition("#")[0])

    @property
    def action(self) -> str | None:
        return None

    @property
    def reason(self) -> str | None:
        return None

    @property
    def to(self) -> str | None:
        """The status that it led to."""
        return None

    @property
    def outcome(self) -> str | None:
        return None

    @property
    def evidence(self) -> dict[str, Any] | None:
        return None

    @property
    def who(self) -> str | None:
        return None

    @property
    def why(self) -> str | None:
        return None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, with the keys that are written."""
        plain = msgspec.to_builtins(self)
        return {name: plain[name] for name in sorted(plain) if plain[name] is not None}


class DecisionEntry(JournalEntry, frozen=True, kw_only=True, tag="decided"):
    """A decision on the stream, written before anything is done."""

    action: str = ""
    reason: str = ""
    to: str = ""
    mode: str = ""
    outcome: Annotated[str, described("what can become of it: asked, until an entry says that it is done")] = ""
    evidence: Ground = {}  # msgspec copies an empty default for each instance
    command: str | None = None
    who: str | None = None
    why: str | None = None


class DoneEntry(JournalEntry, frozen=True, kw_only=True, tag="done"):
    """What became of a switch that was due."""

    outcome: str = ""
    error: Annotated[str, described("the code with which SES refuses")] | None = None


class AnnouncedEntry(JournalEntry, frozen=True, kw_only=True, tag="announced"):
    """Events that the guard's bus has taken."""

    events: Annotated[tuple[str, ...], described("their ids", minItems=1)] = ()


class AccountEntry(JournalEntry, frozen=True, kw_only=True, tag="account"):
    """An alarm on an account's own rates, or an episode in which the account is at risk."""

    outcome: str = ""
    reason: Annotated[str, described("the rates that are at risk")] | None = None
    to: str | None = None
    mode: str | None = None
    evidence: Ground | None = None


class StandingEntry(JournalEntry, frozen=True, kw_only=True, tag="enforcement"):
    """SES's own verdict on the account has changed."""

    status: FilledText = ""
    before: FilledText = ""


class BacklogEntry(JournalEntry, frozen=True, kw_only=True, tag="backlog"):
    """A pause that has to wait for room, or waits no longer."""

    outcome: str = ""
    reason: str | None = None
    to: str | None = None
    evidence: Ground | None = None
    command: str | None = None
    who: str | None = None
    why: str | None = None


class DriftEntry(JournalEntry, frozen=True, kw_only=True, tag="drift"):
    """The stream was not as it is on record, and what was made of that."""

    outcome: str = ""
    to: str = ""
    origin: Annotated[str, described("who has turned it off by now, empty where nobody has")] = ""
    switch_due: str = ""


class FindingEntry(JournalEntry, frozen=True, kw_only=True, tag="finding"):
    """A finding of SES on an SES tenant, as SES put it."""

    tenant_arn: str = ""
    finding: str = ""
    impact: str = ""
    type: str = ""
    text: str = ""


class ReturnedEntry(JournalEntry, frozen=True, kw_only=True, tag="returned"):
    """The stream is registered again, or takes over what another one left behind."""

    before: str = msgspec.field(default="", name="from")
    to: str = ""
    tenant: str = ""
    inherits: Annotated[tuple[str, ...], described("the streams whose past it takes over", minItems=1)] | None = None


class OffboardedEntry(JournalEntry, frozen=True, kw_only=True, tag="offboarded"):
    """The stream has left the registry, in the status that it keeps."""

    before: str = msgspec.field(default="", name="from")
    to: str = ""
    tenant: str = ""


class NotifiedEntry(JournalEntry, frozen=True, kw_only=True, tag="notified"):
    """Somebody was told."""

    event: FilledText = ""
    type: FilledText = ""
    channel: FilledText = ""


class UndeliveredEntry(JournalEntry, frozen=True, kw_only=True, tag="undelivered"):
    """Somebody could not be told, and why it was given up."""

    event: FilledText = ""
    type: FilledText = ""
    channel: FilledText = ""
    reason: str = ""


class UnknownEntry(JournalEntry, frozen=True, kw_only=True, tag=False):
    """An entry of a newer version, or one that this version cannot read: every text as it is on record."""

    texts: dict[str, str]
    action: str | None = None
    reason: str | None = None
    to: str | None = None
    outcome: str | None = None
    who: str | None = None
    why: str | None = None

    @property
    def kind(self) -> str:
        return self.texts.get("kind", "")

    def as_dict(self) -> dict[str, Any]:
        return dict(self.texts)


Entry = (
    DecisionEntry
    | DoneEntry
    | AnnouncedEntry
    | AccountEntry
    | StandingEntry
    | BacklogEntry
    | DriftEntry
    | FindingEntry
    | ReturnedEntry
    | OffboardedEntry
    | NotifiedEntry
    | UndeliveredEntry
)

JSON_FIELDS: Final = frozenset({"evidence", "events", "inherits"})
"""Fields that are stored as JSON. All others are text: that of people may look like JSON too."""


def head_of(
    kind: type[JournalEntry], record: StreamRecord, now: datetime, incident: str | None = None
) -> tuple[str, str, str]:
    """Name an entry of ``kind``: its stream; ``at``, the time and the version that writes it; and its incident.

    No other entry shares these. incident: where it is not the record's own.
    """
    at = f"{iso(now)}#{record.version + 1:08d}#{kind.__struct_config__.tag}"
    return str(record.stream), at, record.state.incident if incident is None else incident


def write_entry(entry: JournalEntry) -> dict[str, str]:
    """Give the texts that an entry is stored as."""
    return {name: json.dumps(value) if name in JSON_FIELDS else value for name, value in entry.as_dict().items()}


def read_entry(texts: Mapping[str, str]) -> JournalEntry:
    """Read an entry of its stored texts, whichever version wrote it.

    Raises msgspec.ValidationError without ``stream`` and ``at``.
    """
    try:
        fields = {name: json.loads(text) if name in JSON_FIELDS else text for name, text in texts.items()}
        entry: JournalEntry = msgspec.convert(fields, Entry)
    except ValueError:  # msgspec's are such too
        return msgspec.convert({**texts, "texts": dict(texts)}, UnknownEntry)
    return entry
