"""Which bounces and complaints count: SES's own rules, so that the guard never punishes for what SES does not count."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from sesguard.ses_events.observation import CountsFor
from sesguard.ses_events.reasons import Why

Counted = tuple[CountsFor, Why]

# The subtypes: https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
# What SES's own rate leaves out: https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html
_PERMANENT: Final[dict[str, Counted]] = {
    "general": (CountsFor.HARD_BOUNCE, Why.HARD_BOUNCE),
    "noemail": (CountsFor.HARD_BOUNCE, Why.HARD_BOUNCE),
    "suppressed": (CountsFor.HARD_BOUNCE, Why.GLOBALLY_SUPPRESSED),
    "onaccountsuppressionlist": (CountsFor.NOTHING, Why.SUPPRESSED_BY_ACCOUNT),
    "ontenantsuppressionlist": (CountsFor.NOTHING, Why.SUPPRESSED_BY_TENANT),
    "emailvalidationsuppressed": (CountsFor.NOTHING, Why.SUPPRESSED_BY_VALIDATION),
    "unsubscribedrecipient": (CountsFor.NOTHING, Why.SUPPRESSED_BY_SUBSCRIPTION),
}


_LONGEST_NAME = 64  # so that a hostile event cannot fill the caches below with megabytes


def bounce_counts(bounce_type: str, subtype: str | None) -> Counted:
    """Say what a bounce counts for. An unknown subtype of a permanent bounce counts; an unknown type does not."""
    return _bounce_counts(bounce_type[:_LONGEST_NAME], (subtype or "")[:_LONGEST_NAME])


def complaint_counts(feedback_type: str | None, subtype: str | None) -> Counted:
    """Say what a complaint counts for: nothing if it is the opposite of one, or a suppression list's echo of one."""
    return _complaint_counts((feedback_type or "")[:_LONGEST_NAME], (subtype or "")[:_LONGEST_NAME])


@lru_cache(maxsize=256)
def _bounce_counts(bounce_type: str, subtype: str) -> Counted:
    match bounce_type.strip().casefold():
        case "permanent":
            return _PERMANENT.get(subtype.strip().casefold(), (CountsFor.HARD_BOUNCE, Why.UNKNOWN_SUBTYPE))
        case "transient":
            return CountsFor.NOTHING, Why.SOFT_BOUNCE
        case "undetermined":
            return CountsFor.NOTHING, Why.UNDETERMINED
        case _:
            return CountsFor.NOTHING, Why.UNKNOWN_BOUNCE_TYPE


@lru_cache(maxsize=256)
def _complaint_counts(feedback_type: str, subtype: str) -> Counted:
    if feedback_type.strip().casefold() == "not-spam":
        return CountsFor.NOTHING, Why.NOT_SPAM
    match subtype.strip().casefold():
        case "":
            return CountsFor.COMPLAINT, Why.COMPLAINT
        case "onaccountsuppressionlist" | "ontenantsuppressionlist":
            return CountsFor.NOTHING, Why.COMPLAINT_SUPPRESSED
        case _:
            return CountsFor.COMPLAINT, Why.UNKNOWN_COMPLAINT_SUBTYPE
