"""How a stream's status reads: for people in words, for programs as data."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sesguard.cli.screen import age, clock, iso, plain
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Origin
from sesguard.pausing.status import Awaited, StreamStatus, Wait

_WAITS: Final = {
    Awaited.COOL_DOWN: "the cool-down",
    Awaited.ACKNOWLEDGEMENT: "the owner's word",
    Awaited.ALARM: "its alarm's OK",
    Awaited.OPERATOR: "an operator",
    Awaited.BACKLOG: "an operator (backlog)",
    Awaited.OUTSIDE: "whoever turned it off",
    Awaited.AWS: "AWS",
    Awaited.PROBATION: "good mail",
    Awaited.CALM: "a calm day",
    Awaited.RECORDS: "DNS records of its domain",
    Awaited.PAUSE: "its pause",
}
_SHORT: Final = {
    Awaited.COOL_DOWN: "cool-down",
    Awaited.ACKNOWLEDGEMENT: "owner's word",
    Awaited.ALARM: "alarm's OK",
    Awaited.OPERATOR: "operator",
    Awaited.BACKLOG: "backlog",
    Awaited.OUTSIDE: "outsider",
    Awaited.AWS: "AWS",
    Awaited.PROBATION: "good mail",
    Awaited.CALM: "calm day",
    Awaited.RECORDS: "DNS records",
    Awaited.PAUSE: "pause",
}
_EARLIEST: Final = frozenset({Awaited.PROBATION, Awaited.CALM})


def waits_in_words(waits: tuple[Wait, ...], now: datetime) -> str:
    """As ``the owner's word, the cool-down (47 min)``."""
    return ", ".join(_wait(wait, now) for wait in waits)


def waits_in_short(waits: tuple[Wait, ...], now: datetime) -> str:
    """As ``owner's word, cool-down 47 min``: a line of a narrow table."""
    said = []
    for wait in waits:
        left = f" {age(wait.until, now)}" if wait.until is not None and wait.until > now else ""
        place = f" {wait.place}" if wait.place is not None else ""
        said.append(f"{_SHORT[wait.what]}{left}{place}")
    return ", ".join(said)


def _wait(wait: Wait, now: datetime) -> str:
    if wait.place is not None:
        return f"{_WAITS[wait.what]} ({wait.place} in line)"
    if wait.until is None or wait.until <= now:
        return _WAITS[wait.what]
    return f"{_WAITS[wait.what]} ({'≥ ' if wait.what in _EARLIEST else ''}{age(wait.until, now)})"


def reason(status: StreamStatus) -> str:
    """Why it is in its state, in one or two words; "" where the journal has no decision of it."""
    decision = status.decision
    if decision is None:
        return ""
    said = "operator" if decision.who else decision.reason or decision.outcome or ""
    return plain(said.replace("_", " "), 20).plain


def observed(record: StreamRecord) -> bool:
    """Whether its pause is one in words only, as its mode is observe."""
    state = record.state
    return state.off and state.origin is Origin.GUARD and not record.turned_off and not record.switch_due


def risk(status: StreamStatus) -> str:
    return f"{status.weighed.verdict.risk:.2f}" if status.weighed is not None else "?"


def undelivered(status: StreamStatus) -> list[str]:
    """What was decided and not taken yet, a sentence each."""
    record = status.record
    said = []
    if record.switch_due:
        trouble = f"; SES refuses it: {record.trouble}" if record.trouble else ""
        said.append(f"SES has yet to turn sending {record.switch_due}{trouble}")
    if record.announce:
        said.append(f"{len(record.announce)} of the guard's events are not published yet")
    return said


def wait_as_dict(wait: Wait) -> dict[str, Any]:
    """JSON-ready: what and until, and of a pause its place in line."""
    place = {"place": wait.place} if wait.what is Awaited.PAUSE else {}
    return {"what": wait.what.value, "until": iso(wait.until), **place}


def as_dict(status: StreamStatus) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    record, state, decision = status.record, status.record.state, status.decision
    weighed = status.weighed
    return {
        "stream": str(record.stream),
        "tenant": record.tenant,
        "state": state.status.value,
        "since": iso(state.since),
        "origin": state.origin.value if state.origin else None,
        "incident": state.incident or None,
        "mode": record.policy.mode.value,
        "risk": round(weighed.verdict.risk, 4) if weighed else None,
        "reason": decision.reason if decision else None,
        "who": decision.who if decision else None,
        "why": decision.why if decision else None,
        "waits_for": [wait_as_dict(wait) for wait in status.waits],
        "cool_down_until": iso(state.cool_down_until),
        "acknowledge": state.acknowledge,
        "strikes": len(state.strikes),
        "counted_from": iso(state.counted_from),
        "turned_off": record.turned_off,
        "undelivered": {"switch": record.switch_due or None, "trouble": record.trouble, "events": len(record.announce)},
        "volume_told": iso(state.volume_told),
        "failed": status.failed or None,
    }


def since(status: StreamStatus, now: datetime) -> str:
    state = status.record.state
    return f"{clock(state.since)}, {age(state.since, now)} ago" if state.since is not None else "never anything else"
