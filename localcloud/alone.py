"""One run at a time: two would write each other's .localcloud/env, logs and mails."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from localcloud.cloud import DATA

FILE: Final = DATA / "run.lock"


class AlreadyRunningError(RuntimeError):
    """Another run is up here; ``process`` is its id, "" where that cannot be read."""

    def __init__(self, process: str) -> None:
        which = f" (process {process})" if process else ""
        super().__init__(
            f"a run is up here already{which}: sesguard --local looks at it, Ctrl-C in its terminal ends it"
        )


@contextmanager
def alone(file: Path = FILE) -> Iterator[None]:
    """Be the only run of this folder while the context lasts; the lock ends with the process, however that ends.

    Raises AlreadyRunningError, or OSError where the file cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+", encoding="utf-8") as lock:
        lock.seek(0)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError(lock.read().strip()) from None
        lock.truncate(0)
        print(os.getpid(), file=lock, flush=True)
        yield
