"""The Makefile under what its user's environment says, in a folder whose environments are made: their programs tell."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TELLS = '#!/bin/sh\necho "$0 $@" && env\n'

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "requirements", "layers/sesguard/requirements.in"):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    shutil.copy(ROOT / "layers/sesguard/command.in", tmp_path / "layers/sesguard")
    for name in (".venv", ".venv-cloud", ".venv-sam", ".venv-sdk"):
        for program in ("python", "sam"):
            path = tmp_path / name / "bin" / program
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(TELLS)
            path.chmod(0o755)
        (tmp_path / name / ".made").touch()
    return tmp_path


def known() -> dict[str, str]:
    """The environment without what the tests set, and what a make above them has set."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_", "MAKE"))}


def make(project: Path, *arguments: str, **environment: str) -> tuple[str, dict[str, str], str]:
    """What was run, with which environment, and what make had to complain of."""
    done = subprocess.run(  # noqa: S603  # our own words
        ["make", f"PYTHON={sys.executable}", *arguments],  # noqa: S607  # the user's
        cwd=project,
        env={**known(), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    ran, *variables = done.stdout.splitlines()
    return ran, dict(line.split("=", 1) for line in variables if "=" in line), done.stderr


@pytest.mark.parametrize(
    ("arguments", "ran"),
    [
        (["run", "PARAMETERS=DefaultMode=observe"], ".venv/bin/python -m localcloud.run DefaultMode=observe"),
        (["test"], ".venv/bin/python -m tests.run"),
        (["build"], ".venv-sam/bin/sam build"),
    ],
)
@pytest.mark.parametrize("options", [[], ["-j4"], ["-j"], ["-k"]])
def test_what_is_run_hears_nothing_of_this_make_and_make_has_no_complaint(project, arguments, ran, options):
    """As sam would start another, which takes over its jobs and its PYTHON, and warns."""
    said, environment, complaints = make(project, *options, *arguments)
    assert (said, complaints) == (ran, "")
    assert environment["MAKEFLAGS"] == ""


@pytest.mark.parametrize("target", ["run", "test", "build"])
def test_what_would_make_another_python_of_it_goes_no_further(project, target):
    kept = {"PYTHONUTF8": "0", "PYTHONHASHSEED": "1", "PIP_INDEX_URL": "https://example.com", "PIP_CERT": "x"}
    others = ("SAFEPATH", "INSPECT", "STARTUP", "NOUSERSITE", "BREAKPOINT", "DONTWRITEBYTECODE", "HOME", "WARNINGS")
    dropped = {**{f"PYTHON{name}": "1" for name in others}, "PIP_TARGET": "x", "PIP_REQUIRE_HASHES": "1"}
    _, environment, _ = make(project, target, PIP_USER="1", **kept, **dropped)
    assert {name: value for name, value in environment.items() if name.startswith(("PYTHON", "PIP_"))} == {
        **kept,
        "PYTHON": sys.executable,
        "PIP_USER": "0",
    }


def test_what_ends_make_reaches_what_runs_on_aws_and_has_to_remove_what_it_made(project):
    program = project / ".venv/bin/python"
    program.write_text("#!/bin/sh\ntrap 'echo removed; exit 130' TERM\necho begun\nsleep 5 & wait\n")
    command = ["make", f"PYTHON={sys.executable}", "test-aws"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=project, env=known(), text=True, **pipes) as process:  # noqa: S603  # our own words
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.terminate()
        assert process.stdout.readline() == "removed\n"
