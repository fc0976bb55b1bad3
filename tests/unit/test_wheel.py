"""A built wheel is a whole command: all files are in it, what it needs comes with it, and what is extra says so.

Built and installed without a network: what the wheel requires is that of the environment of the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from importlib.metadata import PathDistribution, version
from pathlib import Path
from zipfile import Path as ZipPath
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LAYER = Path("layers") / "sesguard"
IGNORED = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.pyc")
Command = Callable[..., subprocess.CompletedProcess[str]]


def call(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "COVERAGE"))}
    return subprocess.run(  # noqa: S603 (our own program)
        [*map(str, words)], capture_output=True, text=True, env=inherited | environment, cwd="/", check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built beside the repository, in which a build would leave its own folders."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", LAYER / "requirements.in", LAYER / "command.in"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    shutil.copytree(ROOT / LAYER / "sesguard", source / LAYER / "sesguard", ignore=IGNORED)
    pip = (sys.executable, "-m", "pip", "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--quiet")
    done = call(*pip, "--wheel-dir", made, source)
    assert done.returncode == 0, done.stderr
    (found,) = made.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Command:
    """What runs the installed command in an environment of its own; without the modules that are named."""
    folder = tmp_path_factory.mktemp("fresh")
    made = call(sys.executable, "-m", "venv", "--without-pip", folder)
    assert made.returncode == 0, made.stderr
    scheme = {"base": str(folder), "platbase": str(folder)}
    pip = (sys.executable, "-m", "pip", "--python", folder, "install", "--no-index", "--no-deps", "--quiet")
    done = call(*pip, wheel)
    assert done.returncode == 0, done.stderr

    def run(*words: str | Path, without: str = "") -> subprocess.CompletedProcess[str]:
        required = folder / f"without-{without}"
        if not required.exists():
            required.mkdir()
            for each in Path(sysconfig.get_path("purelib")).iterdir():
                if each.name != without and each.suffix != ".pth":
                    (required / each.name).symlink_to(each)
        return call(Path(sysconfig.get_path("scripts", "venv", scheme)) / "sesguard", *words, PYTHONPATH=str(required))

    return run


def test_all_files_of_the_package_are_in_it(wheel: Path) -> None:
    package = ROOT / LAYER
    files = {str(each.relative_to(package)) for each in (package / "sesguard").rglob("*") if each.is_file()}
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("sesguard/")}
    assert packed == {name for name in files if "__pycache__" not in name}


def test_what_it_requires_is_what_was_tested_and_only_drawing_is_extra(wheel: Path) -> None:
    (folder,) = (each for each in ZipPath(wheel).iterdir() if each.name.endswith(".dist-info"))
    required = [Requirement(text) for text in PathDistribution(folder).requires or ()]  # type: ignore[arg-type]  # a path
    whole = {each.name: each for each in required if each.marker is None}
    assert {"boto3", "cyclopts", "rich", "textual", "PyYAML", "duckdb", "msgspec", "jinja2"} <= whole.keys()
    assert not {"matplotlib", "nicegui"} & whole.keys()
    for name, each in whole.items():
        assert each.specifier.contains(version(name)), name


def test_it_is_the_wheel_that_runs_and_not_this_folder(command: Command, wheel: Path) -> None:
    done = command("--version")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == f"sesguard {wheel.name.split('-')[1]}"
    assert str(ROOT) not in command("backtest", "/nowhere").stderr


@pytest.mark.parametrize("words", [("--help",), ("tenants", "apply", "--help"), ("notices", "preview")])
def test_commands_are_whole(command: Command, words: tuple[str, ...]) -> None:
    done = command(*words)
    assert (done.returncode, done.stderr) == (0, "")


def test_it_replays_the_example_as_this_folder_does(command: Command) -> None:
    words = ("backtest", ROOT / "examples" / "traffic.jsonl.gz", "--json")
    done = command(*words)
    here = call(sys.executable, "-m", "sesguard", *words)
    assert done.returncode == 0, done.stderr
    assert '"action": "pause"' in done.stdout
    assert done.stdout == here.stdout


@pytest.mark.parametrize(
    ("words", "without", "said"),
    [
        (("console",), "nicegui", "pipx install --force '.[console]' in sesguard's folder"),
        (
            ("backtest", ROOT / "examples" / "traffic.jsonl.gz", "--plot", "x.png"),
            "matplotlib",
            "pipx install --force '.[plot]' in sesguard's folder",
        ),
        (("status",), "rich", "it comes with sesguard by pipx install, or pip"),
    ],
)
def test_what_is_not_there_is_said_in_one_line(
    command: Command, words: tuple[str, ...], without: str, said: str
) -> None:
    done = command(*words, without=without)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.endswith(said)
