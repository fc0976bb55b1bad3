"""How fast a replay is: lines of counts a second on one core, beside a bare ``json.loads`` of the same lines.

And how much memory it takes, of a quarter of a million lines of a thousand streams, evenly spread.

python -m bench.backtest [FILE]     FILE: lines of counts, gzipped or not; else the sample, else simulated traffic
"""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from bench.mail_streams import BAD, GOOD, lines_of
from sesguard.backtest.collected import collected_seldom
from sesguard.backtest.count_lines import read_line
from sesguard.backtest.decided import ReplayTerms
from sesguard.backtest.moment import SeenMoment
from sesguard.backtest.order import in_order
from sesguard.backtest.replay import Replay
from sesguard.policy import Policy
from sesguard.ses_events.messages import messages

SAMPLE = Path(__file__).resolve().parents[1] / "tests" / "data" / "detector" / "traffic.jsonl.gz"
SPREAD_LINES, SPREAD_STREAMS = 250_000, 1_000
SPREAD_TIMED = 60_000
_SAMPLE_ROUNDS, _SPREAD_ROUNDS = 1, 6
_FLOOR = "bare json.loads"
_WHOLE = (_FLOOR, "sesguard backtest")


def main() -> int:
    """Print the rates, and the memory."""
    name, lines = _lines(sys.argv[1:])
    read = [moment for line in lines if (moment := read_line(line)) is not None]
    assert len(read) == len(lines), "the benchmark wants lines of counts alone"
    print(f"{len(lines):,} lines of counts, {sum(len(moment.rows) for moment in read):,} rows, from {name}")
    for what, seconds, ratio in _measured(lines, _SAMPLE_ROUNDS):
        print(f"{what:<18} {len(lines) / seconds:>10,.0f} lines/s {ratio:>7.2f} × json.loads")
    spread = [*spread_lines(SPREAD_TIMED)]
    whole = {what: (seconds, ratio) for what, seconds, ratio in _measured(spread, _SPREAD_ROUNDS, *_WHOLE)}
    seconds, ratio = whole["sesguard backtest"]
    rate = len(spread) / seconds
    print(f"evenly spread over {SPREAD_STREAMS:,} streams {rate:,.0f} lines/s {ratio:.2f} × json.loads")
    print(f"{SPREAD_LINES:,} lines of {SPREAD_STREAMS:,} streams take {_memory():.0f} MB")
    return 0


def _memory() -> float:
    """The largest resident size, in MB, of a process that replays them from a file."""
    report = "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    code = f"import bench.backtest; bench.backtest.replay_spread()\n{report}"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)  # noqa: S603  # our own code
    return float(done.stdout.split()[-1]) / 1024


def spread_lines(count: int) -> Iterator[bytes]:
    """Mail of many streams, each of which sends one after the other, with one bounce in a hundred."""
    for number in range(count):
        at, stream = 1_790_000_000 + number, f"stream-{number % SPREAD_STREAMS}"
        rows: list[list[object]] = [["send", at, 1]]
        if number % 100 == 7:
            rows.append(["bounce", at, 1, f"mail{number % 397}.example.com", "5.1.1"])
        yield json.dumps({"stream": stream, "seen_at": at + 5, "rows": rows}).encode()


def replay_spread() -> None:
    """Replay such mail from a file."""
    with tempfile.TemporaryFile() as file:
        file.writelines(line + b"\n" for line in spread_lines(SPREAD_LINES))
        file.seek(0)
        moments = (
            moment
            for message in messages(cast("io.BufferedReader", file))
            if (moment := read_line(cast("bytes", message.body)))
        )
        _replayed(moments, compare=False)


def _lines(files: list[str]) -> tuple[str, list[bytes]]:
    path = Path(files[0]) if files else SAMPLE
    if files or path.exists():
        data = path.read_bytes()
        return path.name, (gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data).splitlines()
    kinds = {**GOOD, **BAD}.items()
    simulated = [line for seed in range(3) for name, kind in kinds for line in lines_of(name, kind, seed)]
    return "simulated traffic", [json.dumps(line).encode() for line in simulated]


def _moments(lines: list[bytes]) -> Iterator[SeenMoment]:
    """As the command reads a file, which here is in memory already."""
    file = io.BufferedReader(io.BytesIO(b"\n".join(lines)))
    for message in messages(cast("io.BufferedReader", file)):
        moment = read_line(cast("bytes", message.body))
        if moment is not None:
            yield moment


def _replayed(moments: Iterator[SeenMoment], *, compare: bool) -> None:
    replay = Replay(ReplayTerms(Policy()), compare=compare)
    with collected_seldom():
        for _ in replay.run(in_order(moments)):
            pass


def _measured(lines: list[bytes], rounds: int, *ways: str) -> list[tuple[str, float, float]]:
    """Each way to treat ``lines``, its seconds of CPU, and those over ``json.loads``'s; all ways if none is named.

    They take turns, and the fastest of some rounds counts: what the machine does besides only ever adds.
    """
    all_ways: dict[str, Callable[[], object]] = {
        _FLOOR: lambda: [json.loads(line) for line in lines],
        "read and ordered": lambda: list(in_order(_moments(lines))),
        "sesguard backtest": lambda: _replayed(_moments(lines), compare=False),
        "… with --compare": lambda: _replayed(_moments(lines), compare=True),
    }
    found = dict.fromkeys(ways or all_ways, float("inf"))
    for _ in range(rounds):
        for way in found:
            start = time.process_time()
            all_ways[way]()
            found[way] = min(found[way], time.process_time() - start)
    return [(way, seconds, seconds / found[_FLOOR]) for way, seconds in found.items()]


if __name__ == "__main__":
    sys.exit(main())
