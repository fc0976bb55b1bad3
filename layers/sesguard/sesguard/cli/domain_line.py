"""How a domain stood when posture last looked at it, in a line, and for programs. Of an address its domain alone."""

from __future__ import annotations

from typing import Any, Final

from rich.text import Text

from sesguard.cli.screen import iso
from sesguard.posture.changes import PostureRecord
from sesguard.posture.handling import Effect
from sesguard.text import one_line

BAD_EFFECTS: Final = frozenset({Effect.REFUSED, Effect.NOT_SENT, Effect.MAY_BE_REFUSED, Effect.MAY_JUNK})


def domain_line(record: PostureRecord) -> Text:
    """As ``acme.example: mail is refused (dkim.missing)``."""
    mail = record.effect.replace("_", " ") or "not judged: DNS did not answer"
    wrong = f" ({', '.join(record.findings)})" if record.findings else ""
    style = "bold red" if record.effect in BAD_EFFECTS else ""
    return Text(one_line(f"{record.name.rpartition('@')[2]}: mail is {mail}{wrong}", 300), style=style)


def as_dict(record: PostureRecord) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    return {
        "domain": record.name.rpartition("@")[2],
        "effect": record.effect or None,
        "findings": list(record.findings),
        "looked_at": iso(record.looked_at),
    }
