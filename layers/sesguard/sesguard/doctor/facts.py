"""What checks look at: facts of one deployment, as AWS and the guard's own tables say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DeploymentHome:
    """Where the guard is. outputs, parameters: as template.yaml names them. alarm_prefix: of its streams' alarms."""

    stack: str
    account: str
    region: str
    partition: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of the guard's own account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


class SesAccount(NamedTuple):
    """What SES says of the account. answered: AWS's own clock at the answer; asked: ours.

    max_24_hours: -1 for no limit (https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendQuota.html).
    """

    production: bool
    sending: bool
    enforcement: str
    max_24_hours: float
    sent_24_hours: float
    answered: datetime | None = None
    asked: datetime | None = None

    @property
    def used(self) -> float:
        """The share of the daily quota that is used; 0 where there is no limit."""
        return self.sent_24_hours / self.max_24_hours if self.max_24_hours > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Sampled(Generic[T]):
    """Some of many. of: how many there are."""

    seen: tuple[T, ...]
    of: int

    @property
    def whole(self) -> bool:
        return len(self.seen) >= self.of


class Destination(NamedTuple):
    """Where a configuration set publishes to. targets: the ARN of a topic or of a bus."""

    name: str
    enabled: bool
    events: frozenset[str]
    targets: frozenset[str]


class SetFacts(NamedTuple):
    """A configuration set."""

    name: str
    sending: bool
    reputation_metrics: bool
    destinations: tuple[Destination, ...]


class IdentityFacts(NamedTuple):
    """An identity. default_set: "" for none."""

    name: str
    verified: bool
    default_set: str


class SesTenantFacts(NamedTuple):
    """A tenant of SES's own. policy: by which SES itself pauses it: standard, strict or none."""

    name: str
    policy: str


class PoolFacts(NamedTuple):
    """A pool of dedicated addresses. addresses: None of a managed pool, whose addresses SES keeps to itself."""

    name: str
    addresses: int | None


class SubscriptionFacts(NamedTuple):
    """A subscription of a topic. endpoint: an ARN or an address, which no finding repeats."""

    endpoint: str
    confirmed: bool


class SourceFacts(NamedTuple):
    """What feeds a function. state: as Lambda says it."""

    function: str
    queue: str
    state: str


class QueueFacts(NamedTuple):
    """A queue of the stack, by its logical name. oldest_seconds: None where CloudWatch does not say."""

    name: str
    messages: int
    oldest_seconds: float | None


class FunctionFacts(NamedTuple):
    """A function of the stack. runs: of the last quarter of an hour. throttles: of the last hour.

    reserved: its own concurrency, None for none. layers: by ARN.
    """

    name: str
    runs: float
    throttles: float
    reserved: int | None
    layers: tuple[str, ...]


class AlarmFacts(NamedTuple):
    """An alarm of CloudWatch."""

    name: str
    enabled: bool
    actions: tuple[str, ...]


class RegisteredStream(NamedTuple):
    """A stream of the registry. problem: why SES could not be made so, "" for nothing."""

    stream: str
    tenant: str
    pool: str
    problem: str = ""


class OffRecord(NamedTuple):
    """A stream that is not healthy. off: whether its record says that the guard, or an operator, has turned it off."""

    stream: str
    off: bool


class SenderFacts(NamedTuple):
    """Who may send by IAM. any_set: also with a configuration set that is nobody's."""

    arn: str
    any_set: bool


class Versions(NamedTuple):
    """stack: "" where it does not say. sdk: of AWS's library here."""

    command_line: str
    stack: str
    sdk: tuple[int, ...]
