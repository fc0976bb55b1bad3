"""Work that waits for AWS, several pieces at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class Workers:
    """At most ``count`` pieces of work at once, in threads that live as long as the process."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = ThreadPoolExecutor(count) if count > 1 else None

    def each(self, work: Callable[[T], None], items: Iterable[T]) -> None:
        """Do ``work`` with each item, in no certain order; return when all is done. Raises what ``work`` raises.

        One task a worker, each taking item after item, because a task an item would cost more than a small item does.
        """
        left = deque(items)

        def drain() -> None:
            while True:
                try:
                    item = (
                        left.popleft()
                    )  # atomic: https://docs.python.org/3/library/collections.html#collections.deque
                except IndexError:
                    return
                work(item)

        others: list[Future[None]] = []
        if self._pool is not None:
            others = [self._pool.submit(drain) for _ in range(min(self._count, len(left)) - 1)]
        try:
            drain()
        finally:
            failures = [failure for other in others if (failure := other.exception())]
        if failures:
            raise failures[0]
