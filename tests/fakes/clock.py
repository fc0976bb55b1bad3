"""Times that tests share."""

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def minute_of(at: datetime) -> int:
    return int(at.timestamp() // 60)
