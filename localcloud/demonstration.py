"""`make run`, from nothing to the summary."""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from localcloud import pace, shell
from localcloud.alone import AlreadyRunningError, alone
from localcloud.cloud import ROOT, Emulator, EmulatorError
from localcloud.console_page import ConsolePage
from localcloud.deploy import DeployError, deploy
from localcloud.lateness import Lateness
from localcloud.life import OUTLET, POLICY
from localcloud.mailbox import NOTICE_SENDER, put_into_files
from localcloud.parameters import parameters_of
from localcloud.play import EVERYBODY, PROBES, Play
from localcloud.receiver import Receiver
from localcloud.setting_up import REGISTRY, SetUpError, set_up
from localcloud.steps import Steps
from localcloud.summary import Outcome, show
from localcloud.view import Lines, Row, Screen, table
from sesguard.cli.output import OutputConsole, has_screen
from sesguard.errors import AwsError

_BROKEN = (
    AlreadyRunningError, EmulatorError, SetUpError, DeployError, AwsError, BotoCoreError, ClientError, OSError,
)  # fmt: skip


def demonstrate(arguments: Sequence[str]) -> int:
    """Run it as ``arguments`` say. Returns the exit code. Raises KeyboardInterrupt after Ctrl-C."""
    options = _options(arguments)
    console = OutputConsole(highlight=False)
    began = time.monotonic()
    console.print("[bold]sesguard[/bold] in the local cloud")
    steps = Steps(console)
    lateness: Lateness | None = None
    with ExitStack() as open_until_the_end:
        try:
            open_until_the_end.enter_context(alone())
            with steps("starting the emulator"):
                emulator = open_until_the_end.enter_context(Emulator())
                lateness = open_until_the_end.enter_context(Lateness(emulator))
                receiver = open_until_the_end.enter_context(Receiver())
            origins = ",".join(filter(None, (receiver.origin, options.parameters.get("TrustedWebhookOrigins"))))
            parameters = {"NoticeSender": NOTICE_SENDER, **options.parameters, "TrustedWebhookOrigins": origins}
            outputs = deploy(emulator, parameters=parameters, step=steps)
            shell.write(emulator.endpoint)
            with steps(f"sesguard tenants apply {REGISTRY.relative_to(ROOT)}"):
                hook, sender = f"{receiver.origin}/hook", parameters["NoticeSender"]
                set_up(emulator, outputs, EVERYBODY, PROBES, {OUTLET.id: POLICY}, hook, notice_sender=sender)
            console.print(pace.IN_WORDS, style="dim")
            play = Play(emulator, outputs, receiver, lateness, threading.Event(), began)
            code = _show(console, play, plain=options.plain or not has_screen(console))
            if console.is_terminal:
                with steps("sesguard console"):  # not beside the play, which has better use for two cores
                    web = open_until_the_end.enter_context(ConsolePage(emulator))
                _stay(console, emulator, web.link)
        except BrokenPipeError:
            raise
        except _BROKEN as error:
            return _give_up(console, error, lateness)
    return code


def _give_up(console: Console, error: Exception, lateness: Lateness | None) -> Outcome:
    """Say why there is no run: in one line, as it is no fault of whoever reads it."""
    console.print(Text(f"✗ {error}", style="bold red"))
    if lateness is None or not lateness.too_slow:
        return Outcome.WRONG
    console.print(f"This machine is too slow: a message took up to {lateness.worst:.1f} s on the guard's way.")
    return Outcome.UNKNOWN


def _show(console: Console, play: Play, *, plain: bool) -> Outcome:
    """Play it on a screen of its own, or line by line, and print how it ended."""
    timeline: Sequence[object] = ()
    if plain:
        rows: Sequence[Row] = play.run(Lines(console))
    else:
        screen = Screen(play.run, play.stop)
        rows = screen.outcome()
        timeline = screen.timeline
    for line in timeline:
        console.print(line)
    console.print(table(rows, console.width))
    result = play.result()
    put_into_files(result.mails)
    return show(console, EVERYBODY, result)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localcloud.run", description="The guard in a local cloud.")
    parser.add_argument("--plain", action="store_true", help="print lines, on a terminal too")
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE", help="parameters of the template")
    options = parser.parse_args(arguments)
    try:
        options.parameters = parameters_of(options.parameters)
    except ValueError as error:
        parser.error(str(error))
    return options


def _stay(console: Console, emulator: Emulator, link: str) -> None:
    console.print(f"\n{shell.how_to_go_on(emulator.endpoint)}", soft_wrap=True)
    if link:
        console.print(f"See every stream in a browser: {link}", soft_wrap=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("stopped", style="dim")
