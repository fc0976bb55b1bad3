"""The site of the documentation: it has every page, and fetches nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def pages(nav: Any) -> list[str]:
    if isinstance(nav, str):
        return [nav]
    return [page for each in (nav.values() if isinstance(nav, dict) else nav) for page in pages(each)]


def test_every_page_is_in_the_navigation_once():
    written = {path.name for path in (ROOT / "docs").glob("*.md")}
    assert sorted(pages(SITE["nav"])) == sorted(written)


def test_the_parts_are_those_of_a_newcomers_way():
    assert [next(iter(each)) for each in SITE["nav"]] == ["Try", "Deploy", "Operate", "Owners", "Reference"]


def test_nothing_is_fetched_from_elsewhere():
    assert SITE["theme"]["font"] is False
    assert "://" not in (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["console.md", "index.md"])
def test_a_page_links_only_to_pages_that_there_are(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    links = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert [link for link in links if not (ROOT / "docs" / link).is_file()] == []


@pytest.mark.parametrize("picture", sorted((ROOT / "docs" / "pictures").iterdir()), ids=lambda it: it.name)
def test_a_picture_is_small_names_no_machine_and_fetches_nothing(picture):
    content = picture.read_bytes()
    assert len(content) < 1_500_000
    if picture.suffix == ".svg":
        text = content.decode()
        named = set(re.findall(r"https?://[^\"<\s]+", text))
        assert named <= {"http://www.w3.org/2000/svg", "https://www.textualize.io"}
        assert not re.search(r"/(home|root|work|Users|tmp)/", text)
