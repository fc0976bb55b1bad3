"""The console's page of the SES account: rates beside SES's lines, who brings them about, quota, identities, pools."""

from __future__ import annotations

from asyncio import to_thread

from nicegui import ui

from sesguard.account.sums import KINDS, REVIEW
from sesguard.cli.console.charts import account_chart
from sesguard.cli.console.fleet_page import stream_path
from sesguard.cli.console.parts import Cell, card, choice, facts, open_guard, page, reading, table, tag
from sesguard.cli.console.providers_card import providers_card
from sesguard.cli.console.session import ConsoleSession
from sesguard.cli.domain_line import BAD_EFFECTS
from sesguard.cli.screen import clock, name
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.detection.figures import percent
from sesguard.fleet.account_page import PAUSE, AccountPage, Standing, read_account
from sesguard.fleet.quota_forecast import PACE_HOURS, QuotaForecast


async def account_page(session: ConsoleSession, guard: str) -> None:
    """Build it. guard: the name of the one whose account it is."""
    with page(session, "Account", "/account"):
        tag("h1", f"Account {', '.join(guard.split('/')[:2])}")
        choice(session, "/account", guard)
        opened = await open_guard(session, guard)
        if opened is None:
            return
        it, fleet = opened
        with reading():
            found = await to_thread(read_account, it.account, fleet, session.feed.clock(), it.source.deps.spared)
        for problem in found.problems:
            tag("div", f"Not read: {problem}", "problem")
        _fill(session, found)


def _fill(session: ConsoleSession, found: AccountPage) -> None:
    with ui.element("div").classes("columns"):
        for kind in KINDS:
            with card():
                own = [(each.day, each.sums.rate(kind)) for each in found.days if each.sums.volume]
                ses = [(it.at, it.bounces if kind == BOUNCES else it.complaints) for it in found.rates]
                ui.echart(account_chart(own, ses, kind, REVIEW[kind])).classes("chart")
                tag("div", f"SES reviews at {percent(REVIEW[kind])}, and may pause at {percent(PAUSE[kind])}.", "faint")
                if not ses:
                    tag("div", "SES has published no rate of its own in 30 days.", "faint")
    with ui.element("div").classes("columns"):
        with card("What SES says"):
            _standing(found)
        with card("Dedicated addresses"):
            _pools(found)
    providers_card(found)
    with card("Who weighs on the account's rates, and what pausing each would bring"):
        _contributors(session, found)
    with card("Identities"):
        _identities(found)


def _standing(found: AccountPage) -> None:
    it = found.standing
    if it is None:
        tag("div", "Not known.", "faint")
        return
    facts(
        [
            ("status", (it.status, "" if it.status == "HEALTHY" else "bad")),
            ("production access", ("yes", "") if it.production else ("no: sandbox", "warn")),
            ("sending", ("on", "") if it.sending else ("off for the whole account", "bad")),
            ("quota", f"{it.sent:,.0f} of {it.daily_quota:,.0f} mails in 24 h ({percent(it.share)})"),
            *_forecast(found.forecast, it.daily_quota),
            ("rate", f"at most {it.quota_a_second:,.0f} mails a second"),
            ("plan", _plan(it)),
            ("VDM", "on" if it.vdm else "off"),
        ]
    )
    with ui.element("div").classes("meter"):
        over = "over" if it.share > 0.8 else ""
        ui.element("div").classes(over).style(f"width: {min(100.0, it.share * 100):.1f}%")


def _plan(it: Standing) -> str:
    """How SES bills the account; "" where it does not say."""
    names = {"NONE": "none: à la carte"}
    now, soon = (names.get(plan, plan.capitalize()) for plan in (it.plan, it.next_plan))
    return f"{now}; from next month on {soon}" if now and soon else now


def _forecast(it: QuotaForecast | None, daily_quota: float) -> list[tuple[str, Cell]]:
    """What the next 24 hours bring at the pace of the last."""
    if it is None:
        return [("forecast", "none: nothing that was counted to go by")]
    most = f"at most {it.most:,.0f} within 24 h ({percent(it.most / daily_quota)}), at {clock(it.most_at)}"
    full: Cell = (f"full at {clock(it.full)}", "bad") if it.full else "not full within a day"
    return [
        ("pace", f"{it.pace:,.0f} mails an hour, of the last {PACE_HOURS} hours"),
        ("forecast", f"{most}; {it.at_end:,.0f} in a day"),
        ("quota is", full),
    ]


def _pools(found: AccountPage) -> None:
    rows: list[tuple[Cell, ...]] = []
    for pool in found.pools:
        kind = "managed" if pool.managed else "standard"
        warmup = ", ".join(f"{each} %" for each in pool.warmup)
        empty: Cell = ("empty: mail through it is refused", "bad")
        rows.append((pool.name, kind, empty if pool.empty else warmup or "SES's own"))
    table(("pool", "kind", "warm-up of its addresses"), rows, empty="The account has no pool of dedicated addresses.")


def _contributors(session: ConsoleSession, found: AccountPage) -> None:
    if not found.contributors:
        tag("div", "Nobody has more than its share at SES's review lines.", "faint")
        return
    with ui.element("div").classes("scroll").props("tabindex=0"), ui.element("table").classes("plain"):
        with ui.element("thead"), ui.element("tr"):
            for column in ("stream", "mails, 24 h", "bounces", "complaints", "without it and those above"):
                tag("th", column, "" if column == "stream" else "n").props("scope=col")
        with ui.element("tbody"):
            for each in found.contributors:
                with ui.element("tr"):
                    with ui.element("td"):
                        called = name(each.stream, session.feed.home).plain
                        if each.stream.attributed:
                            ui.link(called, stream_path(str(each.stream))).classes("plainlink")
                        else:
                            tag("span", "mail without a configuration set: it cannot be paused")
                    for text in (
                        f"{each.sums.volume:,}",
                        percent(each.sums.rate(BOUNCES)),
                        percent(each.sums.rate(COMPLAINTS)),
                        f"{percent(each.projected.rate(BOUNCES))} · {percent(each.projected.rate(COMPLAINTS))}",
                    ):
                        tag("td", text, "n")


def _identities(found: AccountPage) -> None:
    rows: list[tuple[Cell, ...]] = []
    for each in found.identities:
        posture = each.posture
        effect = posture.effect.replace("_", " ") if posture is not None and posture.effect else "not judged"
        bad = posture is not None and posture.effect in BAD_EFFECTS
        default_set: Cell = "not looked at"
        if posture is not None and posture.looked_at is not None:
            default_set = ("none", "bad") if posture.lacks_default_set else "yes"
        rows.append(
            (
                each.name,
                ("yes", "good") if each.verified else ("no", "bad"),
                (effect, "bad" if bad else ""),
                default_set,
                ", ".join(posture.findings) if posture is not None else "",
            )
        )
    table(("identity", "verified", "mail is", "default set", "findings"), rows, empty="SES has no identity here.")
