"""What is wrong with a piece of a backtest's input."""

from __future__ import annotations

from sesguard.errors import SesguardError


class UnusableError(SesguardError):
    """A line or document cannot be used: ``str()`` names the value and what was expected."""
