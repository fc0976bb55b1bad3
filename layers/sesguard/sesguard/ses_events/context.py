"""What the reader of an event knows besides the event."""

from __future__ import annotations

import msgspec

EARLIEST_MINUTE = 21_598_560
"""2011-01-25, when SES opened: no mail was sent through it before
(https://aws.amazon.com/about-aws/whats-new/2011/01/25/introducing-amazon-simple-email-service/)."""

_YEAR_2100 = 68_374_080


class Context(msgspec.Struct, frozen=True, gc=False):
    """Where a body was received, and how to read it.

    account, region: of whoever received it; the last resort where neither event nor envelope names its own.
        Empty where unknown (a file): the observation's account or region is then empty too.
    count_simulator: let mail to the SES mailbox simulator count, for a drill.
    latest_minute: epoch minute after which no mail can have been sent yet; an event that says so is rejected.
    """

    account: str = ""
    region: str = ""
    count_simulator: bool = False
    latest_minute: int = _YEAR_2100
