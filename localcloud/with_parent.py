"""Give a command of sesguard for as long as whoever started this process lives, however that ends.

    python -m localcloud.with_parent console

Ends as by SIGTERM when its standard input closes, which a process that is killed cannot forget.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from sesguard.cli.main import main

_INPUT = 0


def _end_with_input() -> None:
    while os.read(_INPUT, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with_input, name="parent", daemon=True).start()
    sys.exit(main(sys.argv[1:]))
