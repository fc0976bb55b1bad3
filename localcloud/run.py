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
from dataclasses import dataclass

from rich.console import Console

from localcloud.cloud import ACCOUNT, REGION, ROOT, Emulator
from localcloud.deploy import deploy
from localcloud.life import DECISIONS, OUTLET, POLICY, Life
from localcloud.mailbox import mails_of_the_guard, put_into_files
from localcloud.player import Player, Probe, Tally
from localcloud.receiver import Receiver
from localcloud.scenario import LENGTH, TENANTS, sends
from localcloud.setting_up import PROBE_SENDER, REGISTRY, set_up
from localcloud.summary import Result, show
from localcloud.view import View, table
from localcloud.watcher import Event, Watcher

PROBES = tuple(f"probe-{number:02d}" for number in range(12))
FIRST_PROBE, PROBE_EVERY = 12.0, 5.5  # seconds into the scenario
EVERYBODY = (*TENANTS, OUTLET)
LAST_NEWS = 20.0  # seconds after the last mail within which everything has to have happened
LIFE = 240.0  # seconds that the whole life of one tenant may take; its steps wait for sweeps, which come every minute

_STYLES = {"warn": "yellow", "pause": "bold red", "hold": "bold red", "resume": "cyan", "recover": "green"}


@dataclass(frozen=True)
class _Cast:
    """Everybody who sends."""

    players: Sequence[Player]
    probes: Sequence[Probe]
    life: Life

    @property
    def tallies(self) -> dict[str, Tally]:
        senders: tuple[Player | Life, ...] = (*self.players, self.life)
        return {sender.tenant.id: sender.tally for sender in senders}

    def done(self) -> bool:
        return not any(thread.is_alive() for thread in (*self.players, *self.probes, self.life))


def main() -> int:
    """Run it. Returns the exit code."""
    console = Console()
    began = time.monotonic()
    console.print("[bold]sesguard[/bold] in the local cloud: starting the emulator, sam build, sam deploy")
    with Emulator() as emulator, Receiver() as receiver:
        outputs = deploy(emulator, parameters={"TrustedWebhookOrigins": receiver.origin})
        console.print(f"deployed after {time.monotonic() - began:.1f} s; the emulator listens on {emulator.endpoint}")
        console.print(f"$ sesguard tenants apply {REGISTRY.relative_to(ROOT)}", style="dim")
        set_up(emulator, outputs, EVERYBODY, PROBES, {OUTLET.id: POLICY}, receiver.origin)
        console.print(f"{len(EVERYBODY)} tenants onboarded after {time.monotonic() - began:.1f} s")
        code = play(console, emulator, outputs, receiver)
        if console.is_terminal:
            _stay(console, emulator)
    return code


def play(console: Console, emulator: Emulator, outputs: Mapping[str, str], receiver: Receiver) -> int:
    """Play the scenario on the deployed guard. Returns the exit code."""
    watcher = Watcher(emulator, outputs)
    operator = mailbox_on(emulator, outputs["OperatorTopicArn"])
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
    life = Life(emulator, lambda: watcher.status(OUTLET.configuration_set), start, stop)
    for thread in (*players, *probes, life):
        thread.start()
    cast = _Cast(players, probes, life)
    try:
        with View(console) as view:
            decided = _watch(view, watcher, cast, start)
            rows = watcher.rows(EVERYBODY, cast.tallies)
    finally:
        stop.set()
    if console.is_terminal:  # elsewhere each line was printed when it happened
        console.print(*view.timeline, sep="\n")
    console.print(table(rows, console.width))
    seconds = [probe.seconds for probe in probes]
    lived = [event.what for event in decided if event.stream == OUTLET.configuration_set]
    wrong = [] if tuple(lived) == DECISIONS else [f"{OUTLET.name} should have been {DECISIONS}, and was {tuple(lived)}"]
    mails = mails_of_the_guard(emulator.endpoint)
    result = Result(
        tallies=cast.tallies,
        began=start,
        mails=mails,
        operator=_received(emulator, operator),
        spoken=life.spoken,
        link=life.link,
        calls=receiver.calls,
        probes=seconds,
        failures=wrong,
    )
    put_into_files(mails)
    return show(console, EVERYBODY, result)


def _watch(view: View, watcher: Watcher, cast: _Cast, start: float) -> list[Event]:
    """Show what happens until all has been sent and said, and no longer than it may take. Returns the decisions."""
    names = {tenant.configuration_set: tenant.name for tenant in EVERYBODY}
    decided: list[Event] = []
    over = False
    while not over:
        now = time.monotonic() - start
        # Asked before looking, so that what happened last is still looked at.
        over = (cast.done() and _all_told(watcher)) or now > (LIFE if cast.life.is_alive() else LENGTH + LAST_NEWS)
        for event in watcher.news(list(names)):
            decided.append(event)
            text = f"{names[event.stream]}: {event.what}  {event.sentence}".rstrip()
            view.line(max(0.0, now), text, _STYLES.get(event.what, ""))
        view.show(now, watcher.rows(EVERYBODY, cast.tallies))
        time.sleep(0.7)
    return decided


def _all_told(watcher: Watcher) -> bool:
    mails = watcher.mails()
    return all(tenant.owner in mails for tenant in EVERYBODY if tenant.paused)


def mailbox_on(emulator: Emulator, topic: str, name: str = "operators-mailbox") -> str:
    """A queue on a topic, to read what is told there. Returns its URL."""
    sqs, sns = emulator.client("sqs"), emulator.client("sns")
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    url: str = sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
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
