"""A healthy stream costs nothing: its alarm goes a day after it is well again."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from sesguard.aws.cloudwatch.stream_alarm import KEPT, CloudWatchIdleAlarms, alarm_name
from sesguard.errors import AwsError
from sesguard.pausing.idle_alarms import AT_MINUTE, KEPT_FOR, tidy
from sesguard.pausing.state import Status, StreamState
from sesguard.stream import StreamId
from tests.fakes.clock import DAY, MINUTE, NOW
from tests.fakes.world import ACME, MemoryIdleAlarms, MemoryStreams

THEN = NOW.replace(minute=AT_MINUTE)
SHOP = StreamId(ACME.account, ACME.region, "shop")


def test_once_an_hour_the_alarms_of_all_but_the_streams_that_are_not_healthy_may_go():
    streams, idle = MemoryStreams(), MemoryIdleAlarms()
    record = streams.load(ACME)
    streams.save(record.__class__(ACME, 0, StreamState(status=Status.WATCHED), record.policy))
    done = [tidy(streams, idle, THEN + number * MINUTE) for number in range(60)]
    assert sum(done) == 1
    assert idle.asked == [(frozenset({ACME}), THEN - KEPT_FOR)]


def test_what_fails_is_tried_again_an_hour_later():
    idle = MemoryIdleAlarms()

    def fails(_: str) -> None:
        raise AwsError("DeleteAlarms", "Throttling", retryable=True)

    idle.hook = fails
    assert tidy(MemoryStreams(), idle, THEN) == 0


class CloudWatch:
    def __init__(self, *alarms):
        self.alarms, self.deleted = alarms, []

    def get_paginator(self, _):
        return SimpleNamespace(paginate=lambda **_: [{"MetricAlarms": [alarm]} for alarm in self.alarms])

    def delete_alarms(self, AlarmNames):  # noqa: N803  # as CloudWatch names it
        self.deleted += AlarmNames


def an_alarm(
    stream=SHOP, *, age: timedelta = 2 * DAY, put: timedelta = 2 * DAY, dimensions=None, says="", prefix="guard"
):
    names = ("Account", "Region", "ConfigurationSet")
    found = [{"Name": name, "Value": value} for name, value in zip(names, stream, strict=True)]
    return {
        "AlarmName": alarm_name(prefix, stream),
        "AlarmDescription": says,
        "Dimensions": found if dimensions is None else dimensions,
        "StateUpdatedTimestamp": NOW - age,
        "AlarmConfigurationUpdatedTimestamp": NOW - put,
    }


@pytest.mark.parametrize(
    ("sentence", "alarm", "deleted"),
    [
        ("a healthy stream's alarm that has been OK for two days goes", an_alarm(), [alarm_name("guard", SHOP)]),
        ("one that is not healthy keeps its own", an_alarm(ACME), []),
        ("one that was up half a day ago stays", an_alarm(age=DAY / 2), []),
        ("one that was put half a day ago stays", an_alarm(put=DAY / 2), []),
        ("one that the registry wishes kept stays", an_alarm(says=f"The switch. {KEPT}"), []),
        ("one that is on something else stays", an_alarm(dimensions=[]), []),
        ("that of another guard, whose name begins alike, stays", an_alarm(prefix="guard-two"), []),
    ],
)
def test_which_alarms_go(sentence, alarm, deleted):
    cloudwatch = CloudWatch(alarm)
    removed = CloudWatchIdleAlarms(SimpleNamespace(cloudwatch=cloudwatch), "guard").remove({ACME}, NOW - DAY)
    assert (cloudwatch.deleted, removed) == (deleted, len(deleted)), sentence
