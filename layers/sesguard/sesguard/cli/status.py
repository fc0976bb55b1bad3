"""Shows how the guard and its streams stand: every stream that is not healthy, or for which something is due.

risk is how strong the evidence is now that the stream's true rate is over its limit: 0.5 warns, 1 pauses. Of a stream
that is off it fades by itself, and says nothing about when it comes back: that is under "waits for". A stream that
waits for its pause is one whose alarm is up and which SES has yet to turn off, with its place among those that wait for
SES.

--json prints one object: stack, account, region, mode, at, counts (streams by state; healthy is null where SES does not
list its configuration sets), streams (worst first: stream, tenant, state, since, origin, incident, mode, risk, reason,
who, why, waits_for (what, until; place of a pause), cool_down_until, acknowledge, strikes, counted_from, turned_off,
undelivered, volume_told (since when its volume is known to be missing), failed), dead_letters (messages by queue, null
where they cannot be counted), without_volume (streams that publish no volume, or whose volume stays away: what cannot
be held against volume does not weigh, see sesguard explain), attention. Times are ISO 8601.

Exit code: 0 where every stream may send and nothing is left over; 4 where a stream is paused or held or about to be, a
pause waits for an operator (sesguard backlog), something decided is not delivered, dead letters wait, or something
could not be read; 2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from sesguard.cli import status_view as view
from sesguard.cli.connect import ATTENTION, DONE, with_guard
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.screen import age, clock, console, counted, iso, name, plain, print_json, status
from sesguard.cli.tables import fitted_table
from sesguard.errors import AwsError
from sesguard.pausing.state import Status
from sesguard.pausing.status import StreamStatus, expect_pauses, load_status, load_unhealthy
from sesguard.signals.alarm_value import AlarmValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from rich.console import Console
    from rich.table import Table

    from sesguard.pausing.record import AlarmNow, QueuedAlarm
    from sesguard.pausing.status import Wait
    from sesguard.policy import Mode
    from sesguard.stream import StreamId
    from sesguard.wiring.operator import Guard, Stack

_ORDER: Final = (Status.HELD, Status.PAUSED, Status.PROBATION, Status.WATCHED)
_LONGEST_TENANT: Final = 16
_MOST_NAMED: Final = 10
_BESIDE: Final = 6  # lines of the screen that the table does not have


@dataclass(frozen=True, slots=True)
class Overview:
    """All that ``status`` shows. sets, dead_letters: None where they could not be counted; ``problems`` says why.

    without_volume: streams of whose mail no volume is published, so that nothing can be weighed.
    """

    stack: Stack
    mode: Mode
    now: datetime
    streams: list[StreamStatus]
    sets: int | None
    dead_letters: Mapping[str, int] | None
    problems: tuple[str, ...] = ()
    without_volume: tuple[StreamId, ...] = ()

    @property
    def counts(self) -> dict[str, int | None]:
        """Streams by state; what is not on record as anything else is healthy."""
        found = Counter(each.record.state.status for each in self.streams)
        unhealthy = sum(found[each] for each in _ORDER)
        healthy = max(0, self.sets - unhealthy) if self.sets is not None else None
        return {**{each.value: found[each] for each in _ORDER}, Status.HEALTHY.value: healthy}

    @property
    def attention(self) -> bool:
        troubled = any(each.needs_attention for each in self.streams)
        return troubled or self.dead_letters is None or any(self.dead_letters.values())


def run(*, json: Json = False, where: Where = HERE) -> int:
    """Show it, and give the exit code."""
    return with_guard(where, lambda guard, now: _show(guard, now, json=json))


def _show(guard: Guard, now: datetime, *, json: bool) -> int:
    overview = _overview(guard, now)
    if json:
        print_json(as_dict(overview))
    else:
        show(console(), overview)
    return ATTENTION if overview.attention else DONE


def _overview(guard: Guard, now: datetime) -> Overview:
    problems: list[str] = []
    streams = _expected(guard, load_unhealthy(guard.deps, guard.journal, guard.parallel, now), now, problems)
    sets, letters = None, None
    try:
        sets = len(guard.configuration_sets())
    except AwsError as error:
        problems.append(str(error))
    try:
        letters = guard.dead_letters()
    except AwsError as error:
        problems.append(str(error))
    return Overview(
        guard.stack, guard.policy.mode, now, streams, sets, letters, tuple(problems), _without_volume(guard, streams)
    )


def _without_volume(guard: Guard, streams: Sequence[StreamStatus]) -> tuple[StreamId, ...]:
    unhealthy = (each.record.stream for each in streams if each.record.state.volume_told is not None)
    return tuple(sorted({*guard.deps.streams.without_volume(), *unhealthy}))


def _expected(guard: Guard, streams: list[StreamStatus], now: datetime, problems: list[str]) -> list[StreamStatus]:
    """Say which streams are on their way to a pause; where that cannot be read, say so."""
    queue: Sequence[QueuedAlarm] = ()
    alarms: Mapping[StreamId, AlarmNow] = {}
    try:
        queue = guard.queued_alarms()
        known = {each.record.stream for each in streams}
        pauses = (each.stream for each in queue if each.alarm.value is AlarmValue.ALARM)
        missing = [stream for stream in dict.fromkeys(pauses) if stream not in known]
        streams = [*streams, *(load_status(guard.deps, guard.journal, stream, now) for stream in missing)]
        alarms = guard.alarms.now(each.record.stream for each in streams if not each.record.state.off)
    except AwsError as error:
        problems.append(f"which streams are on their way to a pause is not known: {error}")
    return expect_pauses(streams, alarms, queue)


def as_dict(overview: Overview) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    return {
        "stack": overview.stack.name,
        "account": overview.stack.account,
        "region": overview.stack.region,
        "mode": overview.mode.value,
        "at": iso(overview.now),
        "counts": overview.counts,
        "streams": [view.as_dict(each) for each in overview.streams],
        "dead_letters": overview.dead_letters,
        "without_volume": [str(stream) for stream in overview.without_volume],
        "attention": overview.attention,
    }


def show(screen: Console, overview: Overview) -> None:
    """Print it for people."""
    stack = overview.stack
    where = f"stack {stack.name}, {stack.account} {stack.region}, {clock(overview.now)}"
    screen.print(Text.assemble(("sesguard ", "bold"), overview.mode.value, (f"  {where}", "dim")))
    screen.print(_counts(overview))
    if overview.streams:
        screen.print(_table(overview, screen.width))
        if screen.is_terminal and len(overview.streams) > screen.height - _BESIDE:
            screen.print(_counts(overview))
    for each in overview.streams:
        for sentence in (*view.undelivered(each), *([each.failed] if each.failed else ())):
            screen.print(Text.assemble(name(each.record.stream, stack), ": ", plain(sentence)), style="yellow")
    if overview.without_volume:
        screen.print(_blind(overview))
    for queue, messages in (overview.dead_letters or {}).items():
        if messages:
            screen.print(f"{counted(messages, 'message')} in {queue}: mend the cause, then redrive", style="red")
    for problem in overview.problems:
        screen.print(plain(problem), style="yellow")


def _counts(overview: Overview) -> Text:
    """As ``1 held, 2 paused, 96 healthy``, each in its colour where there is any."""
    words = []
    for which, number in overview.counts.items():
        if number is None:
            words.append(Text(f"{which} not known"))
        else:
            words.append(Text.assemble(f"{number:,} ", status(which) if number else which))
    return Text(", ").join(words)


def _blind(overview: Overview) -> Text:
    """Whose events say too little, as far as a line has room for names."""
    streams = overview.without_volume
    names = Text(", ").join(name(each, overview.stack) for each in streams[:_MOST_NAMED])
    more = f", and {len(streams) - _MOST_NAMED:,} more" if len(streams) > _MOST_NAMED else ""
    many = counted(len(streams), "stream")
    return Text.assemble(f"{many} without the volume that outcomes are held against: ", names, more, style="yellow")


def _table(overview: Overview, width: int) -> Table:
    """A line a stream: where they do not fit, words are shorter, and then columns go."""
    words = _rows(overview, view.waits_in_words)
    shown = fitted_table(words, width, right=("risk",))
    if shown is None:
        short = _rows(overview, view.waits_in_short)
        shown = fitted_table(short, width, right=("risk",), drop=("reason", "tenant", "since"), whatever=True)
    return shown


def _rows(overview: Overview, waits: Callable[[tuple[Wait, ...], datetime], str]) -> list[dict[str, str | Text]]:
    return [
        {
            "stream": name(each.record.stream, overview.stack),
            "tenant": plain(each.record.tenant, _LONGEST_TENANT),
            "state": status(each.record.state.status) + (" (observed)" if view.observed(each.record) else ""),
            "since": age(each.record.state.since, overview.now),
            "risk": view.risk(each),
            "waits for": waits(each.waits, overview.now),
            "reason": view.reason(each),
        }
        for each in overview.streams
    ]
