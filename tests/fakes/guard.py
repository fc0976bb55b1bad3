"""The deployed guard as the operator's commands find it, over a world in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sesguard.aws.stack import Stack
from sesguard.notify.channel import TenantContacts
from sesguard.pausing.journal import JournalEntry
from sesguard.policy import Policy
from sesguard.stream import StreamId
from sesguard.wiring.operator import Guard
from tests.fakes.clock import NOW
from tests.fakes.world import ACME, Memory, MemoryAlarms, MemoryStreams, MemoryTenants

ALICE = "arn:aws:sts::123456789012:assumed-role/Operators/alice"
STACK = Stack("sesguard", ACME.account, ACME.region, {}, {})


class MemoryJournal:
    """The port JournalReader over what MemoryStreams has written."""

    def __init__(self, streams: MemoryStreams) -> None:
        self._streams = streams

    def of(self, stream: StreamId) -> Sequence[JournalEntry]:
        return sorted(self._streams.entries(stream), key=lambda entry: entry.at)

    def last(self, stream: StreamId, most: int) -> Sequence[JournalEntry]:
        return self.of(stream)[-most:]

    def all(self) -> Iterable[JournalEntry]:
        return self._streams.journal


class OneByOne:
    def each(self, work: Callable[[StreamId], None], items: Iterable[StreamId]) -> None:
        for item in items:
            work(item)


class NamedAlarms(MemoryAlarms):
    def name(self, stream: StreamId) -> str:
        return f"sesguard-{stream.configuration_set}"


class FakeClients:
    """AWS as far as the commands ask it beside the ports: who calls, which sets there are, what the queues hold."""

    def __init__(self, sets: Sequence[str], dead_letters: Mapping[str, int]) -> None:
        self.sets = list(sets)
        self.letters = dict(dead_letters)
        self.sesv2 = self.dynamodb = self

        self.cloudwatch = self
        self.account: dict[str, Any] = {
            "EnforcementStatus": "HEALTHY",
            "SendQuota": {"Max24HourSend": 50_000.0, "SentLast24Hours": 12_000.0},
        }
        self.rates: dict[str, float] = {"Reputation.BounceRate": 0.021, "Reputation.ComplaintRate": 0.0003}

    def make(self, _: str) -> FakeClients:
        return self

    def get_account(self) -> dict[str, Any]:
        return self.account

    def get_metric_data(self, *, MetricDataQueries: list[dict[str, Any]], **_: Any) -> dict[str, Any]:  # noqa: N803  # as the service's
        names = {each["Id"]: each["MetricStat"]["Metric"]["MetricName"] for each in MetricDataQueries}
        rates = {it: self.rates[name] for it, name in names.items() if name in self.rates}
        return {"MetricDataResults": [{"Id": it, "Timestamps": [NOW], "Values": [rate]} for it, rate in rates.items()]}

    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": ALICE}

    def list_configuration_sets(self, **_: Any) -> dict[str, Any]:
        return {"ConfigurationSets": self.sets}

    def get_paginator(self, _: str) -> FakeClients:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        kind = {"ResourceType": "AWS::SQS::Queue"}
        names = [*self.letters, "SesEventsQueue"]
        return [{"StackResourceSummaries": [{"LogicalResourceId": n, "PhysicalResourceId": n, **kind} for n in names]}]

    def get_queue_attributes(self, *, QueueUrl: str, **_: Any) -> dict[str, Any]:  # noqa: N803  # as boto3 has it
        return {"Attributes": {"ApproximateNumberOfMessages": str(self.letters[QueueUrl])}}


def a_guard(memory: Memory, *, policy: Policy | None = None, dead_letters: Mapping[str, int] | None = None) -> Guard:
    """A guard over ``memory``, with as many configuration sets as its switch knows."""
    memory.alarms = NamedAlarms()
    sets = [stream.configuration_set for stream in memory.switch.sets]
    clients = FakeClients(sets, {"AlarmDeadLetters": 0} if dead_letters is None else dead_letters)
    return Guard(
        stack=STACK,
        deps=memory.deps,
        policy=policy or Policy(),
        alarms=memory.alarms,  # type: ignore[arg-type]  # twins, from here on
        tenants=MemoryTenants(TenantContacts("acme", "Acme Ltd", ("owner@acme.example",))),  # type: ignore[arg-type]
        journal=MemoryJournal(memory.streams),  # type: ignore[arg-type]
        parallel=OneByOne(),  # type: ignore[arg-type]
        clients=clients,  # type: ignore[arg-type]
    )
