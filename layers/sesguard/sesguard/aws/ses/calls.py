"""Control calls to SES v2 in the guard's own region, one after another through the gate, and pages of what it lists.

botocore must not try again by itself: each try is a call that SES counts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final

from sesguard.aws.boto_types import SESV2Client
from sesguard.aws.clients import calling, calling_unless
from sesguard.errors import AwsError
from sesguard.provisioning.rate_limit import Gate

ACTIONS: Final = frozenset(set[str]())  # the modules that say what is called declare theirs

EXISTS: Final = "AlreadyExistsException"
GONE: Final = "NotFoundException"
APART: Final = 1.0
"""Seconds between two control calls: https://docs.aws.amazon.com/ses/latest/dg/quotas.html"""
_THROTTLED: Final = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
_FULL: Final = "LimitExceededException"  # of SES's own, a quota: time does not heal it


class SesCalls:
    """Makes calls. A refusal because of the rate is tried again, as long as the gate lets it."""

    def __init__(self, client: SESV2Client, gate: Gate) -> None:
        self._client = client
        self._gate = gate

    def call(self, operation: str, method: str, **request: Any) -> Any:  # noqa: ANN401  # as the service's
        """Raises AwsError, or Stopped where no call may be made any more."""
        while True:
            self._gate.enter()
            try:
                with calling(operation):
                    answer = getattr(self._client, method)(**request)
            except AwsError as failed:
                if failed.code in _THROTTLED:
                    self._gate.refused()
                    continue
                retryable = failed.retryable and failed.code != _FULL
                raise AwsError(operation, failed.code, retryable=retryable) from None
            self._gate.passed()
            return answer

    def unless(self, code: str, operation: str, method: str, **request: Any) -> Any:  # noqa: ANN401  # as above
        """The same; None where SES answers with ``code``."""
        with calling_unless(operation, code):
            return self.call(operation, method, **request)
        return None


def as_tags(tags: Any) -> dict[str, str]:  # noqa: ANN401  # as SES lists them
    return {tag["Key"]: tag.get("Value", "") for tag in tags or ()}


def listed(tags: Any) -> list[dict[str, str]]:  # noqa: ANN401  # a mapping
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def every(call: Callable[..., Any], key: str, pace: CallRate | None = None, **request: Any) -> Iterator[Any]:  # noqa: ANN401  # as SES's
    """Everything below ``key`` of what ``call``, a client's method, answers to ``request``, page by page.

    pace: waits before each page, where ``call`` does not do so itself.
    """
    while True:
        if pace is not None:
            pace.wait("")
        page = call(**request)
        yield from page.get(key) or ()
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]


class CallRate:
    """Waits before calls.

    apart: seconds between two calls to a region, on average. burst: calls that may follow each other at once, after a
    time without any. clock: seconds that only go up.
    """

    def __init__(
        self,
        apart: float = 0.0,
        burst: int = 1,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._apart = apart
        self._ahead = (burst - 1) * apart
        self._sleep = sleep
        self._clock = clock
        self._lock = threading.Lock()
        self._due: dict[str, float] = {}  # when a region's next call would come if calls came evenly

    def wait(self, region: str) -> None:
        """Return when the region may be called."""
        with self._lock:  # each takes a time of its own, then waits for it
            now = self._clock()
            due = max(now, self._due.get(region, now))
            self._due[region] = due + self._apart
        if (wait := due - self._ahead - now) > 0:
            self._sleep(wait)
