"""Records that this version cannot read: a newer one wrote them before a rollback, or a hand did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sesguard.bus.events import operator_notice
from sesguard.pausing.ports import Bus
from sesguard.text import one_line

MOST_TOLD: Final = 20


STREAM: Final = "its stream is neither weighed, paused nor resumed"
TASK: Final = "what it is of is not set up or changed in SES"


def tell_unreadable(bus: Bus, records: Mapping[str, str], now: datetime, means: str = STREAM) -> None:
    """Tell the operator of ``records``, what is wrong by key: each once a day, and of very many only how many.

    means: what it means for what the record is of. Raises AwsError.
    """
    some = sorted(records.items())[:MOST_TOLD]
    notices = [
        operator_notice(
            "A record of the guard cannot be read",
            f'The record "{one_line(key, 200)}" cannot be read by this version of the guard: {one_line(problem, 300)}. '
            f"It is left as it is, and {means} until a version that can read it is deployed again or the record is "
            "mended. All others are looked after.",
            f"unreadable-record/{key}/{now:%Y-%m-%d}",
            now,
        )
        for key, problem in some
    ]
    if len(records) > MOST_TOLD:
        text = f"{len(records)} records cannot be read by this version of the guard; {MOST_TOLD} are named apart."
        notices.append(operator_notice("Many records cannot be read", text, f"unreadable-records/{now:%Y-%m-%d}", now))
    if notices:
        bus.publish(notices)
