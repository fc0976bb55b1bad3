"""A whole account in memory: what its streams sent within a day, its identities, and alarms on its own rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sesguard.account.identities import IdentitiesSeen
from sesguard.account.shield import Shield
from sesguard.account.sums import Lines, Sums
from sesguard.errors import AwsError
from sesguard.pausing.record import Sending
from sesguard.policy import Mode
from sesguard.stream import StreamId
from tests.fakes.alarms import a_body
from tests.fakes.world import ACME, Memory

HOME = ACME._replace(configuration_set="")


def stream(name: str) -> StreamId:
    return ACME._replace(configuration_set=name)


class MemoryAccount:
    """The port Account. looks: how often streams were read. takes: how often until all of them were."""

    def __init__(self) -> None:
        self.sums: dict[StreamId, Sums] = {}
        self.looks = 0
        self.takes = 1
        self.half_read = False

    def rough(self, home: StreamId, now: datetime) -> Sums:
        whole = Sums()
        for sums in self.sums.values():
            whole = whole.plus(sums)
        return whole

    def is_looking(self, now: datetime) -> bool:
        return self.half_read

    def by_stream(
        self, home: StreamId, now: datetime, time_left: Callable[[], bool] = lambda: True
    ) -> Mapping[StreamId, Sums] | None:
        self.looks += 1
        self.half_read = self.takes > self.looks
        return None if self.half_read else dict(self.sums)


class MemoryIdentities:
    """The port Identities."""

    def __init__(self) -> None:
        self.seen = IdentitiesSeen(("shop.example",), 3, 3)
        self.failing = False

    def without_default_set(self, most: int) -> IdentitiesSeen:
        if self.failing:
            raise AwsError("GetEmailIdentity", "TooManyRequestsException", retryable=True)
        return self.seen


class AccountScene:
    """A platform and its shield."""

    def __init__(self, mode: Mode = Mode.OBSERVE) -> None:
        self.memory = Memory()
        self.account = MemoryAccount()
        self.identities = MemoryIdentities()
        self.shield = Shield(home=HOME, account=self.account, identities=self.identities, lines=Lines(), mode=mode)

    def sent(self, name: str, volume: int, *, bounces: int = 0, complaints: int = 0) -> StreamId:
        """Mail of one stream; of the account without a configuration set where ``name`` is empty."""
        it = stream(name)
        self.account.sums[it] = Sums(volume, bounces, complaints)
        if name:
            self.memory.switch.sets.setdefault(it, Sending.ON)
        return it


def account_alarm(at: datetime, value: str = "ALARM", metric: str = "Reputation.BounceRate", **fields: Any) -> str:
    """An alarm on the account's own rate, as SNS carries it."""
    trigger = {"MetricName": metric, "Namespace": "AWS/SES", "Dimensions": []}
    return a_body(at, value, trigger, **{"AlarmName": f"account-{metric}", **fields})
