"""DNS records that an identity of SES needs, ready to paste: BIND lines, a table, a change batch for Route 53."""

from __future__ import annotations

from typing import Any, Final, Literal, NamedTuple

from sesguard.posture.dkim import selector_name
from sesguard.posture.identity import SesIdentity
from sesguard.text import one_line

TTL_SECONDS: Final = 1800
_LONGEST_STRING: Final = 255
"""Characters of one string of a TXT record (RFC 1035, 3.3)."""
MAIL_FROM_SPF: Final = "v=spf1 include:amazonses.com ~all"
"""https://docs.aws.amazon.com/ses/latest/dg/mail-from.html"""
FIRST_DMARC: Final = "v=DMARC1; p=none;"
"""What to begin with (RFC 9989, 5.1.4); reports come once its owner adds rua=mailto:…"""
RecordType = Literal["CNAME", "TXT", "MX"]


class PublishRecord(NamedTuple):
    """A record to publish. value: a TXT's text as a whole, an MX with its priority."""

    name: str
    kind: RecordType
    value: str
    why: str

    def bind(self) -> str:
        """The line of a zone file."""
        value = self.value if self.kind == "MX" else _quoted(self.value) if self.kind == "TXT" else self.value
        dot = "." if self.kind in ("CNAME", "MX") else ""
        return f"{self.name}. {TTL_SECONDS} IN {self.kind} {value}{dot}"


def dkim_records(identity: SesIdentity) -> list[PublishRecord]:
    """Easy DKIM's CNAMEs; nothing for a key of one's own, which SES does not know in full."""
    if identity.is_address or identity.dkim_own_key:
        return []
    return [
        PublishRecord(selector_name(token, identity.domain), "CNAME", f"{token}.{identity.dkim_zone}", "DKIM")
        for token in identity.dkim_tokens
    ]


def mail_from_records(identity: SesIdentity) -> list[PublishRecord]:
    """MX and SPF of the custom MAIL FROM domain, or of the one that is advised."""
    domain = identity.mail_from or f"bounce.{identity.domain}"
    region = identity.region or "REGION"
    return [
        PublishRecord(domain, "MX", f"10 feedback-smtp.{region}.amazonses.com", "MAIL FROM"),
        PublishRecord(domain, "TXT", MAIL_FROM_SPF, "MAIL FROM"),
    ]


def dmarc_record(domain: str) -> PublishRecord:
    return PublishRecord(f"_dmarc.{domain}", "TXT", FIRST_DMARC, "DMARC")


def bind_lines(records: list[PublishRecord] | tuple[PublishRecord, ...]) -> str:
    return "\n".join(record.bind() for record in records)


def change_batch(records: list[PublishRecord] | tuple[PublishRecord, ...]) -> dict[str, Any]:
    """The change batch for ``aws route53 change-resource-record-sets``: creates, or replaces what is there.

    https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeBatch.html
    """
    changes = [
        {
            "Action": "UPSERT",
            "ResourceRecordSet": {
                "Name": f"{record.name}.",
                "Type": record.kind,
                "TTL": TTL_SECONDS,
                "ResourceRecords": [{"Value": _quoted(record.value) if record.kind == "TXT" else record.value}],
            },
        }
        for record in records
    ]
    return {"Comment": "sesguard posture", "Changes": changes}


def _quoted(text: str) -> str:
    safe = one_line(text, 4_000).replace("\\", "\\\\").replace('"', '\\"')
    parts = [safe[start : start + _LONGEST_STRING] for start in range(0, len(safe), _LONGEST_STRING)]
    return " ".join(f'"{part}"' for part in parts or [""])
