"""How many streams the guard may pause by itself within an hour, whatever the evidence says. Pure.

More than that means that something systemic is wrong (a large mailbox provider's failure, a mistake in the evidence, a
stolen key of the platform itself), and a machine that goes on pausing would be the outage. The rest wait for a person.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

HOUR: Final = timedelta(hours=1)

MOST: Final = 1_000
"""The largest cap: SES takes 3,600 control calls an hour for an account and region, and a pause takes a few
(https://docs.aws.amazon.com/ses/latest/dg/quotas.html)."""


FAR: Final = 5.0
"""Risk far beyond the limit: the chance of so much evidence against a good sender is the fifth power of what pauses."""


class Lane(StrEnum):
    """Each has room of its own, as much as the cap: decoys just over the limit take none from what is far over it."""

    USUAL = "usual"
    FAR = "far"
    SHIELD = "shield"


class Cap(NamedTuple):
    """``least`` pauses an hour, or ``share`` (a fraction) of all streams where that is more."""

    least: int
    share: float

    def among(self, streams: int) -> int:
        """The cap where there are so many streams."""
        return min(MOST, max(self.least, int(self.share * streams)))


class PauseClaims(msgspec.Struct, frozen=True):
    """The automatic pauses of the last hour, and whether more were wanted. All times in epoch seconds.

    taken: by tenant, or by pause where there is none. full_since: when the first pause found no room, of those that
    did without an hour between them;
    refused_at: when the last one did.
    """

    taken: dict[str, float] = {}  # msgspec copies an empty default for each instance
    full_since: float | None = None
    refused_at: float | None = None


class Grant(NamedTuple):
    """Whether a pause may go ahead; if not, since when there has been no room: that names the episode."""

    granted: bool
    full_since: datetime | None = None


def claim(claims: PauseClaims, pause: str, cap: int, now: datetime) -> tuple[PauseClaims, Grant]:
    """Claim room for ``pause``: at most ``cap`` different ones within any hour. One that has room already keeps it.

    Returns the claims to keep: the same object where nothing has changed.
    """
    at = now.timestamp()
    taken = {name: since for name, since in claims.taken.items() if at - since < HOUR.total_seconds()}
    if pause in taken:
        return claims, Grant(granted=True)
    if len(taken) < cap:
        return msgspec.structs.replace(claims, taken={**taken, pause: at}), Grant(granted=True)
    going_on = claims.refused_at is not None and at - claims.refused_at < HOUR.total_seconds()
    since = claims.full_since if going_on and claims.full_since is not None else at
    refused = msgspec.structs.replace(claims, full_since=since, refused_at=max(at, claims.refused_at or at))
    return refused, Grant(granted=False, full_since=datetime.fromtimestamp(since, UTC))
