"""The console's first page: every stream, what needs attention first; words on many at once."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from nicegui import ui

from sesguard.account.sums import REVIEW
from sesguard.cli.console import grid as grids
from sesguard.cli.console import rows as rows_of
from sesguard.cli.console.parts import COMMANDS, action, ask_why, page, pressed, say, tag
from sesguard.cli.console.session import ConsoleSession
from sesguard.cli.screen import counted, name
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.detection.figures import percent
from sesguard.errors import SesguardError
from sesguard.fleet.fleet import Fleet
from sesguard.stream import StreamId

_MOST_TOLD: Final = 3


def stream_path(stream: str) -> str:
    """The path of a stream's page."""
    return f"/stream/{quote(stream, safe='/')}"


class FleetView:
    """One open page of the fleet. It shows each reading once, by what differs from the one before."""

    def __init__(self, session: ConsoleSession) -> None:
        self.session = session
        self.filter = rows_of.ALL
        self.wanted = ""
        self.shown: Fleet | None = None
        self.rows: dict[str, dict[str, Any]] = {}
        self.filters: dict[str, tuple[ui.element, ui.element]] = {}

    def build(self) -> None:
        with page(self.session, "Fleet", "/"):
            tag("h1", "Fleet")
            self.numbers = ui.element("div").classes("numbers")
            self.account = ui.element("div").classes("accountline")
            self._tools()
            options = grids.options(where=rows_of.several_places(self.session.feed.home))
            self.grid = ui.aggrid(options, auto_size_columns=False).classes("grid")
            self.grid.on("cellDoubleClicked", lambda event: self._open(event.args.get("data", {}).get("id")), ["data"])
            self.grid.on("cellClicked", self._clicked, ["data", "colId"])
            ui.keyboard(self._on_key)
        self._refresh()
        ui.timer(1.0, self._refresh)

    def _tools(self) -> None:
        with ui.element("div").classes("tools"):
            self.search = ui.input("Search", on_change=self._search).props("outlined dense clearable debounce=150")
            self.count = tag("span", " ", "count")
            for command in ("hold", "resume", "acknowledge", "approve"):
                kind = "stop" if command == "hold" else ""
                action(command.capitalize(), lambda command=command: self._ask(command), kind)
            action("CSV", self._download)

    def _refresh(self) -> None:
        """Show what was read last, if that is news."""
        fleet = self.session.feed.fleet
        if fleet is None or fleet is self.shown:
            return
        self.shown = fleet
        self._fill_numbers(fleet)
        self._fill_account(fleet)
        self._fill_grid()

    def _fill_numbers(self, fleet: Fleet) -> None:
        """Put the numbers into their buttons. These stay: one made anew under the pointer would lose the click."""
        for filter_name, number in rows_of.numbers(fleet).items():
            if filter_name not in self.filters:
                self._add_filter(filter_name)
            button, shown = self.filters[filter_name]
            pressed = "true" if filter_name == self.filter else "false"
            if button.props.get("aria-pressed") != pressed:
                button.props["aria-pressed"] = pressed
                button.update()
            if shown._text != f"{number:,}":
                shown._text = f"{number:,}"
                shown.update()

    def _add_filter(self, filter_name: str) -> None:
        with self.numbers, ui.element("button").classes("number").props("type=button") as button:
            shown = tag("strong", " ")
            tag("span", filter_name)
        button.on("click", lambda: self._choose(filter_name))
        self.filters[filter_name] = button, shown

    def _fill_account(self, fleet: Fleet) -> None:
        total = fleet.total()
        self.account.clear()
        with self.account:
            for what, kind in (("bounces", BOUNCES), ("complaints", COMPLAINTS)):
                with ui.element("span"):
                    tag("b", percent(total.rate(kind)) if total.volume else "–")
                    tag("span", f" {what}; SES reviews at {percent(REVIEW[kind])}")
            with ui.element("span"):
                tag("b", f"{total.volume:,}")
                tag("span", " mails in 24 h")
            dead = sum((fleet.dead_letters or {}).values())
            if dead:
                ui.link(counted(dead, "dead letter"), "/guard").classes("bad")

    def _fill_grid(self) -> None:
        fleet = self.shown
        if fleet is None:
            return
        found = [
            row
            for row in rows_of.grid_rows(fleet, self.session.feed.home, self.filter)
            if rows_of.matches(row, self.wanted)
        ]
        new = {row["id"]: row for row in found}
        if not self.rows:
            self.grid.options["rowData"] = found
            self.grid.update()
        else:
            self.grid.run_grid_method(
                "applyTransaction",
                {
                    "add": [row for key, row in new.items() if key not in self.rows],
                    "update": [row for key, row in new.items() if key in self.rows and self.rows[key] != row],
                    "remove": [{"id": key} for key in self.rows if key not in new],
                },
            )
        self.rows = new
        self.count._text = counted(len(found), "stream")
        self.count.update()

    def _choose(self, filter_name: str) -> None:
        self.filter = filter_name
        if self.shown is not None:
            self._fill_numbers(self.shown)
        self._fill_grid()

    def _search(self, event: Any) -> None:  # noqa: ANN401  # NiceGUI's
        self.wanted = str(event.value or "")
        self._fill_grid()

    def _clicked(self, event: Any) -> None:  # noqa: ANN401  # NiceGUI's
        if event.args.get("colId") == "stream":
            self._open(event.args.get("data", {}).get("id"))

    def _open(self, stream: object) -> None:
        if isinstance(stream, str) and stream:
            ui.navigate.to(stream_path(stream))

    async def _on_key(self, event: Any) -> None:  # noqa: ANN401  # NiceGUI's
        key = pressed(event)
        if key == "/":
            self.search.run_method("focus")
        elif key in {"j", "k"}:
            ui.run_javascript(grids.MOVE.format(id=self.grid.id, by=1 if key == "j" else -1))
        elif key == "x":
            ui.run_javascript(grids.TOGGLE.format(id=self.grid.id))
        elif key == "Enter":
            self._open(await ui.run_javascript(f"return {grids.FOCUSED.format(id=self.grid.id)}"))
        elif key in COMMANDS:
            await self._ask(COMMANDS[key])

    async def _selected(self) -> list[str]:
        """The keys of the streams that are selected and in sight, or of the one that has the focus."""
        chosen = [row["id"] for row in await self.grid.get_selected_rows() if row["id"] in self.rows]
        if chosen:
            return chosen
        focused = await ui.run_javascript(f"return {grids.FOCUSED.format(id=self.grid.id)}")
        return [focused] if focused in self.rows else []

    async def _ask(self, command: str) -> None:
        chosen = await self._selected()
        if not chosen:
            ui.notify("Select the streams first.", type="info")
            return
        known = {str(row.stream): row.stream for row in self.shown.rows} if self.shown is not None else {}
        streams = [known[key] for key in chosen if key in known]
        names = [name(stream, self.session.feed.home).plain for stream in streams]
        ask_why(self.session, command, names, lambda reason: give(self.session, command, streams, reason))

    def _download(self) -> None:
        text = rows_of.as_csv(sorted(self.rows.values(), key=lambda row: int(row["rank"])))
        ui.download.content(text, "streams.csv", "text/csv")


async def give(session: ConsoleSession, command: str, streams: Sequence[StreamId], reason: str) -> None:
    """Give a command, say what became of it, and read anew."""
    try:
        done = await to_thread(session.feed.give, command, streams, reason)
    except (SesguardError, ValueError) as error:
        ui.notify(say(error), type="negative", timeout=10_000)
        return
    failed = [each for each in done if each.failed]
    for each in sorted(done, key=lambda it: (not it.failed, it.idle))[:_MOST_TOLD]:
        said = f"{name(each.stream, session.feed.home).plain}: {each.text}"
        ui.notify(say(said, 300), type="negative" if each.failed else "positive", timeout=10_000)
    if len(done) > _MOST_TOLD:
        ui.notify(f"{counted(len(done), 'stream')}, {len(failed):,} of them failed", type="info", timeout=10_000)
    await to_thread(session.feed.read)
