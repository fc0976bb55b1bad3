"""From which domains mail is sent, and whether it can be left with one click: of one message in ONE_IN.

Which ones is settled by their places, so that the others cost nothing. Only shares come of it: a message that comes
again may be looked at twice, or not at all.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from random import randrange
from typing import Final

import msgspec

from sesguard.errors import SesguardError
from sesguard.ingest.ports import SenderDomains
from sesguard.pausing.ports import Parallel
from sesguard.posture.domain_name import DomainNameError, domain_name
from sesguard.posture.senders import SenderCounts
from sesguard.ses_events.context import Context
from sesguard.ses_events.origin import origin_of
from sesguard.ses_events.reasons import UnreadableError
from sesguard.ses_events.records import Mail, Record, Tags
from sesguard.ses_events.wrappers import LARGEST_BODY
from sesguard.stream import StreamId

ONE_IN: Final = 128
_HTTPS: Final = re.compile(r"<\s*https://[^<>\s]+\s*>", re.IGNORECASE)
_ONE_CLICK: Final = re.compile(r"\s*List-Unsubscribe\s*=\s*One-Click\s*", re.IGNORECASE)
_LONGEST_HEADER: Final = 8_000

_log = logging.getLogger(__name__)


Sender = tuple[StreamId, str]
"""A stream, and a domain that its mail is from."""


class _Tags(Tags, gc=False):
    from_domain: list[str] | None = msgspec.field(default=None, name="ses:from-domain")


class _Header(msgspec.Struct, gc=False):
    name: str = ""
    value: str = ""


class _Mail(Mail, gc=False, rename="camel"):
    tags: _Tags | None = None
    headers: list[_Header] | None = None
    headers_truncated: bool | None = None


class _Record(Record, gc=False):
    mail: _Mail | None = None
    detail: _Record | None = None


_decode = msgspec.json.Decoder(_Record).decode


class Sampling:
    """Picks one message in ``one_in``, whatever the size of batches. start: how many to leave out at first."""

    def __init__(self, one_in: int = ONE_IN, start: int | None = None) -> None:
        self._one_in = one_in
        self._next = randrange(one_in) if start is None else start  # noqa: S311  # no secret hangs on it

    def pick(self, bodies: Sequence[str]) -> list[str]:
        picked = list(bodies[self._next :: self._one_in])
        self._next += len(picked) * self._one_in - len(bodies)
        return picked


def note_senders(
    bodies: Sequence[str], context: Context, sampling: Sampling, domains: SenderDomains, parallel: Parallel
) -> None:
    """Keep what a sample of a batch says. Raises nothing: a batch must not come again for it."""
    counts: dict[Sender, SenderCounts] = {}
    for body in sampling.pick(bodies):
        found = read_sender(body, context)
        if found is not None:
            sender, seen = found
            before = counts.get(sender, SenderCounts(0, 0, 0))
            counts[sender] = SenderCounts(*(one + other for one, other in zip(before, seen, strict=True)))

    def keep(stream: StreamId) -> None:
        for (of, domain), seen in counts.items():
            if of == stream:
                _keep(domains, stream, domain, seen)

    parallel.each(keep, sorted({stream for stream, _ in counts}))


def _keep(domains: SenderDomains, stream: StreamId, domain: str, seen: SenderCounts) -> None:
    try:
        domains.add(stream, domain, seen)
    except SesguardError as error:
        _log.warning("senders of %s: %s", stream, error)


def read_sender(body: str, context: Context) -> tuple[Sender, SenderCounts] | None:
    """Read a Send event, also in envelopes; None for anything else, and where it does not say who sends."""
    envelope: Record | None = None
    try:
        for _ in range(3):
            if len(body) > LARGEST_BODY:
                return None
            record = _decode(body)
            if record.detail is not None:
                envelope, record = record, record.detail
            if record.mail is not None:
                return _sender(record, record.mail, context, envelope) if record.event_type == "Send" else None
            if record.message is None:
                return None
            envelope, body = record, record.message
    except (ValueError, RecursionError, UnreadableError, DomainNameError):
        return None
    return None


def _sender(
    record: _Record, mail: _Mail, context: Context, envelope: Record | None
) -> tuple[Sender, SenderCounts] | None:
    _, stream, _ = origin_of(record, context, envelope)
    named = mail.tags.from_domain if mail.tags is not None else None
    if not named or not stream.attributed:
        return None
    sender = stream, domain_name(named[0])
    if not mail.headers:
        return sender, SenderCounts(1, 0, 0)
    holds = has_one_click([(it.name, it.value) for it in mail.headers])
    if not holds and mail.headers_truncated:
        return sender, SenderCounts(1, 0, 0)
    return sender, SenderCounts(1, 1, int(holds))


def has_one_click(headers: Sequence[tuple[str, str]]) -> bool:
    """Whether a mail can be left with one click (RFC 8058, 3.1): an https URI, and the header that says so."""
    found: Mapping[str, str] = {name.lower(): value[:_LONGEST_HEADER] for name, value in headers}
    post = found.get("list-unsubscribe-post", "")
    return bool(_HTTPS.search(found.get("list-unsubscribe", "")) and _ONE_CLICK.fullmatch(post))
