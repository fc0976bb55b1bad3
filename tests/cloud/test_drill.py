"""``sesguard drill`` on the deployed guard: it proves every hop, leaves nothing, and touches nobody else."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from localcloud.cloud import ACCOUNT, REGION
from localcloud.mailbox import NOTICE_SENDER
from localcloud.setting_up import stream_of
from sesguard.stream import DRILL
from sesguard.wiring.arns import Place
from sesguard.wiring.drill import drill_stage
from sesguard.wiring.operator import open_guard
from sesguard.wiring.permissions import make_policy
from tests.cloud.conftest import Platform

pytestmark = pytest.mark.cloud
SLOW = ("--budget-times", "20")
# As `python -m sesguard.cli.main`, and it hears Ctrl-C though who runs the tests may not, as in the background.
PROGRAM = """import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("sesguard.cli.main", run_name="__main__")"""
OBSERVED = {"accepted", "counted", "weighed", "alarm", "decided", "bus", "notice", "cleared"}


def begin(platform: Platform, *words: str, keys: dict[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603  # our own program
        [sys.executable, "-c", PROGRAM, "drill", "--from", NOTICE_SENDER, "--yes", *SLOW, *words],
        env={**platform.cloud.emulator.environment(), **(keys or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def drilled(platform: Platform, *words: str, keys: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    process = begin(platform, "--json", *words, keys=keys)
    out, errors = process.communicate(timeout=500)
    assert out, errors
    return process.returncode, json.loads(out)


def left(platform: Platform) -> list[str]:
    """Everything of any drill that is there."""
    client, outputs = platform.cloud.client, platform.outputs
    sets = platform.ses.list_configuration_sets(PageSize=1000)["ConfigurationSets"]
    rules = client("events").list_rules(EventBusName=outputs["GuardBusName"])["Rules"]
    alarms = client("cloudwatch").describe_alarms(AlarmNamePrefix=outputs["AlarmPrefix"])["MetricAlarms"]
    subscriptions = client("sns").list_subscriptions_by_topic(TopicArn=outputs["OperatorTopicArn"])["Subscriptions"]
    streams = client("dynamodb").scan(TableName=outputs["StreamsTableName"])["Items"]
    begun = client("dynamodb").scan(TableName=outputs["TurnsTableName"])["Items"]
    names = [
        *sets,
        *(each["Name"] for each in rules),
        *(each["AlarmName"] for each in alarms),
        *(each["Endpoint"] for each in subscriptions),
        *client("sqs").list_queues().get("QueueUrls", []),
        *(each["stream"]["S"] for each in streams),
        *(each.get("drill", {}).get("S", "") for each in begun),
    ]
    return [name for name in names if DRILL in name]


def test_a_drill_that_enforces_passes_every_hop_and_leaves_nothing(platform: Platform) -> None:
    bystander = platform.stream()
    before = platform.item(bystander)
    code, found = drilled(platform, "--enforce")
    assert (code, [each for each in found["hops"] if not each["passed"]]) == (0, [])
    assert {each["hop"] for each in found["hops"]} == {*OBSERVED, "refused", "resumed"}
    assert all(0 <= each["milliseconds"] <= each["budget_milliseconds"] for each in found["hops"])
    assert left(platform) == []
    assert platform.may_send(bystander)
    assert platform.item(bystander) == before


def test_without_it_nothing_is_turned_off_and_the_printed_policy_is_enough(platform: Platform) -> None:
    policy = json.dumps(make_policy(["drill"], Place("sesguard", ACCOUNT, REGION)))
    iam = platform.cloud.client("iam")
    iam.create_user(UserName="driller")
    iam.put_user_policy(UserName="driller", PolicyName="drill", PolicyDocument=policy)
    key = iam.create_access_key(UserName="driller")["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    code, found = drilled(platform, keys=keys)
    assert (code, {each["hop"] for each in found["hops"]}) == (0, OBSERVED)
    assert left(platform) == []


def test_a_drill_that_is_interrupted_cleans_up(platform: Platform) -> None:
    drill = begin(platform, "--enforce")
    platform.wait_until(lambda: any(each.startswith(DRILL) for each in left(platform)), "the drill has begun")
    drill.send_signal(signal.SIGINT)
    drill.communicate(timeout=500)
    assert drill.returncode == 130
    assert left(platform) == []


def test_what_a_killed_drill_has_left_is_removed_by_the_next_once_it_counts_as_dead(platform: Platform) -> None:
    guard = open_guard("sesguard", region=REGION, endpoint=platform.cloud.emulator.endpoint, keys=(ACCOUNT, "local"))
    stage = drill_stage(guard, NOTICE_SENDER, sleep=lambda seconds: time.sleep(min(seconds, 0.05)))
    hold_for_an_hour(platform, stage.take)
    stage.prepare(f"{DRILL}killed", enforce=False)
    assert len(left(platform)) >= 5
    beside = begin(platform)
    _, said = beside.communicate(timeout=500)
    assert (beside.returncode, "another drill is under way" in said) == (1, True)
    set_end(platform, 0.0)
    assert drilled(platform)[0] == 0
    assert left(platform) == []


def hold_for_an_hour(platform: Platform, take: Callable[[], bool]) -> None:
    """Hold the drills' lease for longer than any machine is slow."""
    assert take()
    set_end(platform, time.time() + 3_600)


def set_end(platform: Platform, until: float) -> None:
    """Let the hold of who drills end at ``until``, in epoch seconds."""
    platform.dynamodb.update_item(
        TableName=platform.outputs["TurnsTableName"],
        Key={"line": {"S": "serving"}, "place": {"S": "drill"}},
        UpdateExpression="SET #until = :until",
        ConditionExpression="attribute_exists(holder)",
        ExpressionAttributeNames={"#until": "until"},
        ExpressionAttributeValues={":until": {"N": f"{until:.3f}"}},
    )


def test_mail_to_the_simulator_counts_for_nobody_else(platform: Platform) -> None:
    stream = platform.stream()
    for number in range(20):
        assert platform.send(stream, f"bounce+label-{number}@simulator.amazonses.com")
    platform.send_good(stream)
    platform.wait_until(lambda: platform.counted(stream)[0] >= 50, "other mail is counted")
    assert platform.counted(stream)[1] == 0
    assert platform.may_send(stream), stream_of(stream)
