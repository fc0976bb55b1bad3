"""Sample news of a stream in every state, and what all samples share.

``text``, such as a hostile one, stands in for all text from outside where it is given.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from sesguard.bus.details import Transition
from sesguard.bus.events import DetailType, Outcome
from sesguard.bus.evidence import Evidence

# Quotes, brackets and marks of every place that text comes to, a second line, a link, a mention, bidi controls.
HOSTILE: Final = (
    "## x\"'><script>alert(1)</script>{{ 7*7 }}{% raw %}\r\nBcc: all@victim.example\n\n- <!channel> *b* [a](b)"
    " https://evil.example <at>all</at> javascript:alert(1) \u202e\u2066\x00\x1b[2J\u2028end"
)
AT: Final = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
LINK: Final = "https://guard.example.com/a/eyJzIjoiMTIzNDU2Nzg5MDEyIn0.q83vASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4k"
INCIDENT: Final = "2026-11-21T17:54:12.000000Z"


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
        incident=text or INCIDENT,
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


def complaints(text: str) -> Evidence:
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
    ("paused, asks for a word", "owner", {**_WORD, "reason": "complaints", "evidence": complaints}),
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
