"""Writes the reference of all commands (docs/cli.md) from what the commands say of themselves.

python -m sesguard.cli.reference > docs/cli.md
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

from cyclopts import App

from sesguard.cli.commands import COMMANDS, GROUPS
from sesguard.cli.output import WIDTH, OutputConsole
from sesguard.cli.run import build

_HEAD: Final = """\
# The commands

Every page here is what `sesguard COMMAND --help` prints; `python -m sesguard.cli.reference` makes this file of them.

Exit codes that all commands share: 0 done; 1 not done, or nothing to do; 2 the command line, a file or AWS's
configuration cannot be used, or something is not installed; 3 AWS or the stack cannot be reached; 4 something needs
you; 5 decided, and SES has yet to do it; 130 after Ctrl-C; 141 where whoever read the output has closed it. Each page
says which of them its command ends with. `--json` prints one document whose keys stay.
"""


def write_reference() -> Iterator[str]:
    """Give the reference in pieces, a command each."""
    app = build()
    yield _HEAD
    yield _page(app, "")
    groups = [group.word for group in GROUPS]
    words = [command.words for command in COMMANDS]
    alone = [word for word in words if word.split()[0] not in groups]
    for word in alone:
        yield _page(app, word)
    for group in groups:
        yield _page(app, group)
        for word in words:
            if word.rpartition(" ")[0] == group:
                yield _page(app, word)


def _page(app: App, words: str) -> str:
    console = OutputConsole(file=io.StringIO(), width=WIDTH, highlight=False, markup=False, emoji=False)
    app.help_print(words.split(), console=console)
    printed = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO of above
    text = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    return f"\n## `{' '.join(('sesguard', *words.split()))}`\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    print("".join(write_reference()), end="")
