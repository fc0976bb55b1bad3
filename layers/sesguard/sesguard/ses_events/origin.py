"""Where and when the mail of an event was sent: its stream and its minute."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from sesguard.ses_events.context import EARLIEST_MINUTE
from sesguard.ses_events.reasons import RejectedReason, UnreadableError, missing
from sesguard.ses_events.records import SentAt
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
_LONGEST_ARN = 400  # an identity is an address of at most 320 characters

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC).toordinal() * 1440

_MOST_KNOWN = 16_384
_known: dict[tuple[str | None, str | None, str | None], StreamId] = {}


def place(record: Record, context: Context, envelope: Record | None) -> tuple[Mail, StreamId, int]:
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
    if sent_at is not None and sent_at.tzinfo is UTC:
        minute = sent_at.toordinal() * 1440 + sent_at.hour * 60 + sent_at.minute - _EPOCH
    else:
        minute = int((sent_at or _closest(record, envelope)).timestamp() // 60)
    if not EARLIEST_MINUTE <= minute <= context.latest_minute:
        expected = "expected a time between the start of SES in 2011 and the present"
        raise UnreadableError(RejectedReason.SEND_TIME, f"mail.timestamp: {expected}")
    return mail, stream, minute


def _resolved(key: tuple[str | None, str | None, str | None], context: Context, envelope: Record | None) -> StreamId:
    sender, source_arn, name = key
    if name is not None and not _CONFIGURATION_SET.fullmatch(name):
        raise UnreadableError(
            RejectedReason.CONFIGURATION_SET,
            "mail.tags.ses:configuration-set: expected 1 to 64 letters, digits, hyphens and underscores",
        )
    source_region, source_account = _of_arn(source_arn)
    region, account = _of_envelope(envelope)
    stream = StreamId(
        _account(sender or source_account or account or context.account),
        _region(source_region or region or context.region),
        name or "",
    )
    if sender and source_region and len(source_arn or "") <= _LONGEST_ARN:  # the key alone settles the stream
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


def _account(account: str) -> str:
    if account and not _ACCOUNT.fullmatch(account):
        raise UnreadableError(
            RejectedReason.ACCOUNT, "mail.sendingAccountId, or what stands in for it: expected 12 digits"
        )
    return account


def _region(region: str) -> str:
    if region and (len(region) > _LONGEST_REGION or not _REGION.fullmatch(region)):
        raise UnreadableError(
            RejectedReason.REGION, "region of mail.sourceArn, or what stands in for it: expected an AWS region"
        )
    return region


def _closest(record: Record, envelope: Record | None) -> datetime:
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
        try:
            return msgspec.convert(time, SentAt)
        except msgspec.ValidationError:
            continue
    raise UnreadableError(
        RejectedReason.SEND_TIME, "mail.timestamp: missing; expected the time at which the mail was sent"
    )
