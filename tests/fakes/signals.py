"""Signals for programs under test."""

import signal


def hear_ctrl_c() -> None:
    """Let a program that is about to start hear Ctrl-C and the like, though who runs the tests may not.

    Such as in the background, or by nohup.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
