"""What a backtest needs of the outside."""

from __future__ import annotations

from io import BufferedIOBase
from typing import Protocol


class ObjectStore(Protocol):
    """Objects of S3, by ``s3://bucket/key``."""

    def below(self, prefix: str) -> list[str]:
        """List the objects below a prefix, by name. Raises UnreadableFileError."""
        ...

    def open(self, name: str) -> BufferedIOBase:
        """Open an object for reading. Raises OSError."""
        ...
