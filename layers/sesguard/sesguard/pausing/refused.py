"""A stream whose latest bounces are at one mailbox provider, as it is noted when it is at risk."""

from __future__ import annotations

from typing import NamedTuple

from sesguard.stream import StreamId


class Refused(NamedTuple):
    """A stream of ``tenant`` ("" for nobody's) that is refused at ``provider``."""

    stream: StreamId
    tenant: str
    provider: str

    @property
    def owner(self) -> str:
        """Who counts once, however many streams it has; a stream of nobody's counts by itself."""
        return self.tenant or str(self.stream)
