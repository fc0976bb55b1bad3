"""How long a backtest over a day of the lake takes, and how much memory: ``sesguard backtest --engine duckdb FOLDER``.

python -m bench.lake [EVENTS [STREAMS]]    10,000,000 events of 10,000 streams where nothing is said

The day lies in gzipped files, as Firehose writes them, of the lines that the lake's function makes: a Send and a
Delivery or bounce of each mail, over the day, and one stream in a hundred that turns bad. With them, as in any folder:
a file that breaks off, a foreign one, and events of a year ago.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.traffic import ACCOUNT, REGION, configuration_set
from sesguard.lake.record import LakeRecord, encode

EVENTS, STREAMS = 10_000_000, 10_000
A_FILE = 100_000
DAY, A_YEAR = 86_400, 365 * 86_400
BEGIN = 1_795_564_800.0  # 2026-11-25T00:00Z
BOUNCES, BAD_BOUNCES, COMPLAINTS = 0.01, 0.15, 0.0002


def main() -> int:
    """Make the day, replay it in a process of its own, and print what that took."""
    events, streams = (int(text) for text in (*sys.argv[1:], *map(str, (EVENTS, STREAMS)[len(sys.argv) - 1 :])))
    with tempfile.TemporaryDirectory(prefix="sesguard-bench-") as name:
        folder = Path(name)
        start = time.monotonic()
        size = write_day(folder, events, streams)
        spoil(folder)
        print(f"{events:,} events of {streams:,} streams, {size / 1e6:,.0f} MB gzipped, made in {_since(start)}")
        start = time.monotonic()
        command = [sys.executable, "-m", "sesguard", "backtest", "--engine", "duckdb", "--json", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own program
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        print(f"replayed in {_since(start)}, {used.ru_utime + used.ru_stime:,.0f} s of {os.cpu_count()} cores")
        print(f"largest resident size {used.ru_maxrss / 1024:,.0f} MB")
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        pauses = sum(line["action"] == "pause" for line in lines)
        print(f"exit code {done.returncode}, {pauses:,} pauses; what could not be read:")
        print("\n".join(f"  {line.replace(name, 'FOLDER')}" for line in done.stderr.splitlines()[:12]))
    return 0 if done.returncode == 1 and pauses else 1


def write_day(folder: Path, events: int, streams: int) -> int:
    """Write ``events`` into files of A_FILE lines, by the time at which they became visible; how many bytes that is."""
    chance, size = random.Random(1), 0
    for number, first in enumerate(range(0, events, A_FILE)):
        some = min(A_FILE, events - first)
        path = folder / f"account={ACCOUNT}/region={REGION}/day=2026-11-25/sesguard-lake-{number:05}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        span = BEGIN + DAY * first / events, DAY * some / events
        lines = _lines(chance, some, first, streams, *span)
        path.write_bytes(gzip.compress(b"\n".join(lines) + b"\n", compresslevel=1))
        size += path.stat().st_size
    return size


def spoil(folder: Path) -> None:
    """Put beside them what is in a folder sooner or later."""
    torn = gzip.compress(b"\n".join(_lines(random.Random(2), 1_000, 0, 10, BEGIN, 60.0)))
    (folder / "torn.gz").write_bytes(torn[: len(torn) // 2])
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    old = b"\n".join(_lines(random.Random(3), 1_000, 0, 10, BEGIN - A_YEAR, 60.0))
    (folder / "last-year.gz").write_bytes(gzip.compress(old))


def _lines(
    chance: random.Random, count: int, first: int, streams: int, begin: float, seconds: float
) -> Iterator[bytes]:
    """Two events a mail, the second a few seconds after the first."""
    for number in range(first, first + count, 2):
        at = begin + seconds * (number - first) / count
        stream = int(streams * chance.random() ** 2)  # a few send most
        bad = stream % 100 == 99 and at - BEGIN > DAY / 2
        domain = f"mail{number % 397}.example.com"
        yield encode(_record("Send", "volume", stream, number, at, at + 0.3, domain))
        drawn = chance.random()
        if drawn < (BAD_BOUNCES if bad else BOUNCES):
            yield encode(_record("Bounce", "hard_bounce", stream, number, at, at + 2.1, domain))
        elif drawn > 1 - COMPLAINTS:
            yield encode(_record("Complaint", "complaint", stream, number, at, at + 5.0, domain))
        else:
            yield encode(_record("Delivery", "volume", stream, number, at, at + 1.4, domain))


def _record(event: str, counts_for: str, stream: int, number: int, sent: float, seen: float, domain: str) -> LakeRecord:
    outcome = counts_for != "volume"
    return LakeRecord(
        event=event,
        counts_for=counts_for,
        via="sns",
        account=ACCOUNT,
        region=REGION,
        configuration_set=configuration_set(stream),
        sent_at=round(sent, 3),
        seen_at=round(seen, 3),
        message_id=f"0100019a{number:08x}-5d3f0c8e-8b1e-4f04-9c6d-{number:012x}-000000",
        identity=f"{event.lower()}-{number}" if outcome else "",
        recipients=1,
        domains=(domain,),
        codes=("5.1.1",) if event == "Bounce" else (),
        from_domain=f"tenant-{stream}.example",
    )


def _since(start: float) -> str:
    return f"{time.monotonic() - start:,.0f} s"


if __name__ == "__main__":
    sys.exit(main())
