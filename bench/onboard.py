"""How ten thousand tenants become configured senders under SES's one control call a second.

python -m bench.onboard [--tenants 10000]

The real use cases, worker, adapters and botocore clients speak to an HTTP server that refuses whatever comes within a
second of the last call. The clock skips what is waited for (``skipping.py``); calls take the time that they take here,
and 5 to 30 ms on the way to SES and back, 4 ms of DynamoDB, which is in memory. The worker runs as in Lambda: five
minutes at a time, with a cold start of half a second between; in the middle one dies in a call, and the schedule finds
what it left.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from multiprocessing import Pipe, Process
from typing import Any, Final
from urllib.request import urlopen

from botocore.session import Session

from bench.ses_server import serve
from bench.skipping import Clock
from bench.tables import Tables
from sesguard.aws.clients import OnboardClients
from sesguard.aws.dynamodb import attributes
from sesguard.aws.settings import AlarmSettings, OnboardSettings, RegisterSettings
from sesguard.aws.tables.lease import HELD_SECONDS, Lease
from sesguard.aws.tables.provisioning import DynamoProvisioningTasks
from sesguard.provisioning.enqueue import register
from sesguard.provisioning.worker import Worked, Worker, work
from sesguard.wiring.onboard import OnboardDeps, make_worker
from sesguard.wiring.register import registering

ACCOUNT, REGION = "111122223333", "eu-west-1"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:events"
TIMEOUT, COLD_START, HEARTBEAT, DYNAMODB = 300.0, 0.5, 60.0, 0.004
_ALARMS: Final = AlarmSettings(f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms", "sesguard-bench")
SETTINGS: Final = OnboardSettings(
    "onboarding", "queue", "turns", "streams", "incidents", 400, _ALARMS, "bus", TOPIC, "bench"
)


class DeathError(BaseException):
    """The process is gone."""


class Clients(OnboardClients):
    """SES over HTTP at ``url``, DynamoDB in memory."""

    def __init__(self, url: str, tables: Tables) -> None:
        session = Session()
        session.set_credentials("none", "none")
        session.set_config_variable("region", REGION)
        super().__init__(session, url)
        self.dynamodb = tables  # type: ignore[assignment]  # stands in for the client


@dataclass
class Run:
    """What was measured. Times in seconds of the clock that skips."""

    tenants: int
    seconds: float = 0.0
    registering: float = 0.0
    lost: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    early: int = 0
    sets: int = 0
    failed: int = 0
    invocations: int = 0
    tables: int = 0

    @property
    def all_calls(self) -> int:
        return sum(self.calls.values())


@contextmanager
def server(clock: Clock) -> Iterator[str]:
    mine, its = Pipe()
    process = Process(target=serve, args=(clock, its), daemon=True)
    process.start()
    try:
        url: str = mine.recv()
        yield url
    finally:
        process.terminate()
        process.join()


def tenant(number: int) -> dict[str, Any]:
    name = f"t{number:05}"
    streams = [{"configuration_set": name, "identities": [f"{name}.example"]}]
    return {"id": name, "name": f"Tenant {number}", "contacts": [f"owner@{name}.example"], "streams": streams}


def run(tenants: int, *, crash: bool = True) -> Run:
    """Register tenants, and onboard them to the end."""
    clock, measured = Clock(), Run(tenants)
    tables = Tables(partial(clock.sleep, DYNAMODB))
    for number in range(tenants):
        tables.put_item(TableName="tenants", Item=attributes(tenant(number)))
    with server(clock) as url:
        clients = Clients(url, tables)
        _register(measured, clients, tenants)
        _onboard(measured, clients, tables, clock, crash=crash)
        with urlopen(f"{url}/counts") as answer:  # noqa: S310  # our own server
            counted = json.loads(answer.read())
    measured.calls, measured.early, measured.sets = Counter(counted["calls"]), counted["early"], counted["sets"]
    statuses = Counter(item.get("status", {}).get("S") for item in tables.items["onboarding"].values())
    measured.failed = tenants - statuses["done"]
    measured.tables = tables.calls
    return measured


def _register(measured: Run, clients: Clients, tenants: int) -> None:
    settings = RegisterSettings("tenants", "streams", "onboarding", "cohorts", "queue")
    world = registering(settings, ACCOUNT, REGION, clients).registration.deps
    began = time.perf_counter()
    for number in range(tenants):
        register(world, tenant(number)["id"], datetime.now(UTC))
    measured.registering = time.perf_counter() - began


def _onboard(measured: Run, clients: Clients, tables: Tables, clock: Clock, *, crash: bool) -> None:
    """Invocation after invocation, until nothing waits."""
    began = clock.now()
    rows = DynamoProvisioningTasks(clients.dynamodb, "onboarding")
    while rows.due(datetime.now(UTC), 1):
        measured.invocations += 1
        clock.sleep(COLD_START)
        lease = Lease(clients.dynamodb, "turns", "onboard", clock.now)
        while not lease.take():
            clock.sleep(HEARTBEAT)
        time_left = partial(_left, clock, clock.now() + TIMEOUT)
        wired = OnboardDeps(clients, SETTINGS, lease, rows, None, None)  # type: ignore[arg-type]  # the bus and the queue are not used here
        worker = make_worker(wired, ACCOUNT, REGION, "aws", time_left, clock.now, clock.sleep)
        half = crash and measured.calls["died"] == 0 and _done(tables) >= measured.tenants // 2
        if half:
            measured.calls["died"] = 1
            before = clock.now()
            _die_in_a_call(worker)
            clock.sleep(HEARTBEAT - (clock.now() % HEARTBEAT))
            measured.lost = clock.now() - before
            assert HELD_SECONDS < HEARTBEAT
            continue
        done: Worked = work(worker)
        lease.leave()
        assert not done.failed
    measured.seconds = clock.now() - began


def _done(tables: Tables) -> int:
    return sum(item.get("status", {}).get("S") == "done" for item in tables.items["onboarding"].values())


def _left(clock: Clock, ends: float, seconds: float) -> bool:
    return ends - clock.now() > seconds


def _die_in_a_call(worker: Worker) -> None:
    """Let a few calls through, and die when SES has done the next one and nobody knows."""
    setup: Any = worker.deps.setup
    calls: list[bool] = []
    create = setup.create_destination

    def dying(*arguments: Any) -> bool:  # noqa: ANN401  # as the method's
        made: bool = create(*arguments)
        calls.append(made)
        if len(calls) == 5:
            raise DeathError
        return made

    setup.create_destination = dying
    with suppress(DeathError):
        work(worker)


def memory() -> float:
    """The largest resident size of this process, in MB."""
    with open("/proc/self/status") as status:  # noqa: PTH123  # no file of ours
        line = next(line for line in status if line.startswith("VmHWM"))
    return float(line.split()[1]) / 1024


def report(measured: Run) -> None:
    accepted = measured.all_calls
    print(f"{measured.tenants:,} tenants; Python {sys.version.split()[0]}")
    print(f"  registered in {measured.registering:.1f} s of this machine")
    print(f"  {measured.sets:,} sets made, {measured.failed:,} streams not done, by nobody's hand")
    print(f"  calls {accepted:,}: {accepted / measured.tenants:.3f} a tenant; refused as too early {measured.early:,}")
    for name, count in sorted(measured.calls.items(), key=lambda each: -each[1]):
        print(f"    {name:48} {count:7,}")
    hours = measured.seconds / 3600
    share = accepted / measured.seconds
    print(f"  took {measured.seconds:,.0f} s ({hours:.2f} h) in {measured.invocations:,} invocations")
    print(f"  {share:.1%} of one call a second")
    if measured.lost:
        print(f"  a worker that died in a call: {measured.lost:.0f} s until the next went on, nothing lost")
    print(f"  DynamoDB calls {measured.tables:,}: {measured.tables / measured.tenants:.1f} a tenant")
    print(f"  memory of the process, the tables' items included: {memory():.0f} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenants", type=int, default=10_000)
    options = parser.parse_args()
    began = time.perf_counter()
    report(run(options.tenants))
    print(f"  all of it in {time.perf_counter() - began:,.0f} s of this machine")


if __name__ == "__main__":
    main()
