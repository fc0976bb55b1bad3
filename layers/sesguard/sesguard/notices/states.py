"""What a notice is about: each state has words of its own, ``templates/STATE.words``."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sesguard.announcing import DetailType, Outcome
from sesguard.deciding.state import Status
from sesguard.notices.message import Tone
from sesguard.notices.news import Transition


class State(StrEnum):
    WARNED = "warned"
    CALM = "calm"
    PAUSED = "paused"
    RELAPSED = "relapsed"
    AWAITING = "awaiting"
    RESUMED = "resumed"
    HELD = "held"
    RECOVERED = "recovered"
    PAUSED_BY_AWS = "paused_by_aws"
    RELEASED_BY_AWS = "released_by_aws"
    OBSERVED = "observed"
    ACCOUNT_AT_RISK = "account_at_risk"
    OPERATOR_NOTICE = "operator_notice"
    DIGEST = "digest"


def state_of(news: Transition) -> State:
    """Say which words tell of a transition."""
    if news.mode == "observe" and news.outcome in {Outcome.OBSERVED, Outcome.LEFT}:
        return State.OBSERVED
    match news.kind, news.outcome:
        case DetailType.PAUSED, Outcome.OFF_BY_AWS:
            return State.PAUSED_BY_AWS
        case DetailType.RESUMED, Outcome.ON_BY_AWS:
            return State.RELEASED_BY_AWS
        case DetailType.PAUSED, _ if news.before == Status.PROBATION:
            return State.RELAPSED
    return _STATES[news.kind]


_STATES: Final = {
    DetailType.WARNED: State.WARNED,
    DetailType.CALM: State.CALM,
    DetailType.PAUSED: State.PAUSED,
    DetailType.AWAITING: State.AWAITING,
    DetailType.RESUMED: State.RESUMED,
    DetailType.HELD: State.HELD,
    DetailType.RECOVERED: State.RECOVERED,
}

TONES: Final[dict[State, Tone]] = {
    State.WARNED: "warn",
    State.CALM: "good",
    State.PAUSED: "bad",
    State.RELAPSED: "bad",
    State.AWAITING: "warn",
    State.RESUMED: "info",
    State.HELD: "bad",
    State.RECOVERED: "good",
    State.PAUSED_BY_AWS: "bad",
    State.RELEASED_BY_AWS: "info",
    State.OBSERVED: "info",
    State.ACCOUNT_AT_RISK: "bad",
    State.OPERATOR_NOTICE: "warn",
    State.DIGEST: "warn",
}
