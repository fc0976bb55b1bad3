"""A whole account: what it sent, its identities, its standing with SES."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol

from sesguard.account.identities import IdentitiesSeen
from sesguard.account.quota import AccountNow
from sesguard.account.sums import Sums
from sesguard.stream import StreamId


class Account(Protocol):
    """What a whole account sent within the last day, and what became of it, by the guard's own counts.

    ``home``: the account and region, as a stream without a configuration set.
    """

    def rough(self, home: StreamId, now: datetime) -> Sums:
        """Read the sums that ingest adds up on the side: at once, near enough to say when to look closer.

        Raises AwsError.
        """

    def by_stream(
        self, home: StreamId, now: datetime, time_left: Callable[[], bool] = ...
    ) -> Mapping[StreamId, Sums] | None:
        """Read each stream that sent anything, the unattributed mail among them as ``home``.

        None where there was no time for all of them: then the next call goes on. Raises AwsError.
        """

    def is_looking(self, now: datetime) -> bool:
        """Whether such a look is to be gone on with."""


class AccountIdentities(Protocol):
    """SES's identities."""

    def without_default_set(self, most: int) -> IdentitiesSeen:
        """Look at no more than ``most``, as each takes a second. Raises AwsError."""


class VerifiedDomains(Protocol):
    """The domains that are verified in an account and region."""

    def verified_domains(self) -> Collection[str]:
        """Ask SES for all of them. Raises AwsError."""


class VerifiedDomainsStore(Protocol):
    """Where ingest finds them."""

    def note_verified(self, home: StreamId, domains: Collection[str]) -> None:
        """Put them on record. Raises AwsError."""


class StandingStore(Protocol):
    """The account's standing with SES, and what the operator knows of it."""

    def ask(self) -> AccountNow:
        """Ask SES. Raises AwsError."""

    def known(self) -> str:
        """Read what was noted last, "" for nothing. Raises AwsError."""

    def note(self, status: str) -> None:
        """Remember it. Raises AwsError."""

    def quota_told(self) -> float:
        """Read which share of the daily quota was told last, 0 for none. Raises AwsError."""

    def note_quota(self, level: float) -> None:
        """Remember it. Raises AwsError."""


class EventDestinations(Protocol):
    """Where configuration sets of the guard's own account and region publish to."""

    def problem_of(self, configuration_set: str) -> str:
        """Say what keeps its events from the guard; "" where they come, or the set is gone. Raises AwsError."""
