"""A terminal that a program of ours runs on, to be ended from outside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import NamedTuple

from tests.fakes.signals import hear_ctrl_c

ROOT = Path(__file__).resolve().parents[2]
CLOSED = "its terminal is closed"
_ITS_OWN = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"


class Ended(NamedTuple):
    """restored: whether the terminal was as before; None where it was closed."""

    code: int
    printed: str
    restored: bool | None


def ended_on_a_terminal(program: str, shows: str, how: bytes | signal.Signals | str) -> Ended:
    """Run Python code on a terminal of its own; once it ``shows`` a text, end it by a key, a signal, or CLOSED."""
    ours, theirs = os.openpty()
    before = termios.tcgetattr(ours)
    with subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-c", f"{_ITS_OWN}\n{program}"],
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
        start_new_session=True,
        preexec_fn=hear_ctrl_c,  # the tests start no threads
    ) as process:
        if how == CLOSED:
            os.close(theirs)
        printed = b""
        while shows.encode() not in printed:
            printed += os.read(ours, 4096)
        if how == CLOSED:
            os.close(ours)
            return Ended(process.wait(timeout=60), printed.decode(errors="replace"), restored=None)
        if isinstance(how, bytes):
            os.write(ours, how)
        elif isinstance(how, signal.Signals):
            process.send_signal(how)
        printed += _read_until_it_ends(ours, process)
        restored = termios.tcgetattr(ours) == before
    os.close(theirs)
    os.close(ours)
    return Ended(process.returncode, printed.decode(errors="replace"), restored)


def _read_until_it_ends(terminal: int, process: subprocess.Popen[bytes]) -> bytes:
    """What it prints to its end: it waits where nobody reads."""
    os.set_blocking(terminal, False)
    printed = b""
    while True:
        ended = _has_ended(process)
        try:
            printed += os.read(terminal, 4096)
        except BlockingIOError:
            if ended:
                return printed


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=0.05)
    except subprocess.TimeoutExpired:
        return False
    return True
