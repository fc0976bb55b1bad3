"""The command line as an operator runs it: a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping


def sesguard(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``sesguard`` with ``words``, and nothing to read from."""
    return subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-m", "sesguard.cli.main", *words],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
