"""How long a sweep takes that finds many unhealthy streams: CPU with botocore's parsing, and the calls it waits for.

python -m bench.sweep

The streams are watched, as each was a while ago, and their records, counts and the alarms' states are read as they
are in AWS. An answer takes 5 ms, 16 are waited for at once; CPU is measured, and a function has its memory's share of a
core. Nothing is left to do with SES, whose calls come one a second and after all streams have been looked at.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import msgspec

from bench.instant import InstantClient
from bench.look import BOUNCES, HOME, NOW, stored
from bench.metered import MeteredDynamoDB, Request
from bench.past import Past
from bench.stored import Stored
from sesguard.aws.clients import WORKERS
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.tables.streams import DynamoStreams
from sesguard.aws.workers import Workers
from sesguard.costs.usage import ANSWER, CORE
from sesguard.detection.weigh import Verdict
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.record import AlarmNow
from sesguard.pausing.state import Status, StreamState
from sesguard.pausing.sweep import sweep
from sesguard.policy import Policy
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId

STREAMS, MAILS = 500, 10_000
MEMORIES = (256, 1_769)


class Fleet(MeteredDynamoDB):
    """The counts of watched streams of one size, and their records."""

    def __init__(self, streams: int, mails: int) -> None:
        super().__init__(int(NOW.timestamp()) // 3600 + 1, Past(mails / 24, BOUNCES))
        self.names = [HOME._replace(configuration_set=f"tenant-{number}-news") for number in range(streams)]
        state = StreamState(status=Status.WATCHED, since=NOW - timedelta(hours=3))
        self._state = {"version": {"N": "3"}, "state": {"S": msgspec.json.encode(state).decode()}}

    def query(self, **request: Any) -> Request:  # noqa: ANN401  # as botocore's client
        if "IndexName" not in request:
            return super().query(**request)
        self.calls["Query"] += 1
        return {"Items": [{"stream": {"S": str(name)}} for name in self.names]}

    def batch_get_item(self, **request: Any) -> Request:  # noqa: ANN401  # as above
        self.calls["BatchGetItem"] += 1
        found = {table: [{**key, **self._state} for key in of["Keys"]] for table, of in request["RequestItems"].items()}
        return {"Responses": found}

    def get_item(self, **request: Any) -> Request:  # noqa: ANN401  # as above
        self.calls["GetItem"] += 1
        return {"Item": {**request["Key"], **self._state}}

    def update_item(self, **_: object) -> Request:
        self.calls["UpdateItem"] += 1
        return {}

    def log_of(self, other: MeteredDynamoDB) -> None:
        """Take over what ``other`` has logged of volume."""
        self._log, self._log_keys = other._log, other._log_keys


class CalmAlarms:
    """The ports ``Alarms`` and ``AlarmStates``: every alarm is there, and OK."""

    def now(self, streams: Iterable[StreamId]) -> Mapping[StreamId, AlarmNow]:
        return dict.fromkeys(streams, AlarmNow(AlarmValue.OK, NOW - timedelta(hours=2)))

    def publish(self, verdicts: Iterable[tuple[StreamId, Verdict]]) -> None:
        self.published = len(list(verdicts))

    def up(self, _: Iterable[str]) -> frozenset[str]:
        return frozenset()


def measure(streams: int, mails: int) -> list[tuple[float, int]]:
    """Seconds of a whole core and calls: of a day's first sweep, which rolls the day before up, and of the next."""
    fleet = Fleet(streams, mails)
    fleet.log_of(stored(mails)[0])
    over, alarms, nobody = Stored(fleet), CalmAlarms(), InstantClient()
    deps = PausingDeps(
        streams=DynamoStreams(over.client, "streams", "incidents", Policy()),
        counts=DynamoCounts(over.client, "cohorts"),
        switch=nobody,  # type: ignore[arg-type]  # not asked: somebody is queued for SES
        bus=nobody,  # type: ignore[arg-type]  # nothing is announced
        slots=nobody,  # type: ignore[arg-type]  # nobody is paused
        alarm_states=alarms,
    )
    queued, workers = frozenset({HOME}), Workers(WORKERS)
    found: list[tuple[float, int]] = []
    for minute in range(2):
        calls, spent, began = fleet.calls.total(), over.seconds, time.process_time()
        now = NOW + timedelta(minutes=minute)
        swept = sweep(deps, alarms, now, queued=queued, parallel=workers)  # type: ignore[arg-type]  # what is used of it
        took = time.process_time() - began - (over.seconds - spent)
        assert not swept.failed, swept.failed
        assert not swept.left
        found.append((took, fleet.calls.total() - calls))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--mails", type=int, default=MAILS)
    wanted = parser.parse_args()
    print(f"a sweep of {wanted.streams:,} unhealthy streams of {wanted.mails:,} mails a day; {sys.version.split()[0]}")
    for title, (took, calls) in zip(
        ("the first of a day", "each other"), measure(wanted.streams, wanted.mails), strict=True
    ):
        waited = calls * ANSWER / WORKERS
        print(f"{title}: {calls:,} calls, {took:.1f} s of a whole core, {waited:.1f} s of waiting")
        for memory in MEMORIES:
            print(f"  on {memory:5,} MB {took / min(1.0, CORE * memory / 256) + waited:5.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
