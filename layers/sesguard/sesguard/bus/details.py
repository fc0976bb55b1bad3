"""What the guard's events hold, each one struct: it is written from it and read into it, and its schema comes of it.

A default is for a reader, where an older version wrote no such key; what is written holds every key, but for evidence.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from sesguard.bus.events import DetailType, OperatorNotice, Outcome, StreamFields
from sesguard.bus.evidence import Evidence
from sesguard.bus.fields import (
    VERSION,
    AccountNumber,
    Amount,
    EventId,
    FilledText,
    Fraction,
    Moment,
    SetName,
    Version,
    described,
)
from sesguard.stream import StreamId


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One transition of a stream, on the guard's bus with source sesguard.

    An event may be published more than once; its id stays the same.
    """

    version: Version = VERSION
    id: EventId
    at: Moment
    stream_fields: StreamFields = msgspec.field(name="stream")
    tenant: Annotated[str, described("empty where nobody has registered the stream")]
    incident: Annotated[
        FilledText, described("names the episode within its stream, from the first warning to the recovery")
    ]
    action: str = ""
    reason: str
    before: str = msgspec.field(default="", name="from")
    to: str = ""
    mode: str
    outcome: Annotated[Outcome, described("what became of it: asked and done differ")]
    evidence: Evidence
    strikes: Amount
    resumes_after: Moment | None = None
    acknowledge: Annotated[bool, described("whether somebody has to say what was fixed before it can come back")]
    pause: (
        Annotated[Moment, described("when the pause began that waits for that word; null where none does")] | None
    ) = None
    kind: DetailType = DetailType.OPERATOR  # the event's type: a reader sets it, and no detail holds it

    @property
    def stream(self) -> StreamId:
        fields = self.stream_fields
        return StreamId(fields.account, fields.region, fields.configuration_set)


class AccountTotals(msgspec.Struct, frozen=True):
    """Mail of a day, and its rates as fractions."""

    volume: Amount
    bounces: Amount
    complaints: Amount
    bounce_rate: Fraction
    complaint_rate: Fraction
    unreported: Annotated[
        Amount,
        described(
            "of the volume, by a sample, mail to providers that send no complaints back; the complaint rate leaves it "
            "out"
        ),
    ] = 0


class AtRisk(msgspec.Struct, frozen=True):
    """From which rates an account is at risk, and reviewed by SES, as fractions."""

    at_risk: Fraction
    review: Fraction


class AccountContributor(msgspec.Struct, frozen=True):
    """A stream that weighs on its account; without a configuration set it is the unattributed mail."""

    configuration_set: Annotated[SetName, described("null for the unattributed mail")] | None
    tenant: Annotated[str, described("empty where nobody has registered the stream")]
    pausable: bool
    pause: Annotated[bool, described("whether it is among those to pause until the rate is clear")]
    sums: Annotated[AccountTotals, described("its own mail")]
    projected: Annotated[AccountTotals, described("what goes on once it and all pausable ones before it are paused")]


class IdentitiesLookedAt(msgspec.Struct, frozen=True):
    """Identities without a default configuration set, whose mail may be counted nowhere."""

    without_default_set: Annotated[tuple[FilledText, ...], described("domains; of an address only its domain is named")]
    looked_at: Amount
    of: Amount
    more: Annotated[bool, described("whether SES has more than it listed at once")]


class AlarmUp(msgspec.Struct, frozen=True):
    """An alarm on the account's own rates that is up."""

    name: Annotated[str, described(maxLength=255)]
    kinds: Annotated[tuple[str, ...], described(uniqueItems=True)]
    since: Moment
    reason: Annotated[str, described(maxLength=300)]


class AccountAtRisk(msgspec.Struct, frozen=True, kw_only=True):
    """A whole SES account nears the rates at which SES reviews it.

    Once an episode; an event may be published more than once, its id stays the same.
    """

    version: Version = VERSION
    id: EventId
    at: Moment
    account: AccountNumber
    region: FilledText
    incident: Annotated[FilledText, described("names the episode within its account and region")]
    mode: Annotated[str, described("whether the guard pauses the contributors that it says to pause")]
    hours: Annotated[int, described("the full hours of sending, before this one, that all sums are of", minimum=1)]
    kinds: Annotated[tuple[str, ...], described("the rates that are at risk", uniqueItems=True, minItems=1)]
    lines: dict[str, AtRisk]
    alarms: tuple[AlarmUp, ...]
    total: Annotated[AccountTotals, described("all mail of the account, by the guard's own counts")]
    going_on: Annotated[AccountTotals, described("without the streams that are off already")]
    unattributed: Annotated[
        AccountTotals, described("mail that named no configuration set, as far as the guard saw it")
    ]
    contributors: Annotated[tuple[AccountContributor, ...], described("who weighs most, the worst first", maxItems=20)]
    more_contributors: Amount
    identities: Annotated[IdentitiesLookedAt | None, described("null where SES did not say")]


class RecordToPublish(msgspec.Struct, frozen=True):
    """A DNS record, and its line in a zone file."""

    name: str
    type: str
    value: str
    line: Annotated[str, described("the record as a line of a zone file")] = ""


class DomainFinding(msgspec.Struct, frozen=True):
    """One thing that is wrong with a domain, and what to do about it."""

    code: str
    says: str
    do: str = ""


class DomainPosture(msgspec.Struct, frozen=True, kw_only=True):
    """A domain that mail is from has changed, or its mail is refused for want of authentication.

    What is wrong, and the DNS records to publish.
    """

    version: Version = VERSION
    id: EventId
    at: Moment
    account: AccountNumber
    region: FilledText
    domain: Annotated[str, described("of an address its domain; empty where the registry names no identity")]
    tenant: str
    configuration_sets: tuple[str, ...] = ()
    occasion: str
    lines: Annotated[tuple[str, ...], described(minItems=1)] = ()
    findings: tuple[DomainFinding, ...] = ()
    todo: tuple[str, ...] = ()
    records: tuple[RecordToPublish, ...] = ()


class PausedElsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """The guard of another account or region has paused a stream of this tenant's there.

    Put onto a guard's bus by the centre, with source sesguard.centre, so that it is passed on no further. An event may
    come more than once.
    """

    version: Version = VERSION
    id: EventId
    at: Annotated[Moment, described("when it was paused there")]
    stream_fields: StreamFields = msgspec.field(name="stream")
    tenant: Annotated[FilledText, described("its id, which has to be of the same customer in all accounts")]
    incident: FilledText
    reason: str
    strikes: Annotated[Amount, described("automatic pauses that are remembered there, this one included")]

    @property
    def stream(self) -> StreamId:
        fields = self.stream_fields
        return StreamId(fields.account, fields.region, fields.configuration_set)


News = Transition | OperatorNotice | AccountAtRisk | DomainPosture
