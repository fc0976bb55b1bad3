"""What the centre needs of the outside."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from sesguard.bus.events import Event
from sesguard.members.member import Member


class MemberStore(Protocol):
    """Members on record, and what was told."""

    def heard(self, member: Member) -> None:
        """Keep a sign of life, unless a later one is known. Whether silence was told stays. Raises AwsError."""

    def all(self) -> list[Member]:
        """Raises AwsError."""

    def mark_silent(self, member: Member, told: datetime | None) -> bool:
        """Keep that silence was told, or (None) is over; False where somebody has just done so. Raises AwsError."""

    def first_told(self, identity: str, now: datetime) -> bool:
        """Keep that a notice was told; False where it had been. Raises AwsError."""

    def forget_told(self, identity: str) -> None:
        """Let a notice that could not be told come again. Raises AwsError."""

    def forget(self, members: Iterable[Member]) -> None:
        """Take members that are no more off the record. Raises AwsError."""


class MemberBuses(Protocol):
    """The buses of the guards, which take the centre's word on pauses elsewhere."""

    def put(self, member: Member, event: Event) -> None:
        """Raises AwsError."""


class CentralTopic(Protocol):
    """Where the operator of all guards hears of them."""

    def tell(self, subject: str, text: str) -> None:
        """Raises AwsError."""
