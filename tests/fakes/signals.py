"""Signals for programs under test."""

import signal


def hear_ctrl_c() -> None:
    """Let a program that is about to start hear Ctrl-C, though who runs the tests may not, as in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
