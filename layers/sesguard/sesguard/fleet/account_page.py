"""The SES account as an operator sees it: rates beside SES's lines, quota, identities, addresses, who weighs on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from sesguard.account.contributors import RankedStream, assess
from sesguard.account.sums import KINDS, REVIEW, Lines, Sums
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.fleet.fleet import Fleet
from sesguard.fleet.provider_rates import ProvidersRead
from sesguard.fleet.quota_forecast import QuotaForecast, quota_forecast
from sesguard.fleet.read import ReadProblems
from sesguard.posture.changes import PostureRecord
from sesguard.stream import StreamId

DAYS: Final = 30
PAUSE: Final = {BOUNCES: 0.1, COMPLAINTS: 0.005}
"""The rates at which SES may pause an account: https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html"""
MOST_CONTRIBUTORS: Final = 20


class Standing(NamedTuple):
    """What SES says of an account. quotas: mails a day and a second; sent: in the last 24 hours.

    plan, next_plan: SES's words (NONE, ESSENTIALS, PRO, ENTERPRISE), "" where it says none; the next is of next month.
    """

    status: str
    production: bool
    sending: bool
    daily_quota: float
    quota_a_second: float
    sent: float
    vdm: bool
    plan: str = ""
    next_plan: str = ""

    @property
    def share(self) -> float:
        """Of the daily quota that is used; 0 where there is none."""
        return self.sent / self.daily_quota if self.daily_quota > 0 else 0.0


class SesRates(NamedTuple):
    """SES's own ``Reputation.*`` of a time, as fractions; None where it says none."""

    at: datetime
    bounces: float | None
    complaints: float | None


class DaySums(NamedTuple):
    """What the guard counted of a UTC day; today's so far."""

    day: datetime
    sums: Sums


class Identity(NamedTuple):
    """A verified or unverified identity; of an address the domain alone. posture: None where nobody has looked."""

    name: str
    verified: bool
    posture: PostureRecord | None = None


class IpPool(NamedTuple):
    """A pool of dedicated addresses. warmup: per cent of each address."""

    name: str
    managed: bool
    warmup: tuple[int, ...]

    @property
    def empty(self) -> bool:
        """Whether mail through it is refused: a standard pool without an address."""
        return not self.managed and not self.warmup


class AccountSource(Protocol):
    """What is known of the account. Each raises AwsError."""

    def standing(self) -> Standing: ...

    def ses_rates(self, now: datetime) -> Sequence[SesRates]: ...

    def days(self, now: datetime) -> Sequence[DaySums]: ...

    def identities(self) -> Sequence[Identity]: ...

    def pools(self) -> Sequence[IpPool]: ...

    def providers(self, now: datetime) -> ProvidersRead:
        """Read what VDM, which has to be on, says of each mailbox provider. Raises AwsError."""


@dataclass(frozen=True, slots=True)
class AccountPage:
    """All of it; what could not be read is None or empty, and ``problems`` says why."""

    now: datetime
    standing: Standing | None
    rates: Sequence[SesRates]
    days: Sequence[DaySums]
    day: Sums
    contributors: tuple[RankedStream, ...]
    identities: Sequence[Identity]
    pools: Sequence[IpPool]
    problems: tuple[str, ...]
    forecast: QuotaForecast | None = None
    providers: ProvidersRead | None = None


def read_account(source: AccountSource, fleet: Fleet, now: datetime, spared: frozenset[StreamId]) -> AccountPage:
    """Read the account. fleet: whose counts tell who weighs on it. Raises nothing."""
    problems = ReadProblems()
    by_stream = {row.stream: row.sums for row in fleet.rows if row.sums is not None and row.sums.volume}
    off = {row.stream for row in fleet.rows if row.status is not None and row.status.record.state.off}
    assessed = assess(by_stream, KINDS, Lines(REVIEW[BOUNCES], REVIEW[COMPLAINTS]), off=off, spared=spared)
    standing = problems.attempt(source.standing, "what SES says of the account")
    vdm = standing is not None and standing.vdm
    providers = problems.attempt(lambda: source.providers(now), "VDM's numbers of mailbox providers") if vdm else None
    problems.said += [f"VDM's numbers: {problem}" for problem in (providers.problems if providers is not None else ())]
    counts = [row.counts for row in fleet.rows if row.counts is not None]
    return AccountPage(
        now,
        standing,
        problems.attempt(lambda: source.ses_rates(now), "SES's own rates") or (),
        problems.attempt(lambda: source.days(now), "the guard's counts of 30 days") or (),
        assessed.account,
        assessed.contributors[:MOST_CONTRIBUTORS],
        problems.attempt(source.identities, "identities") or (),
        problems.attempt(source.pools, "dedicated addresses") or (),
        tuple(problems.said),
        quota_forecast(counts, standing.sent, standing.daily_quota, now) if standing is not None else None,
        providers,
    )
