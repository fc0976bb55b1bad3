"""How much of the daily sending quota is used, and when an operator has to hear of it. Pure.

https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html
"""

from __future__ import annotations

from typing import Final, NamedTuple

LEVELS: Final = (0.7, 0.9)
"""Shares of the quota that are told: while there is time to ask for more, and when mail may be refused today."""
CALM: Final = 0.6
"""Below this share it begins anew: the quota is of the last 24 hours, so a share goes up and down around a level."""


class AccountNow(NamedTuple):
    """SES's word on the account. status: HEALTHY, PROBATION or SHUTDOWN. max_24_hours: -1 for no limit."""

    status: str
    sent_24_hours: float = 0.0
    max_24_hours: float = -1.0

    @property
    def used(self) -> float:
        """The share of the quota that is used; 0 where there is no limit."""
        return self.sent_24_hours / self.max_24_hours if self.max_24_hours > 0 else 0.0


def level_of(used: float, told: float) -> float:
    """The level that is to stand as told, where ``told`` does: the highest reached since it was last calm."""
    if used < CALM:
        return 0.0
    return max([told, *(level for level in LEVELS if used >= level)])
