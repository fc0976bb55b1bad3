"""The main job: start the local cloud, deploy the guard into it, play the scenario and show what the guard does.

    python -m localcloud.run [--plain] [NAME=VALUE …]

NAME=VALUE are parameters of the template: DefaultMode=observe shows what a guard that pauses nobody looks like. Ends
with 0 where the guard did all that the scenario demands, with 1 where it did not or could not be started, with 2 for a
command line that cannot be used, with 75 where the machine is too slow to say, with 130 after Ctrl-C, 143 and 129 where
the run is told to end or its terminal is closed, and with 141 where whoever read what it prints has closed it. On a
terminal the local cloud stays up afterwards, until Ctrl-C.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Final

STOPPED: Final = 130
OUTPUT_CLOSED: Final = 141
_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


class _ToldToEndError(SystemExit):
    """A signal says that this process is to end: not an Exception, so that nothing on the way takes it for its own."""

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)


def main(arguments: Sequence[str]) -> int:
    """Run it. Returns the exit code. Raises SystemExit where the command line cannot be used."""
    code = STOPPED
    try:
        for number in _ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as by nohup
                signal.signal(number, _end)
        code = _run(arguments)
    except KeyboardInterrupt:
        pass
    except _ToldToEndError as told:
        code = int(told.code or 0)
    except BrokenPipeError:
        code = OUTPUT_CLOSED
    else:
        return code
    return _stopped(code)


def _run(arguments: Sequence[str]) -> int:
    from localcloud.environment import isolate
    from sesguard.cli.main import every_ctrl_c_heard, spare_letters

    spare_letters()
    isolate()
    with every_ctrl_c_heard():
        from localcloud.demonstration import demonstrate  # takes a second, in which Ctrl-C is no error either

        code = demonstrate(arguments)
    sys.stdout.flush()
    return code


def _stopped(code: int) -> int:
    from sesguard.cli.main import drop_output, showing_cursor

    with suppress(OSError):  # where the terminal is closed there is nobody to say it to
        if code != OUTPUT_CLOSED:
            print(f"{showing_cursor(sys.stdout)}stopped", flush=True)
            return code
    drop_output()
    return code


def _end(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: what is up is being ended
    raise _ToldToEndError(number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
