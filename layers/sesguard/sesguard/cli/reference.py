"""Writes what the commands say of themselves: their pages of help, and the reference of all (docs/cli.md).

python -m sesguard.cli.reference docs/cli.md
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sesguard.cli.commands import COMMANDS, GROUPS
from sesguard.cli.help_page import PAGES, WIDTH, Page, lines
from sesguard.cli.run import build

_HEAD: Final = """\
# The commands

Every page here is what `sesguard COMMAND --help` prints; `python -m sesguard.cli.reference docs/cli.md` makes both.

Exit codes that all commands share: 0 done; 1 not done, or nothing to do; 2 the command line, a file or AWS's
configuration cannot be used, or something is not installed; 3 AWS or the stack cannot be reached; 4 something needs
you; 5 decided, and SES has yet to do it; 130 after Ctrl-C; 141 where whoever read the output has closed it. Each page
says which of them its command ends with. `--json` prints one document whose keys stay.
"""


def make_pages() -> dict[str, Page]:
    """Make the page of each command and group, by its words, in the order of the reference."""
    app = build()
    groups = [group.word for group in GROUPS]
    words = [command.words for command in COMMANDS]
    order = ["", *(word for word in words if word.split()[0] not in groups)]
    for group in groups:
        order += [group, *(word for word in words if word.rpartition(" ")[0] == group)]
    return {each: app.page(each.split()) for each in order}


def pages_as_json(pages: Mapping[str, Page]) -> str:
    return json.dumps(pages, indent=1, ensure_ascii=False) + "\n"


def write_reference(pages: Mapping[str, Page]) -> Iterator[str]:
    """Give the reference in pieces, a command each."""
    yield _HEAD
    for words, page in pages.items():
        text = "\n".join(line.rstrip() for line, _ in lines(page, WIDTH)).strip()
        yield f"\n## `{' '.join(('sesguard', *words.split()))}`\n\n```text\n{text}\n```\n"


def main(reference: Path) -> None:
    pages = make_pages()
    PAGES.write_text(pages_as_json(pages), encoding="utf-8")
    reference.write_text("".join(write_reference(pages)), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
