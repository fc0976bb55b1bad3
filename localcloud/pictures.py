"""The pictures of the README, from a run in the local cloud: the console's pages, and a terminal with the commands.

    python -m localcloud.pictures [FOLDER]

Plays the scenario as `make run` does, then looks at what came of it. Needs chromium and chromedriver on PATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from localcloud.cloud import ROOT, Emulator
from localcloud.console_page import ConsolePage
from localcloud.deploy import deploy
from localcloud.lateness import Lateness
from localcloud.life import OUTLET, POLICY
from localcloud.play import EVERYBODY, PROBES, Play
from localcloud.receiver import Receiver
from localcloud.scenario import LEADS
from localcloud.setting_up import set_up, stream_of
from localcloud.steps import Steps
from localcloud.view import Lines

FOLDER: Final = ROOT / "docs" / "pictures"
SCREEN: Final = {"width": 1280, "height": 860, "deviceScaleFactor": 2, "mobile": False}
WIDTH: Final = 100
PATIENCE_SECONDS: Final = 60
_COMMANDS: Final = (("status",), ("explain", LEADS.configuration_set), ("incidents",))


def main(arguments: Sequence[str]) -> int:
    """Make them. Returns the exit code."""
    folder = Path(arguments[0]) if arguments else FOLDER
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    if missing:
        print(f"not on PATH: {' and '.join(missing)}", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    console, began = Console(highlight=False), time.monotonic()
    with Emulator() as emulator, Lateness(emulator) as lateness, Receiver() as receiver:
        outputs = deploy(emulator, parameters={"TrustedWebhookOrigins": receiver.origin}, step=Steps(console))
        set_up(emulator, outputs, EVERYBODY, PROBES, {OUTLET.id: POLICY}, f"{receiver.origin}/hook")
        Play(emulator, outputs, receiver, lateness, threading.Event(), began).run(Lines(console))
        record_terminal(emulator, folder / "terminal.svg")
        with ConsolePage(emulator) as page:
            photograph(page.link, folder)
    return 0


def record_terminal(emulator: Emulator, file: Path) -> None:
    """Keep what the commands print as a picture of a terminal."""
    console = Console(record=True, width=WIDTH, file=Path(os.devnull).open("w"), force_terminal=True)  # noqa: SIM115
    for words in _COMMANDS:
        done = subprocess.run(  # noqa: S603 (our own program)
            [sys.executable, "-m", "sesguard", *words],
            env={**emulator.environment(), "FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"},
            capture_output=True,
            text=True,
            check=False,
        )
        console.print(Text(f"$ sesguard {' '.join(words)}", style="bold"))
        console.print(Text.from_ansi(done.stdout.rstrip()))
        console.print()
    console.save_svg(str(file), title="sesguard")


def photograph(link: str, folder: Path) -> None:
    """Keep the console's pages, in light and dark."""
    origin = link.partition("/?")[0]
    pages = {"fleet": "/", "stream": f"/stream/{stream_of(LEADS.configuration_set)}", "account": "/account"}
    options = ChromeOptions()
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "hide-scrollbars"):
        options.add_argument(f"--{argument}")
    chrome = Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        chrome.get(link)
        for dark in (False, True):
            scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
            chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", SCREEN)
            chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
            for name, path in pages.items():
                chrome.get(origin + path)
                _wait_for(chrome, ".ag-row" if path == "/" else "canvas")
                chrome.save_screenshot(str(folder / f"console-{name}{'-dark' if dark else ''}.png"))
    finally:
        chrome.quit()


def _wait_for(chrome: Chrome, selector: str) -> None:
    WebDriverWait(chrome, PATIENCE_SECONDS).until(lambda it: it.find_elements(By.CSS_SELECTOR, selector))
    time.sleep(1.5)  # until charts are drawn


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
