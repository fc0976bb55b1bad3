"""The types of the fields of events. A reader refuses nothing for what they promise: that is of what is written."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from msgspec import Meta

VERSION: Final = "1"


def described(description: str = "", **schema: Any) -> Meta:  # noqa: ANN401  # JSON
    """Give a field's description and further keywords of JSON Schema."""
    return Meta(description=description or None, extra_json_schema=schema or None)


Version = Annotated[str, described(const=VERSION)]
EventId = Annotated[str, described("the same for a repetition", pattern="^[0-9a-f]{32}$")]
Moment = Annotated[datetime, described(format="date-time", pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
Minute = Annotated[str, described(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\dZ$")]
AccountNumber = Annotated[str, described(pattern=r"^\d{12}$")]
SetName = Annotated[str, described(pattern="^[A-Za-z0-9_-]{1,64}$")]
FilledText = Annotated[str, described(minLength=1)]
Amount = Annotated[int, described(minimum=0)]
Weight = Annotated[float, described(minimum=0)]
Fraction = Annotated[float, described(minimum=0, maximum=1)]
Named = tuple[str, Annotated[int, described(minimum=1)]]
"""A name and how often it occurs."""
