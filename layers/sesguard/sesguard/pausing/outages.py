"""A mailbox provider that refuses everybody's mail is nobody's fault: found across streams, set aside, and told.

Ingest notes which streams at risk are refused at which provider, a write each and none in quiet times. Once several
tenants are, the sweep looks at all streams, as :mod:`sesguard.detection.outage` judges them: a tenant is one witness
and is excused by the others alone. What is set aside is kept beside each stream's counts; what exceeds it, all other
domains and all complaints weigh as ever. It is over by itself, and after a day a person decides.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from zlib import crc32

from sesguard.bus.events import Event, operator_notice
from sesguard.detection.causes import Cause, causes_of
from sesguard.detection.figures import percent
from sesguard.detection.history import History
from sesguard.detection.outage import OutageWatch, ProviderFailure, ProviderRecord, SetAside
from sesguard.detection.refused import feed, shares_of_all
from sesguard.errors import SesguardError, code_of, log_failure
from sesguard.pausing.decision import Excuse
from sesguard.pausing.enforce import Result, act
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.ports import Outages, Parallel
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Origin, Status
from sesguard.stream import StreamId

MOST_REFUSED: Final = 200
MOST_OTHERS: Final = 100
"""Streams that are read at one look, of those that are refused and of all others; of more so many, chosen by their
names alone. Whoever is not among them is not excused, as far as there is room for pauses."""
_NAMED: Final = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageDeps:
    """What finding outages needs. streams: all of the guard's account and region, registered or not."""

    outages: Outages
    streams: Callable[[datetime], frozenset[StreamId]]
    parallel: Parallel


@dataclass(slots=True)
class OutagesSeen:
    """What a look came to. read: streams that were read. failed: the code of what kept it from looking."""

    read: int = 0
    failing: list[str] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    failed: str = ""


def look_at_outages(deps: PausingDeps, outages: OutageDeps, now: datetime) -> OutagesSeen:
    """Look for providers that fail, where several tenants are refused or one fails already. Raises nothing."""
    seen = OutagesSeen()
    try:
        _look(deps, outages, seen, now)
    except Exception as error:
        log_failure(_log, "outages", error)
        seen.failed = code_of(error)
    return seen


def _look(deps: PausingDeps, outages: OutageDeps, seen: OutagesSeen, now: datetime) -> None:
    minute = int(now.timestamp()) // 60
    refused, before = outages.outages.refused(now), outages.outages.records()
    watch = OutageWatch(lambda name: since.get(name), tenant_of=lambda name: tenants.get(name, ""))
    owners: dict[str, set[str]] = {}
    for each in refused:
        owners.setdefault(each.provider, set()).add(each.owner)
    suspect = any(len(its) >= watch.rule.suspect_hits for its in owners.values())
    if not suspect and not any(_goes_on(record, watch, minute) for record in before.values()):
        return
    records = _records(deps, outages.streams(now), {each.stream for each in refused})
    since = {str(it.stream): _minute(it.state.since) for it in records if it.state.status is not Status.HEALTHY}
    tenants = {str(it.stream): it.tenant for it in records}
    histories = _read(deps, outages.parallel, records, now)
    seen.read = len(histories)
    watch.restore(before)
    shares = shares_of_all(histories.values())
    for stream, history in histories.items():
        feed(watch, stream, history, shares, minute)
    declared = watch.look(minute)
    aside = dict(watch.set_aside(minute))
    for stream, found in aside.items():
        outages.outages.set_aside(StreamId.parse(stream), found)
    # Told first: what is not kept is declared, and told under the same name, again.
    news = [_declared(failure, histories, aside, now) for failure in declared]
    for provider, record in watch.records().items():
        was = before.get(provider, ProviderRecord())
        if was.failure is not None and record.failure is None:
            news.append(_over(was.failure, now, given_up=record.given_up))
    if news:
        deps.bus.publish(news)
    for provider, record in watch.records().items():
        if record != before.get(provider, ProviderRecord()):
            outages.outages.keep(provider, record, now)
    seen.failing = [failure.provider for failure in watch.failures()]
    _undo(deps, records, aside, watch, seen, now)


def _goes_on(record: ProviderRecord, watch: OutageWatch, minute: int) -> bool:
    """Whether there is something to look at still: it fails, is suspected, or late bounces may join its slots."""
    late = (minute - watch.rule.late) // watch.rule.slot
    return record.failure is not None or record.suspected is not None or any(slot >= late for slot in record.failing)


def _records(deps: PausingDeps, streams: frozenset[StreamId], refused: set[StreamId]) -> list[StreamRecord]:
    def some(of: Iterable[StreamId], most: int) -> list[StreamId]:
        return sorted(of, key=lambda it: (crc32(str(it).encode()), it))[:most]

    loaded = deps.streams.load_many([*some(streams - refused, MOST_OTHERS), *some(refused, MOST_REFUSED)])
    return [record for record in loaded.records if record.stream.attributed]


def _read(deps: PausingDeps, parallel: Parallel, records: Sequence[StreamRecord], now: datetime) -> dict[str, History]:
    histories: dict[str, History] = {}

    def read(record: StreamRecord) -> None:
        try:
            since = record.state.counted_from
            histories[str(record.stream)] = deps.counts.history(record.stream, now, since, record.policy)
        except SesguardError as error:  # one witness less
            _log.warning("stream %s: %s", record.stream, error)

    parallel.each(read, records)
    return dict(sorted(histories.items()))


def _undo(
    deps: PausingDeps,
    records: Sequence[StreamRecord],
    aside: Mapping[str, Sequence[SetAside]],
    watch: OutageWatch,
    seen: OutagesSeen,
    now: datetime,
) -> None:
    """Undo young pauses that rested on a failing provider's bounces."""
    for record in records:
        state = record.state
        young = state.since is not None and now - state.since <= timedelta(minutes=watch.rule.undo_within)
        if state.off and young and state.origin is Origin.GUARD and str(record.stream) in aside:
            try:
                result = act(deps, record.stream, Excuse(watch.rule.undo_below), now)
            except SesguardError as error:
                _log.warning("stream %s: %s", record.stream, error)  # the next look tries again
            else:
                seen.results.append(result)


def _declared(
    failure: ProviderFailure, histories: Mapping[str, History], aside: Mapping[str, Sequence[SetAside]], now: datetime
) -> Event:
    refused = {
        stream: sum(each.bounces for each in found if each.provider == failure.provider)
        for stream, found in aside.items()
    }
    worst = sorted((stream for stream in refused if refused[stream]), key=lambda it: (-refused[it], it))
    codes: dict[str, int] = {}
    for stream in worst:
        for code, count in histories[stream].codes.totals(failure.declared - 30).items():
            codes[code] = codes.get(code, 0) + count
    causes = causes_of(codes)
    by_policy = bool(causes) and causes[0][0] is Cause.POLICY
    name = failure.provider
    numbers = (
        f"{failure.hits} of {failure.active} tenants with a good past there are refused, typically "
        f"{percent(failure.refused)} of their mail. Bounces there do not weigh up to what everybody has; what exceeds "
        "that, all other domains and all complaints weigh as ever. Pauses of the last 90 minutes that rested on them "
        "are undone. You are told when it is over; after a day it ends by itself, and you decide."
    )
    if by_policy:
        subject = f"{name} refuses the platform's mail"
        lead = (
            f"The mailbox provider {name} refuses mail of many tenants for its own rules or your reputation (status "
            "codes 5.7.x): it refuses the platform, not a list. Ask it for what it wants, and look at who sends most "
            "there:"
        )
    else:
        subject = f"{name} refuses everybody's mail"
        lead = f"The mailbox provider {name} refuses mail of many tenants that have nothing else in common. Most of it:"
    lines = [f"  {StreamId.parse(stream).configuration_set}: {refused[stream]:,.0f}" for stream in worst[:_NAMED]]
    text = "\n".join([f"{lead}", *lines, numbers])
    return operator_notice(subject, text, f"outage/{name}/{failure.declared}", now)


def _over(failure: ProviderFailure, now: datetime, *, given_up: bool) -> Event:
    began = datetime.fromtimestamp(failure.declared * 60, UTC).strftime("%Y-%m-%d %H:%M UTC")
    if given_up:
        text = (
            f"The mailbox provider {failure.provider} has refused everybody's mail since {began}, which is as long as "
            "the guard excuses anybody by itself. From now on its bounces weigh. Tell tenants to wait, or hold them."
        )
        subject = f"{failure.provider} still refuses mail, and its bounces weigh again"
    else:
        text = f"The mailbox provider {failure.provider}, which had refused mail since {began}, takes it again."
        subject = f"{failure.provider} takes mail again"
    return operator_notice(subject, text, f"outage-over/{failure.provider}/{failure.declared}", now)


def _minute(at: datetime | None) -> int | None:
    return int(at.timestamp()) // 60 if at is not None else None
