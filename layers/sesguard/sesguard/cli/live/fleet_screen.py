"""``sesguard watch`` on a terminal: the fleet in a table, what is new below it, and words on the selected stream."""

from __future__ import annotations

import contextlib
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import DataTable, Footer, Input, Static

from sesguard.cli.evidence_view import sentences
from sesguard.cli.live.columns import Column
from sesguard.cli.live.feed import APPROVE, EVERY_SECONDS, Feed
from sesguard.cli.live.lines import line_of
from sesguard.cli.live.terminal_app import TerminalApp
from sesguard.cli.live.widgets import FleetTable, Timeline
from sesguard.cli.screen import StreamHome, age, clock, counted, name, plain, status
from sesguard.cli.status_view import waits_in_short
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.detection.figures import percent
from sesguard.errors import SesguardError
from sesguard.fleet.fleet import Fleet, FleetRow
from sesguard.fleet.stream_page import read_evidence
from sesguard.pausing.operator_command import Order
from sesguard.stream import StreamId

MOST_ROWS: Final = 1_000
COLUMNS: Final = (
    Column("state", 9),
    Column("stream", 9),
    Column("risk", 9),
    Column("waits for", 4),
    Column("24 h", 5, number=True),
    Column("bounces", 7, number=True),
    Column("complaints", 6, number=True),
    Column("since", 3),
    Column("tenant", 2),
)
_LONGEST_NAME: Final = 32
_TIME: Final = 22  # cells of a time in the news, as ``line_of`` writes it
_LONGEST_TENANT: Final = 20
_BARS: Final = "▁▂▃▄▅▆▇█"
_CELLS: Final = 8
KEYS: Final = """\
/            search in the names of streams and tenants; Escape ends it
j k, arrows  go down and up
Enter        the stream's evidence
t            only what needs attention, or all
h r a p      hold, resume, acknowledge, approve: asks why
q            leave"""


def risk_bar(risk: float | None) -> Text:
    """A risk as a number and a bar; full is 1, which pauses."""
    if risk is None:
        return Text("?", style="yellow")
    style = "red" if risk >= 1 else "yellow" if risk >= 0.5 else "dim"
    eighths = round(min(1.0, risk) * _CELLS * 8)
    bar = "█" * (eighths // 8) + (_BARS[eighths % 8 - 1] if eighths % 8 else "")
    return Text(f"{risk:5.2f} {bar:<{_CELLS}}", style=style)


def cells(row: FleetRow, fleet: Fleet, home: StreamHome) -> tuple[Text, ...]:
    """A row of the table."""
    sums, state = row.sums, row.status.record.state if row.status is not None else None
    return (
        status(row.state),
        plain(name(row.stream, home).plain, _LONGEST_NAME),
        risk_bar(row.risk),
        Text(waits_in_short(row.status.waits, fleet.now) if row.status is not None else ""),
        Text(f"{sums.volume:,}" if sums is not None else ""),
        Text(percent(sums.rate(BOUNCES)) if sums is not None and sums.volume else ""),
        Text(percent(sums.rate(COMPLAINTS)) if sums is not None and sums.volume else ""),
        Text(age(state.since, fleet.now) if state is not None else ""),
        plain(row.tenant, _LONGEST_TENANT),
    )


class _Page(ModalScreen[None]):
    """Text over the table, until a key is pressed."""

    DEFAULT_CSS = """
    _Page { align: center middle; }
    _Page Static { width: 90%; max-width: 110; height: auto; max-height: 90%; border: round $accent; padding: 1 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q,question_mark", "dismiss", "close")]

    def __init__(self, title: str, text: Text) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        page = Static(self._text)
        page.border_title = Text(self._title).markup
        yield page


class _Why(ModalScreen[str]):
    """Asks why; gives "" where nothing is to be done."""

    DEFAULT_CSS = """
    _Why { align: center middle; }
    _Why Vertical { width: 80; max-width: 95%; height: auto; border: round $accent; padding: 1 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", "leave it")]

    def __init__(self, question: Text) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question)
            yield Input(placeholder="why, for the record; Escape leaves it", max_length=1_000)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)


class FleetScreen(TerminalApp[None]):
    """The app. It reads the fleet in a thread, every EVERY_SECONDS."""

    CSS = """
    #head, #foot { height: auto; color: $text-muted; }
    FleetTable { height: 2fr; }
    #search { display: none; height: 3; }
    #search.shown { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", "leave"),
        Binding("slash", "search", "search"),
        Binding("t", "attention", "attention"),
        Binding("h", "word('hold')", "hold"),
        Binding("r", "word('resume')", "resume"),
        Binding("a", "word('acknowledge')", "acknowledge"),
        Binding("p", "word('approve')", "approve"),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
        Binding("question_mark", "keys", "keys"),
        Binding("escape", "clear", show=False),
    ]

    def __init__(self, feed: Feed) -> None:
        super().__init__()
        self._feed, self._home = feed, feed.home
        self._only_attention = False
        self._wanted = ""
        self._shown: dict[str, StreamId] = {}

    def compose(self) -> ComposeResult:
        yield Static("reading …", id="head")
        yield Input(placeholder="part of a stream's or tenant's name", id="search")
        yield FleetTable(COLUMNS, choosing=True)
        yield Timeline("news", hang=_TIME)
        yield Static(id="foot")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(FleetTable).focus()
        self._read()
        self.set_interval(EVERY_SECONDS, self._read)

    def _read(self) -> None:
        self.run_worker(self._reading, thread=True, exclusive=True, group="reading")

    def _reading(self) -> None:
        found = self._feed.read()
        who = self._feed.who

        def put() -> None:
            for each in found:
                self.query_one(Timeline).add(line_of(each, self._home))
            self.put(who)

        with contextlib.suppress(RuntimeError):  # the app has ended meanwhile
            self.call_from_thread(put)

    def put(self, who: str = "") -> None:
        """Show what was read last."""
        feed, fleet = self._feed, self._feed.fleet
        head, foot = self.query_one("#head", Static), self.query_one("#foot", Static)
        if feed.problem:
            foot.update(Text(feed.problem, style="red"))
        if fleet is None:
            return
        rows = [row for row in fleet.rows if self._is_wanted(row)]
        self._shown = {str(row.stream): row.stream for row in rows[:MOST_ROWS]}
        self.query_one(FleetTable).put({str(row.stream): cells(row, fleet, self._home) for row in rows[:MOST_ROWS]})
        counts = ", ".join(f"{'?' if n is None else f'{n:,}'} {state}" for state, n in fleet.counts.items())
        mode = " read-only" if feed.read_only else ""
        head.update(
            Text(
                f"{fleet.where} {fleet.modes}{mode}  {plain(who, 200).plain}\n{counts}",
                "default",
            )
        )
        if not feed.problem:
            foot.update(self._foot(fleet, len(rows)))

    def _foot(self, fleet: Fleet, wanted: int) -> Text:
        left = f", {counted(wanted - MOST_ROWS, 'more stream')}: search" if wanted > MOST_ROWS else ""
        old = f", oldest counts {age(fleet.oldest, fleet.now)}" if fleet.oldest is not None else ""
        problems = "".join(f"\n{problem}" for problem in fleet.problems[:3])
        return Text(f"read {clock(fleet.now)} in {fleet.reading.seconds:.1f} s{old}{left}").append(problems, "yellow")

    def _is_wanted(self, row: FleetRow) -> bool:
        if self._only_attention and not row.needs_attention:
            return False
        return not self._wanted or self._wanted in str(row.stream).lower() or self._wanted in row.tenant.lower()

    def _selected(self) -> StreamId | None:
        return self._shown.get(self.query_one(FleetTable).chosen or "")

    def action_search(self) -> None:
        box = self.query_one("#search", Input)
        box.add_class("shown")
        box.focus()

    def action_clear(self) -> None:
        self.query_one("#search", Input).remove_class("shown")
        self._wanted = ""
        self.query_one(FleetTable).focus()
        self.put(self._feed.who)

    def on_input_changed(self, event: Input.Changed) -> None:
        if event.input.id == "search":
            self._wanted = event.value.lower()
            self.put(self._feed.who)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "search":
            self.query_one(FleetTable).focus()

    def action_attention(self) -> None:
        self._only_attention = not self._only_attention
        self.put(self._feed.who)

    def action_down(self) -> None:
        self.query_one(FleetTable).action_cursor_down()

    def action_up(self) -> None:
        self.query_one(FleetTable).action_cursor_up()

    def action_keys(self) -> None:
        self.push_screen(_Page("keys", Text(KEYS)))

    def on_data_table_row_selected(self, _: DataTable.RowSelected) -> None:
        if (stream := self._selected()) is not None:
            self.run_worker(lambda: self._explain(stream), thread=True)

    def _explain(self, stream: StreamId) -> None:
        try:
            page = read_evidence(self._feed.source_of(stream), stream, self._feed.clock())
            text = Text("\n").join(plain(sentence, 1_000) for sentence in sentences(page.now))
        except SesguardError as error:
            text = plain(str(error))

        def show() -> None:
            self.push_screen(_Page(name(stream, self._home).plain, text))

        self.call_from_thread(show)

    def action_word(self, command: str) -> None:
        """Ask why, then give the word on the selected stream."""
        stream = self._selected()
        if stream is None:
            return
        if self._feed.read_only:
            self.notify("this view is read-only", severity="warning", markup=False)
            return
        question = Text.assemble(f"{command.capitalize()} ", name(stream, self._home), "?")

        def give(reason: str | None) -> None:
            if reason and reason.strip():
                self.run_worker(lambda: self._give(command, stream, reason), thread=True)

        self.push_screen(_Why(question), give)

    def _give(self, command: str, stream: StreamId, reason: str) -> None:
        assert command == APPROVE or command in list(Order)  # noqa: S101  # of BINDINGS
        try:
            (done,) = self._feed.give(command, [stream], reason)
            said, wrong = f"{name(stream, self._home).plain}: {done.text}", done.failed
        except (SesguardError, ValueError) as error:
            said, wrong = str(error), True

        def show() -> None:
            self.notify(said, severity="error" if wrong else "information", markup=False, timeout=10)
            self._read()

        self.call_from_thread(show)
