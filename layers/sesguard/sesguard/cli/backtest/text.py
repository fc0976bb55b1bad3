"""A replay for people: a line for each decision, then a table of what it comes to."""

from __future__ import annotations

from datetime import UTC, datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sesguard.backtest.guarded import Decided, ReplayTerms
from sesguard.backtest.inputs import Inputs
from sesguard.backtest.replay import Replay
from sesguard.backtest.rivals import RIVALS
from sesguard.backtest.summary import GUARD, ReplayOutcome, Summary, total
from sesguard.backtest.telling import sentence
from sesguard.pausing.decide import Action
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
        self._console = Console(highlight=False, markup=False, emoji=False)
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

    def end(self, found: list[Summary], inputs: Inputs, replay: Replay) -> None:
        eventful = [summary for summary in found if summary.eventful]
        print_ = self._console.print
        if eventful:
            print_(_table(eventful, found))
        if len(eventful) < len(found):
            quiet = [summary for summary in found if not summary.eventful]
            mails = sum(summary.mails for summary in quiet)
            print_(f"{_count(len(quiet), 'stream')} with nothing to tell: {_count(mails, 'mail')}.")
        if replay.rivals:
            print_(
                _comparison([it for it in eventful if any(o.pauses or o.leaked for o in it.detectors.values())], found)
            )
            print_(_MODELS, style="dim")
        print_(_footing(found, inputs, replay, self._terms), style="dim", soft_wrap=True)


def clock(second: float) -> str:
    """A second of the record: a date where it is one, else days and time since the record's zero."""
    if second >= _A_DATE_FROM:
        return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    days, rest = divmod(int(second), 86_400)
    return f"day {days:>3} {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"


def _table(eventful: list[Summary], found: list[Summary]) -> Table:
    table = Table(box=SIMPLE_HEAD, title="What it comes to", title_justify="left", title_style="bold", show_footer=True)
    everything = total([summary.guard for summary in found])
    table.add_column("stream", footer="all streams", no_wrap=True)
    for title, number in (
        ("mails", sum(it.mails for it in found)),
        ("bounces", sum(it.bounces for it in found)),
        ("complaints", sum(it.complaints for it in found)),
        ("warnings", sum(it.warnings for it in found)),
        ("pauses", everything.pauses),
        ("leaked", everything.leaked),
        ("refused", everything.refused),
        ("refused clean", everything.refused_clean),
        ("bounces spared", everything.spared_bounces),
        ("complaints spared", everything.spared_complaints),
    ):
        table.add_column(title, footer=f"{number:,}", justify="right")
    table.add_column("in the end")
    for it in eventful:
        guard = it.guard
        recorded = (it.mails, it.bounces, it.complaints, it.warnings, guard.pauses, guard.leaked, guard.refused)
        spared = (guard.refused_clean, guard.spared_bounces, guard.spared_complaints)
        table.add_row(_name(it.stream, pad=False), *(_figure(n) for n in (*recorded, *spared)), it.status)
    return table


def _comparison(shown: list[Summary], found: list[Summary]) -> Table:
    table = Table(box=SIMPLE_HEAD, title="The same traffic under others", title_justify="left", title_style="bold")
    table.show_footer = True
    detectors = ((GUARD, "sesguard"), *((rival.key, rival.title) for rival in RIVALS))
    table.add_column("stream", footer="all streams", no_wrap=True)
    for key, title in detectors:
        sums = total([summary.detectors[key] for summary in found])
        for heading, number in zip(("pauses", "leaked", "refused", "clean of it"), _compared(sums), strict=True):
            table.add_column(f"{title}\n{heading}" if heading == "pauses" else f"\n{heading}", justify="right")
            table.columns[-1].footer = f"{number:,}"
    for it in shown:
        numbers = [number for key, _ in detectors for number in _compared(it.detectors[key])]
        table.add_row(_name(it.stream, pad=False), *(_figure(number) for number in numbers))
    return table


def _compared(outcome: ReplayOutcome) -> tuple[int, int, int, int]:
    return outcome.pauses, outcome.leaked, outcome.refused, outcome.refused_clean


def _footing(found: list[Summary], inputs: Inputs, replay: Replay, terms: ReplayTerms) -> str:
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
