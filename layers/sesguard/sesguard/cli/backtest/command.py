"""Replays recorded mail through the guard and says what it would have done, and what that comes to for each stream.

FILES hold SES events in any shape that the guard reads, or counts, one JSON line for each moment of a stream:

  {"stream": "acme", "seen_at": 3660.0, "rows": [["send", 3600, 41], ["bounce", 3600, 3, "example.com"],
   ["complaint", 3600, 1], ["delivery", 3600, 38], ["transient", 3600, 2], ["acknowledge"], ["resume"]]}

seen_at is when the rows became visible, the number in a row when the mail was sent, both in seconds; then a count and,
if known, the receiving domain. "acknowledge" is the owner's word, "resume" the operator's. The order of lines and files
does not matter. A folder, or s3://BUCKET/PREFIX, stands for all files below it, - for the standard input. Files may be
gzipped, or compressed with bzip2 or xz, or zip or tar archives. Read as well:

  the lake (docs/lake.md), and Firehose's files of SES events, with those below its error prefix
  CloudWatch Logs, as filter-log-events prints, an export task writes or a console downloads them, and lines with
  anything before or behind the event, with several events, or of a list
  what others have made of events: their documents, tables and texts, and what PowerShell has written (UTF-16)
  aws ses get-send-statistics: the whole account as the stream "account", a quarter of an hour at a time
  the export of message insights (CSV or JSON): streams are from:DOMAIN, as it names no configuration set

What cannot be read (a line, a file that breaks off, a foreign one) is named on stderr, and the rest is replayed. Named,
too, is a hole of more than two months: last year's events beside this year's. --since and --until leave out what came
before or after, and say how much that was.

--engine duckdb sums events to counts first, on disk and in bounded memory, for days of many millions; --engine athena
lets Athena do so, and FILE is then DATABASE.TABLE of the lake. The sums are replayed by the same code to the same
decisions; what --compare shows of others may differ by some mails.

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

Exit code: 0, or 1 where a line or event could not be read (named on stderr, the rest replayed), a file held not one
event, or nothing could be replayed, or 2 where a file, the policy or an option is unusable, or 3 where AWS does not
answer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from cyclopts import Parameter

from sesguard.backtest.collected import collected_seldom
from sesguard.backtest.decided import ReplayTerms
from sesguard.backtest.files import UnreadableFileError, files_below, is_in_s3
from sesguard.backtest.in_athena import AthenaInputs
from sesguard.backtest.in_duckdb import OtherInputError, SummedInputs
from sesguard.backtest.inputs import Inputs
from sesguard.backtest.moment import SeenMoment, UnusableError
from sesguard.backtest.order import in_order
from sesguard.backtest.ports import ObjectStore
from sesguard.backtest.replay import Replay
from sesguard.backtest.span import Span
from sesguard.backtest.summary import summaries
from sesguard.cli.backtest.plot import Plot, PlotError
from sesguard.cli.backtest.progress import ReplayProgress
from sesguard.cli.backtest.report import JsonReport, ReadInputs, Report
from sesguard.cli.backtest.text import TextReport
from sesguard.cli.options import converted, many
from sesguard.errors import AwsError, ConfigurationError, PolicyError
from sesguard.lake.counts_query import grain_of
from sesguard.policy import Policy
from sesguard.ses_events.context import Context
from sesguard.tenants.policy_file import load_policy
from sesguard.text import one_line

BROKEN_LINES = 1
UNUSABLE = 2
UNREACHABLE = 3
Engine = Literal["python", "duckdb", "athena"]
_DAY = 86_400.0


def _seconds(least: float) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not isfinite(value) or not least <= value <= _DAY:
            raise ValueError(f"{one_line(text, 40)!r}: expected seconds from {least} to {_DAY:.0f}")
        return value

    return convert


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{one_line(text, 40)!r}: expected a day, such as 2026-11-20") from None


class AwsOptions(NamedTuple):
    """How AWS is reached, and which part of a lake is asked for."""

    profile: str | None
    region: str | None
    endpoint: str | None
    workgroup: str
    since: date | None
    until: date | None


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
    engine: Engine
    aws: AwsOptions


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
    engine: Annotated[Engine, Parameter(help="what reads and sums: python, duckdb or athena")] = "python",
    since: Annotated[
        date | None, Parameter(converter=converted(_day), metavar="DAY", help="first day, by when events came")
    ] = None,
    until: Annotated[
        date | None, Parameter(converter=converted(_day), metavar="DAY", help="last day, by when events came")
    ] = None,
    workgroup: Annotated[str, Parameter(metavar="NAME", help="of Athena (sesguard-lake)")] = "sesguard-lake",
    profile: Annotated[str | None, Parameter(metavar="NAME", help="credentials and region for S3 and Athena")] = None,
    region: Annotated[str | None, Parameter(metavar="NAME", help="the region of S3 and Athena")] = None,
    endpoint_url: Annotated[str | None, Parameter(metavar="URL", help="of what answers in AWS's place")] = None,
) -> int:
    aws = AwsOptions(profile, region, endpoint_url, workgroup, since, until)
    try:
        return _replay(ReplayOptions(files, policy, json, compare, latency, evaluate_every, plot, stream, engine, aws))
    except (PlotError, UnreadableFileError, PolicyError, OtherInputError, UnusableError, ConfigurationError) as problem:
        return _say(problem, UNUSABLE)
    except AwsError as problem:
        return _say(problem, UNREACHABLE)


def _say(problem: Exception, code: int) -> int:
    print(f"sesguard backtest: {one_line(str(problem), 1_000)}", file=sys.stderr)
    return code


def _replay(options: ReplayOptions) -> int:
    terms = ReplayTerms(_policy(options.policy), options.latency, options.every)
    plot = _plot(options)
    report: Report = JsonReport(terms) if options.json else TextReport(terms)
    replay = Replay(terms, compare=options.compare, trace=None if plot is None else plot.stream)
    with ReplayProgress() as progress, collected_seldom():
        inputs, moments = _inputs(options, terms, progress)
        # Athena was asked for days already, by which its partitions are.
        aws = options.aws if options.engine != "athena" else options.aws._replace(since=None, until=None)
        span = Span(aws.since, aws.until, _note)
        moments = span.within(moments)
        progress.begin(inputs.size())
        moments = progress.replayed(moments, lambda: inputs.read)
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
    if span.left_out:
        _note(f"{span.left_out:,} mails and outcomes lie outside of the days that were asked for, and are left out")
    if not replay.moments:
        print("sesguard backtest: no mail of any stream in what was named", file=sys.stderr)
    return BROKEN_LINES if inputs.broken or inputs.broken_files or not replay.moments else 0


def _inputs(
    options: ReplayOptions, terms: ReplayTerms, progress: ReplayProgress
) -> tuple[ReadInputs, Iterator[SeenMoment]]:
    """What is read, and its moments in the order of becoming visible."""
    if options.engine == "athena":
        return _of_athena(options, _grain(terms))
    store = _store(options)
    files = files_below(list(options.files), store)

    def inputs_of(names: list[str]) -> Inputs:
        return Inputs(names, Context(), _complain, progress.read, store)

    if options.engine == "duckdb":
        summed = SummedInputs(files, inputs_of, _grain(terms), store)
        return summed, summed.moments()
    inputs = inputs_of(files)
    return inputs, in_order(inputs.moments())


def _of_athena(options: ReplayOptions, grain: int) -> tuple[ReadInputs, Iterator[SeenMoment]]:
    from sesguard.wiring.backtest import open_athena

    if len(options.files) != 1:
        raise UnusableError("--engine athena replays one table: give DATABASE.TABLE")
    aws = options.aws
    queries = open_athena(aws.profile, aws.region, aws.endpoint, aws.workgroup)
    inputs = AthenaInputs(queries.rows, options.files[0], grain, aws.since, aws.until, _complain)
    return inputs, inputs.moments()


def _grain(terms: ReplayTerms) -> int:
    try:
        return grain_of(terms.latency, terms.every)
    except ValueError as problem:
        raise UnusableError(str(problem)) from None


def _store(options: ReplayOptions) -> ObjectStore | None:
    if not any(is_in_s3(name) for name in options.files):
        return None
    from sesguard.wiring.backtest import open_objects

    return open_objects(options.aws.profile, options.aws.region, options.aws.endpoint)


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
            raise PlotError("--stream says what --plot draws: give both")
        return None
    return Plot(Path(options.plot), options.stream)


def _note(text: str) -> None:
    print(f"sesguard backtest: {text}", file=sys.stderr)


def _complain(file: str, line: int, problem: str) -> None:
    where = f"{one_line(file, 200)}:{line}" if line else one_line(file, 200)
    print(f"{where}: {one_line(problem, 400)}", file=sys.stderr)
