"""Execution environments of Python functions begin with AWS's library imported, as forks of a process that did it once.

The emulator starts an interpreter for each, which imports botocore anew: 0.4 of the 0.7 s of computing that a cold
start of the guard's functions takes (measured 2026-11-27), for a dozen functions in each local cloud. What a function
sees is the same: its own environment, folder and streams, and the packages that it or its layers bring. Where that is
botocore itself, or where there is no handle of a process to be had (another system than Linux), it starts as before.
"""

import atexit
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, Final

from localcloud import fork_server
from localcloud.cloud import ROOT
from localcloud.gaps import patching

log = logging.getLogger("localcloud.forked_workers")

WORKER: Final = "_worker.py"  # the script that the emulator writes for a function
# Whoever brings one of these means it to be used by the others, too.
_WHOLE: Final = frozenset({"boto3", "botocore", "s3transfer", "urllib3"})
# What else comes with them, and is imported anew where a function brings its own.
_PARTS: Final = frozenset({"jmespath", "dateutil", "six"})


def install() -> None:
    from ministack.core import lambda_runtime

    if getattr(lambda_runtime, "subprocess", None) is not subprocess:
        raise patching.PatchError(
            "ministack.core.lambda_runtime.subprocess", "the standard library's", "something else"
        )
    if hasattr(os, "pidfd_open"):
        server = ForkServer()
        vars(lambda_runtime)["subprocess"] = SimpleNamespace(**{**vars(subprocess), "Popen": server.popen})
        atexit.register(server.stop)


class ForkServer:
    """Starts processes; the server that forks them is started with the first, and ends with this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def popen(self, command: Sequence[str], **options: Any) -> "Forked | subprocess.Popen[str]":  # noqa: ANN401  # subprocess.Popen's own
        """Start ``command`` as subprocess.Popen does, forked where it is the worker of a Python function."""
        if command[0] != sys.executable or Path(command[-1]).name != WORKER or len(command) != 2:
            return subprocess.Popen(command, **options)  # noqa: S603  # the emulator's own
        environment: Mapping[str, str] = options["env"]
        brought = brings(Path(options["cwd"]), environment)
        if brought & _WHOLE or _sets_up_python(environment):
            return subprocess.Popen(command, **options)  # noqa: S603  # as above
        wanted = {
            "script": command[1],
            "folder": options["cwd"],
            "environment": environment,
            "forgotten": sorted(brought),
        }
        try:
            return self._fork(json.dumps(wanted).encode())
        except OSError:
            log.warning("functions cannot be forked, so this one starts anew", exc_info=True)
            return subprocess.Popen(command, **options)  # noqa: S603  # as above

    def _fork(self, message: bytes) -> "Forked":
        """Raises OSError where there is no server, or it has ended."""
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        ours_errors, theirs_errors = os.pipe()
        ours, theirs = (ours_in, ours_out, ours_errors), (theirs_in, theirs_out, theirs_errors)
        try:
            with self._lock:
                asked = self._server()
                socket.send_fds(asked, [message], theirs)
                answer, handles, _, _ = socket.recv_fds(asked, 64, 1)
            if not answer:
                raise ConnectionResetError("the server that forks functions has ended")
        except OSError:
            for each in ours:
                os.close(each)
            raise
        finally:
            for each in theirs:
                os.close(each)
        return Forked(int(answer), handles[0], *ours)

    def _server(self) -> socket.socket:
        """The socket to the server, which is started where there is none yet."""
        if self._asked is None or self._process is None or self._process.poll() is not None:
            self.stop()
            self._asked, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with theirs:
                command = [sys.executable, "-m", fork_server.__name__]
                self._process = subprocess.Popen(command, cwd=ROOT, stdin=theirs.fileno(), stdout=sys.stderr)  # noqa: S603  # our own program
        return self._asked

    def stop(self) -> None:
        """End the server, and with it what it has forked; then the system knows what all of them have computed."""
        if self._asked is not None and self._process is not None:
            self._asked.close()
            self._process.wait()


def _sets_up_python(environment: Mapping[str, str]) -> bool:
    """Whether the interpreter itself is to be another than this one, which reads such variables when it starts."""
    return any(name.startswith("PYTHON") and os.environ.get(name) != environment[name] for name in environment)


def brings(code: Path, environment: Mapping[str, str]) -> frozenset[str]:
    """Which of AWS's packages a function has in its ``code`` or layers, where an interpreter would look first."""
    layers = [Path(each) for each in environment.get("_LAMBDA_LAYERS_DIRS", "").split(os.pathsep) if each]
    folders = [code, *layers, *(each / "python" for each in layers)]
    folders += [site for each in layers for site in each.glob("python/lib/*/site-packages")]
    found = (_WHOLE | _PARTS) & {path.stem for folder in folders if folder.is_dir() for path in folder.iterdir()}
    return frozenset(found)


class Forked:
    """A process that was forked: what the emulator uses of subprocess.Popen. handle: its pidfd, which it closes."""

    def __init__(self, pid: int, handle: int, stdin: int, stdout: int, stderr: int) -> None:
        self.pid = pid
        self.args = [sys.executable, WORKER]
        self.returncode: int | None = None  # 0 once it has ended: only who forked it is told more, and nobody asks
        self.stdin: IO[str] = os.fdopen(stdin, "w", buffering=1)
        self.stdout: IO[str] = os.fdopen(stdout)
        self.stderr: IO[str] = os.fdopen(stderr)
        self._handle = handle
        self._ending = select.poll()
        self._ending.register(handle, select.POLLIN)
        weakref.finalize(self, os.close, handle)

    def poll(self) -> int | None:
        return self._wait(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._wait(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return code

    def _wait(self, seconds: float | None) -> int | None:
        if self.returncode is None and self._ending.poll(None if seconds is None else seconds * 1000):
            self.returncode = 0
        return self.returncode

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, number)
