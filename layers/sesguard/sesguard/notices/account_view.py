"""What templates know of an account at risk. Pure."""

from __future__ import annotations

from sesguard.bus.details import AccountAtRisk, AccountContributor, AccountTotals
from sesguard.detection.evidence import COMPLAINTS
from sesguard.notices.brand import Brand
from sesguard.notices.outside import Outside, UnbrokenText
from sesguard.notices.states import TONES, NoticeState
from sesguard.notices.variables import (
    AlarmSeen,
    Contributor,
    Count,
    Identities,
    OfAccount,
    RateOfAccount,
)

_NAME, _DOMAIN, _ALARM, _REASON = 64, 100, 255, 300


def of_account(news: AccountAtRisk, brand: Brand) -> OfAccount:
    """What the notice of an account at risk knows."""
    seen = news.identities
    return OfAccount(
        state=NoticeState.ACCOUNT_AT_RISK,
        tone=TONES[NoticeState.ACCOUNT_AT_RISK],
        audience="operator",
        at=news.at,
        brand=brand,
        account=UnbrokenText.of(news.account, 12),
        region=UnbrokenText.of(news.region, 32),
        incident=UnbrokenText.of(news.incident, _NAME),
        mode=UnbrokenText.of(news.mode, _NAME),
        hours=news.hours,
        volume=news.total.volume,
        rates=tuple(_rate(news, news.total, news.going_on, kind) for kind in sorted(news.lines)),
        alarms=tuple(AlarmSeen(UnbrokenText.of(it.name, _ALARM), Outside.of(it.reason, _REASON)) for it in news.alarms),
        contributors=tuple(_contributor(news, each) for each in news.contributors),
        more_contributors=news.more_contributors,
        unattributed_volume=news.unattributed.volume,
        unattributed_bounces=news.unattributed.bounces,
        unattributed_complaints=news.unattributed.complaints,
        identities=Identities(
            tuple(UnbrokenText.of(name, _DOMAIN) for name in seen.without_default_set),
            seen.looked_at,
            seen.of,
            seen.more,
        )
        if seen
        else None,
    )


def _rate(news: AccountAtRisk, sums: AccountTotals, going_on: AccountTotals, kind: str) -> RateOfAccount:
    line = news.lines[kind]
    return RateOfAccount(
        UnbrokenText.of(kind, _NAME),
        _fraction(sums, kind),
        _fraction(going_on, kind),
        _bad(sums, kind),
        line.at_risk,
        line.review,
        kind in news.kinds,
    )


def _contributor(news: AccountAtRisk, each: AccountContributor) -> Contributor:
    kinds = [kind for kind in sorted(news.lines) if kind in news.kinds]
    return Contributor(
        UnbrokenText.of(each.configuration_set, _NAME),
        UnbrokenText.of(each.tenant, _NAME),
        each.sums.volume,
        tuple(Count(UnbrokenText.of(kind, _NAME), _bad(each.sums, kind)) for kind in kinds),
        tuple(_rate(news, each.projected, each.projected, kind) for kind in kinds),
        each.pausable,
        each.pause,
    )


def _fraction(sums: AccountTotals, kind: str) -> float:
    return sums.complaint_rate if kind == COMPLAINTS else sums.bounce_rate


def _bad(sums: AccountTotals, kind: str) -> int:
    return sums.complaints if kind == COMPLAINTS else sums.bounces
