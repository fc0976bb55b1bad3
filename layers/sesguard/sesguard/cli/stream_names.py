"""How an operator names a stream: ``set``, ``region/set`` or ``account/region/set``."""

from __future__ import annotations

import re
from typing import Final

from sesguard.errors import SesguardError
from sesguard.plain import one_line
from sesguard.stream import StreamId

# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSet.html
_SET: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_REGION: Final = re.compile(r"[a-z]{2,}(-[a-z]+)+-\d{1,2}")
_ACCOUNT: Final = re.compile(r"\d{12}")


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
    for value, rule, what in zip(
        stream, (_ACCOUNT, _REGION, _SET), ("account", "region", "configuration set"), strict=True
    ):
        if not rule.fullmatch(value):
            raise StreamNameError(text, f"{one_line(value, 80)!r} is no {what}")
    return stream
