"""The rules of counting: what one SES event says about its stream. DESIGN and the README state them for people."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from sesguard.events.observation import CountsFor, Observation
from sesguard.events.origin import minute_of, stream_of
from sesguard.events.reasons import RejectedReason, Unreadable, Why
from sesguard.events.recipients import domain_of, simulated, status_code, tally

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sesguard.events.context import Context
    from sesguard.events.observation import Via
    from sesguard.events.records import Mail, Record
    from sesguard.stream import StreamId

MOST_RECIPIENTS = 1_000
"""SES allows 50 recipients a message (https://docs.aws.amazon.com/ses/latest/dg/quotas.html). Twenty times that leaves
room for a raised quota, and no single event can move a stream by more."""

type_of = str.casefold

_HARD: Final = (CountsFor.HARD_BOUNCE, Why.HARD_BOUNCE)
# https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html#event-publishing-retrieving-sns-contents-bounce-types
# and, for what SES's own rate counts, https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
_PERMANENT: Final = {
    "general": _HARD,
    "noemail": _HARD,
    "suppressed": (CountsFor.HARD_BOUNCE, Why.GLOBALLY_SUPPRESSED),
    "onaccountsuppressionlist": (CountsFor.NOTHING, Why.SUPPRESSED_BY_ACCOUNT),
    "ontenantsuppressionlist": (CountsFor.NOTHING, Why.SUPPRESSED_BY_TENANT),
    "emailvalidationsuppressed": (CountsFor.NOTHING, Why.SUPPRESSED_BY_VALIDATION),
    "unsubscribedrecipient": (CountsFor.NOTHING, Why.SUPPRESSED_BY_SUBSCRIPTION),
}
