"""The main job: start the local cloud, deploy the guard into it, play the scenario and show what the guard does.

Ends with 0 where the guard did all that the scenario demands and with 1 where it did not. On a terminal the local cloud
stays up afterwards, until Ctrl-C.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping, Sequence

from rich.console import Console

from localcloud.cloud import ACCOUNT, REGION, Emulator
from localcloud.deploy import deploy
from localcloud.player import Player, Probe
from localcloud.scenario import LENGTH, TENANTS, sends
from localcloud.setting_up import PROBE_SENDER, set_up
from localcloud.summary import Result, show
from localcloud.view import View, table
from localcloud.watcher import Event, Watcher

PROBES = tuple(f"probe-{number:02d}" for number in range(12))
FIRST_PROBE, PROBE_EVERY = 12.0, 5.5  # seconds into the scenario
MAILBOX = "operators-mailbox"
LAST_NEWS = 20.0  # seconds after the last mail within which everything has to have happened

_STYLES = {"warn": "yellow", "pause": "bold red", "hold": "bold red", "resume": "cyan", "recover": "green"}


def main() -> int:
    """Run it. Returns the exit code."""
    console = Console()
    began = time.monotonic()
    console.print("[bold]sesguard[/bold] in the local cloud: starting the emulator, sam build, sam deploy")
    with Emulator() as emulator:
        outputs = deploy(emulator)
        console.print(f"deployed after {time.monotonic() - began:.1f} s; the emulator listens on {emulator.endpoint}")
        set_up(emulator, outputs, TENANTS, PROBES)
        code = play(console, emulator, outputs)
        if console.is_terminal:
            _stay(console, emulator)
    return code


def play(console: Console, emulator: Emulator, outputs: Mapping[str, str]) -> int:
    """Play the scenario on the deployed guard. Returns the exit code."""
    watcher = Watcher(emulator, outputs)
    operator = operators_mailbox(emulator, outputs)
    start, stop = time.monotonic() + 0.5, threading.Event()
    clients = (emulator.client("sesv2") for _ in TENANTS)
    plan = sends()
    players = [
        Player(client, tenant, [send for send in plan if send.tenant is tenant], start, stop)
        for client, tenant in zip(clients, TENANTS, strict=True)
    ]
    probes = [
        Probe(emulator.client("sesv2"), name, PROBE_SENDER, start + FIRST_PROBE + number * PROBE_EVERY)
        for number, name in enumerate(PROBES)
    ]
    for thread in (*players, *probes):
        thread.start()
    tallies = {player.tenant.id: player.tally for player in players}
    try:
        with View(console) as view:
            _watch(view, watcher, players, probes, start)
            rows = watcher.rows(TENANTS, tallies)
    finally:
        stop.set()
    if console.is_terminal:  # elsewhere each line was printed when it happened
        console.print(*view.timeline, sep="\n")
    console.print(table(rows, console.width))
    notices = watcher.mails()
    seconds = [probe.seconds for probe in probes]
    result = Result(tallies, start, notices, _received(emulator, operator), seconds, ())
    return show(console, TENANTS, result)


def _watch(view: View, watcher: Watcher, players: Sequence[Player], probes: Sequence[Probe], start: float) -> None:
    """Show what happens until everything has been sent and said, and no longer than it may take."""
    sets = [player.tenant.configuration_set for player in players]
    names = {player.tenant.configuration_set: player.tenant.name for player in players}
    tallies = {player.tenant.id: player.tally for player in players}
    while (now := time.monotonic() - start) < LENGTH + LAST_NEWS:
        for event in watcher.news(sets):
            _tell(view, event, names, now)
        view.show(now, watcher.rows([player.tenant for player in players], tallies))
        if not any(thread.is_alive() for thread in (*players, *probes)) and _all_told(watcher, players):
            break
        time.sleep(0.7)


def _tell(view: View, event: Event, names: Mapping[str, str], now: float) -> None:
    view.line(max(0.0, now), f"{names[event.stream]}: {event.action}  {event.sentence}", _STYLES.get(event.action, ""))


def _all_told(watcher: Watcher, players: Sequence[Player]) -> bool:
    mails = watcher.mails()
    return all(player.tenant.owner in mails for player in players if player.tenant.paused)


def operators_mailbox(emulator: Emulator, outputs: Mapping[str, str]) -> str:
    """A queue on the operator's topic, to read what the operator is told. Returns its URL."""
    sqs, sns = emulator.client("sqs"), emulator.client("sns")
    topic = outputs["OperatorTopicArn"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{MAILBOX}"
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    url: str = sqs.create_queue(QueueName=MAILBOX, Attributes={"Policy": policy})["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return url


def _received(emulator: Emulator, url: str) -> list[str]:
    sqs = emulator.client("sqs")
    bodies: list[str] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def _stay(console: Console, emulator: Emulator) -> None:
    console.print(f"\nThe local cloud stays up at {emulator.endpoint} until Ctrl-C.", style="dim")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        console.print("stopped", style="dim")


if __name__ == "__main__":
    sys.exit(main())
