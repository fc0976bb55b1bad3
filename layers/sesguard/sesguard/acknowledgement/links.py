"""Links to the acknowledgement page, one for each notice that asks for the owner's word."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sesguard.acknowledgement.token import Claims, sign
from sesguard.stream import StreamId

PARAMETER: Final = "t"
"""The query parameter that carries the token."""


@dataclass(frozen=True, slots=True)
class Links:
    """Makes links to the page at ``base_url`` (without a query), signed with ``key``, each good for ``lifetime``."""

    base_url: str
    key: bytes = field(repr=False)
    lifetime: timedelta

    def to(self, stream: StreamId, incident: str, pause: datetime, now: datetime) -> str:
        """Link to the pause of ``stream`` that began at ``pause``: an event's ``detail.pause``."""
        expires = (now + self.lifetime).replace(microsecond=0)
        return f"{self.base_url}?{PARAMETER}={sign(Claims(stream, incident, pause, expires), self.key)}"
