"""docs/cli.md and the pages of help: complete and as the commands are now."""

from __future__ import annotations

from pathlib import Path

import pytest

from sesguard.cli.commands import COMMANDS, GROUPS
from sesguard.cli.help_page import PAGES
from sesguard.cli.reference import make_pages, pages_as_json, write_reference

REFERENCE = Path(__file__).resolve().parents[3] / "docs" / "cli.md"
ANEW = "write them anew: python -m sesguard.cli.reference docs/cli.md"


@pytest.fixture(scope="module")
def pages():
    return make_pages()


def test_the_reference_is_current(pages):
    assert REFERENCE.read_text(encoding="utf-8") == "".join(write_reference(pages)), ANEW


def test_the_pages_of_help_are_current(pages):
    assert PAGES.read_text(encoding="utf-8") == pages_as_json(pages), ANEW


def test_every_command_and_group_has_a_page(pages):
    assert pages.keys() == {"", *(each.words for each in COMMANDS), *(each.word for each in GROUPS)}
