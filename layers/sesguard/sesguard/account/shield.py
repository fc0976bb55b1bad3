"""The account shield: when a whole account nears the rates at which SES reviews it, name who weighs most, and pause.

Two say so: SES's own metrics of the account (alarms of the template, or anybody's), and the guard's own counts of the
last day. The operator is told once an episode, with what each pause would bring. In observe mode that is all. In
enforce mode the worst are paused, in order, until the rate of the mail that goes on is under its line, as far as the
cap on automatic pauses allows; whoever was resumed since the episode began is left to the limits of its probation.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from msgspec.structs import replace as replace_state

from sesguard.account.alarms import drop_alarms_that_are_over, kinds_up
from sesguard.account.announce import MOST_NAMED, account_at_risk, sentence
from sesguard.account.contributors import Assessment, RankedStream, assess, total, until_clear
from sesguard.account.identities import IdentitiesSeen
from sesguard.account.ports import Account, AccountIdentities
from sesguard.account.sums import Lines, Sums, near
from sesguard.bus.events import Outcome, iso
from sesguard.errors import AwsError, RecordError, SesguardError
from sesguard.pausing.backlog import drop_out
from sesguard.pausing.decision import Pause, Reason
from sesguard.pausing.enforce import Result, act
from sesguard.pausing.journal import AccountEntry, head_of
from sesguard.pausing.outbox import PausingDeps, complete_announcements
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import Status
from sesguard.policy import Mode
from sesguard.stream import StreamId

EVERY: Final = timedelta(minutes=10)
"""Between two looks at all streams of an account: hundreds of reads each."""
CALM_FOR: Final = timedelta(hours=1)
MOST_IDENTITIES: Final = 10
"""That are looked at once an episode: SES takes one control call a second, and the sweep has other things to do."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shield:
    """What shielding an account needs. home: its account and region, as a stream without a configuration set."""

    home: StreamId
    account: Account
    identities: AccountIdentities
    lines: Lines
    mode: Mode


@dataclass(frozen=True, slots=True)
class _Look:
    """What a look at all streams came to: the kinds of rate at risk, and who brings it about."""

    kinds: frozenset[str]
    assessment: Assessment
    unattributed: Sums


@dataclass(frozen=True, slots=True)
class Shielded:
    """What was paused for the account's sake.

    failed: the code of what kept the shield from looking. unreadable: that is the account's own record, with why.
    """

    results: tuple[Result, ...] = ()
    failed: str = ""
    unreadable: Mapping[str, str] = field(default_factory=dict)


def keep_shield(
    deps: PausingDeps, guard: Shield, now: datetime, time_left: Callable[[], bool] = lambda: True
) -> Shielded:
    """Look after the account, once a minute. Raises nothing: the next look is a minute away."""
    try:
        return Shielded(shield(deps, guard, now, time_left))
    except SesguardError as error:
        _log.warning("account %s: %s", guard.home, error)
        return Shielded(
            failed=getattr(error, "code", "Conflict"),
            unreadable={error.key: error.problem} if isinstance(error, RecordError) else {},
        )
    except Exception as error:
        _log.exception("account %s", guard.home)
        return Shielded(failed=type(error).__name__)


def shield(
    deps: PausingDeps, guard: Shield, now: datetime, time_left: Callable[[], bool] = lambda: True
) -> tuple[Result, ...]:
    """Look after the account; returns what was paused. Raises AwsError or ConflictError."""
    record = complete_announcements(deps, deps.streams.load(guard.home), now)
    watched = record.state.status is Status.WATCHED
    if not watched or _is_due(now):
        record = drop_alarms_that_are_over(deps, record, now)
    if not _worth_a_look(guard, record, now, watched=watched):
        return ()
    if not time_left():
        return ()
    look = _look(deps, guard, record, now, time_left)
    if look is None:
        return ()
    if not watched:
        if not look.kinds:
            return ()
        record = _begin(deps, guard, record, look, now)
    elif not look.kinds:
        _calm(deps, record, now)
        return ()
    elif record.state.calm_since is not None:
        record = deps.streams.save(replace(record, state=replace_state(record.state, calm_since=None)))
    return _pause(deps, guard, record, look, now, time_left) if guard.mode is Mode.ENFORCE else ()


def _worth_a_look(guard: Shield, record: StreamRecord, now: datetime, *, watched: bool) -> bool:
    """Whether to read the counts of every stream: at once where an alarm has come, else now and then."""
    if guard.account.is_looking(now) or (not watched and kinds_up(record.state)):
        return True
    return _is_due(now) and (watched or bool(near(guard.account.rough(guard.home, now), guard.lines)))


def _is_due(now: datetime) -> bool:
    return int(now.timestamp() // 60) % (EVERY // timedelta(minutes=1)) == 0


def _look(
    deps: PausingDeps, guard: Shield, record: StreamRecord, now: datetime, time_left: Callable[[], bool]
) -> _Look | None:
    """Look at all streams; None where there was no time for that: the next sweep goes on."""
    by_stream = guard.account.by_stream(guard.home, now, time_left)
    if by_stream is None:
        return None
    unattributed = by_stream.get(guard.home, Sums())
    # A record that cannot be read is taken for one that sends on.
    off = {it.stream for it in deps.streams.load_many(deps.streams.not_healthy()).records if _is_off(it)}
    kinds = kinds_up(record.state) | near(total(by_stream.values()), guard.lines)
    assessment = assess(by_stream, kinds, guard.lines, off=off, spared=deps.spared)
    return _Look(kinds, assessment, unattributed)


def _is_off(record: StreamRecord) -> bool:
    """Whether the stream sends nothing: not where its pause is on paper only."""
    return record.state.off and (record.turned_off or record.policy.mode is Mode.ENFORCE)


def _begin(deps: PausingDeps, guard: Shield, record: StreamRecord, look: _Look, now: datetime) -> StreamRecord:
    """Put the episode on record, and tell of it."""
    state = replace_state(record.state, status=Status.WATCHED, since=now, calm_since=None, incident=iso(now))
    named = [each.stream for each in look.assessment.contributors[:MOST_NAMED] if each.stream.attributed]
    event = account_at_risk(
        guard.home,
        state,
        look.assessment,
        look.kinds,
        guard.lines,
        to_pause=until_clear(look.assessment, look.kinds, guard.lines),
        tenants={each.stream: each.tenant for each in deps.streams.load_many(named).records},
        unattributed=look.unattributed,
        identities=_identities(guard),
        mode=guard.mode,
        now=now,
    )
    entry = AccountEntry(
        *head_of(AccountEntry, record, now, state.incident),
        reason=", ".join(sorted(look.kinds)),
        to=state.status.value,
        mode=guard.mode.value,
        outcome="at_risk",
        evidence={"sentence": sentence(look.assessment.account, look.kinds, guard.lines)},
    )
    begun = replace(record, state=state, announce=(*record.announce, event))
    return complete_announcements(deps, deps.streams.save(begun, (entry,)), now)


def _identities(guard: Shield) -> IdentitiesSeen | None:
    try:
        return guard.identities.without_default_set(MOST_IDENTITIES)
    except AwsError as error:
        _log.warning("identities not read: %s", error)
        return None


def _calm(deps: PausingDeps, record: StreamRecord, now: datetime) -> None:
    """End the episode once the account has been clear for a while; pauses that waited for its sake drop out."""
    state = record.state
    if state.calm_since is None:
        deps.streams.save(replace(record, state=replace_state(state, calm_since=now)))
        return
    if now - state.calm_since < CALM_FOR:
        return
    for waiting in deps.streams.load_many(deps.streams.not_healthy()).records:
        if waiting.waiting is not None and waiting.waiting.reason == Reason.ACCOUNT_SHIELD:
            with _meanwhile(waiting.stream):
                drop_out(deps, waiting, now)
    over = replace_state(state, status=Status.HEALTHY, since=now, calm_since=None, incident="")
    entry = AccountEntry(*head_of(AccountEntry, record, now), to=over.status.value, outcome="over")
    deps.streams.save(replace(record, state=over), (entry,))


def _pause(
    deps: PausingDeps, guard: Shield, record: StreamRecord, look: _Look, now: datetime, time_left: Callable[[], bool]
) -> tuple[Result, ...]:
    """Pause the worst until the rate is clear. One that fails stops no other, and is there again at the next look."""
    results: list[Result] = []
    for contributor in until_clear(look.assessment, look.kinds, guard.lines):
        if not time_left():
            break
        result = None
        with _meanwhile(contributor.stream):
            result = _pause_one(deps, record, contributor, now)
        if result is not None:
            results.append(result)
        if result is not None and result.outcome is Outcome.WAITS:
            break  # there is no room for the others either
    return tuple(results)


@contextmanager
def _meanwhile(stream: StreamId) -> Iterator[None]:
    """Log what fails within for one stream, whatever it is, and go on with the rest."""
    try:
        yield
    except SesguardError as error:
        _log.warning("stream %s: %s", stream, error)
    except Exception:
        _log.exception("stream %s", stream)


def _pause_one(deps: PausingDeps, account: StreamRecord, contributor: RankedStream, now: datetime) -> Result | None:
    """Pause a stream, one whose pause waits too; None where it was resumed or dropped since the episode began."""
    record = deps.streams.load(contributor.stream)
    began, counted_from = account.state.since, record.state.counted_from
    if began is not None and counted_from is not None and counted_from >= began:
        return None
    return act(deps, contributor.stream, Pause(Reason.ACCOUNT_SHIELD), now)
