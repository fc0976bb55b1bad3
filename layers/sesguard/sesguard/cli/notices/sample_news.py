"""Sample news of a domain, of an account, and of many streams at once.

``text``, such as a hostile one, stands in for all text from outside where it is given.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import msgspec

from sesguard.bus.details import AccountAtRisk, DomainFinding, DomainPosture, RecordToPublish
from sesguard.bus.events import DetailType, Outcome
from sesguard.cli.notices.sample_transitions import AT, INCIDENT, a_transition, complaints
from sesguard.notices.payloads import Digest

OCCASIONS: Final = {
    "refused": "Mail from acme.example is refused because it is not authenticated, and this is why:",
    "records_right": "Mail from acme.example is refused as not authenticated, but its records in DNS are right.",
    "unanswered": "Mail from acme.example is refused because it is not authenticated. DNS did not answer.",
    "worse": "acme.example: its DMARC policy is now reject (it was none).",
    "to_publish": "SES now knows acme.example, and sends for it as soon as it finds these records.",
    "still_missing": "acme.example is still not verified after 3 days: SES does not find these records.",
    "ready": "acme.example is verified: SES signs for it and sends its mail.",
    "better": "acme.example: its DKIM records are present (they were missing).",
}


def a_domain_posture(text: str, occasion: str) -> DomainPosture:
    """What posture found of a domain on one of the ``OCCASIONS``."""
    bad = occasion in ("refused", "worse")
    with_records = bad or occasion in ("to_publish", "still_missing")
    name = text or "tokena._domainkey.acme.example"
    line = f"{name}. 1800 IN CNAME tokena.dkim.amazonses.com."
    says = text or f"The DKIM record {name} is missing, so nothing that SES signs can be verified."
    return DomainPosture(
        id="8" * 32,
        at=AT,
        account="111122223333",
        region="eu-west-1",
        domain=text or "acme.example",
        tenant=text or "acme",
        occasion=occasion,
        lines=(text or OCCASIONS[occasion],),
        configuration_sets=(text or "acme-news",),
        findings=(DomainFinding("dkim.missing", says, text or "Publish it again."),) if bad else (),
        todo=(text or "Publish the DKIM records again.",) if bad else (),
        records=(RecordToPublish(name, "CNAME", text or "tokena.dkim.amazonses.com", line),) if with_records else (),
    )


def _sums(volume: int, bounces: int = 0, complaints: int = 0) -> Any:  # noqa: ANN401  # converted with the whole
    of = max(volume, 1)
    return {
        "volume": volume,
        "bounces": bounces,
        "complaints": complaints,
        "bounce_rate": bounces / of,
        "complaint_rate": complaints / of,
    }


def an_account_at_risk(text: str) -> AccountAtRisk:
    """An account near SES's review line."""
    contributors = [
        {
            "configuration_set": text or name,
            "tenant": text or tenant,
            "pausable": True,
            "pause": number == 0,
            "sums": _sums(volume, bounces, 4),
            "projected": _sums(100_000 - volume, 4_500 - bounces, 40),
        }
        for number, (name, tenant, volume, bounces) in enumerate(
            (("lead-import", "lead-shop", 20_000, 3_000), ("acme-news", "acme", 10_000, 1_000))
        )
    ]
    unattributed = {
        "configuration_set": None,
        "tenant": "",
        "pausable": False,
        "pause": False,
        "sums": _sums(4_000, 390),
        "projected": _sums(96_000, 4_110, 40),
    }
    data = {
        "id": "0123456789abcdef0123456789abcdef",
        "at": AT,
        "account": "123456789012",
        "region": text or "eu-west-1",
        "incident": text or INCIDENT,
        "mode": "enforce",
        "hours": 24,
        "kinds": ["bounces"],
        "lines": {
            "bounces": {"at_risk": 0.04, "review": 0.05},
            "complaints": {"at_risk": 0.0008, "review": 0.001},
        },
        "alarms": [
            {
                "name": text or "account-Reputation.BounceRate",
                "kinds": ["bounces"],
                "since": AT,
                "reason": text or "Threshold Crossed: 1 datapoint [0.0451] was greater than the threshold (0.04).",
            }
        ],
        "total": _sums(100_000, 4_500, 40),
        "going_on": _sums(96_000, 4_100, 40),
        "unattributed": _sums(4_000, 390, 2),
        "contributors": [*contributors, unattributed],
        "more_contributors": 3,
        "identities": {
            "without_default_set": [text or "shop.example", text or "old.example"],
            "looked_at": 40,
            "of": 52,
            "more": False,
        },
    }
    return msgspec.convert(data, AccountAtRisk)


def a_flood(text: str) -> Digest:
    """Twenty-six pauses within minutes, a hold and a warning."""
    paused = [
        a_transition(
            text,
            id=f"{number:032x}",
            at=AT + timedelta(seconds=7 * number),
            tenant=text or f"tenant-{number}",
            stream_fields={
                "account": "123456789012",
                "region": "eu-west-1",
                "configuration_set": text or f"tenant-{number}-news",
            },
        )
        for number in range(26)
    ]
    held = a_transition(text, kind=DetailType.HELD, reason="strikes", strikes=4, evidence=complaints)
    warned = a_transition(text, kind=DetailType.WARNED, outcome=Outcome.NOTED, resumes_after=None)
    everything = (*paused, held, warned)
    return Digest("f" * 32, everything[25].at, AT, everything)
