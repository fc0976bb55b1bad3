"""An app that owns the terminal until it ends, by itself or by a signal, and leaves it as it was."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import ClassVar, Final, TypeVar

from textual.app import App
from textual.binding import Binding, BindingType

T = TypeVar("T")

_OUTPUT: Final = 1
_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class TerminalApp(App[T]):
    """told_to_end: by which signal it was; SIGINT is also the key Ctrl-C."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "stop", "stop", show=False, priority=True)]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self) -> None:
        super().__init__(ansi_color=True)
        self.told_to_end: signal.Signals | None = None

    def on_mount(self) -> None:
        for number in () if self.is_headless else _ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as by nohup
                asyncio.get_running_loop().add_signal_handler(number, self.end, number)

    def action_stop(self) -> None:
        self.end(signal.SIGINT)

    def end(self, number: signal.Signals) -> None:
        """End as the signal asks."""
        if number is signal.SIGHUP and not os.isatty(_OUTPUT):
            # The terminal is closed. Textual would wait for it for ever; what was started ends with this process.
            os._exit(128 + number)
        self.told_to_end = number
        self.exit()

    def result(self) -> T | None:
        """Run it, and give what it ends with. Raises KeyboardInterrupt after Ctrl-C.

        Any other signal does what it would have done, once the terminal is as it was.
        """
        before = {number: signal.getsignal(number) for number in _ENDING}
        try:
            ended_with = self.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if self.told_to_end is signal.SIGINT:
            raise KeyboardInterrupt
        if self.told_to_end is not None:
            signal.raise_signal(self.told_to_end)
        return ended_with
