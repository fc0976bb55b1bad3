"""Deploying a SAM project into the emulator with the unmodified `sam build` and `sam deploy`."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import yaml

from localcloud.cloud import ACCOUNT, DATA, REGION, ROOT, Emulator
from localcloud.steps import Step, quietly

SAM: Final = ROOT / ".venv-sam" / "bin" / "sam"
CONFIGURATION: Final = "local"  # the environment of samconfig.toml
# Tells layers/sesguard/Makefile to take wheels for this machine and the emulator's Python instead of Lambda's.
LAYER_PLATFORM: Final = {
    "SESGUARD_LAYER_PLATFORM": "host",
    "SESGUARD_LAYER_PYTHON": str(ROOT / ".venv-cloud/bin/python"),
}
# After its last use, before the next is made: longer than tests take on a slow machine.
_BUILD_KEPT_SECONDS: Final = 10_800
BUILT: Final = "template.json"  # of a build, see _write_as_json
# What `sam deploy` waits before it asks for a stack's events: 5 seconds, unless it is told.
POLL_SECONDS: Final = {"SAM_CLI_POLL_DELAY": "0.5"}
_SOURCES: Final = ("template.yaml", "samconfig.toml", "functions", "layers")
_NOT_SOURCES: Final = ("__pycache__", ".egg-info", ".mypy_cache", ".ruff_cache")


class DeployError(RuntimeError):
    """`sam` failed. `log` holds all that it said."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-25:])
        super().__init__(f"{' '.join(command)} failed; the end of {log}:\n{last}")
        self.log = log


def deploy(
    emulator: Emulator,
    stack: str = "sesguard",
    project: Path = ROOT,
    data: Path = DATA,
    parameters: Mapping[str, str] | None = None,
    log: Path = DATA / "sam.log",
    step: Step = quietly,
    account: str = ACCOUNT,
    region: str = REGION,
) -> dict[str, str]:
    """Build the project where it has changed since the last time, deploy it as `stack`, and return the outputs.

    parameters: of the template, beside those of samconfig.toml. log: takes what `sam` says. step: is told what is being
    done. account, region: where to. Raises `DeployError`.
    """
    data.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    environment = {**emulator.environment(account=account, region=region), **LAYER_PLATFORM, **POLL_SECONDS}
    folder = build_folder(project, data)
    with step("sam build" if not (folder / BUILT).exists() else "sam build, up to date"):
        template = _build(project, folder, environment, log)
    deployment = ["deploy", "--template-file", str(template), "--stack-name", stack, "--use-json"]
    page = {"PageUrl": f"{emulator.endpoint}/acknowledge"} if _has_page(project) else {}
    given = {**page, **(parameters or {})}
    overrides = [*_configured(project), *(f"{name}={value}" for name, value in given.items())]
    with step("sam deploy"):
        _sam([*deployment, "--parameter-overrides", *overrides], project, environment, log)
    cloudformation = emulator.client("cloudformation", account=account, region=region)
    described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _configured(project: Path) -> list[str]:
    """The parameters of samconfig.toml: `sam` leaves them out where it is given any on its command line."""
    configuration = tomllib.loads((project / "samconfig.toml").read_text(encoding="utf-8"))
    found: list[str] = configuration[CONFIGURATION]["deploy"]["parameters"].get("parameter_overrides", [])
    return found


def _has_page(project: Path) -> bool:
    return "\n  PageUrl:" in (project / "template.yaml").read_text(encoding="utf-8")


def build_folder(project: Path = ROOT, data: Path = DATA) -> Path:
    """Where the project, as its sources are now, is built for the local cloud.

    Each state of them has a folder of its own, as a test may deploy one while a run builds the next. They are kept
    apart from `.aws-sam`, where what goes to AWS is built for another platform.
    """
    return data / "builds" / _fingerprint(project)[:16]


def _build(project: Path, folder: Path, environment: Mapping[str, str], log: Path) -> Path:
    """Build what is not built yet; the template in it."""
    builds = folder.parent
    builds.mkdir(parents=True, exist_ok=True)
    done = folder / BUILT
    with builds.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if done.exists():
            os.utime(folder)  # in use, so kept for as long again
        else:
            _prune(builds)
            making = folder.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            _sam(["build", "--build-dir", str(making)], project, environment, log)
            _write_as_json(making / "template.yaml", making / BUILT)
            making.rename(folder)
    return done


def _write_as_json(template: Path, to: Path) -> None:
    """Write what `sam build` has made anew: `sam deploy` reads it five times, and YAML takes it long each time."""
    to.write_text(json.dumps(yaml.load(template.read_bytes(), yaml.CSafeLoader)), encoding="utf-8")


def _prune(builds: Path) -> None:
    """Remove builds that nobody can be deploying any more."""
    for old in builds.glob("*"):
        if time.time() - old.stat().st_mtime > _BUILD_KEPT_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def _fingerprint(project: Path) -> str:
    """Changes with every file that goes into the build, and with the Python that it is built for."""
    digest = hashlib.sha256(f"{sys.platform} {sys.version} {BUILT}".encode())
    beside = [project.parent / source for source in _SOURCES if (project.parent / "pyproject.toml").exists()]
    for root in [*(project / source for source in _SOURCES), *beside]:
        for path in sorted(root.rglob("*")) if root.is_dir() else [root]:
            name = os.path.relpath(path, project)
            if path.is_file() and not any(part in name for part in _NOT_SOURCES):
                content = path.read_bytes()
                digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()


def _sam(arguments: Sequence[str], project: Path, environment: Mapping[str, str], log: Path) -> None:
    configuration = ["--config-file", str(project / "samconfig.toml"), "--config-env", CONFIGURATION]
    with log.open("a", encoding="utf-8") as output:
        done = subprocess.run(  # noqa: S603 (our own arguments)
            [str(SAM), *arguments, *configuration],
            cwd=project,
            env={**environment, "PATH": f"{SAM.parent}{os.pathsep}{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        raise DeployError(["sam", *arguments], log)
