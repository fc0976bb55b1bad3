"""Mail as it lay at an earlier moment, for weighing a stream as of then. Pure."""

from __future__ import annotations

from sesguard.detection.breakdown import DAY
from sesguard.detection.history import History
from sesguard.detection.reporting import ReportingShares
from sesguard.detection.rows import Row, boundaries


class PastMail:
    """What was sent of a history's mail before a moment, with all that is known of it by now.

    A bucket belongs to the moment at which it begins, and stays as wide as it is by now: an hour of three days ago is
    not known by its minutes. Nothing before ``since`` (epoch minute) is in it, nothing that the history does not have.
    """

    def __init__(self, history: History, now: int) -> None:
        self._rows = history.rows(now)
        self._shares = history.reporting_shares()
        self.since = 0

    def rows(self, now: int) -> list[Row]:
        """The buckets that weigh at epoch minute ``now``, newest first."""
        first = max(self.since, boundaries(now)[2])
        return [row for row in self._rows if first <= row[0] < now]

    def days(self, now: int) -> list[Row]:
        """The same by whole UTC days with mail, newest first."""
        days: dict[int, Row] = {}
        for row in self.rows(now):
            start = row[0] // DAY * DAY
            sums = days.get(start, (start, 0, 0, 0, 0, 0, 0, 0))
            days[start] = _sum(start, sums, row)
        return [row for row in days.values() if row[1]]

    def weighed_volume(self, now: int) -> int:
        """Recipients sent to, of what weighs at epoch minute ``now``."""
        return round(sum(row[1] for row in self.rows(now)))

    def reporting_shares(self) -> ReportingShares:
        """The share of the stream's mail to providers that send complaints back, by now."""
        return self._shares


def _sum(start: int, one: Row, other: Row) -> Row:
    _, volume, bounces, complaints, every, published, unseen, unseen_complaints = other
    return (
        start,
        one[1] + volume,
        one[2] + bounces,
        one[3] + complaints,
        one[4] + every,
        one[5] + published,
        one[6] + unseen,
        one[7] + unseen_complaints,
    )
