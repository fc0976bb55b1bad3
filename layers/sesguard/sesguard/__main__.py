"""``python -m sesguard``: the same as ``sesguard``."""

import sys

from sesguard.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
