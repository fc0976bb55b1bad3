"""Every console block of the README and of docs/ works as written, from the project's folder, in the local cloud.

Each line that begins with ``$ `` is a command, and a block is one test; the blocks of a file follow each other. A block
that is not meant to be run here says so behind its language, as does one whose last command is to end with another
code than 0: ```` ```console not-run ````, ```` ```console exit=1 ````. What asks is answered with yes.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from localcloud import shell
from localcloud.cloud import ROOT, Emulator
from localcloud.deploy import deploy
from localcloud.life import OUTLET, POLICY
from localcloud.play import EVERYBODY
from localcloud.player import send_mail
from localcloud.scenario import LEADS
from localcloud.setting_up import set_up
from localcloud.watcher import Watcher
from tests.cloud.conftest import Platform
from tests.conftest import LOGS
from tests.fakes.servers import Hooks

pytestmark = pytest.mark.cloud

ELSEWHERE = {
    "make": "the other tests are what it runs",
    "sam": "needs an account at AWS; deploying is tested by all tests that use the local cloud",
    "aws": "the AWS command line is not part of the project",
    "git": "needs the network",
    "pip": "needs the network",
    "pipx": "needs the network",
}
_BLOCK = re.compile(r"^```console([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SECONDS = 300


@dataclass(frozen=True)
class Block:
    """The commands of one block; exit_code: of the last."""

    where: str
    commands: tuple[str, ...]
    exit_code: int


def blocks() -> Iterator[Block]:
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = path.read_text(encoding="utf-8")
        for found in _BLOCK.finditer(text):
            where = f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 1}"
            attributes = found[1].split()
            commands = tuple(commands_in(found[2]))
            if commands and "not-run" not in attributes:
                codes = [int(each.removeprefix("exit=")) for each in attributes if each.startswith("exit=")]
                yield Block(where, commands, codes[0] if codes else 0)


def commands_in(text: str) -> Iterator[str]:
    """Lines behind ``$ ``, each with those that it goes on in: while a quote is open, or behind a backslash."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("$ "):
            command = line.removeprefix("$ ")
            while not is_complete(command):
                command += "\n" + next(lines)
            if shlex.split(command, comments=True)[0] not in ELSEWHERE:
                yield command


def is_complete(command: str) -> bool:
    try:
        shlex.split(command, comments=True)
    except ValueError:
        return False
    return not command.endswith("\\")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Iterator[tuple[Path, dict[str, str]]]:
    """The project's folder as somebody has it who has run ``make run``, and the environment of their terminal."""
    made = tmp_path_factory.mktemp("project")
    for name in ("examples", "events", "layers", "schemas", "docs"):
        (made / name).symlink_to(ROOT / name)
    with Emulator(log=LOGS / "documentation.log") as emulator, Hooks() as hooks:
        outputs = deploy(
            emulator, parameters={"TrustedWebhookOrigins": hooks.origin}, log=LOGS / "documentation-sam.log"
        )
        watcher = Watcher(emulator, outputs)
        file = made / ".localcloud" / "tenants.yaml"
        set_up(emulator, outputs, EVERYBODY, (), {OUTLET.id: POLICY}, hooks.origin, file)
        shell.write(emulator.endpoint, made / ".localcloud" / "env")
        Platform.wait_until(lambda: len(watcher.onboarded(EVERYBODY)) == len(EVERYBODY), "all are onboarded")
        pause_a_tenant(emulator, watcher)
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        yield made, {**emulator.environment(), "PATH": path, "BROWSER": "true"}


def pause_a_tenant(emulator: Emulator, watcher: Watcher) -> None:
    ses = emulator.client("sesv2")
    people = [f"gone-{number}@domain-{number % 6}.example" for number in range(48)]
    send_mail(ses, LEADS.sender, LEADS.configuration_set, people)
    Platform.wait_until(lambda: watcher.status(LEADS.configuration_set) == "paused", "Lead Shop is paused")


@pytest.mark.parametrize("block", list(blocks()), ids=lambda block: block.where)
def test_a_console_block_can_be_followed(folder, block):
    where, environment = folder
    for command in block.commands:
        code, printed = run_as_typed(command, where, environment)
        expected = block.exit_code if command == block.commands[-1] else 0
        assert code == expected, f"$ {command}\n{printed}"


def run_as_typed(command: str, where: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run it in a shell, with a terminal to read the answers from; its code, and all that it printed."""
    ours, theirs = os.openpty()
    try:
        os.write(ours, b"y\n" * 3)
        done = subprocess.run(  # noqa: S603 (commands of our own documentation)
            ["/bin/bash", "-c", command],
            cwd=where,
            env=environment,
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    finally:
        os.close(ours)
        os.close(theirs)
    return done.returncode, done.stdout


def test_there_are_blocks_to_follow():
    assert len({block.where.partition(":")[0] for block in blocks()}) >= 3


def test_commands_are_found_with_the_lines_that_they_go_on_in():
    text = "$ sesguard show 'a\nb' # why\nprinted\n$ make run\n$ sesguard hold a \\\n  b\n"
    assert list(commands_in(text)) == ["sesguard show 'a\nb' # why", "sesguard hold a \\\n  b"]
