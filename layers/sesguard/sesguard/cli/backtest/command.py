"""Replays recorded mail through the guard and says what it would have done, and what that comes to for each stream.

FILES hold SES events in any shape that the guard reads, or counts, one JSON line for each moment of a stream:

  {"stream": "acme", "seen_at": 3660.0, "rows": [["send", 3600, 41], ["bounce", 3600, 3, "example.com"],
   ["complaint", 3600, 1], ["delivery", 3600, 38], ["transient", 3600, 2], ["acknowledge"], ["resume"]]}

seen_at is when the rows became visible, the number in a row when the mail was sent, both in seconds; then a count and,
if known, the receiving domain. "acknowledge" is the owner's word, "resume" the operator's. Files may be gzipped; a
folder stands for all files below it, - for the standard input. The order of lines and files does not matter.

The loop is closed: mail sent while a pause was in force, --latency seconds after it was decided, does not count, and
neither does what became of it. Nothing is assumed of the sender: who sends on in the record sends on in the replay.
A policy in observe mode says what it would do, and mail goes on.

leaked   mails of bad spans that went out. A bad span is found in hindsight, with every outcome known: a stretch whose
         outcomes are 1/chance times as likely from a sender well over a limit (1.5, 3 or 6 times) as from one at it.
refused  mails that a pause kept from going out; clean: those of them that lie outside bad spans.
spared   hard bounces and complaints of refused mails: they never happened.

--json prints an object a line. For each decision: stream, at and effective_at (seconds), action (warn, calm, pause,
hold, resume, recover), mode, risk, reason, sentence, and of the run that it rests on kind, from, to, volume, bad, rate,
limit, chance, credit, evidence, domains, codes. Then for each stream one with action "summary" and its numbers under
"summary" (under "compare", by detector, with --compare), and one with action "total".

Exit code: 0, or 1 where a line or event could not be read (named on stderr, the rest replayed), or 2 where a file, the
policy or an option is unusable.
"""

from __future__ import annotations

import sys
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from cyclopts import Parameter

from sesguard.backtest.guarded import ReplayTerms
from sesguard.backtest.inputs import Inputs, UnreadableFileError, files_below
from sesguard.backtest.order import in_order
from sesguard.backtest.replay import Replay
from sesguard.backtest.summary import summaries
from sesguard.cli.backtest.plot import Plot, PlotError
from sesguard.cli.backtest.progress import ReplayProgress
from sesguard.cli.backtest.report import JsonReport, Report
from sesguard.cli.backtest.text import TextReport
from sesguard.cli.options import converted, many
from sesguard.errors import PolicyError
from sesguard.policy import Policy
from sesguard.policy_file import load_policy
from sesguard.ses_events.context import Context
from sesguard.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

BROKEN_LINES = 1
UNUSABLE = 2
_DAY = 86_400.0


def _seconds(least: float) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not isfinite(value) or not least <= value <= _DAY:
            message = f"{one_line(text, 40)!r}: expected seconds from {least} to {_DAY:.0f}"
            raise ValueError(message)
        return value

    return convert


class ReplayOptions(NamedTuple):
    """What the command line says."""

    files: tuple[str, ...]
    policy: str | None
    json: bool
    compare: bool
    latency: float
    every: float
    plot: str | None
    stream: str | None


def run(
    files: Annotated[tuple[str, ...], many("FILE", "counts or SES events, a folder of them, or -")],
    /,
    *,
    policy: Annotated[
        str | None, Parameter(metavar="FILE", help="TOML, JSON or YAML; the defaults where it says nothing")
    ] = None,
    json: Annotated[bool, Parameter(help="one JSON object a line instead of text")] = False,
    compare: Annotated[bool, Parameter(help="the same traffic under the AWS recipe and a threshold")] = False,
    latency: Annotated[
        float,
        Parameter(converter=converted(_seconds(0)), metavar="S", help="seconds from a decision to refused mail (60)"),
    ] = 60.0,
    evaluate_every: Annotated[
        float, Parameter(converter=converted(_seconds(1)), metavar="S", help="seconds between two looks (60)")
    ] = 60.0,
    plot: Annotated[str | None, Parameter(metavar="FILE", help="draw one stream: a .png, .svg or .pdf file")] = None,
    stream: Annotated[str | None, Parameter(metavar="NAME", help="the stream to draw, where there are several")] = None,
) -> int:
    """Replay, print, and give the exit code."""
    try:
        return _replay(ReplayOptions(files, policy, json, compare, latency, evaluate_every, plot, stream))
    except (PlotError, UnreadableFileError, PolicyError) as problem:
        print(f"sesguard backtest: {one_line(str(problem), 1_000)}", file=sys.stderr)
        return UNUSABLE


def _replay(options: ReplayOptions) -> int:
    terms = ReplayTerms(_policy(options.policy), options.latency, options.every)
    plot = _plot(options)
    files = files_below(list(options.files))
    report: Report = JsonReport(terms) if options.json else TextReport(terms)
    replay = Replay(terms, compare=options.compare, trace=None if plot is None else plot.stream)
    with ReplayProgress() as progress:
        inputs = Inputs(files, Context(), _complain, progress.read)
        progress.begin(inputs.size())
        moments = progress.replayed(in_order(inputs.moments()), lambda: inputs.read)
        if plot is not None:
            moments = plot.watched(moments)
        for decided in replay.run(moments):
            with progress.aside():
                report.decision(decided)
            if plot is not None:
                plot.decision(decided)
    report.end(summaries(replay), inputs, replay)
    if plot is not None:
        plot.draw(replay, terms.policy)
    return BROKEN_LINES if inputs.broken else 0


def _policy(path: str | None) -> Policy:
    if path is None:
        return Policy()
    try:
        return load_policy(Path(path))
    except OSError as problem:
        raise UnreadableFileError(path, problem) from None


def _plot(options: ReplayOptions) -> Plot | None:
    if options.plot is None:
        if options.stream is not None:
            message = "--stream says what --plot draws: give both"
            raise PlotError(message)
        return None
    return Plot(Path(options.plot), options.stream)


def _complain(file: str, line: int, problem: str) -> None:
    print(f"{one_line(file, 200)}:{line}: {one_line(problem, 400)}", file=sys.stderr)
