"""How everything about one stream reads."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rich.text import Text

from sesguard.cli import standing_view
from sesguard.cli.incident_view import timeline
from sesguard.cli.screen import age, clock, facts, length, plain, status, table
from sesguard.policy import Policy
from sesguard.ports.switch import Sending
from sesguard.weighing.explain import percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import Console
    from rich.table import Table

    from sesguard.aws.stack import Stack
    from sesguard.cli.stream import Whole

_SENDING: Final = {
    Sending.ON: Text("on", style="green"),
    Sending.OFF: Text("off", style="bold red"),
    Sending.UNKNOWN_SET: Text("SES has no such configuration set", style="yellow"),
}
_SPANS: Final = {"hour": "last hour", "day": "24 hours", "week": "7 days", "month": "31 days"}
_RATES: Final = frozenset({"bounce_limit", "complaint_limit", "acknowledge_bounce_rate"})


def show(screen: Console, whole: Whole, stack: Stack) -> None:
    """Print it for people."""
    screen.print(Text(str(whole.standing.record.stream), style="bold"))
    screen.print(facts(*_state(whole), *_surroundings(whole)))
    screen.print(_heading("Mail, by the time of sending"))
    screen.print(_counts(whole))
    screen.print(_heading(f"Policy (* not as the default of stack {stack.name})"))
    screen.print(facts(*_policy(whole)))
    screen.print(_heading("Journal"))
    screen.print(timeline(whole.journal, screen.width, whole=False) if whole.journal else "Nothing is on record.")


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _state(whole: Whole) -> Iterator[tuple[str, str | Text]]:
    stands, now = whole.standing, whole.now
    record, state = stands.record, stands.record.state
    since = f" since {clock(state.since)}, for {age(state.since, now)}" if state.since else ""
    yield "state", Text.assemble(status(state.status), since, " (observed)" if standing_view.observed(record) else "")
    if waits := standing_view.waits_in_words(stands.waits, now):
        yield "waits for", waits
    decision = stands.decision or {}
    if decision.get("who"):
        yield "by", f"{decision['who']}: {decision.get('why', '')}"
    elif said := standing_view.reason(stands):
        yield "reason", said
    yield "risk now", stands.failed or standing_view.risk(stands)
    if state.strikes:
        yield "strikes", ", ".join(clock(strike) for strike in state.strikes)
    if state.counted_from:
        yield "weighs from", clock(state.counted_from)
    for sentence in standing_view.undelivered(stands):
        yield "undelivered", Text(plain(sentence).plain, style="yellow")


def _surroundings(whole: Whole) -> Iterator[tuple[str, str | Text]]:
    whose = ", turned off by the guard" if whole.standing.record.turned_off else ""
    yield "SES sending", Text.assemble(_SENDING[whole.sending], whose)
    alarm = whole.alarm
    yield "alarm", f"{alarm.value.value} since {clock(alarm.since)}: {whole.alarm_name}" if alarm else "none"
    tenant = whole.tenant
    yield "tenant", f"{tenant.id} {tenant.name}" if tenant else "not registered: nobody is told"
    if tenant:
        yield "contacts", ", ".join(tenant.contacts) or "none: nobody is told"


def _counts(whole: Whole) -> Table:
    made = table(
        "", "from", "mails", "bounces", "rate", "complaints", "rate",
        right=("mails", "bounces", "rate", "complaints"),
    )  # fmt: skip
    for name, each in whole.counts.items():
        made.add_row(
            _SPANS[name],
            f"{each.since:%Y-%m-%d %H:%MZ}",
            f"{each.volume:,}",
            f"{each.bounces:,}",
            _rate(each.bounces, each.volume),
            f"{each.complaints:,}",
            _rate(each.complaints, each.volume),
        )
    return made


def _rate(bad: int, volume: int) -> str:
    return percent(min(1.0, bad / volume)) if volume else ""


def _policy(whole: Whole) -> Iterator[tuple[str, str | Text]]:
    policy = whole.standing.record.policy
    for field in fields(Policy):
        own = field.name in whole.overrides
        yield (
            field.name,
            Text(
                f"{_value(field.name, getattr(policy, field.name))}{' *' if own else ''}", style="bold" if own else ""
            ),
        )


def _value(name: str, value: object) -> str:
    if isinstance(value, timedelta):
        return length(value)
    if isinstance(value, float) and name in _RATES:
        return percent(value)
    return str(value).lower() if isinstance(value, bool) else f"{value:,}" if isinstance(value, int) else f"{value}"
