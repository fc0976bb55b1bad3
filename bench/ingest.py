"""How fast ingest is, how much memory it takes, and how long it takes to start.

python -m bench.ingest

Speed is a ratio to a floor measured in the same run, on the same bytes: one bare ``json.loads`` an event, which is less
than any handler has to do. AWS answers at once, so that all of the guard's own work counts and nothing else. Each
figure is the best of several rounds that take turns, because whatever else the machine does can only make it slower.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.instant import InstantClient, InstantClients, instant_network
from bench.traffic import ACCOUNT, REGION, bodies, in_eventbridge
from sesguard.aws.settings import IngestSettings
from sesguard.ingest.batch import ingest
from sesguard.ses_events.context import Context
from sesguard.wiring.ingest import ingesting

EVENTS = 10_000
ROUNDS = 9
FEW, MANY = 10, 10_000
PAYLOAD = 6 * 1024 * 1024  # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "functions/ingest"

ENVIRONMENT = {
    "COHORTS_TABLE": "cohorts",
    "SEEN_TABLE": "seen",
    "STREAMS_TABLE": "streams",
    "INCIDENTS_TABLE": "incidents",
    "INCIDENT_RETENTION_DAYS": "400",
    "ALARM_TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms",
    "SES_EVENTS_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/events",
    "ALARM_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/alarms",
    "POSTURE_QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/posture",
    "ALARM_PREFIX": "sesguard-bench",
    "GUARD_BUS": "bus",
    "COUNT_SIMULATOR": "false",
    "DEFAULT_MODE": "enforce",
    "POWERTOOLS_SERVICE_NAME": "ingest",
    "AWS_LAMBDA_FUNCTION_NAME": "ingest",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "PYTHONPATH": f"{ROOT}:{APP}",
    "PATH": os.environ["PATH"],
}


def floor(batch: list[str]) -> None:
    for body in batch:
        json.loads(body)


def ours(dynamodb: Any = None) -> Callable[[list[str]], None]:  # noqa: ANN401  # a client, real or not
    wired = ingesting(IngestSettings.from_env(ENVIRONMENT), InstantClients(dynamodb))  # type: ignore[arg-type]  # stands in for the clients
    context = Context(account=ACCOUNT, region=REGION)

    def run(batch: list[str]) -> None:
        done = ingest(batch, context, wired.writer, wired.guard, datetime.now(UTC), lambda: 60.0)
        assert not done.failed
        assert done.events == len(batch)

    return run


def usual(dynamodb: Any) -> Callable[[list[str]], None]:  # noqa: ANN401  # a client, real or not
    from bench.usual import usual_handler

    handler = usual_handler(dynamodb)

    def run(batch: list[str]) -> None:
        records = [{"messageId": str(number), "body": body} for number, body in enumerate(batch)]
        assert handler({"Records": records}, None) == {"batchItemFailures": []}

    return run


def best(ways: list[Callable[[list[str]], None]], batch: list[str], rounds: int = ROUNDS) -> list[float]:
    """Microseconds of CPU an event of each of ``ways``, the best of ``rounds`` in which they take turns."""
    found = [float("inf")] * len(ways)
    for _ in range(rounds):
        for place, way in enumerate(ways):
            began = time.process_time()
            way(batch)
            found[place] = min(found[place], (time.process_time() - began) / len(batch) * 1e6)
    return found


def speed() -> None:
    now = time.time()
    client, network = InstantClient(), instant_network()
    gc.freeze()  # as the function does once it has started
    for streams in (FEW, MANY):
        batch = bodies(EVENTS, streams, now)
        size = sum(map(len, batch)) / len(batch)
        bare, mine = best([floor, ours()], batch)
        theirs, wired, theirs_wired = best([usual(client), ours(network), usual(network)], batch, 2)
        print(f"{EVENTS:,} events of {streams:,} streams in one batch, {size:,.0f} bytes each on average; µs an event")
        print(f"  a client that answers at once: bare json.loads {bare:.2f}, ingest {mine:.2f}, usual {theirs:.2f}")
        print(f"    ingest is {bare / mine:.2f} × as fast as json.loads, {theirs / mine:.1f} × as the usual handler")
        print(f"  botocore over a network that answers at once: ingest {wired:.2f}, usual handler {theirs_wired:.2f}")
        print(f"    ingest is {theirs_wired / wired:.1f} × as fast as the usual handler")
        bare, mine = best([floor, ours()], list(map(in_eventbridge, batch)))
        print(f"  the same over EventBridge: bare json.loads {bare:.2f}, ingest {mine:.2f}")
        print(f"    over EventBridge ingest is {bare / mine:.2f} × as fast as json.loads")


def memory() -> None:
    print("memory of the process that takes one batch, all imports and a real DynamoDB client included")
    bare = _child("pass")
    for title, count in (("a full batch, 6 MB", 0), (f"{EVENTS:,} events, more than Lambda hands over", EVENTS)):
        peak = _child(f"from bench.ingest import take_one_batch; take_one_batch({count})")
        print(f"  {title:45} {peak:5.0f} MB, {peak - bare:.0f} over a bare interpreter")


def _child(code: str) -> float:
    """Run ``code``; return the largest resident size of its process in MB."""
    report = "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{report}"], env=ENVIRONMENT, check=True, capture_output=True)  # noqa: S603  # our own code
    return float(done.stdout.split()[-1]) / 1024


def take_one_batch(count: int) -> None:
    """Take a batch as the function does: a JSON document of records. ``count`` events, or as many as 6 MB hold."""
    import app  # type: ignore[import-not-found]  # on the child's path; makes the real client when it starts

    assert app.wired()
    batch = bodies(count or 6_000, MANY, time.time())
    records = [
        {
            "messageId": f"{number:036}",
            "receiptHandle": "A" * 400,
            "body": body,
            "attributes": {"SentTimestamp": "1" * 13},
        }
        for number, body in enumerate(batch)
    ]
    if not count:
        size = 0
        for number, record in enumerate(records):
            size += len(json.dumps(record))
            if size > PAYLOAD:
                del records[number:]
                break
    text = json.dumps({"Records": records})
    del batch, records
    event = json.loads(text)
    del text
    ours()([record["body"] for record in event["Records"]])


def cold_start() -> None:
    usual = (
        "import boto3; boto3.client('dynamodb'); from aws_lambda_powertools import Logger, Metrics;"
        "import bench.usual; Logger(); Metrics()"
    )
    bare, mine, theirs = (_start(code) for code in ("pass", "import app", usual))
    print("cold start: imports and clients, over a bare interpreter")
    print(f"  ingest            {(mine - bare) * 1e3:5.0f} ms")
    print(f"  usual handler     {(theirs - bare) * 1e3:5.0f} ms")


def _start(code: str) -> float:
    """Seconds that an interpreter takes to start, run ``code`` and end: the best of several."""
    found = float("inf")
    for _ in range(2 * ROUNDS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], env=ENVIRONMENT, check=True, capture_output=True)  # noqa: S603  # our own code
        found = min(found, time.perf_counter() - began)
    return found


def main() -> None:
    print(f"Python {sys.version.split()[0]}, one core, AWS answers at once")
    speed()
    cold_start()
    memory()


if __name__ == "__main__":
    main()
