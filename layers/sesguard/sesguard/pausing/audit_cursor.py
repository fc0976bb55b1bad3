"""How far the daily audit of all streams has come."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Cursor(NamedTuple):
    """How far an audit of all streams has come: after which stream's key ("" at its start), and when it begun."""

    after: str = ""
    begun: datetime | None = None
