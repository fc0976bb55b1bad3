"""Signs of life: what is being done, and for how many seconds by now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final

from rich.console import Console

Step = Callable[[str], AbstractContextManager[object]]
"""Of a name: a context that lasts as long as the step does."""

_TELL_EVERY_SECONDS: Final = 10.0


def quietly(_: str) -> AbstractContextManager[object]:
    """A step of which nothing is said."""
    return nullcontext()


class Steps:
    """Says of each step on a console that it goes on, and how long it took."""

    def __init__(self, console: Console, tell_every: float = _TELL_EVERY_SECONDS) -> None:
        self._console = console
        self._spins = console.is_terminal and not console.is_dumb_terminal
        self._every = 0.5 if self._spins else tell_every

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        began, done = time.monotonic(), threading.Event()
        status = self._console.status(name) if self._spins else None

        def tell() -> None:
            while not done.wait(self._every):
                going_on = f"{name} … {time.monotonic() - began:.0f} s"
                if status is not None:
                    status.update(going_on)
                else:
                    self._console.print(going_on)

        teller = threading.Thread(target=tell, name="steps", daemon=True)
        with status or nullcontext():
            teller.start()
            try:
                yield
            finally:
                done.set()
                teller.join()
        self._console.print(f"{name:<24}{time.monotonic() - began:6.1f} s")
