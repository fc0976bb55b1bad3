"""Whether CloudWatch takes a kind of call for alarms just now, or has refused one for being too many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sesguard.errors import AwsError

_SPENT: Final = frozenset({"Throttling", "ThrottlingException", "LimitExceeded", "LimitExceededException"})
"""It takes three calls of a kind a second, and 5,000 alarms of an account and region:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html"""


class AlarmQuota:
    """One kind of call in one batch or sweep. spent: a call was refused for that.

    To be refused again for each of thousands would take all of the function's time. The next batch or sweep asks again,
    and no pause waits for an alarm.
    """

    def __init__(self) -> None:
        self.spent = False

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Note whether a call within is refused for being too many."""
        try:
            yield
        except AwsError as error:
            self.spent |= error.code in _SPENT
            raise
