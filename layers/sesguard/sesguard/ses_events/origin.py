"""Where and when the mail of an event was sent: its stream and its minute."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from sesguard.ses_events.context import EARLIEST_MINUTE
from sesguard.ses_events.moments import minute_of
from sesguard.ses_events.reasons import RejectedReason, UnreadableError, missing
from sesguard.stream import StreamId

if TYPE_CHECKING:
    from sesguard.ses_events.context import Context
    from sesguard.ses_events.records import Mail, Record

_ACCOUNT = re.compile("[0-9]{12}")
_REGION = re.compile("[a-z]{2,}(?:-[a-z0-9]+)+")
_LONGEST_REGION = 32  # the longest so far has 15
# https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateConfigurationSet.html: letters, digits, - and _, ≤ 64
_CONFIGURATION_SET = re.compile("[A-Za-z0-9_-]{1,64}")
_ARN = re.compile("arn:[^:]+:(?:ses|sns):([^:]*):([^:]*):")
_IDENTITY = re.compile("arn:[^:]+:ses:[^:]*:[^:]*:identity/(.+)")
_LONGEST_ARN = 400  # an identity is an address of at most 320 characters

_SAYS_NONE = re.compile(r"|\s*(?:[-_.?*]{1,3}|n/?a|n\.a\.|none|null|nil|unknown|undefined)\s*", re.IGNORECASE)
_WRITTEN_APART = re.compile(r"([0-9]{4})-([0-9]{4})-([0-9]{4})")  # as the console of AWS shows an account

_MOST_KNOWN = 16_384
_known: dict[tuple[str | None, str | None, str | None], StreamId] = {}
KNOWN_STREAMS: Final[Mapping[tuple[str | None, str | None, str | None], StreamId]] = _known
"""Streams that have been met, by account, source ARN and configuration set, where these settle them."""


def origin_of(record: Record, context: Context, envelope: Record | None) -> tuple[Mail, StreamId, int]:
    """Give the mail of an event, its stream, and the epoch minute at which it was sent. Raises UnreadableError.

    The stream is unattributed where the mail carries no configuration set. Its account is ``mail.sendingAccountId``:
    with sending authorisation the identity of ``mail.sourceArn`` is somebody else's, but the configuration set, and so
    the stream, belongs to whoever sent
    (https://docs.aws.amazon.com/ses/latest/dg/sending-authorization-delegate-sender-tasks-email.html). Its region is
    ``mail.sourceArn``'s, as an identity is used in its own region only, while an envelope may have been forwarded.
    What the event does not say is taken from the innermost envelope, then from the context. The event comes before its
    envelopes so that it reads the same by whichever path it came.

    Written in one piece: every event passes here, and this is most of the time spent after decoding.
    """
    mail = record.mail
    if mail is None:
        raise missing("mail")
    tags = mail.tags
    sets = tags.configuration_set if tags is not None else None
    key = (mail.sending_account_id, mail.source_arn, sets[0] if sets else None)
    stream = _known.get(key) or _resolved(key, context, envelope)
    sent_at = mail.timestamp
    minute = minute_of(sent_at) if sent_at is not None else _closest(record, envelope)
    if minute is None:
        raise UnreadableError(RejectedReason.SEND_TIME, "mail.timestamp: expected a time with its zone, in ISO 8601")
    if not EARLIEST_MINUTE <= minute <= context.latest_minute:
        expected = "expected a time between the start of SES in 2011 and the present"
        raise UnreadableError(RejectedReason.SEND_TIME, f"mail.timestamp: {expected}")
    return mail, stream, minute


def source_identity(mail: Mail) -> str:
    """Give the verified identity that the mail was sent from, lower-case: a domain or an address; "" where unknown."""
    arn = mail.source_arn
    found = _IDENTITY.fullmatch(arn) if arn and len(arn) <= _LONGEST_ARN else None
    return found[1].lower() if found else ""


def source_prefix(arn: str) -> str:
    """Give what ``arn`` begins with, up to its account: all of it that says whose stream an event's is; "" for none."""
    found = _ARN.match(arn)
    return found[0] if found else ""


def _resolved(key: tuple[str | None, str | None, str | None], context: Context, envelope: Record | None) -> StreamId:
    sender, source_arn, name = key
    if name is not None and not _CONFIGURATION_SET.fullmatch(name):
        raise UnreadableError(
            RejectedReason.CONFIGURATION_SET,
            "mail.tags.ses:configuration-set: expected 1 to 64 letters, digits, hyphens and underscores",
        )
    source_region, source_account = _of_arn(source_arn)
    region, account = _of_envelope(envelope)
    said = _account(sender or ""), _account(source_account)
    stream = StreamId(
        _first_account(sender, source_account, account, context.account),
        _first_region(source_region, region, context.region),
        name or "",
    )
    # Where the event itself says all, the key alone settles the stream.
    if any(said) and _is_region(source_region) and len(source_arn or "") <= _LONGEST_ARN:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        _known[key] = stream
    return stream


def _of_arn(arn: str | None) -> tuple[str, str]:
    found = _ARN.match(arn) if arn else None
    return (found[1], found[2]) if found else ("", "")


def _of_envelope(envelope: Record | None) -> tuple[str, str]:
    if envelope is None:
        return "", ""
    region, account = _of_arn(envelope.topic_arn)
    return envelope.region or region, envelope.account or account


def _first_account(*values: str | None) -> str:
    """The first account, nearest to the mail first; "" where none says anything.

    What is none, a word like ``-`` that SES has written or an id of another length, falls through to the next. Raises
    UnreadableError where there were only such.
    """
    for value in values:
        if value and (account := _account(value)):
            return account
    if any(value and not _SAYS_NONE.fullmatch(value) for value in values):
        expected = "mail.sendingAccountId, or what stands in for it: expected 12 digits"
        raise UnreadableError(RejectedReason.ACCOUNT, expected)
    return ""


def _account(value: str) -> str:
    """The account in ``value``, which may have blanks around it or hyphens within; "" where it is none."""
    stripped = value.strip()
    if _ACCOUNT.fullmatch(stripped):
        return stripped
    return "".join(found.groups()) if (found := _WRITTEN_APART.fullmatch(stripped)) else ""


def _first_region(*values: str) -> str:
    """The first region, nearest to the mail first; "" where none says anything.

    Raises UnreadableError for one that is mangled: an account's streams of one name in two regions are strangers, and
    the next source would be a guess.
    """
    for value in values:
        if _is_region(value):
            return value
        if not _SAYS_NONE.fullmatch(value):
            expected = "region of mail.sourceArn, or what stands in for it: expected an AWS region"
            raise UnreadableError(RejectedReason.REGION, expected)
    return ""


def _is_region(value: str) -> bool:
    return len(value) <= _LONGEST_REGION and _REGION.fullmatch(value) is not None


def _closest(record: Record, envelope: Record | None) -> int:
    """Find a time for an event without ``mail.timestamp``, which SES always gives: the event's own, or its envelope's.

    Both are later than the truth, mostly by seconds: an outcome may join a newer cohort than its mail, not be lost.
    """
    bodies = (
        record.bounce,
        record.complaint,
        record.delivery,
        record.delivery_delay,
        record.subscription,
        record.open,
        record.click,
    )
    times = [body.timestamp for body in bodies if body is not None]
    if envelope is not None:
        times += [envelope.time, envelope.sns_timestamp]
    for time in filter(None, times):
        minute = minute_of(time)
        if minute is not None:
            return minute
    raise UnreadableError(
        RejectedReason.SEND_TIME, "mail.timestamp: missing; expected the time at which the mail was sent"
    )
