"""What a replay is made of: one stream, one moment, and the counts and words that became visible in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, ClassVar

import msgspec

from sesguard.detection.columns import BOUNCED, COMPLAINED, DELIVERED, DELIVERED_EVENTBRIDGE, SENT, SENT_EVENTBRIDGE
from sesguard.errors import SesguardError
from sesguard.lake.record import LATEST


class UnusableError(SesguardError):
    """A line or document cannot be used: ``str()`` names the value and what was expected."""


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_COUNTED = 1_000_000_000
"""More mails than anybody sends in one moment."""

Second = Annotated[float, msgspec.Meta(ge=0, le=LATEST)]
Count = Annotated[int, msgspec.Meta(ge=0, le=MOST_COUNTED)]


def time_of(second: float) -> datetime:
    return EPOCH + timedelta(seconds=second)


class Counted(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False):
    """``count`` mails, sent at epoch second ``sent``. domain: the receiving domain, where it is known."""

    column: ClassVar[int]
    sent: Second
    count: Count
    domain: str | None = None


class Send(Counted, tag="send", gc=False):
    column = SENT


class SeenDeliveries(Counted, tag="delivery", gc=False):
    column = DELIVERED


class SendByBus(Counted, tag="send-eventbridge", gc=False):
    column = SENT_EVENTBRIDGE


class DeliveryByBus(Counted, tag="delivery-eventbridge", gc=False):
    column = DELIVERED_EVENTBRIDGE


class SeenBounces(Counted, tag="bounce", gc=False):
    """Hard bounces. code: their enhanced status code, where it is known and one for all of them."""

    column = BOUNCED
    code: str | None = None


class CodedBounce(SeenBounces, tag="bounce-with-codes", gc=False):
    """Hard bounces of which the enhanced status codes are known: ``codes``, with how often each came."""

    codes: tuple[tuple[str, int], ...] = ()


class SeenComplaints(Counted, tag="complaint", gc=False):
    column = COMPLAINED


class Transient(Counted, tag="transient", gc=False):
    """Soft bounces: read, and counted for nothing."""

    column = -1


class SeenAcknowledgement(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False, tag="acknowledge"):
    """The owner says what was fixed."""


class Resume(msgspec.Struct, array_like=True, forbid_unknown_fields=True, gc=False, tag="resume"):
    """The operator turns sending on."""


Row = (
    Send
    | SeenDeliveries
    | SendByBus
    | DeliveryByBus
    | SeenBounces
    | CodedBounce
    | SeenComplaints
    | Transient
    | SeenAcknowledgement
    | Resume
)


class SeenMoment(msgspec.Struct, array_like=True, gc=False):
    """What became visible of ``stream`` at epoch second ``seen_at``.

    tenant: whose stream it is, empty where that is not known.
    identity: what makes two records of one bounce or complaint the same; empty where that needs no asking.
    """

    stream: str
    seen_at: float
    rows: Sequence[Row]
    identity: str = ""
    tenant: str = ""
