"""The command line as an operator runs it: a process of its own, forked from one that has imported it already.

Importing takes a second of a core each time, for some hundred commands. How a command starts is shown elsewhere, by
tests/unit/cli/test_command_line.py.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from sesguard.cli.commands import COMMANDS
from sesguard.cli.main import main

_MODULES: Final = sorted({f"sesguard.cli.{each.target.partition(':')[0]}" for each in COMMANDS})
_processes: Final = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__, "boto3", "sesguard.cli.run", *_MODULES])


def sesguard(environment: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run ``sesguard`` with ``words``, and nothing to read from."""
    with TemporaryDirectory() as folder:
        out, errors = Path(folder, "out"), Path(folder, "errors")
        process = _processes.Process(target=_run, args=(dict(environment), words, out, errors))
        process.start()
        process.join()
        code = process.exitcode
        process.close()
        said, told = out.read_text(), errors.read_text()
    assert code is not None
    return subprocess.CompletedProcess(words, code, said, told)


def _run(environment: Mapping[str, str], words: Sequence[str], out: Path, errors: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    for number, (path, flags) in enumerate([(os.devnull, os.O_RDONLY), (out, os.O_WRONLY), (errors, os.O_WRONLY)]):
        opened = os.open(path, flags | os.O_CREAT)
        os.dup2(opened, number)
        os.close(opened)
    sys.argv = ["sesguard", *words]
    sys.exit(main())
