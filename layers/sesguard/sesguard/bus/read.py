"""Read the guard's events back, as they come out of the queue in EventBridge's envelope."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from sesguard.bus.events import DetailType, Outcome
from sesguard.stream import StreamId
from sesguard.text import decode_json


class _Stream(msgspec.Struct, frozen=True):
    account: str
    region: str
    configuration_set: str


class Evidence(msgspec.Struct, frozen=True):
    """What a decision rests on, as ``detection.explain.Explanation.as_dict`` writes it; all of it may be missing."""

    kind: str = ""
    volume: int = 0
    bad: int = 0
    rate: float = 0.0
    limit: float = 0.0
    chance: float = 1.0
    start: str = msgspec.field(default="", name="from")
    end: str = msgspec.field(default="", name="to")
    domains: tuple[tuple[str, int], ...] = ()
    codes: tuple[tuple[str, int], ...] = ()
    cause: str | None = None
    causes: tuple[tuple[str, int], ...] = ()
    forgiven: int = 0
    sentence: str = ""
    alarm: dict[str, Any] = {}  # msgspec copies an empty default for each instance


class Transition(msgspec.Struct, frozen=True):
    """One transition of a stream. ``kind`` is the event's detail-type."""

    id: str
    at: datetime
    stream_fields: _Stream = msgspec.field(name="stream")
    tenant: str
    incident: str
    reason: str
    mode: str
    outcome: Outcome
    evidence: Evidence
    strikes: int
    acknowledge: bool
    resumes_after: datetime | None = None
    before: str = msgspec.field(default="", name="from")
    pause: datetime | None = None
    kind: DetailType = DetailType.OPERATOR

    @property
    def stream(self) -> StreamId:
        fields = self.stream_fields
        return StreamId(fields.account, fields.region, fields.configuration_set)


class OperatorNotice(msgspec.Struct, frozen=True):
    """Something that only the operator has to know."""

    id: str
    subject: str
    text: str
    at: datetime | None = None
    stream_fields: _Stream | None = msgspec.field(default=None, name="stream")


class AccountTotals(msgspec.Struct, frozen=True):
    """Mail of a day, and its rates as fractions."""

    volume: int
    bounces: int
    complaints: int
    bounce_rate: float
    complaint_rate: float


class AtRisk(msgspec.Struct, frozen=True):
    """From which rates an account is at risk, and reviewed by SES, as fractions."""

    at_risk: float
    review: float


class AccountContributor(msgspec.Struct, frozen=True):
    """A stream that weighs on its account; without a configuration set it is the unattributed mail."""

    configuration_set: str | None
    tenant: str
    pausable: bool
    pause: bool
    sums: AccountTotals
    projected: AccountTotals


class IdentitiesLookedAt(msgspec.Struct, frozen=True):
    """Identities without a default configuration set."""

    without_default_set: tuple[str, ...]
    looked_at: int
    of: int
    more: bool


class AlarmUp(msgspec.Struct, frozen=True):
    name: str
    reason: str


class AccountAtRisk(msgspec.Struct, frozen=True):
    """A whole account nears the rates at which SES reviews it."""

    id: str
    at: datetime
    account: str
    region: str
    incident: str
    mode: str
    hours: int
    kinds: tuple[str, ...]
    lines: dict[str, AtRisk]
    alarms: tuple[AlarmUp, ...]
    total: AccountTotals
    going_on: AccountTotals
    unattributed: AccountTotals
    contributors: tuple[AccountContributor, ...]
    more_contributors: int
    identities: IdentitiesLookedAt | None


class RecordToPublish(msgspec.Struct, frozen=True):
    """A DNS record, and its line in a zone file."""

    name: str
    type: str
    value: str
    line: str = ""


class DomainFinding(msgspec.Struct, frozen=True):
    """One thing that is wrong with a domain, and what to do about it."""

    code: str
    says: str
    do: str = ""


class DomainPosture(msgspec.Struct, frozen=True):
    """Something about a domain that mail is from: ``occasion`` is a word of ``posture.announce.Occasion``."""

    id: str
    at: datetime
    account: str
    region: str
    domain: str
    tenant: str
    occasion: str
    lines: tuple[str, ...] = ()
    configuration_sets: tuple[str, ...] = ()
    findings: tuple[DomainFinding, ...] = ()
    todo: tuple[str, ...] = ()
    records: tuple[RecordToPublish, ...] = ()


News = Transition | OperatorNotice | AccountAtRisk | DomainPosture


class _Envelope(msgspec.Struct, frozen=True):
    detail_type: str = msgspec.field(name="detail-type")
    detail: msgspec.Raw


def read(body: str) -> News | None:
    """Read one message; None for a kind of event that this version does not know.

    Raises msgspec.DecodeError for a body that is no event of the guard's.
    """
    envelope = decode_json(body, _Envelope)
    if envelope.detail_type not in list(DetailType):
        return None
    kind = DetailType(envelope.detail_type)
    if kind is DetailType.OPERATOR:
        return decode_json(bytes(envelope.detail), OperatorNotice)
    if kind is DetailType.ACCOUNT_AT_RISK:
        return decode_json(bytes(envelope.detail), AccountAtRisk)
    if kind is DetailType.DOMAIN:
        return decode_json(bytes(envelope.detail), DomainPosture)
    return msgspec.structs.replace(decode_json(bytes(envelope.detail), Transition), kind=kind)
