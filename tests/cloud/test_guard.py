"""The guard as deployed: from an event of SES to a tenant that is paused, told, and lets the others be."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from localcloud.cloud import ACCOUNT, REGION
from localcloud.setting_up import stream_of
from tests.cloud.conftest import Platform

pytestmark = pytest.mark.cloud


def test_a_bad_stream_is_paused_and_its_owner_told_once_while_others_send_on(platform: Platform) -> None:
    bad, good = platform.stream(owner="owner@bad.example"), platform.stream(owner="owner@good.example")
    platform.send_good(good, mails=4)
    platform.send(good, "gone-1@inbox.example")
    assert platform.send_bad(bad)
    platform.wait_until(lambda: not platform.may_send(bad), "the bad stream is paused")
    assert not platform.send(bad, "somebody@inbox.example")
    platform.wait_until(lambda: platform.mails_to("owner@bad.example"), "the owner is told")
    assert platform.send(good, "somebody@inbox.example")
    assert platform.status(bad) == "paused"
    [mail] = platform.mails_to("owner@bad.example")
    assert "48 of 48 mails" in mail
    assert "less than once in" in mail
    assert "gone-" not in mail
    assert platform.mails_to("owner@good.example") == []


def test_complaints_pause_too(platform: Platform) -> None:
    stream = platform.stream()
    platform.send_good(stream, mails=2)
    for number in range(12):
        platform.send(stream, f"angry-{number}@inbox.example")
    platform.wait_until(lambda: not platform.may_send(stream), "the stream is paused")
    assert platform.item(stream)["state"]["S"].count('"acknowledge":true') == 1


def test_one_bounce_in_thirteen_and_a_dead_customer_domain_pause_nobody(platform: Platform) -> None:
    tiny, customer = platform.stream(), platform.stream()
    for number in range(13):
        platform.send(tiny, f"{'gone' if number == 3 else 'fine'}-{number}@inbox.example")
    platform.send_good(customer, mails=6)
    for number in range(30):
        platform.send(customer, f"gone-{number}@closed-factory.example")
    platform.wait_until(lambda: platform.counted(tiny) == (13, 1, 0), "the tiny stream is counted")
    platform.wait_until(lambda: platform.counted(customer) == (330, 30, 0), "the other stream is counted")
    assert platform.may_send(tiny)
    assert platform.may_send(customer)
    assert platform.status(tiny) == "unknown"


def test_an_observed_stream_is_not_paused_and_its_owner_reads_what_would_have_happened(platform: Platform) -> None:
    stream = platform.stream(owner="owner@observed.example", policy={"mode": "observe"})
    platform.send_bad(stream)
    platform.wait_until(lambda: platform.status(stream) == "paused", "the decision is on record")
    platform.wait_until(
        lambda: platform.told() and any(stream in text for text in platform.told()), "the operator is told"
    )
    assert platform.send(stream, "somebody@inbox.example")


def test_a_stream_that_publishes_over_both_paths_counts_once(platform: Platform) -> None:
    both, bus_only = platform.stream(via="both"), platform.stream(via="eventbridge")
    for stream in (both, bus_only):
        platform.send_good(stream, mails=3)
        platform.send(stream, "gone-1@inbox.example", "gone-2@elsewhere.example")
    platform.wait_until(lambda: platform.counted(both) == (152, 2, 0), "what came by both paths is counted")
    platform.wait_until(lambda: platform.counted(bus_only) == (152, 2, 0), "what came over EventBridge is counted")


def test_what_is_no_event_of_ses_is_set_aside_alone_and_the_rest_of_its_batch_counts(platform: Platform) -> None:
    stream = platform.stream()
    sqs = platform.cloud.client("sqs")
    queue = platform.outputs["SesEventsQueueUrl"]
    dead = platform.physical("SesEventsDeadLetters")
    before = platform.waiting(dead)
    broken = '{"eventType":"Bounce","mail":{"timestamp":"2026-11-20T09:14:07.412Z","tags":{"ses:configuration-set":["x"'
    for body in (broken, "Successfully validated SNS topic for Amazon SES event publishing.", '{"eventType":17}'):
        sqs.send_message(QueueUrl=queue, MessageBody=body)
    platform.send_good(stream)
    platform.wait_until(lambda: platform.counted(stream) == (50, 0, 0), "the rest of the batch counts")
    # The plain text is none of the guard's business and gone; no retry would heal the two broken bodies.
    platform.wait_until(lambda: platform.waiting(dead) == before + 2, "what is broken is set aside")
    platform.wait_until(lambda: platform.waiting(queue) == 0, "and nothing comes again")


def test_a_cooled_down_stream_comes_back_through_its_alarm_and_not_before(platform: Platform) -> None:
    drill = {"cool_down": "8s", "acknowledge_bounce_rate": 1.0, "probation_mails": 100, "probation_for": "1s"}
    stream = platform.stream(owner="owner@drill.example", policy=drill)
    platform.send_good(stream)
    platform.send_bad(stream)
    platform.wait_until(lambda: not platform.may_send(stream), "the stream is paused")
    until = json.loads(platform.item(stream)["state"]["S"])["cool_down_until"]
    _tell_ok(platform, stream)
    platform.wait_until(lambda: platform.may_send(stream), "the stream is back")
    assert datetime.now(UTC) >= datetime.fromisoformat(until)
    platform.wait_until(lambda: platform.status(stream) == "probation", "it is on probation")


def test_an_alarm_of_somebody_else_on_sess_own_reputation_metric_is_obeyed(platform: Platform) -> None:
    stream = platform.stream()
    platform.publish_alarm(**an_alarm("AWS/SES", "Reputation.BounceRate", {"ses:configuration-set": stream}))
    platform.wait_until(lambda: not platform.may_send(stream), "the stream is paused")


def test_an_alarm_that_names_no_known_stream_pauses_nobody_and_the_operator_is_told(platform: Platform) -> None:
    platform.publish_alarm(**an_alarm("AWS/SES", "Reputation.BounceRate", {"ses:configuration-set": "no-such-set"}))
    platform.publish_alarm(**an_alarm("AWS/EC2", "CPUUtilization", {"InstanceId": "i-0123456789"}))
    platform.wait_until(
        lambda: any("no-such-set" in text for text in platform.told()), "the operator is told of the set"
    )
    platform.wait_until(lambda: any("paused nobody" in text for text in platform.told()), "and of the other alarm")


def test_the_guards_own_alarm_set_by_hand_pauses_nobody_whose_risk_is_low_now(platform: Platform) -> None:
    stream = platform.stream()
    platform.send_good(stream, mails=2)
    for number in range(20):
        platform.send(stream, f"gone-{number}@domain-{number}.example")
    platform.wait_until(lambda: platform.status(stream) == "watched", "the stream is watched")
    cloudwatch = platform.cloud.client("cloudwatch")
    name = f"{platform.outputs['AlarmPrefix']}-{ACCOUNT}-{REGION}-{stream}"
    platform.wait_until(lambda: cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"], "and has its alarm")
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="drill")
    other = platform.stream()
    platform.publish_alarm(**an_alarm("AWS/SES", "Reputation.BounceRate", {"ses:configuration-set": other}))
    platform.wait_until(lambda: not platform.may_send(other), "an alarm that came after it was taken")
    assert platform.may_send(stream)
    assert platform.status(stream) == "watched"


def an_alarm(namespace: str, metric: str, dimensions: dict[str, str], value: str = "ALARM") -> dict[str, object]:
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    return {
        "AlarmName": "somebody-elses",
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:somebody-elses",
        "AWSAccountId": ACCOUNT,
        "NewStateValue": value,
        "OldStateValue": "OK",
        "NewStateReason": "Threshold Crossed: 1 datapoint [0.06] was greater than the threshold (0.05).",
        "StateChangeTime": at,
        "Region": "US East (N. Virginia)",
        "Trigger": {
            "MetricName": metric,
            "Namespace": namespace,
            "Statistic": "AVERAGE",
            "ComparisonOperator": "GreaterThanThreshold",
            "Threshold": 0.05,
            "TreatMissingData": "missing",
            "Dimensions": [{"name": name, "value": text} for name, text in dimensions.items()],
        },
    }


def _tell_ok(platform: Platform, stream: str) -> None:
    """An OK of the stream's own alarm, too early to mean anything."""
    account, region, name = stream_of(stream)
    dimensions = {"Account": account, "Region": region, "ConfigurationSet": name}
    platform.publish_alarm(**an_alarm("Sesguard", "Risk", dimensions, value="OK"))


def _alarm_values(platform: Platform, stream: str) -> list[str]:
    name = f"{platform.outputs['AlarmPrefix']}-{ACCOUNT}-{REGION}-{stream}"
    answer = platform.cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])
    return [alarm["StateValue"] for alarm in answer["MetricAlarms"]]
