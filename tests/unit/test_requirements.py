"""The environments are the same tomorrow: all that is installed is pinned, with hashes, and names no index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers" / "sesguard"
LOCKS = [*sorted((ROOT / "requirements").glob("*.txt")), LAYER / "requirements.txt"]
PYTHONS = ("3.11", "3.12", "3.13")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def entries(lock: Path) -> list[str]:
    """One line for each pinned release: the requirement and its hashes."""
    text = "".join(line for line in lock.read_text().splitlines(keepends=True) if not line.startswith("#"))
    return text.replace("\\\n", " ").splitlines()


def locked(lock: Path) -> list[Requirement]:
    return [Requirement(entry.partition("--hash")[0]) for entry in entries(lock)]


def wanted(path: Path) -> list[Requirement]:
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return [Requirement(line) for line in lines if line]


def project() -> list[Requirement]:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    found = [Requirement(text) for texts in extras.values() for text in texts]
    return [*found, *wanted(LAYER / "command.in")]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.parent.name + "/" + path.name)
def test_each_release_is_pinned_with_hashes_and_without_an_address(lock):
    assert len(entries(lock)) > 0
    for entry in entries(lock):
        requirement, *hashes = re.split(r"(?=--hash)", entry)
        assert re.search(r"==\S+", requirement), requirement
        assert hashes, f"{requirement} has no hash"
        assert all(_HASH.fullmatch(text.strip()) for text in hashes), requirement
        assert "://" not in entry


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize(
    ("lock", "requirements"),
    [
        (ROOT / "requirements" / "dev.txt", [*project(), *wanted(LAYER / "requirements.in")]),
        (LAYER / "requirements.txt", wanted(LAYER / "requirements.in")),
        *((path.with_suffix(".txt"), wanted(path)) for path in sorted((ROOT / "requirements").glob("*.in"))),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_the_lock_has_what_is_required_else_run_make_lock(lock, requirements, python):
    environment = {"python_version": python, "python_full_version": f"{python}.1"}
    here = [each for each in locked(lock) if each.marker is None or each.marker.evaluate(environment)]
    versions = {each.name: next(iter(each.specifier)).version for each in here}
    assert len(versions) == len(here), "a package is pinned twice"
    for requirement in requirements:
        assert requirement.name.lower() in versions, f"{requirement} is not in {lock.name}: run make lock"
        version = versions[requirement.name.lower()]
        assert requirement.specifier.contains(version), f"{lock.name} has {version}, wanted is {requirement}: make lock"


def test_what_is_tested_is_what_is_deployed():
    tested = {str(each) for each in locked(ROOT / "requirements" / "dev.txt")}
    assert {str(each) for each in locked(LAYER / "requirements.txt")} <= tested
