"""docs/cli.md: complete and as the commands are now."""

from __future__ import annotations

from pathlib import Path

from sesguard.cli.commands import COMMANDS, GROUPS
from sesguard.cli.reference import write_reference

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "cli.md"


def test_the_reference_is_current():
    written = REFERENCE.read_text(encoding="utf-8")
    assert written == "".join(write_reference()), "write it anew: python -m sesguard.cli.reference > docs/cli.md"


def test_the_reference_has_every_command_and_group():
    headings = {line for line in REFERENCE.read_text(encoding="utf-8").splitlines() if line.startswith("## ")}
    words = [*(each.words for each in COMMANDS), *(each.word for each in GROUPS)]
    assert headings == {"## `sesguard`", *(f"## `sesguard {each}`" for each in words)}
