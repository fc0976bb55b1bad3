"""A recording of the run's screen: Textual draws each moment as a picture, and the pictures become an animation."""

from __future__ import annotations

import asyncio
import base64
import io
import re
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PIL import Image
from selenium.webdriver import Chrome

from localcloud.view import Row, Screen, View

SIZE: Final = (104, 30)
WIDTH_PIXELS: Final = 940
_EVERY_SECONDS: Final = 1.0
_MOST_FRAMES: Final = 40
_COLOURS: Final = 200
_FRAME_MS: Final = 350
_LAST_MS: Final = 5_000
_FONTS: Final = re.compile(r"@font-face\s*\{.*?\}", re.DOTALL)
_SIZES: Final = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')


def without_fonts(svg: str) -> str:
    """Take out the fonts that a picture would fetch from elsewhere; the reader's own take their place."""
    return _FONTS.sub("", svg)


class RecordedScreen(Screen):
    """The run's screen without a terminal; it keeps how it looks, again and again. frames: as SVG, oldest first."""

    def __init__(self, play: Callable[[View], Sequence[Row]], stop: threading.Event) -> None:
        super().__init__(play, stop)
        self.frames: list[str] = []

    def on_mount(self) -> None:  # beside that of Screen, which Textual calls as well
        self.set_interval(_EVERY_SECONDS, self._keep)

    def _keep(self) -> None:
        self.frames.append(without_fonts(self.export_screenshot(title="make run")))


def record(play: Callable[[View], Sequence[Row]], stop: threading.Event) -> list[str]:
    """Play it, and give how the screen looked, second after second. Raises what ``play`` raises."""
    screen = RecordedScreen(play, stop)
    screen.run = lambda *_, **__: asyncio.run(screen.run_async(headless=True, size=SIZE))  # type: ignore[method-assign]
    screen.outcome()
    return screen.frames


def animate(chrome: Chrome, frames: Sequence[str], file: Path) -> None:
    """Write at most _MOST_FRAMES of ``frames``, the last among them, as an animated GIF."""
    step = max(1, -(-len(frames) // _MOST_FRAMES))
    chosen = [*frames[:-1:step], frames[-1]]
    pictures = [_drawn(chrome, frame) for frame in chosen]
    palette = pictures[-1].quantize(_COLOURS, Image.Quantize.MAXCOVERAGE)
    first, *rest = (picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures)
    times = [_FRAME_MS] * (len(chosen) - 1) + [_LAST_MS]
    first.save(file, save_all=True, append_images=rest, duration=times, loop=0, optimize=True)


def _drawn(chrome: Chrome, svg: str) -> Image.Image:
    """A picture of an SVG, as the browser draws it."""
    found = _SIZES.search(svg)
    assert found is not None, svg[:200]  # noqa: S101  # Textual's always says
    height = round(WIDTH_PIXELS * float(found[2]) / float(found[1]))
    screen = {"width": WIDTH_PIXELS, "height": height, "deviceScaleFactor": 1, "mobile": False}
    chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    chrome.get(f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}")
    return Image.open(io.BytesIO(chrome.get_screenshot_as_png())).convert("RGB")
