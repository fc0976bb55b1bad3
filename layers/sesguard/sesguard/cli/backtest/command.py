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
from argparse import ArgumentTypeError
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from sesguard.backtest.guarded import ReplayTerms
from sesguard.backtest.inputs import Inputs, UnreadableFileError, files_below
from sesguard.backtest.order import in_order
from sesguard.backtest.replay import Replay
from sesguard.backtest.summary import summaries
from sesguard.cli.backtest.plot import Plot, PlotError
from sesguard.cli.backtest.progress import ReplayProgress
from sesguard.cli.backtest.report import JsonReport, Report
from sesguard.cli.backtest.text import TextReport
from sesguard.errors import PolicyError
from sesguard.policy import Policy
from sesguard.policy_file import load_policy
from sesguard.ses_events.context import Context
from sesguard.text import one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

BROKEN_LINES = 1
UNUSABLE = 2
_DAY = 86_400.0


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="counts or SES events, a folder of them, or -")
    parser.add_argument("--policy", metavar="FILE", help="TOML, JSON or YAML; the defaults where it says nothing")
    parser.add_argument("--json", action="store_true", help="one JSON object a line instead of text")
    parser.add_argument("--compare", action="store_true", help="the same traffic under the AWS recipe and a threshold")
    parser.add_argument(
        "--latency", type=_seconds(0), default=60.0, metavar="S", help="seconds from a decision to refused mail (60)"
    )
    parser.add_argument(
        "--evaluate-every", type=_seconds(1), default=60.0, metavar="S", help="seconds between two looks (60)"
    )
    parser.add_argument("--plot", metavar="FILE", help="draw one stream: a .png or .svg file")
    parser.add_argument("--stream", metavar="NAME", help="the stream to draw, where there are several")


def run(arguments: argparse.Namespace) -> int:
    """Replay, print, and give the exit code."""
    try:
        return _run(arguments)
    except (PlotError, UnreadableFileError, PolicyError) as problem:
        print(f"sesguard backtest: {one_line(str(problem), 1_000)}", file=sys.stderr)
        return UNUSABLE


def _run(arguments: argparse.Namespace) -> int:
    terms = ReplayTerms(_policy(arguments.policy), arguments.latency, arguments.evaluate_every)
    plot = _plot(arguments)
    files = files_below(arguments.files)
    report: Report = JsonReport(terms) if arguments.json else TextReport(terms)
    replay = Replay(terms, compare=arguments.compare, trace=None if plot is None else plot.stream)
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


def _seconds(least: float) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not isfinite(value) or not least <= value <= _DAY:
            message = f"{one_line(text, 40)!r}: expected seconds from {least} to {_DAY:.0f}"
            raise ArgumentTypeError(message)
        return value

    return convert


def _policy(path: str | None) -> Policy:
    if path is None:
        return Policy()
    try:
        return load_policy(Path(path))
    except OSError as problem:
        raise UnreadableFileError(path, problem) from None


def _plot(arguments: argparse.Namespace) -> Plot | None:
    if arguments.plot is None:
        if arguments.stream is not None:
            message = "--stream says what --plot draws: give both"
            raise PlotError(message)
        return None
    return Plot(Path(arguments.plot), arguments.stream)


def _complain(file: str, line: int, problem: str) -> None:
    print(f"{one_line(file, 200)}:{line}: {one_line(problem, 400)}", file=sys.stderr)
