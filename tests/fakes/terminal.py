"""What stands on a screen of Textual's, line by line, and whether it is as it was recorded."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def shown(app: Any) -> list[str]:
    """The cells of the terminal, line by line."""
    return ["".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()]


async def settled(app: Any, pilot: Any) -> list[str]:
    """What is on the screen once it changes no more: a busy machine lays the table out a while after the head."""
    lines, same = shown(app), 0
    while same < 4:
        await pilot.pause(0.1)
        before, lines = lines, shown(app)
        same = same + 1 if lines == before else 0
    return lines


def recorded(lines: list[str], file: Path) -> list[str]:
    """The lines that are right. SESGUARD_UPDATE_SCREENS=1 writes them anew, to be looked at."""
    if os.environ.get("SESGUARD_UPDATE_SCREENS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file.read_text(encoding="utf-8").splitlines()
