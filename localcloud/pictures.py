"""The pictures of README and documentation, from a run in the local cloud: the run, the console, the commands.

    python -m localcloud.pictures [FOLDER]

Plays the scenario as `make run` does, without the probes, and looks at what came of it. Needs chromium and chromedriver
on PATH.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PIL import Image
from rich.console import Console
from rich.text import Text
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from localcloud.cloud import ACCOUNT, REGION, ROOT, Emulator
from localcloud.console_page import ConsolePage
from localcloud.deploy import deploy
from localcloud.lateness import Lateness
from localcloud.life import OUTLET, POLICY
from localcloud.play import EVERYBODY, Play
from localcloud.receiver import Receiver
from localcloud.recording import animate, record, without_fonts
from localcloud.scenario import LEADS
from localcloud.setting_up import set_up, stream_of
from localcloud.steps import Steps
from sesguard.cli.live.feed import Feed
from sesguard.cli.live.fleet_screen import FleetScreen
from sesguard.cli.live.widgets import FleetTable
from sesguard.wiring.fleet import GuardFleet
from sesguard.wiring.operator import open_guard

FOLDER: Final = ROOT / "docs" / "pictures"
SCREEN: Final = {"width": 1280, "height": 900, "deviceScaleFactor": 1.5, "mobile": False}
PATIENCE_SECONDS: Final = 120
_WIDTH: Final = 100
_WATCH_SIZE: Final = (124, 22)
_COLOURS: Final = 128
_COMMANDS: Final = (("status",), ("explain", LEADS.configuration_set))
_DRAWN: Final = {"/": ".ag-row", "/stream": ".chart canvas", "/incident": "iframe.notice", "/account": ".chart canvas"}
"""What of a page is there last, by how its path begins."""


def main(arguments: Sequence[str]) -> int:
    """Make them. Returns the exit code."""
    folder = Path(arguments[0]) if arguments else FOLDER
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if missing:
        print(f"not on PATH: {' and '.join(missing)}", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    began, stop = time.monotonic(), threading.Event()
    with Emulator() as emulator, Lateness(emulator) as lateness, Receiver() as receiver:
        parameters = {"TrustedWebhookOrigins": receiver.origin}
        outputs = deploy(emulator, parameters=parameters, step=Steps(Console(highlight=False)))
        set_up(emulator, outputs, EVERYBODY, (), {OUTLET.id: POLICY}, f"{receiver.origin}/hook")
        play = Play(emulator, outputs, receiver, lateness, stop, began, probes=())
        frames = record(play.run, stop)
        write_terminal(emulator, folder / "terminal.svg")
        write_watch(emulator, folder / "watch.svg")
        with ConsolePage(emulator) as page, _browser() as chrome:
            animate(chrome, frames, folder / "run.gif")
            photograph(chrome, page.link, folder)
    return 0


def write_terminal(emulator: Emulator, file: Path) -> None:
    """Keep what the commands print as a picture of a terminal."""
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True)
    for words in _COMMANDS:
        done = subprocess.run(  # noqa: S603 (our own program)
            [sys.executable, "-m", "sesguard", *words],
            env={**emulator.environment(), "FORCE_COLOR": "1", "COLUMNS": str(_WIDTH), "TERM": "xterm-256color"},
            capture_output=True,
            text=True,
            check=False,
        )
        console.print(Text(f"$ sesguard {' '.join(words)}", style="bold"))
        console.print(Text.from_ansi(done.stdout.rstrip()))
        console.print()
    file.write_text(without_fonts(console.export_svg(title="sesguard")), encoding="utf-8")


def write_watch(emulator: Emulator, file: Path) -> None:
    """Keep how `sesguard watch` looks."""
    guard = open_guard("sesguard", region=REGION, endpoint=emulator.endpoint, keys=(ACCOUNT, "local"))
    screen = FleetScreen(Feed(GuardFleet(guard), guard.caller))

    async def draw() -> None:
        async with screen.run_test(size=_WATCH_SIZE) as pilot:
            while not screen.query_one(FleetTable).row_count:
                await pilot.pause(0.2)
            await pilot.pause(1)  # until it is laid out
            file.write_text(without_fonts(screen.export_screenshot(title="sesguard watch")), encoding="utf-8")

    asyncio.run(draw())


@contextmanager
def _browser() -> Iterator[Chrome]:
    options = ChromeOptions()
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "hide-scrollbars"):
        options.add_argument(f"--{argument}")
    chrome = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield chrome
    finally:
        chrome.quit()


def photograph(chrome: Chrome, link: str, folder: Path) -> None:
    """Keep the console's pages, in light and dark."""
    origin = link.partition("/?")[0]
    _look(chrome, dark=False)
    chrome.get(link)
    stream = f"/stream/{stream_of(LEADS.configuration_set)}"
    _open(chrome, origin, stream)
    incident = chrome.find_element(By.CSS_SELECTOR, "a[href^='/incident/']").get_attribute("href") or ""
    pages = {"fleet": "/", "stream": stream, "incident": incident.removeprefix(origin), "account": "/account"}
    for dark in (False, True):
        _look(chrome, dark=dark)
        for name, path in pages.items():
            _open(chrome, origin, path)
            if name == "stream":
                chrome.find_element(By.XPATH, "//button[.='by minute']").click()
            time.sleep(3)  # until charts and frames are drawn, which nothing says
            _keep(chrome.get_screenshot_as_png(), folder / f"console-{name}{'-dark' if dark else ''}.png")


def _look(chrome: Chrome, *, dark: bool) -> None:
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SCREEN)
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def _open(chrome: Chrome, origin: str, path: str) -> None:
    chrome.get(origin + path)
    wanted = max((begin for begin in _DRAWN if path.startswith(begin)), key=len)
    WebDriverWait(chrome, PATIENCE_SECONDS).until(lambda it: it.find_elements(By.CSS_SELECTOR, _DRAWN[wanted]))


def _keep(png: bytes, file: Path) -> None:
    """Write a picture of few colours small."""
    Image.open(io.BytesIO(png)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
