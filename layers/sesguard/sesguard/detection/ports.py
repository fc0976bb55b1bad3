"""What weighing needs of the world."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from sesguard.detection.history import History
from sesguard.detection.reporting import ReportingShares
from sesguard.detection.rows import Row
from sesguard.policy import Policy
from sesguard.stream import StreamId


class Counts(Protocol):
    """Reads what ingest has counted."""

    def history(
        self, stream: StreamId, now: datetime, since: datetime | None, policy: Policy, *, names: bool = True
    ) -> History:
        """The stream's counts of the last month; mail sent before ``since`` does not weigh. Raises AwsError.

        names: with receiving domains and codes; without them no clump of bounces is forgiven.
        """

    def tenants_mail(self, stream: StreamId, tenant: str, now: datetime) -> int:
        """Mails of a month of the established streams of ``stream``'s tenant; 0 where it is not known to do well.

        Raises AwsError.
        """


class WeighedMail(Protocol):
    """One stream's mail as it is weighed: a history, or how it lay at an earlier moment."""

    def rows(self, now: int) -> Sequence[Row]:
        """The buckets that weigh at epoch minute ``now``, newest first."""

    def days(self, now: int) -> Sequence[Row]:
        """Whole UTC days with mail of the last month, newest first; the first of them is perhaps not over."""

    def weighed_volume(self, now: int) -> int:
        """Recipients sent to, of what weighs at epoch minute ``now``."""

    def reporting_shares(self) -> ReportingShares:
        """The share of the mail to providers that send complaints back, by the day."""
