"""What the use cases need from the world. AWS adapters are in ``sesguard.aws``; tests have twins in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from sesguard.counting.history import History
from sesguard.counting.tally import Part
from sesguard.deciding.blast_radius import Room
from sesguard.deciding.decide import Alarm, AlarmValue
from sesguard.deciding.state import StreamState
from sesguard.policy import Limits, Policy
from sesguard.shield.sums import Sums
from sesguard.stream import StreamId
from sesguard.weighing.weigh import Verdict


class Unwritten(NamedTuple):
    """Sums that could not be written: whose, the numbers of the messages they came from, and the error's code."""

    stream: StreamId
    messages: tuple[int, ...]
    code: str


class CountsWriter(Protocol):
    """Writes what ingest counts."""

    def add(self, parts: Sequence[Part], now: datetime, left: Callable[[], bool]) -> list[Unwritten]:
        """Write the sums of a batch; return what could not be written. ``left``: is there time for another call."""
        ...


class Counts(Protocol):
    """Reads what ingest has counted."""

    def history(self, stream: StreamId, now: datetime, since: datetime | None, policy: Policy) -> History:
        """The stream's counts of the last month; mail sent before ``since`` does not weigh. Raises AwsError."""
        ...


class Waiting(msgspec.Struct, frozen=True):
    """A pause that was decided and found no room under the cap on automatic pauses: it waits for an operator.

    reason: why it was decided. risk: of the evidence then. alarm: the name of the alarm that asked for it, "" for none.
    """

    since: datetime
    reason: str
    risk: float = 0.0
    alarm: str = ""


class Means(NamedTuple):
    """What turns a stream's sending on and off: its configuration set, an SES tenant (its ARN), or both."""

    configuration_set: bool = True
    tenant_arn: str = ""


BY_SET: Final = Means()


@dataclass(frozen=True, slots=True)
class StreamRecord:
    """A stream as it is on record.

    version: rises by one with every save; a save names the version it read.
    policy: the default with the overrides of this stream laid over it.
    switch_due: the sending state ("on", "off") that was decided and not yet confirmed done; "" where none is due.
    turned_off: whether the guard has turned sending off (or is about to) and not on again. Only then may it turn on.
    trouble: what the last try of the switch failed with for good, told to the operator already; "" where none.
    announce: events for the guard's bus that were decided and not yet accepted by it, oldest first.
    known: whether there is an item at all.
    waiting: the pause that waits for an operator, as there was no room for it; None where there is none.
    means: what turns the stream on and off, as the registry says.
    """

    stream: StreamId
    version: int
    state: StreamState
    policy: Policy
    tenant: str = ""
    switch_due: str = ""
    turned_off: bool = False
    trouble: str = ""
    announce: tuple[Mapping[str, Any], ...] = field(default=())
    known: bool = True
    waiting: Waiting | None = None
    means: Means = BY_SET

    @property
    def limits(self) -> Limits:
        """What the stream is weighed by as it stands."""
        return self.policy.limits(probation=self.state.on_probation)


class Streams(Protocol):
    """The record of each stream's state, and the journal of its incidents."""

    def load(self, stream: StreamId) -> StreamRecord:
        """Read consistently; an unknown stream comes back healthy, ``known=False``, version 0. Raises AwsError."""
        ...

    def save(self, record: StreamRecord, journal: Iterable[Mapping[str, Any]] = ()) -> StreamRecord:
        """Write ``record`` if its version is still the stored one, and append ``journal`` entries, all or nothing.

        Returns the record with its new version. Raises ConflictError where another writer was first, else AwsError.
        """
        ...

    def not_healthy(self) -> Iterable[StreamId]:
        """Every stream whose status is not healthy, or for which something is still due; no accounts."""
        ...


class Slots(Protocol):
    """Room for automatic pauses: so many an hour."""

    def claim(self, pause: str, now: datetime) -> Room:
        """Claim room for ``pause``, a name of at most 64 characters; again and again for the same one is one claim.

        Raises AwsError, or ConflictError where others kept claiming.
        """
        ...


class Journal(Protocol):
    """The journal of incidents, for those that write nothing else."""

    def note(self, stream: StreamId, entry: Mapping[str, Any]) -> None:
        """Append one entry, named by its ``at``; one that is there already stays as it is. Raises AwsError."""
        ...


class JournalReader(Protocol):
    """The journal of incidents, read back for people."""

    def of(self, stream: StreamId) -> Sequence[Mapping[str, Any]]:
        """Read all entries of a stream, oldest first. Raises AwsError."""
        ...

    def last(self, stream: StreamId, most: int) -> Sequence[Mapping[str, Any]]:
        """Read the newest entries of a stream, at most ``most``, oldest first. Raises AwsError."""
        ...

    def all(self) -> Iterable[Mapping[str, Any]]:
        """Read the whole journal, in no certain order; each entry names its ``stream``. Raises AwsError."""
        ...


class AlarmNow(NamedTuple):
    """What CloudWatch says of an alarm: its state, and since when."""

    value: AlarmValue
    since: datetime


class Alarms(Protocol):
    """The alarm of each stream, in CloudWatch."""

    def now(self, streams: Iterable[StreamId]) -> Mapping[StreamId, AlarmNow]:
        """Read the alarms of many streams; one that has no alarm is left out. Raises AwsError."""
        ...

    def publish(self, verdicts: Iterable[tuple[StreamId, Verdict]]) -> None:
        """Put the metrics Risk, BounceRate and ComplaintRate of each stream, the rates where there is one.

        What says nothing new about its minute may be left out. Raises AwsError.
        """
        ...

    def ensure(self, stream: StreamId) -> None:
        """Make sure that the stream's alarm exists as designed. Raises AwsError."""
        ...

    def trip(self, stream: StreamId, reason: str, data: Mapping[str, Any] | None = None) -> None:
        """Set the stream's alarm to ALARM at once; its actions run if it was in another state. Raises AwsError.

        ``reason`` is a sentence for people, ``data`` the same for programs, JSON-ready.
        """
        ...


class IdleAlarms(Protocol):
    """The alarms of streams that need none any more."""

    def remove(self, keep: Collection[StreamId], before: datetime) -> int:
        """Delete each stream's alarm that is OK and untouched since ``before``, but for ``keep``. Raises AwsError."""
        ...


class Sending(StrEnum):
    """What SES says of a stream's sending. OFF is somebody's own doing in this account, OFF_BY_AWS is SES's verdict."""

    ON = "on"
    OFF = "off"
    OFF_BY_AWS = "off_by_aws"
    UNKNOWN_SET = "unknown_set"


class Switch(Protocol):
    """Turns a stream's sending on and off, by the means that are on record for it."""

    def look(self, stream: StreamId, means: Means = BY_SET) -> Sending:
        """Read whether the stream may send. Raises AwsError."""
        ...

    def turn(self, stream: StreamId, *, on: bool, means: Means = BY_SET) -> Sending:
        """Set whether the stream may send; what is already so is no error. Returns what was set. Raises AwsError."""
        ...


class Turn(NamedTuple):
    """An alarm's message that needs calls to SES and waits for its turn.

    urgency: the stream's risk when the message came, which says whose turn is first.
    about: what evidence the message itself brings, such as the alarm's name.
    """

    stream: StreamId
    urgency: float
    alarm: Alarm
    about: Mapping[str, Any]


class Turns(Protocol):
    """Who waits for SES, and who serves them: one worker at a time, so that the worst is first among all."""

    def line_up(self, turn: Turn) -> None:
        """Let it wait; what waits already waits once. Raises AwsError."""
        ...

    def worst(self, most: int) -> Sequence[Turn]:
        """Read consistently at most ``most`` that wait, the worst first. Raises AwsError."""
        ...

    def served(self, turn: Turn) -> None:
        """Take it out. Raises AwsError."""
        ...

    def take(self) -> bool:
        """Become the one who serves, or stay so for another while; False where another one is. Raises AwsError."""
        ...

    def leave(self) -> None:
        """Let somebody else serve. Raises AwsError."""
        ...


class Account(Protocol):
    """What a whole account sent within the last day, and what became of it, by the guard's own counts.

    ``home``: the account and region, as a stream without a configuration set.
    """

    def rough(self, home: StreamId, now: datetime) -> Sums:
        """Read the sums that ingest adds up on the side: at once, near enough to say when to look closer.

        Raises AwsError.
        """
        ...

    def by_stream(self, home: StreamId, now: datetime) -> Mapping[StreamId, Sums]:
        """Read each stream that sent anything, the unattributed mail among them as ``home``. Raises AwsError."""
        ...


class IdentitiesSeen(NamedTuple):
    """Identities without a default configuration set, of those that were looked at, of all that may send."""

    without_default_set: tuple[str, ...]
    looked_at: int
    of: int
    more: bool = False


class Identities(Protocol):
    """SES's identities."""

    def without_default_set(self, most: int) -> IdentitiesSeen:
        """Look at no more than ``most``, as each takes a second. Raises AwsError."""
        ...


class Place(NamedTuple):
    """How far a round of all streams has come: after which stream's key ("" at its start), and when it begun."""

    after: str = ""
    begun: datetime | None = None


class Rounds(Protocol):
    """A round of all streams that are on record, healthy ones included, which takes many sweeps."""

    def place(self) -> Place:
        """Read how far the round has come. Raises AwsError."""
        ...

    def following(self, after: str, most: int) -> Sequence[StreamId | None]:
        """Read at most ``most`` streams after that one, and None at the end of all. Raises AwsError."""
        ...

    def reached(self, place: Place) -> None:
        """Keep how far the round has come. Raises AwsError."""
        ...


class Enforcement(Protocol):
    """The account's standing with SES."""

    def status(self) -> str:
        """Ask SES: HEALTHY, PROBATION or SHUTDOWN. Raises AwsError."""
        ...

    def known(self) -> str:
        """Read what was noted last, "" for nothing. Raises AwsError."""
        ...

    def note(self, status: str) -> None:
        """Remember it. Raises AwsError."""
        ...


class TenantStreams(Protocol):
    """Which streams send for an SES tenant."""

    def streams_of(self, home: StreamId, tenant: str) -> Sequence[StreamId]:
        """Read the configuration sets of the tenant of that name, of the account and region ``home``, sorted.

        None for a tenant that is gone. Raises AwsError.
        """
        ...


class Bus(Protocol):
    """The guard's event bus."""

    def publish(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Publish events as :mod:`sesguard.announcing` makes them. Raises AwsError unless every one was accepted."""
        ...


class Tenant(msgspec.Struct, frozen=True):
    """A tenant as the registry has it. ``contacts`` are the addresses of its owner."""

    id: str
    name: str = ""
    contacts: tuple[str, ...] = ()


class Tenants(Protocol):
    """The registry of tenants."""

    def find(self, tenant: str) -> Tenant | None:
        """Read one tenant by its id. Raises AwsError."""
        ...

    def tenant_of(self, stream: StreamId) -> str:
        """Read whose the stream is: a tenant's id, "" where nobody has registered it. Raises AwsError."""
        ...


class Mail(Protocol):
    """Mail from the guard to an owner."""

    def send(self, to: str, subject: str, text: str) -> None:
        """Send plain text to one address. Raises AwsError."""
        ...


class OperatorLine(Protocol):
    """The operator's topic."""

    def tell(self, subject: str, text: str) -> None:
        """Publish a message; ``subject`` is one line of printable ASCII, at most 100. Raises AwsError."""
        ...


class Once(Protocol):
    """Remembers what was done, so that it is done once however often it is asked for."""

    def do(self, key: str, action: Callable[[], None]) -> None:
        """Run ``action`` unless it has run to its end under ``key``. Raises what it raises, and then it has not run."""
        ...
