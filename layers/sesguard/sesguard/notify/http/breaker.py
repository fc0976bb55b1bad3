"""Servers that do not answer are left alone for a while, so that one tenant's cost nobody else's notices their time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from sesguard.errors import ChannelError

FAILURES: Final = 2
"""Calls in a row without an answer, after which a server is left alone."""
REST_SECONDS: Final = 120.0
MOST: Final = 1_000
"""Servers that are remembered; the one that failed longest ago is forgotten first."""


class _Failing(NamedTuple):
    calls: int
    until: float


class Breaker:
    """Opens for the server of a tenant that did not answer; one call is let through when its rest is over.

    By tenant, too, so that nobody's own hooks can close a provider that others share. Of one process: each finds out
    for itself, within ``FAILURES`` calls.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._failing: OrderedDict[tuple[str, str], _Failing] = OrderedDict()

    @contextmanager
    def calling(self, tenant: str, url: str) -> Iterator[None]:
        """Let one call to ``url`` through and see what comes of it. Raises ChannelError where its server rests."""
        key = (tenant, _origin(url))
        known = self._failing.get(key, _Failing(0, 0.0))
        left = known.until - self._clock()
        if known.calls >= FAILURES and left > 0:
            reason = "its server did not answer lately, and is left alone for a while"
            raise ChannelError(reason, retryable=True, asked=timedelta(seconds=left))
        try:
            yield
        except ChannelError as error:
            self._note(key, known.calls + 1 if error.unanswered else 0)
            raise
        self._note(key, 0)

    def _note(self, key: tuple[str, str], calls: int) -> None:
        self._failing.pop(key, None)
        if calls:
            self._failing[key] = _Failing(calls, self._clock() + REST_SECONDS)
        if len(self._failing) > MOST:
            self._failing.popitem(last=False)


def _origin(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:  # refused by the call itself
        return ""
