"""Figures as people read them: rates, lengths of time, chances."""

from __future__ import annotations

from math import floor, log10

_POWERS = {
    2: "a hundred",
    3: "a thousand",
    4: "ten thousand",
    5: "a hundred thousand",
    6: "a million",
    7: "ten million",
    8: "a hundred million",
    9: "a billion",
}


def percent(fraction: float) -> str:
    """A rate as people read it: two significant digits below one per cent, at most one decimal above."""
    value = fraction * 100
    if value == 0:
        return "0 %"
    digits = 1 if value >= 1 else 1 - floor(log10(value))
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") + " %"


def span(minutes: int) -> str:
    """A length of time as people say it, in its largest fitting unit."""
    if minutes < 120:
        return f"{minutes} min"
    if minutes < 72 * 60:
        return f"{round(minutes / 60)} h"
    return f"{round(minutes / 1440)} days"


def odds(chance: float) -> str:
    """A small chance in words, rounded to the side of the sender: never rarer than it is."""
    if chance >= 0.1:
        return f"in {chance * 100:.0f} of 100 cases"
    power = min(9, floor(-log10(chance))) if chance > 0 else 9
    return f"less than once in {_POWERS.get(power, 'ten')}"
