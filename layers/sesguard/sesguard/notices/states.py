"""What a notice is about: each state has words of its own, ``templates/STATE.words``."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from sesguard.bus.details import Transition
from sesguard.bus.events import DetailType, Outcome
from sesguard.notices.message import Tone
from sesguard.pausing.state import Status


class NoticeState(StrEnum):
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
    DOMAIN = "domain"
    DIGEST = "digest"


def state_of(news: Transition) -> NoticeState:
    """Say which words tell of a transition."""
    if news.mode == "observe" and news.outcome in {Outcome.OBSERVED, Outcome.LEFT}:
        return NoticeState.OBSERVED
    match news.kind, news.outcome:
        case DetailType.PAUSED, Outcome.OFF_BY_AWS:
            return NoticeState.PAUSED_BY_AWS
        case DetailType.RESUMED, Outcome.ON_BY_AWS:
            return NoticeState.RELEASED_BY_AWS
        case DetailType.PAUSED, _ if news.before == Status.PROBATION:
            return NoticeState.RELAPSED
    return _STATES[news.kind]


_STATES: Final = {
    DetailType.WARNED: NoticeState.WARNED,
    DetailType.CALM: NoticeState.CALM,
    DetailType.PAUSED: NoticeState.PAUSED,
    DetailType.AWAITING: NoticeState.AWAITING,
    DetailType.RESUMED: NoticeState.RESUMED,
    DetailType.HELD: NoticeState.HELD,
    DetailType.RECOVERED: NoticeState.RECOVERED,
}

TONES: Final[dict[NoticeState, Tone]] = {
    NoticeState.WARNED: "warn",
    NoticeState.CALM: "good",
    NoticeState.PAUSED: "bad",
    NoticeState.RELAPSED: "bad",
    NoticeState.AWAITING: "warn",
    NoticeState.RESUMED: "info",
    NoticeState.HELD: "bad",
    NoticeState.RECOVERED: "good",
    NoticeState.PAUSED_BY_AWS: "bad",
    NoticeState.RELEASED_BY_AWS: "info",
    NoticeState.OBSERVED: "info",
    NoticeState.ACCOUNT_AT_RISK: "bad",
    NoticeState.OPERATOR_NOTICE: "warn",
    NoticeState.DOMAIN: "warn",
    NoticeState.DIGEST: "warn",
}
