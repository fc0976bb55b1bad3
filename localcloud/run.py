"""The main job: start the local cloud, deploy the guard into it, play the scenario and show what the guard does.

    python -m localcloud.run [--plain] [NAME=VALUE …]

NAME=VALUE are parameters of the template: DefaultMode=observe shows what a guard that pauses nobody looks like. Ends
with 0 where the guard did all that the scenario demands, with 1 where it did not, with 75 where the machine is too slow
to say, and with 130 after Ctrl-C. On a terminal the local cloud stays up afterwards, until Ctrl-C.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

STOPPED = 130


def main(arguments: Sequence[str]) -> int:
    """Run it. Returns the exit code."""
    try:
        from localcloud.demonstration import demonstrate  # takes a second, in which Ctrl-C is no error either

        return demonstrate(arguments)
    except KeyboardInterrupt:
        print("stopped")
        return STOPPED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
