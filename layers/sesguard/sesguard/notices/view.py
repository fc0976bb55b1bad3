"""From a piece of news to what templates know of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from sesguard.announcing import DetailType
from sesguard.notices.brand import Brand, safe_url
from sesguard.notices.news import Evidence, OperatorNotice, Transition
from sesguard.notices.outside import Name, Outside
from sesguard.notices.states import TONES, State, state_of
from sesguard.notices.variables import (
    AlarmSeen,
    Count,
    Entry,
    Group,
    LinkTo,
    OfDigest,
    OfGuard,
    OfStream,
    Run,
    Stream,
    TenantNamed,
)
from sesguard.ports.telling import Tenant
from sesguard.stream import StreamId
from sesguard.weighing.weigh import BOUNCES, COMPLAINTS

_NAME, _DOMAIN, _CODE, _STREAM, _REASON, _LINE = 64, 100, 20, 160, 300, 1_000
_MOST_LINES: Final = 200  # of an operator's notice
_MOST_ENTRIES: Final = 20  # of each state in a digest

# What a digest names first.
_SERIOUS: Final = (
    State.PAUSED_BY_AWS,
    State.HELD,
    State.RELAPSED,
    State.PAUSED,
    State.OBSERVED,
    State.AWAITING,
    State.WARNED,
    State.RELEASED_BY_AWS,
    State.RESUMED,
    State.RECOVERED,
    State.CALM,
)
_ACTIONS: Final = {
    DetailType.WARNED: "warn",
    DetailType.CALM: "calm",
    DetailType.PAUSED: "pause",
    DetailType.AWAITING: "await",
    DetailType.RESUMED: "resume",
    DetailType.HELD: "hold",
    DetailType.RECOVERED: "recover",
}


def of_owner(news: Transition, tenant: Tenant, brand: Brand, link: str) -> OfStream:
    """What the owner's notice knows. A ``link`` that is no http(s) URL is left out."""
    named = TenantNamed(Name.of(tenant.id, _NAME), Name.of(tenant.name or tenant.id, _NAME))
    url = safe_url(link)
    return _of_stream(news, named, brand, audience="owner", link=LinkTo(url) if url else None)


def of_operator(news: Transition, told: str, brand: Brand) -> OfStream:
    """What the operator's notice of a transition knows."""
    tenant = Name.of(news.tenant, _NAME)
    return _of_stream(news, TenantNamed(tenant, tenant), brand, audience="operator", told=Outside.of(told, _LINE))


def _of_stream(
    news: Transition, tenant: TenantNamed, brand: Brand, *, audience: str, link: LinkTo | None = None, told: str = ""
) -> OfStream:
    state = state_of(news)
    return OfStream(
        state=state,
        tone=TONES[state],
        audience=audience,
        at=news.at,
        brand=brand,
        link=link,
        stream=stream_named(news.stream),
        tenant=tenant,
        event=news.kind.value,
        action=_ACTIONS[news.kind],
        incident=Name.of(news.incident, _NAME),
        reason=Name.of(news.reason, _NAME),
        outcome=news.outcome.value,
        before=Name.of(news.before, _NAME),
        mode=Name.of(news.mode, _NAME),
        strikes=news.strikes,
        acknowledge=news.acknowledge,
        resumes_after=news.resumes_after,
        run=run_of(news.evidence),
        alarm=_alarm(news.evidence),
        told=told,
    )


def of_guard(news: OperatorNotice, brand: Brand) -> OfGuard:
    """What the notice of something that the guard itself says knows."""
    lines = [Outside.of(line, _LINE) for line in news.text.splitlines()[:_MOST_LINES]]
    return OfGuard(
        state=State.OPERATOR_NOTICE,
        tone=TONES[State.OPERATOR_NOTICE],
        audience="operator",
        at=news.at,
        brand=brand,
        title=Outside.of(news.subject, _LINE) or Outside("Notice"),
        lines=tuple(line for line in lines if line),
    )


def of_digest(transitions: Sequence[Transition], brand: Brand, since: datetime) -> OfDigest:
    """What the notice of many transitions at once knows: the worst of each state by name, the rest as numbers."""
    by_state: dict[State, list[Transition]] = {state: [] for state in _SERIOUS}
    for news in transitions:
        by_state[state_of(news)].append(news)
    return OfDigest(
        state=State.DIGEST,
        tone=TONES[State.DIGEST],
        audience="operator",
        at=max((news.at for news in transitions), default=since),
        brand=brand,
        since=since,
        total=len(transitions),
        streams=len({news.stream for news in transitions}),
        groups=tuple(_group(state, members) for state, members in by_state.items() if members),
    )


def _group(state: State, members: Iterable[Transition]) -> Group:
    worst = sorted(members, key=lambda news: (news.evidence.chance, str(news.stream), news.at))
    named = tuple(
        Entry(
            stream_named(news.stream), Name.of(news.tenant, _NAME), news.at, news.outcome.value, run_of(news.evidence)
        )
        for news in worst[:_MOST_ENTRIES]
    )
    return Group(state, len(worst), named, len(worst) - len(named))


def _entry(news: Transition) -> Entry:
    tenant, run = Name.of(news.tenant, _NAME), run_of(news.evidence)
    return Entry(stream_named(news.stream), tenant, news.at, news.outcome.value, run)


def stream_named(stream: StreamId) -> Stream:
    return Stream(
        Name.of(stream.configuration_set, _NAME),
        Name.of(stream.account, 12),
        Name.of(stream.region, 32),
        Name.of(str(stream), _STREAM),
    )


def run_of(evidence: Evidence) -> Run | None:
    """The evidence in mail; None where no mail was weighed."""
    if evidence.kind not in {BOUNCES, COMPLAINTS}:
        return None
    return Run(
        evidence.kind,
        evidence.rate,
        evidence.limit,
        evidence.bad,
        evidence.volume,
        evidence.chance,
        _moment(evidence.start),
        _moment(evidence.end),
        tuple(Count(Name.of(name, _DOMAIN), count) for name, count in evidence.domains),
        tuple(Count(Name.of(name, _CODE), count) for name, count in evidence.codes),
        evidence.forgiven,
    )


def _alarm(evidence: Evidence) -> AlarmSeen | None:
    name = Name.of(evidence.alarm.get("name"), _REASON)
    if not name or evidence.alarm.get("own") is True:
        return None
    return AlarmSeen(name, Outside.of(evidence.alarm.get("reason"), _REASON))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
