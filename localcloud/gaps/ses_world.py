"""What becomes of mail: the world outside SES, decided by the recipient's address alone.

Of the mailbox simulator, as documented (labels after a plus sign included):
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator

Of every other address, by the convention of this simulation on the part before the @:

    gone  gone-…    no such mailbox: hard bounce, 5.1.1
    full  full-…    mailbox full: soft bounce, 5.2.2
    unsigned-…      the receiver wants authenticated mail and finds none: hard bounce, 5.7.26
    angry angry-…   delivered, then reported as spam
    anything else   delivered
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Final

SIMULATOR: Final = "simulator.amazonses.com"


class Fate(Enum):
    DELIVERED = "delivered"
    COMPLAINED = "delivered, then complained about"
    NO_MAILBOX = "hard bounce"
    MAILBOX_FULL = "soft bounce"
    NOT_AUTHENTICATED = "hard bounce, for want of authentication"
    SUPPRESSED = "bounce of the global suppression list"


_OF_SIMULATOR: Final = {
    "bounce": Fate.NO_MAILBOX,
    "complaint": Fate.COMPLAINED,
    "suppressionlist": Fate.SUPPRESSED,
}
_BY_CONVENTION: Final = {
    "gone": Fate.NO_MAILBOX,
    "full": Fate.MAILBOX_FULL,
    "angry": Fate.COMPLAINED,
    "unsigned": Fate.NOT_AUTHENTICATED,
}

# Seconds from accepting a mail to what becomes of it. Real bounces and complaints may take days.
DELIVERY: Final = (0.05, 0.4)
BOUNCE: Final = (0.2, 0.8)
COMPLAINT_AFTER_DELIVERY: Final = (0.8, 2.0)


@dataclass(frozen=True)
class Outcome:
    """What becomes of some of a mail's recipients, all of one domain, and after how many seconds."""

    fate: Fate
    recipients: tuple[str, ...]
    after: float
    complaint_after: float


def fate(address: str) -> Fate:
    local, _, domain = address.lower().rpartition("@")
    if domain == SIMULATOR:
        return _OF_SIMULATOR.get(local.partition("+")[0], Fate.DELIVERED)
    return _BY_CONVENTION.get(local.partition("-")[0], Fate.DELIVERED)


def outcomes(recipients: Iterable[str], chance: Random) -> list[Outcome]:
    """One outcome for all recipients of one domain that fare alike, as SES puts them into one event."""
    alike: dict[tuple[Fate, str], list[str]] = {}
    for address in recipients:
        alike.setdefault((fate(address), address.lower().rpartition("@")[2]), []).append(address)
    return [
        Outcome(
            fate=what,
            recipients=tuple(addresses),
            after=(after := chance.uniform(*(DELIVERY if what in (Fate.DELIVERED, Fate.COMPLAINED) else BOUNCE))),
            complaint_after=after + chance.uniform(*COMPLAINT_AFTER_DELIVERY),
        )
        for (what, _), addresses in alike.items()
    ]
