"""One record of the lake: what an SES event said, as the guard itself read it, in one flat JSON line.

Because the reading is done once, by the code that the guard counts with, whatever queries the lake (DuckDB, Athena, a
replay) counts as the guard does. Columns are only ever added: a reader takes a missing one as null.
"""

from __future__ import annotations

import msgspec


class LakeRecord(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An SES event.

    event: SES's name of it. counts_for: what the guard counts it for, by ``ses_events.observation.CountsFor``. via: the
    path it came by. sent_at, seen_at: epoch seconds at which the mail was sent and the event became visible.
    recipients: how many it concerns, as the guard counts them. identity: what makes two copies of one bounce or
    complaint the same. domains, codes: the receiving domain and status code of each recipient, as often as it occurs;
    of a complaint each domain once. from_domain: the domain that the mail says it is from.
    to, subject, diagnostics: personal; there only where the lake is told to keep or to hash them.
    """

    event: str
    counts_for: str
    via: str
    account: str
    region: str
    configuration_set: str
    sent_at: float
    seen_at: float
    message_id: str = ""
    identity: str = ""
    recipients: int = 0
    domains: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    bounce_type: str | None = None
    bounce_subtype: str | None = None
    complaint_type: str | None = None
    delay_type: str | None = None
    from_domain: str | None = None
    tenant: str | None = None
    delivery_milliseconds: int | None = None
    to: tuple[str, ...] | None = None
    subject: str | None = None
    diagnostics: tuple[str, ...] | None = None


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(LakeRecord).decode

LATEST = 4_102_444_800
"""2100-01-01. A later second is a mistake, most often milliseconds."""

SIGN = b'"counts_for":'
"""Stands in every line of the lake, and in no event of SES."""
