"""The console beside the run: `sesguard console` on the local cloud, as a process of its own, and its newest link."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from functools import partial
from importlib.util import find_spec
from types import TracebackType
from typing import IO, Final, Self

from localcloud.cloud import ROOT, Emulator

_LINK: Final = re.compile(r"http://127\.0\.0\.1:\d+/\?key=\S+")
_PATIENCE_SECONDS: Final = 30.0
_END_SECONDS: Final = 5.0


class ConsolePage:
    """Started with the context, ended with it. link: the one that works now; "" where there is no console."""

    def __init__(self, emulator: Emulator) -> None:
        self._environment = emulator.environment()
        self._process: subprocess.Popen[str] | None = None
        self._listener: threading.Thread | None = None
        self._linked = threading.Event()
        self.link = ""

    def __enter__(self) -> Self:
        if find_spec("nicegui") is None:
            return self
        self._process = subprocess.Popen(
            [sys.executable, "-u", "-m", "localcloud.with_parent", "console"],
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,  # as the emulator: Ctrl-C at a terminal reaches us first
        )
        listen = partial(self._listen, self._process.stdout)
        self._listener = threading.Thread(target=listen, name="console", daemon=True)
        self._listener.start()
        self._linked.wait(_PATIENCE_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._listener is not None and self._process.stdout is not None:
            self._listener.join()  # it ends with what the process printed
            self._process.stdout.close()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _listen(self, lines: IO[str] | None) -> None:
        """Keep the newest link, and nothing else of what it prints."""
        for line in lines or ():
            if found := _LINK.search(line):
                self.link = found[0]
                self._linked.set()
        self._linked.set()
