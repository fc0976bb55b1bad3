"""The live view: at three sizes as recorded, with the newest in sight, the title where it belongs, no number cut.

The screens that are right lie in ``screens/``; ``SESGUARD_UPDATE_SCREENS=1`` writes them anew, to be looked at.
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from localcloud.scenario import BAKERY, COUPONS, FITNESS, HIJACKED, LEADS, PLANET
from localcloud.view import Row, Screen
from sesguard.pausing.state import Status
from tests.fakes.terminal import recorded, settled, shown

SCREENS = Path(__file__).parent / "screens"
SIZES = ((60, 20), (80, 24), (140, 40))
ROWS = [
    Row(LEADS, 1_234_567, 3165, 0.156, 0.0, 1.92, Status.PAUSED),
    Row(COUPONS, 600, 4800, 0.005, 0.025, 1.81, Status.PROBATION),
    Row(HIJACKED, 384, 6040, 0.258, 0.0, 5.56, Status.HELD),
    Row(PLANET, 4500, 0, 0.0078, 0.0, 0.0, Status.HEALTHY),
    Row(FITNESS, 1750, 0, 0.084, 0.0, 0.61, Status.WATCHED),
    Row(BAKERY, 0, 0, 0.0, 0.0, 0.0, None),
]
LINES = [
    (number * 3.3, f"Lead Shop: warn  hard bounce rate 14.{number} % > 5 % over 1 min: 62 of 420 mails")
    for number in range(30)
]


def played(size, then=None) -> list[str]:
    """What is on the screen at the end of the play; ``then`` does something before."""
    done, stop = threading.Event(), threading.Event()

    def play(view):
        for seconds, text in LINES:
            view.line(seconds, text)
        view.show(99.9, "6 of 7 onboarded, 3 of 12 probes paused, a message takes 0.2 s", ROWS)
        done.wait(60)
        return ROWS

    async def run():
        app = Screen(play, stop)
        async with app.run_test(size=size) as pilot:
            try:
                while "99.9 s" not in shown(app)[0]:
                    await pilot.pause(0.05)
                if then is not None:
                    await then(pilot)
                return await settled(app, pilot)
            finally:
                done.set()

    return asyncio.run(run())


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_screen_is_as_recorded(size):
    lines = [line.rstrip() for line in played(size)]
    assert lines == recorded(lines, SCREENS / f"{size[0]}x{size[1]}.txt")


@pytest.mark.parametrize("size", [(40, 16), *SIZES], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_newest_is_in_sight_under_its_title_and_no_number_is_cut(size):
    lines = played(size)
    assert len(lines) == size[1]
    assert any("─ timeline ─" in line for line in lines)
    inside = [line.strip("│ ") for line in lines[next(n for n, line in enumerate(lines) if "timeline" in line) :]]
    assert any("14.29 %" in line or "62 of 420 mails" in line for line in inside[-5:])
    assert all("1,234,567" in line for line in lines if "1,2" in line)
    assert "…" not in "".join(lines)


def test_resizing_leaves_the_same_as_starting_at_that_size():
    async def resize(pilot):
        for size in ((140, 40), (60, 20), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause(0.1)

    assert played((100, 30), resize) == played((80, 24))


def test_ctrl_c_ends_the_screen_and_stops_the_play():
    stop = threading.Event()

    def play(view):
        stop.wait(60)
        view.line(1.0, "too late to be shown")
        return []

    async def run():
        app = Screen(play, stop)
        async with app.run_test() as pilot:
            await pilot.press("ctrl+c")
        return app

    app = asyncio.run(run())
    assert stop.is_set()
    assert app.told_to_end


def test_what_the_play_raises_is_raised_by_the_result(monkeypatch):
    def play(_):
        message = "no such table"
        raise LookupError(message)

    app = Screen(play, threading.Event())
    monkeypatch.setattr(app, "run", lambda: asyncio.run(app.run_async(headless=True)))
    with pytest.raises(LookupError, match="no such table"):
        app.outcome()
