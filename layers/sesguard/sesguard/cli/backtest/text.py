"""A replay for people: a line for each decision, then a table of what it comes to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.replay import Replay
from sesguard.backtest.rivals import RIVALS
from sesguard.backtest.sentences import sentence
from sesguard.backtest.summary import GUARD, ReplayOutcome, Summary, total
from sesguard.cli.backtest.report import ReadInputs
from sesguard.cli.output import OutputConsole
from sesguard.pausing.decision import Action
from sesguard.policy import Mode
from sesguard.text import one_line

_WORDS = {
    Action.WARN: ("warn", "would warn", "yellow"),
    Action.CALM: ("calm", "would calm", "green"),
    Action.PAUSE: ("PAUSE", "would PAUSE", "bold red"),
    Action.HOLD: ("HOLD", "would HOLD", "bold red"),
    Action.RESUME: ("resume", "would resume", "cyan"),
    Action.RECOVER: ("recover", "would recover", "green"),
}
_LONGEST_NAME = 40
_WIDTH_OF_A_FILE = 160
_A_DATE_FROM = 10 * 366 * 86_400  # seconds that are less are a time within the record, no date

_MODELS = """\
The AWS recipe is modelled as its rate over the last 10,000 mails, compared every 5 minutes with 5 % and 0.1 %, with no
minimum; how SES smooths its own metric is not published. The fixed threshold is the same over the last hour, from 100
mails for bounces and 1,000 for complaints. An operator resumes both after 4 hours. Leaked counts the same bad spans."""


class TextReport:
    """Prints to stdout, coloured on a terminal."""

    def __init__(self, terms: ReplayTerms) -> None:
        self._terms = terms
        self._console = OutputConsole(highlight=False, markup=False, emoji=False)
        if not self._console.is_terminal:
            self._console.width = _WIDTH_OF_A_FILE

    def decision(self, decided: Decided) -> None:
        policy = self._terms.policy
        does, would, colour = _WORDS[decided.action]
        observing = policy.mode is Mode.OBSERVE
        cells = (
            Text(clock(decided.at), "dim"),
            Text(_name(decided.stream), "bold"),
            Text(f"{would if observing else does:<{13 if observing else 7}}", colour),
            Text(f"risk {decided.verdict.risk:5.2f}", "dim"),
            Text(one_line(sentence(decided, policy), 600)),
        )
        if self._console.is_terminal:
            line = Table.grid(padding=(0, 2, 0, 0))
            for cell in cells:
                line.add_column(no_wrap=cell is not cells[-1])
            line.add_row(*cells)
            self._console.print(line)
        else:
            self._console.print(Text("  ").join(cells), soft_wrap=True)

    def end(self, found: list[Summary], inputs: ReadInputs, replay: Replay) -> None:
        eventful = [summary for summary in found if summary.eventful]
        print_ = self._console.print
        if eventful:
            for table in _tables(eventful, found, self._console.width):
                print_(table)
        if len(eventful) < len(found):
            quiet = [summary for summary in found if not summary.eventful]
            mails = sum(summary.mails for summary in quiet)
            print_(f"{_count(len(quiet), 'stream')} with nothing to tell: {_count(mails, 'mail')}.")
        if replay.rivals:
            shown = [it for it in eventful if any(o.pauses or o.leaked for o in it.detectors.values())]
            for table in _comparisons(shown, found, self._console.width):
                print_(table)
            print_(" ".join(_MODELS.split()), style="dim")
        print_(_footing(found, inputs, replay, self._terms), style="dim", soft_wrap=True)


def clock(second: float) -> str:
    """A second of the record: a date where it is one, else days and time since the record's zero."""
    if second >= _A_DATE_FROM:
        return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    days, rest = divmod(int(second), 86_400)
    return f"day {days:>3} {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"


class _Column(NamedTuple):
    """One of a table: its heading, a cell for each stream, and what all streams together have."""

    heading: str
    cells: Sequence[str]
    footer: str = ""
    right: bool = True


def _tables(eventful: list[Summary], found: list[Summary], width: int) -> Iterator[Table]:
    everything = total([summary.guard for summary in found])

    def numbers(heading: str, of: Callable[[Summary], int], footer: int) -> list[_Column]:
        return [_Column(heading, [_figure(of(it)) for it in eventful], f"{footer:,}")]

    groups = [
        numbers("mails", lambda it: it.mails, sum(it.mails for it in found)),
        numbers("bounces", lambda it: it.bounces, sum(it.bounces for it in found)),
        numbers("complaints", lambda it: it.complaints, sum(it.complaints for it in found)),
        numbers("warnings", lambda it: it.warnings, sum(it.warnings for it in found)),
        numbers("pauses", lambda it: it.guard.pauses, everything.pauses),
        numbers("leaked", lambda it: it.guard.leaked, everything.leaked),
        numbers("refused", lambda it: it.guard.refused, everything.refused),
        numbers("refused clean", lambda it: it.guard.refused_clean, everything.refused_clean),
        numbers("bounces spared", lambda it: it.guard.spared_bounces, everything.spared_bounces),
        numbers("complaints spared", lambda it: it.guard.spared_complaints, everything.spared_complaints),
        [_Column("in the end", [it.status for it in eventful], right=False)],
    ]
    yield from _fitted("What it comes to", eventful, groups, width)


def _comparisons(shown: list[Summary], found: list[Summary], width: int) -> Iterator[Table]:
    groups = []
    for key, title in ((GUARD, "sesguard"), *((rival.key, rival.title) for rival in RIVALS)):
        sums = _compared(total([summary.detectors[key] for summary in found]))
        rows = [_compared(it.detectors[key]) for it in shown]
        headings = (f"{title}\npauses", "\nleaked", "\nrefused", "\nclean of it")
        groups.append(
            [_Column(each, [_figure(row[n]) for row in rows], f"{sums[n]:,}") for n, each in enumerate(headings)]
        )
    yield from _fitted("The same traffic under others", shown, groups, width)


def _fitted(title: str, shown: list[Summary], groups: Sequence[list[_Column]], width: int) -> Iterator[Table]:
    """As many tables as it takes for no number to be cut, each with the streams again; groups stay together."""
    names = _Column("stream", [_name(it.stream, pad=False) for it in shown], "all streams", right=False)
    columns = [names]
    for group in groups:
        if len(columns) > 1 and _width(_made(title, [*columns, *group])) > width:
            yield _made(title, columns)
            title, columns = "", [names]
        columns += group
    yield _made(title, columns)


def _made(title: str, columns: Sequence[_Column]) -> Table:
    table = Table(
        box=SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", show_footer=True, pad_edge=False
    )
    for column in columns:
        table.add_column(column.heading, column.footer, justify="right" if column.right else "left", no_wrap=True)
    for row in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*(Text(cell) for cell in row))
    return table


def _width(table: Table) -> int:
    """The columns of a screen that it takes uncut."""
    boundless = Console(width=10_000)
    return Measurement.get(boundless, boundless.options, table).maximum


def _compared(outcome: ReplayOutcome) -> tuple[int, int, int, int]:
    return outcome.pauses, outcome.leaked, outcome.refused, outcome.refused_clean


def _footing(found: list[Summary], inputs: ReadInputs, replay: Replay, terms: ReplayTerms) -> str:
    parts = [f"{_count(replay.moments, 'moment')} of {_count(len(found), 'stream')}"]
    for number, what in (
        (replay.duplicates, "duplicate"),
        (inputs.unattributed, "event of mail without a configuration set"),
        (inputs.broken, "line that cannot be read"),
    ):
        if number:
            parts.append(_count(number, what))
    terms_ = f"a look every {terms.every:g} s, {terms.latency:g} s from decision to refused mail"
    return (
        f"{', '.join(parts)}; {terms_}, mode {terms.policy.mode.value}. `sesguard backtest --help` defines the columns."
    )


def _name(stream: str, *, pad: bool = True) -> str:
    name = one_line(stream, _LONGEST_NAME) or repr(stream)[:_LONGEST_NAME]
    return f"{name:<12}" if pad else name


def _figure(number: int) -> str:
    return f"{number:,}" if number else "·"


def _count(number: int, what: str) -> str:
    one, _, rest = what.partition(" ")
    return f"{number:,} {what}" if number == 1 else f"{number:,} {one}s{' ' + rest if rest else ''}"
