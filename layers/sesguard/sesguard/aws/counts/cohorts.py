"""How cohorts lie in the table: keys and attributes. Partition key ``stream``, sort key ``cohort``.

``v#2026-11-21T18``  volume of one hour of sending: ``s`` sends, ``d`` deliveries, both over SNS, ``e`` sends,
    ``f`` deliveries, both over EventBridge; each as a total and by minute (``s05``). Of a sample of the Send events:
    ``g`` mails, ``h`` those of them to providers that send complaints back, ``p3google`` by provider and slot.
    ``folded``: see :mod:`sesguard.aws.counts.volume_log`, where volume lies first. Of a small stream up to six hours
    lie in one item: :mod:`sesguard.aws.counts.hour_blocks`.
``o#2026-11-21T18``  outcomes of one hour by minute: ``b05#`` hard bounces, ``c05#`` complaints; and what is counted and
    does not weigh: ``i05#`` bounces at domains verified in the account, ``y05#`` outcomes of mail that was sent from
    another tenant's identity. The first few of an hour are counted here by their names, as those lie in ``n#``, and in
    older versions all were. Names of all others lie in
``n#2026-11-21T18:3``  names of what is in ``o#``, by slot of ten minutes: ``b05#example.com`` hard bounces by minute
    and receiving domain, ``c05#example.com`` complaints, ``x#5.1.1`` status codes; ``w``: the length of all names that
    were ever added.
``r#2026-11-21T18``  a rolled-up hour, ``t#2026-11-18`` a rolled-up day, which save reading them again: ``volume``,
    ``published`` (what there were Send or Delivery events of), ``bounces``, ``complaints``, ``sampled``, ``reporting``,
    ``aside``; of a day also ``early_bounces`` and ``early_complaints`` of its first hour with volume, and ``forgiven``,
    the bounces that the clump rule ``clump`` leaves out ("-": names were not read). ``touched`` rises when something
    late joins one of its hours, and what is on record holds as long as that equals ``seen``. Older versions wrote days
    without ``published``, and ``bounces`` without the forgiven ones.
``s#2026-11-21T18``  what a failing mailbox provider refused of one hour of sending and does not weigh; ``g#``, ``h#``
    beside the account's unattributed mail: :mod:`sesguard.aws.counts.outage_store`. ``k#`` and ``q#``, tenants that are
    weighed together: :mod:`sesguard.aws.counts.tenant_marks`. ``m#``, where a sample of the mail went by receiving
    domain: :mod:`sesguard.aws.counts.taken_marks`.

``from#SET#02968``  of an account's own key, as a stream without a set: see :mod:`sesguard.aws.counts.sender_domains`.
``deferred#2026-11-21T18``  ``deferred``: recipients whose mail was deferred as not authenticated, by its events' hour.

A volume item stays under one write unit (1 KB) while a stream publishes through one path. What a look reads does not
grow with a stream: rolled-up items, and the last few hours without names.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

from sesguard.detection.rows import HOUR, HOURS_A_DAY, boundaries
from sesguard.ingest.volume import COLUMNS

VOLUME, OUTCOMES, NAMED, HOURLY, SETTLED = "v#", "o#", "n#", "r#", "t#"
BOUNCES, COMPLAINTS, CODES = "b", "c", "x#"
AT_OWN_DOMAINS, FROM_ANOTHERS_IDENTITY = "i", "y"
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


@lru_cache(maxsize=4096)
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
    """The epoch hour before which an hour may have been rolled up, when a writer's clock says epoch ``minute``."""
    return boundaries(minute + _SKEW)[0] // HOUR


@lru_cache(maxsize=4096)
def touched(hour: int, minute: int) -> tuple[str, ...]:
    """The sort keys of what may have been rolled up of epoch ``hour``, when a writer's clock says epoch ``minute``."""
    to_hour, to_day, _ = (boundary // HOUR for boundary in boundaries(minute + _SKEW))
    keys = (SETTLED + day_text(hour // HOURS_A_DAY),) if hour < to_day else ()
    return (*keys, HOURLY + hour_text(hour)) if boundaries(minute - _SKEW)[1] // HOUR <= hour < to_hour else keys


SLOTS = tuple(f"{LETTERS[slot % COLUMNS]}{slot // COLUMNS:02}" for slot in range(HOUR * COLUMNS))
"""Attribute of a minute and column, by slot as :class:`sesguard.ingest.tally.Volume` numbers them."""
