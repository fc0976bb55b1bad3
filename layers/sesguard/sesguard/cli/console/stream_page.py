"""The console's page of one stream: what it sent, what came back, why it is where it is, and words on it."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from nicegui import ui

from sesguard.cli.console.charts import Span, mail_chart, rate_chart, risk_chart
from sesguard.cli.console.fleet_page import give
from sesguard.cli.console.incident_page import incident_path
from sesguard.cli.console.parts import (
    COMMANDS,
    Cell,
    action,
    ask_why,
    card,
    facts,
    page,
    pressed,
    state_chip,
    table,
    tag,
)
from sesguard.cli.console.session import ConsoleSession
from sesguard.cli.console.what_if_card import WhatIfCard
from sesguard.cli.domain_line import BAD_EFFECTS
from sesguard.cli.evidence_view import sentences
from sesguard.cli.screen import age, clock, length, name
from sesguard.cli.status_view import reason, risk, since, undelivered, waits_in_words
from sesguard.cli.stream_view import SENDING, SPANS, policy_rows, rate_of
from sesguard.detection.figures import percent
from sesguard.errors import SesguardError
from sesguard.fleet.series import BucketWidth
from sesguard.fleet.stream_page import NamedOutcomes, StreamDetail, read_detail
from sesguard.pausing.journal import JournalEntry
from sesguard.stream import StreamId

_OF_RISK: Final = (
    "Risk is weighed as of each moment by the code that weighs it now, under today's policy, with what is known by now "
    "of the mail sent until then. When an outcome came in is not kept, so the guard may have seen it later."
)
_EVERY_SECONDS: Final = 15.0


async def stream_page(session: ConsoleSession, stream: StreamId) -> None:
    """Build it, and keep it up to date."""
    title = name(stream, session.feed.home).plain
    step = [BucketWidth.HOUR]
    shown: list[object] = [None]
    with page(session, title):
        body = ui.element("div").style("display: contents")
        with body:
            tag("div", "Reading …", "faint").props("role=status")
        another = ui.element("div").style("display: contents")

    async def refresh() -> None:
        try:
            source = await to_thread(session.feed.source_of, stream)
            detail = await to_thread(read_detail, source, stream, session.feed.clock())
        except SesguardError as error:
            body.clear()
            with body:
                tag("h1", title)
                tag("div", f"Not read: {error}", "problem")
            return
        if detail.unknown:
            another.clear()
            _say_unknown(body, title)
            return
        if not another.default_slot.children:
            with another:
                WhatIfCard(session, source, stream, detail.page.status.record.policy).build()
        seen = (detail.page.status, detail.evidence.now, detail.history, detail.incidents)
        if seen == shown[0]:
            return
        shown[0] = seen
        body.clear()
        with body:
            _fill(session, detail, title, step)

    await refresh()
    ui.timer(_EVERY_SECONDS, refresh)

    def on_key(event: Any) -> None:  # noqa: ANN401  # NiceGUI's
        if (command := COMMANDS.get(pressed(event))) is not None:
            _ask(session, command, stream, title)

    ui.keyboard(on_key)


def _say_unknown(body: ui.element, title: str) -> None:
    body.clear()
    with body:
        tag("h1", title)
        tag("div", "There is no such stream: SES has no configuration set of that name in the guard's account and "
            "region, the guard has no record of it, and no mail of it was counted. Look at the name, or at where it "
            "came from: an old link, another account, another region.", "problem")  # fmt: skip
        ui.link("All streams", "/").classes("plainlink")


def _ask(session: ConsoleSession, command: str, stream: StreamId, title: str) -> None:
    ask_why(session, command, [title], lambda why: give(session, command, [stream], why))


def _fill(session: ConsoleSession, detail: StreamDetail, title: str, step: list[BucketWidth]) -> None:
    found = detail.page
    record = found.status.record
    with ui.element("div").classes("tools"):
        tag("h1", title)
        state_chip(record.state.status)
        tag("span", " ", "count")
        for command in ("hold", "release", "resume", "acknowledge", "approve", "dismiss"):
            if _makes_sense(command, detail):
                kind = "stop" if command in {"hold", "approve"} else ""
                action(command.capitalize(), lambda command=command: _ask(session, command, record.stream, title), kind)
    with card("Evidence now"), ui.element("div").classes("evidence"):
        for sentence in sentences(detail.evidence.now):
            tag("p", sentence)
    _charts(detail, step)
    with ui.element("div").classes("columns"):
        with card("State"):
            facts(_state(detail))
        with card("Mail, by the time of sending"):
            _counts(detail)
        with card("Where the bad run's bounces are"):
            _worst(detail.evidence.now)
        with card("By domain and code, of all that is known by name"):
            _named(detail.worst)
        with card("Domains"):
            _domains(detail)
        with card("Policy, where it differs"):
            differs = [(key, value) for key, value, own in policy_rows(found) if own]
            facts(differs) if differs else tag("div", "All as the stack's default.", "faint")
        with card("Incidents"):
            _incidents(detail, found.now)


def _makes_sense(command: str, detail: StreamDetail) -> bool:
    record = detail.page.status.record
    return {
        "hold": record.state.status.value != "held",
        "release": record.state.status.value == "held",
        "resume": record.state.off,
        "acknowledge": record.state.off and record.state.acknowledge,
        "approve": record.backlog is not None,
        "dismiss": record.backlog is not None,
    }[command]


def _charts(detail: StreamDetail, step: list[BucketWidth]) -> None:
    spans, policy = spans_of(detail.page.journal, detail.page.now), detail.page.status.record.policy
    with card(), ui.element("div"):
        choice = ui.toggle({each: f"by {each}" for each in BucketWidth}, value=step[0]).props(
            "dense unelevated no-caps"
        )
        charts = ui.element("div")

        def draw() -> None:
            step[0] = choice.value
            buckets = detail.history[step[0]]
            charts.clear()
            with charts:
                if step[0] in detail.risks:
                    ui.echart(risk_chart(detail.risks[step[0]], spans, policy)).classes("chart")
                    tag("p", _OF_RISK, "faint")
                else:
                    tag("p", "No risk by the month: what weighs is at most a month's mail.", "faint")
                ui.echart(mail_chart(buckets, spans)).classes("chart")
                for kind in ("bounces", "complaints"):
                    ui.echart(rate_chart(buckets, spans, policy, kind)).classes("chart")

        choice.on_value_change(draw)
        draw()


def spans_of(journal: Sequence[JournalEntry], now: datetime) -> list[Span]:
    """From when to when the stream was in which state, as its journal has it."""
    changes = [(entry.time, entry.to) for entry in journal if entry.to]
    ends = [*(at for at, _ in changes[1:]), now]
    return [(at, end, state) for (at, state), end in zip(changes, ends, strict=True)] if changes else []


def _state(detail: StreamDetail) -> list[tuple[str, Cell]]:
    found = detail.page
    status, record, now = found.status, found.status.record, found.now
    decision = status.decision
    alarm = f"{found.alarm.value.value} since {clock(found.alarm.since)}: {found.alarm_name}" if found.alarm else "none"
    tenant = f"{found.tenant.id} {found.tenant.name}".strip() if found.tenant else "not registered: nobody is told"
    return [
        ("since", since(status, now)),
        ("waits for", waits_in_words(status.waits, now)),
        ("risk", status.failed or risk(status)),
        ("reason", reason(status)),
        ("by", f"{decision.who}: {decision.why or ''}" if decision is not None and decision.who else ""),
        ("SES sending", SENDING[found.sending]),
        ("alarm", alarm),
        ("tenant", tenant),
        ("contacts", f"{len(found.tenant.contacts)}" if found.tenant else ""),
        ("strikes", ", ".join(clock(strike) for strike in record.state.strikes)),
        *(("undelivered", (sentence, "warn")) for sentence in undelivered(status)),
    ]


def _counts(detail: StreamDetail) -> None:
    table(
        ("", "mails", "bounces", "rate", "complaints", "rate "),
        [
            (SPANS[key], f"{it.volume:,}", f"{it.bounces:,}", rate_of(it.bounces, it.volume), f"{it.complaints:,}",
             rate_of(it.complaints, it.volume))
            for key, it in detail.page.counts.items()
        ],
        right=("mails", "bounces", "rate", "complaints", "rate "),
    )  # fmt: skip


def _worst(evidence: Mapping[str, Any]) -> None:
    bad = int(evidence.get("bad") or 0)
    rows = [
        (what, str(key), f"{count:,}", percent(min(1.0, count / bad)) if bad else "")
        for what, named in (("domain", evidence.get("domains", ())), ("code", evidence.get("codes", ())))
        for key, count in named
    ]
    table(
        ("", "name", "bounces", f"of {bad:,}"), rows, right=("bounces", f"of {bad:,}"), empty="No run is over a limit."
    )


def _named(worst: Sequence[NamedOutcomes]) -> None:
    rows = [
        (each.what, name, f"{count:,}", f"{percent(count / each.total)} of {each.total:,}")
        for each in worst
        for name, count in each.counts
    ]
    table(("", "name", "number", "share"), rows, right=("number", "share"), empty="Nothing bad is known by name.")


def _domains(detail: StreamDetail) -> None:
    rows: list[tuple[Cell, ...]] = []
    for each in detail.page.domains:
        wrong = each.effect in BAD_EFFECTS
        effect = each.effect.replace("_", " ") or "not judged"
        rows.append((each.name.rpartition("@")[2], (effect, "bad" if wrong else ""), ", ".join(each.findings)))
    table(("domain", "mail is", "findings"), rows, empty="The registry names no domain of this stream.")


def _incidents(detail: StreamDetail, now: datetime) -> None:
    if not detail.incidents:
        tag("div", "None is on record.", "faint")
        return
    with ui.element("div").classes("scroll").props("tabindex=0"), ui.element("table").classes("plain"):
        for each in detail.incidents[:20]:
            with ui.element("tr"):
                with ui.element("td"):
                    ui.link(clock(each.began), incident_path(each)).classes("plainlink")
                tag("td", length((each.ended or now) - each.began) + ("" if each.ended else " so far"))
                tag("td", each.status)
                tag("td", ", ".join(each.reasons).replace("_", " "))
                tag("td", f"{age(each.last, now)} ago", "faint")
