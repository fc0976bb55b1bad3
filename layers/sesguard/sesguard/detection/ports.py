"""What weighing needs of the world."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sesguard.detection.history import History
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
        ...

    def tenants_mail(self, stream: StreamId, tenant: str, now: datetime) -> int:
        """Mails of a month of the established streams of ``stream``'s tenant; 0 where it is not known to do well.

        Raises AwsError.
        """
        ...
