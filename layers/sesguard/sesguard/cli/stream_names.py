"""How an operator names a stream: ``set``, ``region/set`` or ``account/region/set``."""

from __future__ import annotations

from typing import Final

from sesguard.errors import SesguardError
from sesguard.stream import StreamId
from sesguard.tenants.keys import ACCOUNT, REGION, SET
from sesguard.text import one_line

_RULES: Final = ((ACCOUNT, "account"), (REGION, "region"), (SET, "configuration set"))


class StreamNameError(SesguardError):
    """A text names no stream."""

    def __init__(self, text: str, problem: str) -> None:
        super().__init__(f"stream {one_line(text, 120)!r}: {problem}")


def stream_called(text: str, account: str, region: str) -> StreamId:
    """Complete a stream's name from the guard's own account and region. Raises StreamNameError."""
    parts = text.split("/")
    if len(parts) > 3:
        raise StreamNameError(text, "expected a configuration set, region/set or account/region/set")
    stream = StreamId(*[account, region][: 3 - len(parts)], *parts)
    for value, (rule, what) in zip(stream, _RULES, strict=True):
        if list(rule.wrong(value)):
            raise StreamNameError(text, f"{one_line(value, 80)!r} is no {what}")
    return stream
