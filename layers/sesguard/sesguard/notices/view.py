"""From a piece of news to what templates know of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from sesguard.bus.details import Transition
from sesguard.bus.events import DetailType, OperatorNotice
from sesguard.bus.evidence import Evidence, PauseThere
from sesguard.detection.causes import Cause
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.notices.brand import Brand, safe_url
from sesguard.notices.outside import Outside, UnbrokenText
from sesguard.notices.states import TONES, NoticeState, state_of
from sesguard.notices.variables import (
    AlarmSeen,
    Count,
    Entry,
    Group,
    LinkTo,
    OfDigest,
    OfGuard,
    OfStream,
    PartOfRun,
    Run,
    Stream,
    TenantNamed,
)
from sesguard.stream import StreamId

_NAME, _DOMAIN, _CODE, _STREAM, _REASON, _LINE = 64, 100, 20, 160, 300, 1_000
_MOST_LINES: Final = 200  # of an operator's notice
_MOST_ENTRIES: Final = 20  # of each state in a digest

# What a digest names first.
_SERIOUS: Final = (
    NoticeState.PAUSED_BY_AWS,
    NoticeState.HELD,
    NoticeState.RELAPSED,
    NoticeState.PAUSED,
    NoticeState.OBSERVED,
    NoticeState.AWAITING,
    NoticeState.WARNED,
    NoticeState.RELEASED_BY_AWS,
    NoticeState.RESUMED,
    NoticeState.RECOVERED,
    NoticeState.CALM,
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


def of_owner(news: Transition, tenant_name: str, brand: Brand, link: str) -> OfStream:
    """What the owner's notice knows. A ``link`` that is no http(s) URL is left out."""
    named = TenantNamed(UnbrokenText.of(news.tenant, _NAME), UnbrokenText.of(tenant_name or news.tenant, _NAME))
    url = safe_url(link)
    return _of_stream(news, named, brand, audience="owner", link=LinkTo(url) if url else None)


def of_operator(news: Transition, told: str, brand: Brand) -> OfStream:
    """What the operator's notice of a transition knows."""
    tenant = UnbrokenText.of(news.tenant, _NAME)
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
        incident=UnbrokenText.of(news.incident, _NAME),
        reason=UnbrokenText.of(news.reason, _NAME),
        outcome=news.outcome.value,
        before=UnbrokenText.of(news.before, _NAME),
        mode=UnbrokenText.of(news.mode, _NAME),
        strikes=news.strikes,
        acknowledge=news.acknowledge,
        resumes_after=news.resumes_after,
        run=run_of(news.evidence),
        alarm=_alarm(news.evidence),
        elsewhere=_elsewhere(news.evidence.elsewhere),
        told=told,
    )


def of_guard(news: OperatorNotice, tenant_name: str, brand: Brand, audience: str, told: str = "") -> OfGuard:
    """What the notice of something that the guard itself says knows. tenant_name: "" for its id."""
    lines = [Outside.of(line, _LINE) for line in news.text.splitlines()[:_MOST_LINES]]
    return OfGuard(
        state=NoticeState.OPERATOR_NOTICE,
        tone=TONES[NoticeState.OPERATOR_NOTICE],
        audience=audience,
        at=news.at,
        brand=brand,
        tenant=TenantNamed(UnbrokenText.of(news.tenant, _NAME), UnbrokenText.of(tenant_name or news.tenant, _NAME)),
        told=Outside.of(told, _LINE),
        title=Outside.of(news.subject, _LINE) or Outside("Notice"),
        lines=tuple(line for line in lines if line),
    )


def of_digest(transitions: Sequence[Transition], brand: Brand, since: datetime) -> OfDigest:
    """What the notice of many transitions at once knows: the worst of each state by name, the rest as numbers."""
    by_state: dict[NoticeState, list[Transition]] = {state: [] for state in _SERIOUS}
    for news in transitions:
        by_state[state_of(news)].append(news)
    return OfDigest(
        state=NoticeState.DIGEST,
        tone=TONES[NoticeState.DIGEST],
        audience="operator",
        at=max((news.at for news in transitions), default=since),
        brand=brand,
        since=since,
        total=len(transitions),
        streams=len({news.stream for news in transitions}),
        groups=tuple(_group(state, members) for state, members in by_state.items() if members),
    )


def _group(state: NoticeState, members: Iterable[Transition]) -> Group:
    worst = sorted(members, key=lambda news: (news.evidence.chance, str(news.stream), news.at))
    named = tuple(_entry(news) for news in worst[:_MOST_ENTRIES])
    return Group(state, len(worst), named, len(worst) - len(named))


def _entry(news: Transition) -> Entry:
    tenant, run = UnbrokenText.of(news.tenant, _NAME), run_of(news.evidence)
    return Entry(stream_named(news.stream), tenant, news.at, news.outcome.value, run)


def stream_named(stream: StreamId) -> Stream:
    return Stream(
        UnbrokenText.of(stream.configuration_set, _NAME),
        UnbrokenText.of(stream.account, 12),
        UnbrokenText.of(stream.region, 32),
        UnbrokenText.of(str(stream), _STREAM),
    )


def run_of(evidence: Evidence) -> Run | None:
    """The evidence in mail; None where no mail was weighed."""
    if evidence.kind not in {BOUNCES, COMPLAINTS}:
        return None
    part = evidence.together
    return Run(
        evidence.kind,
        evidence.rate,
        evidence.limit,
        evidence.bad,
        evidence.volume,
        evidence.chance,
        _moment(evidence.start),
        _moment(evidence.end),
        tuple(Count(UnbrokenText.of(name, _DOMAIN), count) for name, count in evidence.domains),
        tuple(Count(UnbrokenText.of(name, _CODE), count) for name, count in evidence.codes),
        _cause(evidence.cause),
        _share(evidence),
        evidence.forgiven,
        PartOfRun(part.streams, part.volume, part.bad) if part is not None else None,
    )


def _cause(name: str | None) -> str:
    """A word of the guard's own; one of a newer version is as good as none."""
    return name if name in list(Cause) else ""


def _share(evidence: Evidence) -> float:
    """Of the cause, among the bounces whose codes say anything."""
    known = sum(count for _, count in evidence.causes)
    return sum(count for name, count in evidence.causes if name == evidence.cause) / known if known else 0.0


def _alarm(evidence: Evidence) -> AlarmSeen | None:
    name = UnbrokenText.of(evidence.alarm.get("name"), _REASON)
    if not name or evidence.alarm.get("own") is True:
        return None
    return AlarmSeen(name, Outside.of(evidence.alarm.get("reason"), _REASON))


def _elsewhere(there: PauseThere | None) -> Stream | None:
    return stream_named(StreamId(there.account, there.region, there.configuration_set)) if there is not None else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
