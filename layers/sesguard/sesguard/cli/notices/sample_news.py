"""Sample news of every state: what the guard would publish, for notices to be written of.

``text``, such as a hostile one, stands in for all text from outside where it is given.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from sesguard.bus.details import AccountAtRisk, DomainFinding, DomainPosture, RecordToPublish, Transition
from sesguard.bus.events import DetailType, Outcome
from sesguard.bus.evidence import Evidence
from sesguard.notices.payloads import Digest

# Quotes, brackets and marks of every place that text comes to, a second line, a link, a mention, bidi controls.
HOSTILE: Final = (
    "## x\"'><script>alert(1)</script>{{ 7*7 }}{% raw %}\r\nBcc: all@victim.example\n\n- <!channel> *b* [a](b)"
    " https://evil.example <at>all</at> javascript:alert(1) \u202e\u2066\x00\x1b[2J\u2028end"
)
AT: Final = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
LINK: Final = "https://guard.example.com/a/eyJzIjoiMTIzNDU2Nzg5MDEyIn0.q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k"
_INCIDENT: Final = "2026-11-21T17:54:12.000000Z"


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


def a_transition(text: str, **changes: Any) -> Transition:  # noqa: ANN401  # fields of a Transition
    """A stream that was paused for its bounces, but for the fields that are given."""
    news = Transition(
        id="0123456789abcdef0123456789abcdef",
        at=AT,
        stream_fields={  # type: ignore[arg-type]  # converted below
            "account": "123456789012",
            "region": "eu-west-1",
            "configuration_set": text or "acme-news",
        },
        tenant=text or "acme",
        incident=text or _INCIDENT,
        reason="bounces",
        mode="enforce",
        outcome=Outcome.PAUSED,
        evidence=_bounces(text),
        strikes=1,
        acknowledge=False,
        resumes_after=AT + timedelta(hours=1),
        before="watched",
        kind=DetailType.PAUSED,
    )
    changes = {name: value(text) if callable(value) else value for name, value in changes.items()}
    data = msgspec.to_builtins(msgspec.structs.replace(news, **changes))
    return msgspec.convert(data, Transition)


def _bounces(text: str) -> Evidence:
    domains = (("icloud.com", 18), ("gmail.com", 12), ("outlook.com", 9), ("yahoo.com", 6), ("company-18.example", 2))
    return Evidence(
        kind="bounces",
        volume=330,
        bad=48,
        rate=48 / 330,
        limit=0.05,
        chance=3e-7,
        start="2026-11-21T17:55Z",
        end="2026-11-21T18:00Z",
        domains=tuple((text or domain, count) for domain, count in domains),
        codes=((text or "5.1.1", 45), (text or "5.4.1", 3)),
        cause="address",
        causes=(("address", 48),),
        forgiven=21,
    )


def _refused(text: str) -> Evidence:
    codes = ((text or "5.7.26", 44), (text or "5.1.1", 4))
    causes = (("authentication", 44), ("address", 4))  # words of the guard's own
    return msgspec.structs.replace(_bounces(text), codes=codes, cause="authentication", causes=causes, forgiven=0)


def _complaints(text: str) -> Evidence:
    return Evidence(
        kind="complaints",
        volume=4_310,
        bad=31,
        rate=31 / 4_310,
        limit=0.001,
        chance=2e-12,
        start="2026-11-20T22:00Z",
        end="2026-11-21T18:00Z",
        domains=((text or "gmx.example", 19), (text or "web.example", 12)),
    )


def _alarm(text: str) -> Evidence:
    reason = "Threshold Crossed: 1 datapoint [0.0731 (21/11/26 17:50:00)] was greater than the threshold (0.05)."
    return Evidence(alarm={"name": text or "acme-news BounceRate over 5 %", "own": False, "reason": text or reason})


def _nothing(_: str) -> Evidence:
    return Evidence()


_WORD: Final = {"acknowledge": True}

TRANSITIONS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    (
        "warned",
        "owner",
        {"kind": DetailType.WARNED, "outcome": Outcome.NOTED, "before": "healthy", "resumes_after": None, "strikes": 0},
    ),
    ("calm", "owner", {"kind": DetailType.CALM, "outcome": Outcome.NOTED, "reason": "calm", "resumes_after": None}),
    ("paused", "owner", {}),
    ("paused, asks for a word", "owner", {**_WORD, "reason": "complaints", "evidence": _complaints}),
    ("paused, as not authenticated", "owner", {"evidence": _refused}),
    ("paused, by somebody's alarm", "owner", {"reason": "alarm", "evidence": _alarm}),
    ("relapsed", "owner", {**_WORD, "before": "probation", "strikes": 2, "resumes_after": AT + timedelta(hours=2)}),
    (
        "awaiting",
        "owner",
        {**_WORD, "kind": DetailType.AWAITING, "outcome": Outcome.NOTED, "before": "paused", "resumes_after": AT},
    ),
    (
        "resumed",
        "owner",
        {
            "kind": DetailType.RESUMED,
            "outcome": Outcome.RESUMED,
            "reason": "cooled_down",
            "before": "paused",
            "evidence": _nothing,
            "resumes_after": None,
        },
    ),
    (
        "held",
        "owner",
        {**_WORD, "kind": DetailType.HELD, "reason": "strikes", "strikes": 4, "before": "probation"},
    ),
    (
        "held, by the operator",
        "owner",
        {"kind": DetailType.HELD, "reason": "operator", "evidence": _nothing, "resumes_after": None},
    ),
    (
        "recovered",
        "owner",
        {
            "kind": DetailType.RECOVERED,
            "outcome": Outcome.NOTED,
            "reason": "probation_passed",
            "before": "probation",
            "evidence": _nothing,
            "resumes_after": None,
        },
    ),
    (
        "paused_by_aws",
        "owner",
        {"outcome": Outcome.OFF_BY_AWS, "reason": "aws", "evidence": _nothing, "resumes_after": None},
    ),
    (
        "released_by_aws",
        "owner",
        {
            "kind": DetailType.RESUMED,
            "outcome": Outcome.ON_BY_AWS,
            "reason": "aws",
            "before": "paused",
            "evidence": _nothing,
            "resumes_after": None,
        },
    ),
    ("observed", "owner", {"mode": "observe", "outcome": Outcome.OBSERVED}),
    (
        "observed, a resume",
        "owner",
        {
            "kind": DetailType.RESUMED,
            "mode": "observe",
            "outcome": Outcome.LEFT,
            "reason": "cooled_down",
            "evidence": _nothing,
        },
    ),
    ("paused, to the operator", "operator", {**_WORD}),
    ("paused, off already, to the operator", "operator", {"outcome": Outcome.ALREADY_OFF}),
    (
        "paused, unknown set, to the operator",
        "operator",
        {"outcome": Outcome.UNKNOWN_SET, "tenant": "", "resumes_after": None},
    ),
    (
        "resumed, turned on by somebody, to the operator",
        "operator",
        {"kind": DetailType.RESUMED, "outcome": Outcome.FOUND_ON, "reason": "found", "evidence": _nothing},
    ),
    ("held, to the operator", "operator", {"kind": DetailType.HELD, "reason": "strikes", "strikes": 4}),
    ("awaiting, to the operator", "operator", {**_WORD, "kind": DetailType.AWAITING, "outcome": Outcome.NOTED}),
    (
        "paused_by_aws, to the operator",
        "operator",
        {"outcome": Outcome.OFF_BY_AWS, "reason": "aws", "evidence": _nothing, "resumes_after": None},
    ),
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
        "incident": text or _INCIDENT,
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
    held = a_transition(text, kind=DetailType.HELD, reason="strikes", strikes=4, evidence=_complaints)
    warned = a_transition(text, kind=DetailType.WARNED, outcome=Outcome.NOTED, resumes_after=None)
    everything = (*paused, held, warned)
    return Digest("f" * 32, everything[25].at, AT, everything)
