"""An operator's or owner's word, as the journal keeps it."""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """Who says it (an operator's ARN, or ``owner, by link``), and why."""

    who: str
    why: str

    def signature(self, command: str) -> dict[str, str]:
        """The fields of the journal's entry of the decision that was made at this word."""
        return {"command": command, "who": self.who, "why": self.why}
