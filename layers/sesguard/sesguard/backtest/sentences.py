"""A decision of a replay in words for people, and as data."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sesguard.backtest.decided import Decided
from sesguard.detection.figures import span
from sesguard.pausing.decision import Action, Reason
from sesguard.policy import Policy


def sentence(decided: Decided, policy: Policy) -> str:
    """Why it was decided, and what follows."""
    found = decided.explanation.sentence
    match decided.action:
        case Action.PAUSE:
            return f"{found}; {_way_back(decided)}"
        case Action.HOLD:
            strikes = f"pause {len(decided.state.strikes)} within {_length(policy.strike_memory)}"
            return f"{strikes}, so until an operator resumes; {found}"
        case Action.RESUME:
            if decided.reason is Reason.PROVIDER:
                return f"its bounces are a failing mailbox provider's, so its pause is undone; {found}"
            why = (
                "an operator resumed it"
                if decided.reason is Reason.OPERATOR
                else "cooled down, and nothing else to wait for"
            )
            return f"{why}: on probation, counting from now"
        case Action.RECOVER if decided.reason is Reason.PROBATION_OVER:
            return f"its probation ends after {_length(policy.probation_at_most)}"
        case Action.RECOVER:
            return f"it has passed its probation with {decided.verdict.volume:,.0f} mails"
        case Action.CALM:
            return f"its risk has been under {policy.calm_below:g} for {_length(policy.calm_for)}"
        case _:
            return found


def as_dict(decided: Decided, policy: Policy) -> dict[str, Any]:
    """JSON-ready: what was decided, when, why, and the run it rests on. Times in seconds, rates as fractions."""
    told: dict[str, Any] = {
        "stream": decided.stream,
        "tenant": decided.tenant,
        "at": _number(decided.at),
        "effective_at": _number(decided.effective_at),
        "action": decided.action.value,
        "mode": policy.mode.value,
        "reason": decided.reason.value,
    }
    told |= decided.explanation.as_dict()
    run = decided.verdict.worst
    if run is not None:
        told |= {"from": run.start * 60, "to": run.end * 60}
    told["sentence"] = sentence(decided, policy)
    if decided.action in (Action.PAUSE, Action.HOLD) and decided.state.cool_down_until is not None:
        back = decided.state.cool_down_until.timestamp()
        told |= {"cool_down_until": _number(back), "acknowledge": decided.state.acknowledge}
    return told


def _way_back(decided: Decided) -> str:
    state = decided.state
    until, since = state.cool_down_until, state.since
    wait = _length(until - since) if until is not None and since is not None else "a while"
    return f"back after {wait}" + (" and the owner's word" if state.acknowledge else "")


def _length(time: timedelta) -> str:
    return span(round(time / timedelta(minutes=1)))


def _number(seconds: float) -> int | float:
    return int(seconds) if seconds == int(seconds) else seconds
