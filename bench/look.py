"""What one look at a stream costs, by how much it sends: read units, and CPU with botocore's parsing.

python -m bench.look

Behind the stream lie a month of days like this one and half an hour of the account's logged volume, a million mails a
day of a thousand streams. CPU is of a whole core; a function of 256 MB has a seventh of one. The memory is of a
process that has looked at ten streams of ten million mails a day, 31 unsettled days of each among it.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

from bench.ingest import ENVIRONMENT
from bench.metered import MeteredDynamoDB
from bench.past import Past
from bench.stored import Stored
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.volume_log import log_request, new_key, packed
from sesguard.costs.usage import CORE
from sesguard.detection.look import look_at
from sesguard.detection.rows import HOUR
from sesguard.ingest.volume import COLUMNS, Volume
from sesguard.policy import Policy
from sesguard.stream import StreamId

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)
HOME = StreamId("111122223333", "eu-west-1", "")
MAILS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
BOUNCES = 0.01
_BATCHES_A_SECOND, _EVENTS_A_BATCH, _STREAMS = 2, 6, 1_000
_TIMES = 5


def stored(mails: int) -> tuple[MeteredDynamoDB, Stored]:
    """A stream that has sent ``mails`` a day, and what the account has logged for half an hour."""
    hour = int(NOW.timestamp()) // 3600
    store = MeteredDynamoDB(hour + 1, Past(mails / 24, BOUNCES))
    number = 0
    for batch in range(30 * 60 * _BATCHES_A_SECOND):
        at = NOW - timedelta(seconds=30 * 60 - batch / _BATCHES_A_SECOND)
        slot = int(at.timestamp()) // 60 % HOUR * COLUMNS
        names = [f"tenant-{(number + event) % _STREAMS}-news" for event in range(_EVENTS_A_BATCH)]
        number += _EVENTS_A_BATCH
        volumes = [Volume(HOME._replace(configuration_set=name), hour, [slot, 1, 0]) for name in names]
        for _, body in packed(volumes):
            store.put_item(**log_request("cohorts", HOME, new_key(int(at.timestamp() * 1_000)), body))
    return store, Stored(store)


def look(counts: DynamoCounts, number: int) -> float:
    """Look at the stream; its risk."""
    stream = HOME._replace(configuration_set="tenant-7-news")
    policy = Policy()
    now = NOW + timedelta(seconds=5 * number)
    return look_at(counts, stream, now, None, policy, policy.limits(probation=False))[1].risk


def measure(mails: int) -> tuple[float, float, float, float]:
    """Read units and milliseconds of a first look of a process, and of those that follow it."""
    store, over = stored(mails)
    counts = DynamoCounts(over.client, "cohorts")
    found: list[tuple[float, float]] = []
    for number in range(_TIMES):
        units, spent, began = store.read_units.total(), over.seconds, time.thread_time()
        look(counts, number)
        took = time.thread_time() - began - (over.seconds - spent)
        found.append((store.read_units.total() - units, took * 1e3))
    later = found[1:]
    return (*found[0], max(units for units, _ in later), min(took for _, took in later))


def hold_ten() -> None:
    """Look at ten streams of ten million mails a day: their days once as they lie, unsettled."""
    store, over = stored(10_000_000)
    store.rolled_up = (0, 0)
    counts = DynamoCounts(over.client, "cohorts")
    for number in range(10):
        look(counts, number)


def memory() -> float:
    """The largest resident size of a process that does so, in MB, over one that only imports all of it."""
    report = "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    sizes = []
    for code in ("import bench.look; bench.look.stored(10_000_000)", "import bench.look; bench.look.hold_ten()"):
        command = [sys.executable, "-c", f"{code}\n{report}"]
        done = subprocess.run(command, env=ENVIRONMENT, check=True, capture_output=True)  # noqa: S603  # our own
        sizes.append(float(done.stdout.split()[-1]) / 1024)
    return sizes[1] - sizes[0]


def main() -> None:
    print(f"a look at a stream; Python {sys.version.split()[0]}")
    print(
        f"{'mails a day':>12} {'read units':>11} {'ms of a core':>13} {'ms on 256 MB':>13}   of a process's first look"
    )
    for mails in MAILS:
        first_units, first_ms, units, took = measure(mails)
        first = f"{first_units:.0f} read units, {first_ms:.0f} ms of a core"
        print(f"{mails:12,} {units:11.0f} {took:13.1f} {took / CORE:13.0f}   {first}")
    print(f"ten streams of 10,000,000 with 31 unsettled days take {memory():.0f} MB more")


if __name__ == "__main__":
    main()
