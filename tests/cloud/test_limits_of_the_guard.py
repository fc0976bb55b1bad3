"""As deployed: the account shield, and the cap on pauses that the guard makes by itself."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from localcloud.setting_up import stream_of
from tests.cloud.command import sesguard
from tests.cloud.conftest import Platform

pytestmark = pytest.mark.cloud
HOME = str(stream_of(""))


def test_an_alarm_on_the_accounts_own_rate_names_the_worst_to_the_operator(platform: Platform) -> None:
    stream = platform.stream(policy={"mode": "observe"})
    platform.send_bad(stream)
    platform.wait_until(lambda: platform.counted(stream)[1] == 48, "the bounces are counted")
    platform.dynamodb.delete_item(TableName=platform.outputs["StreamsTableName"], Key={"stream": {"S": HOME}})
    cloudwatch = platform.cloud.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="sesguard-AccountBounceRateAlarm")["MetricAlarms"]
    name = alarms[0]["AlarmName"]
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="drill")
    platform.wait_until(lambda: name in json.dumps(_item(platform)), "the alarm is on record")

    def told() -> bool:
        _sweep(platform)
        return any("The SES account" in text and name in text for text in platform.told())

    platform.wait_until(told, "the operator is told")
    text = next(text for text in platform.told() if "The SES account" in text and name in text)
    assert stream in text
    assert "The shield is set to observe" in text
    assert platform.may_send(stream)
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="drill")
    platform.wait_until(lambda: '"up":false' in _item(platform)["state"]["S"], "its end is on record")


@pytest.fixture
def no_room(platform: Platform) -> Iterator[None]:
    """An hour in which the guard has paused as many streams as it may."""
    table = platform.outputs["CohortsTableName"]
    key = {"stream": {"S": HOME}, "cohort": {"S": "p#hour"}}
    before = platform.dynamodb.get_item(TableName=table, Key=key).get("Item")
    at = datetime.now(UTC).timestamp()
    claims = json.dumps({"taken": {str(number): at for number in range(100)}})
    version = int(before["version"]["N"]) if before else 0
    platform.dynamodb.put_item(
        TableName=table, Item={**key, "claims": {"S": claims}, "version": {"N": str(version + 1)}}
    )
    yield
    platform.dynamodb.delete_item(TableName=table, Key=key)


@pytest.mark.usefixtures("no_room")
def test_a_pause_over_the_cap_waits_for_the_operator_who_releases_it(platform: Platform) -> None:
    stream = platform.stream()
    platform.send_good(stream, mails=2)
    for number in range(30):  # risk between 1 and 5: what is far beyond the limit has room of its own
        platform.send(stream, f"gone-{number}@domain-{number}.example")
    platform.wait_until(lambda: platform.item(stream).get("waiting", {}).get("S"), "the pause waits")
    assert platform.may_send(stream)
    platform.wait_until(lambda: any("sesguard backlog approve" in text for text in platform.told()), "it is told")
    assert stream in _sesguard(platform, "backlog", "list").stdout
    released = _sesguard(platform, "backlog", "approve", stream, "--reason", "a stolen key")
    assert released.returncode == 0, released.stderr
    assert not platform.may_send(stream)
    assert platform.status(stream) == "paused"
    assert "a stolen key" in _sesguard(platform, "incidents", stream).stdout


def _item(platform: Platform) -> dict[str, Any]:
    key = {"stream": {"S": HOME}}
    table = platform.outputs["StreamsTableName"]
    item: dict[str, Any] = platform.dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
    return item


def _sweep(platform: Platform) -> None:
    """Not to wait for the minute."""
    answer = platform.cloud.client("lambda").invoke(FunctionName=platform.outputs["SweepFunctionName"], Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def _sesguard(platform: Platform, *words: str) -> subprocess.CompletedProcess[str]:
    return sesguard(platform.cloud.emulator.environment(), *words)
