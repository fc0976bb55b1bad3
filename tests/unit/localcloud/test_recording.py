"""The recording of the run's screen: how it looked, again and again, as pictures that fetch nothing."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest

from localcloud.recording import SIZE, RecordedScreen, record
from tests.unit.localcloud.test_view import ROWS


def test_the_screen_is_kept_as_pictures_without_foreign_fonts():
    kept = threading.Event()

    def play(view):
        view.line(1.0, "Lead Shop: pause  hard bounce rate 19.6 %", "bold red")
        view.show(1.0, "1 of 7 onboarded", ROWS)
        kept.wait(60)
        return ROWS

    class Waiting(RecordedScreen):
        def _keep(self) -> None:
            super()._keep()
            if "1&#160;of&#160;7" in self.frames[-1]:
                kept.set()

    screen = Waiting(play, threading.Event())
    assert asyncio.run(screen.run_async(headless=True, size=SIZE)) == ROWS
    last = screen.frames[-1]
    assert "Lead&#160;Shop" in last
    assert "font-face" not in last
    assert set(re.findall(r"https?://[^\"<\s]+", last)) == {"http://www.w3.org/2000/svg", "https://www.textualize.io"}


def test_what_the_play_raises_is_raised():
    def play(_):
        message = "no such table"
        raise LookupError(message)

    with pytest.raises(LookupError, match="no such table"):
        record(play, threading.Event())
