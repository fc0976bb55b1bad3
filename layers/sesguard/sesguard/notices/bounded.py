"""Run what a platform's own template says in a process of its own, with an end to its time and its memory.

A sandbox keeps a template from what it may not touch; nothing in it keeps ``{% for %}`` within ``{% for %}``, or
``'a' * 10**9``, from going on for ever or filling the function's memory, and then nobody would be told.
"""

from __future__ import annotations

import os
import pickle
import resource
import select
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

CPU_SECONDS: Final = 3
"""Of computing: a built-in notice takes some milliseconds."""
WALL_SECONDS: Final = 10.0
MEMORY_BYTES: Final = 128 * 2**20
"""Beside what the process has already."""
MOST_RESULT_BYTES: Final = 4 * 2**20

T = TypeVar("T")

_is_child = False


class TooMuchError(Exception):
    """It took more time or memory than a notice may."""


def in_child(work: Callable[[], T]) -> T:
    """Give what ``work`` returns, from a copy of this process. Raises TooMuchError; ``work`` itself must not raise.

    Within such work it is done right there: the child is bounded already, and all that it does together.
    """
    if _is_child:
        return work()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        _be_the_child(work, write)
    os.close(write)
    try:
        data = _all_of(read)
    finally:
        os.close(read)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    result: T = pickle.loads(data)  # noqa: S301  # of our own child: strings and tuples of them
    return result


def _be_the_child(work: Callable[[], Any], pipe: int) -> None:
    global _is_child  # a process is one or it is not
    _is_child = True
    try:
        _limit()
        with os.fdopen(pipe, "wb") as out:
            out.write(pickle.dumps(work()))
    finally:
        os._exit(0)  # nothing of the parent's is to be done twice, whatever happened


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    with suppress(OSError, ValueError):  # macOS has no /proc; there only the time is limited
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _all_of(pipe: int) -> bytes:
    data, until = b"", time.monotonic() + WALL_SECONDS
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        part = os.read(pipe, 65_536) if ready else b""
        data += part
        if not part or len(data) > MOST_RESULT_BYTES:
            break
    if not data or not ready or len(data) > MOST_RESULT_BYTES:
        raise TooMuchError
    return data
