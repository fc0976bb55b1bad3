"""What one SES event says: an observation that counts for something, or a named reason why it does not."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from sesguard.stream import StreamId


class CountsFor(StrEnum):
    VOLUME = "volume"
    HARD_BOUNCE = "hard_bounce"
    COMPLAINT = "complaint"
    NOTHING = "nothing"


class Via(StrEnum):
    """The path an event came by. A stream may publish through both, and its volume must not double for it."""

    SNS = "sns"
    EVENTBRIDGE = "eventbridge"


class Observation(msgspec.Struct, frozen=True, gc=False):
    """One SES event, read. Holds nothing personal: no address, subject or diagnostic text.

    minute: epoch minute at which the mail was sent (``mail.timestamp``).
    count: recipients sent to, delivered to or bounced; 1 for a complaint however many recipients it lists.
    why: a short fixed phrase for people, never text from the event.
    identity: what makes two deliveries of one event the same (account, region, kind and ``feedbackId``, hashed to
        hex): also where one names its configuration set and the other, a legacy notification, does not. Empty for
        volume, which is counted at least once.
    domains, codes: receiving domains and enhanced status codes with their counts, for bounces and complaints; domains
        also of a Send event that is in the sample, codes also of what was deferred.
    source: the verified identity that the mail was sent from, of ``mail.sourceArn``, for bounces and complaints, and
        for what was deferred with a code.
    at_own_domains: bounces beside ``count`` at domains that are verified in the account, which SES's rate leaves out.
    foreign: the mail was sent from another tenant's identity: counted apart, held against nobody.
    """

    kind: str
    stream: StreamId
    minute: int
    count: int
    counts_for: CountsFor
    why: str
    via: Via
    identity: str = ""
    domains: tuple[tuple[str, int], ...] = ()
    codes: tuple[tuple[str, int], ...] = ()
    source: str = ""
    at_own_domains: int = 0
    foreign: bool = False


class Ignored(msgspec.Struct, frozen=True, gc=False):
    """A body that is no business of the guard's: read, understood, and left alone. ``reason`` is a metric's name."""

    reason: str
    detail: str


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """A body that should have been an SES event and cannot be read: set aside. ``reason`` is a metric's name.

    ``detail`` names the field, its kind of value and what was expected, never the value of a personal field.
    """

    reason: str
    detail: str


Reading = Observation | Ignored | Rejected
