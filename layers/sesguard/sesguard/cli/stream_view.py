"""How everything about one stream reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sesguard.cli import status_view
from sesguard.cli.domain_line import domain_line
from sesguard.cli.incident_view import timeline
from sesguard.cli.screen import age, clock, facts, length, plain, status, table
from sesguard.detection.figures import percent
from sesguard.fleet.stream_page import StreamPage
from sesguard.pausing.record import Sending
from sesguard.policy import Policy
from sesguard.wiring.operator import Stack

SENDING: Final = {
    Sending.ON: "on",
    Sending.OFF: "off",
    Sending.OFF_BY_AWS: "off by SES's own verdict",
    Sending.UNKNOWN_SET: "SES has no such configuration set",
    Sending.OUT_OF_REACH: "in another account or region: not asked",
}
"""What SES says of a stream's sending, in words."""
_SENDING_STYLES: Final = {Sending.ON: "green", Sending.OFF: "bold red", Sending.OFF_BY_AWS: "bold red"}
SPANS: Final = {"hour": "last hour", "day": "24 hours", "week": "7 days", "month": "31 days"}
_RATES: Final = frozenset({"bounce_limit", "complaint_limit", "acknowledge_bounce_rate"})


def show(screen: Console, found: StreamPage, stack: Stack) -> None:
    screen.print(Text(str(found.status.record.stream), style="bold"))
    screen.print(facts(*_state(found), *_surroundings(found)))
    screen.print(_heading("Mail, by the time of sending"))
    screen.print(_counts(found))
    screen.print(_heading(f"Policy (* not as the default of stack {stack.name})"))
    screen.print(facts(*_policy(found)))
    screen.print(_heading("Journal"))
    screen.print(timeline(found.journal, screen.width, whole=False) if found.journal else "Nothing is on record.")


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _state(found: StreamPage) -> Iterator[tuple[str, str | Text]]:
    stands, now = found.status, found.now
    record, state = stands.record, stands.record.state
    since = f" since {clock(state.since)}, for {age(state.since, now)}" if state.since else ""
    yield "state", Text.assemble(status(state.status), since, " (observed)" if status_view.observed(record) else "")
    if waits := status_view.waits_in_words(stands.waits, now):
        yield "waits for", waits
    decision = stands.decision
    if decision is not None and decision.who:
        yield "by", f"{decision.who}: {decision.why or ''}"
    elif said := status_view.reason(stands):
        yield "reason", said
    yield "risk now", stands.failed or status_view.risk(stands)
    if state.strikes:
        yield "strikes", ", ".join(clock(strike) for strike in state.strikes)
    if state.counted_from:
        yield "weighs from", clock(state.counted_from)
    if state.volume_told is not None:
        told = f"not published, people were told {clock(state.volume_told)}: see sesguard explain"
        yield "volume", Text(told, style="yellow")
    for sentence in status_view.undelivered(stands):
        yield "undelivered", Text(plain(sentence).plain, style="yellow")


def _surroundings(found: StreamPage) -> Iterator[tuple[str, str | Text]]:
    whose = ", turned off by the guard" if found.status.record.turned_off else ""
    style = _SENDING_STYLES.get(found.sending, "yellow")
    yield "SES sending", Text.assemble((SENDING[found.sending], style), whose)
    alarm = found.alarm
    yield "alarm", f"{alarm.value.value} since {clock(alarm.since)}: {found.alarm_name}" if alarm else "none"
    tenant = found.tenant
    yield "tenant", f"{tenant.id} {tenant.name}" if tenant else "not registered: nobody is told"
    if tenant:
        yield "contacts", ", ".join(tenant.contacts) or "none: nobody is told"
    for each in found.domains:
        yield "domain", domain_line(each)


def _counts(found: StreamPage) -> Table:
    made = table(
        "", "from", "mails", "bounces", "rate", "complaints", "rate",
        right=("mails", "bounces", "rate", "complaints"),
    )  # fmt: skip
    for name, each in found.counts.items():
        made.add_row(
            SPANS[name],
            f"{each.since:%Y-%m-%d %H:%MZ}",
            f"{each.volume:,}",
            f"{each.bounces:,}",
            rate_of(each.bounces, each.volume),
            f"{each.complaints:,}",
            rate_of(each.complaints, each.volume),
        )
    return made


def rate_of(bad: int, volume: int) -> str:
    """Say a rate; "" of no mail."""
    return percent(min(1.0, bad / volume)) if volume else ""


def _policy(found: StreamPage) -> Iterator[tuple[str, str | Text]]:
    for key, value, own in policy_rows(found):
        yield key, Text(f"{value}{' *' if own else ''}", style="bold" if own else "")


def policy_rows(found: StreamPage) -> Iterator[tuple[str, str, bool]]:
    """Give each of a stream's policy: its key, its value in words, and whether that is not the default."""
    policy = found.status.record.policy
    for field in fields(Policy):
        yield field.name, _value(field.name, getattr(policy, field.name)), field.name in found.overrides


def _value(name: str, value: object) -> str:
    if isinstance(value, timedelta):
        return length(value)
    if isinstance(value, float) and name in _RATES:
        return percent(value)
    return str(value).lower() if isinstance(value, bool) else f"{value:,}" if isinstance(value, int) else f"{value}"
