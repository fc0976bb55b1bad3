"""How cohorts lie in the table: keys and attributes. Partition key ``stream``, sort key ``cohort``.

``v#2026-11-21T18``  volume of one hour of sending: ``s`` sends, ``d`` deliveries, both over SNS, ``e`` sends,
    ``f`` deliveries, both over EventBridge; each as a total and by minute (``s05``).
``o#2026-11-21T18``  outcomes of one hour: ``b05#example.com`` hard bounces by minute and receiving domain,
    ``c05#example.com`` complaints, ``x#5.1.1`` status codes; ``w``: the length of all names that were ever added.
``t#2026-11-18``     a settled day, which saves reading its hours again: ``volume``, ``bounces`` after forgiving under
    the rule ``clump``, ``forgiven`` ones, ``complaints``; ``touched`` rises when something late joins one of its hours,
    and what is settled holds as long as that equals ``seen``.

A volume item stays under one write unit (1 KB) while a stream publishes through one path.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from sesguard.detection.history import HOUR, boundaries
from sesguard.ingest.tally import COLUMNS

VOLUME, OUTCOMES, SETTLED = "v#", "o#", "t#"
BOUNCES, COMPLAINTS, CODES = "b", "c", "x#"
LETTERS = "sdef"
"""Of volume, by column."""

KEPT_DAYS = 65
"""How long items stay: on the last day of a month all of the month before is still there, for what it cost (62 days at
most); what can weigh are the last 31 days, and what is late has time to meet them."""

_SECONDS_A_DAY = 86_400
_SKEW = HOUR
"""Minutes by which a reader may be ahead of a writer: their clocks' difference, and how long a write may take."""


@lru_cache(maxsize=4096)
def hour_text(hour: int) -> str:
    """An epoch hour as it stands in a key."""
    return datetime.fromtimestamp(hour * 3600, UTC).strftime("%Y-%m-%dT%H")


@lru_cache(maxsize=4096)
def day_text(day: int) -> str:
    """An epoch day as it stands in a key."""
    return datetime.fromtimestamp(day * _SECONDS_A_DAY, UTC).strftime("%Y-%m-%d")


@lru_cache(maxsize=4096)
def hour_of(text: str) -> int:
    """The epoch hour of ``hour_text``."""
    return int(datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC).timestamp()) // 3600


def day_of(text: str) -> int:
    """The epoch day of ``day_text``."""
    return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) // _SECONDS_A_DAY


@lru_cache(maxsize=4096)
def expiry(day: int) -> dict[str, str]:
    """When the items of an epoch day may be deleted, in epoch seconds, as an attribute; not to be changed.

    By the time of sending, also for the markers of what was seen: a duplicate that comes later still joins a cohort
    that no longer weighs.
    """
    return {"N": str((day + KEPT_DAYS) * _SECONDS_A_DAY)}


def late_before(minute: int) -> int:
    """The epoch hour before which an hour's day may have been settled, when a writer's clock says ``minute``."""
    return boundaries(minute + _SKEW)[1] // HOUR


SLOTS = tuple(f"{LETTERS[slot % COLUMNS]}{slot // COLUMNS:02}" for slot in range(HOUR * COLUMNS))
"""Attribute of a minute and column, by slot as :class:`sesguard.ingest.tally.Volume` numbers them."""
