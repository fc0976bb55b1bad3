"""CloudWatch alarms as documented: evaluated by dimensions, M of N, with missing data; their actions and events.

The emulator pools all dimensions of a metric, looks at one window, evaluates only when something is put, and says
nothing to EventBridge. Here every alarm is evaluated each `TICK` (CloudWatch: each minute, high resolution each ten
seconds), never by PutMetricData itself, so whoever needs an alarm at once must call SetAlarmState, as on AWS. Such a
state lasts until the next tick: "returns to its actual state quickly, often within seconds"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_SetAlarmState.html).
"""

import json
import logging
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

import botocore.session
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudwatch, eventbridge

from localcloud.gaps import alarm_messages, patching, topics
from localcloud.gaps.alarm_rule import Evaluation, Point, Rule, evaluate, period_starts

TICK: Final = timedelta(seconds=2)

log = logging.getLogger("localcloud.alarms")
# The state that each alarm (by ARN) was last said to be in, which the next event calls previousState.
_told: dict[str, dict[str, str]] = {}
# Alarms are put by request threads and CloudFormation's, evaluated by the ticker.
_changing = threading.RLock()

_tell_composite = patching.original(cloudwatch, "_dispatch_alarm_actions", "alarm old_state new_state reason")

Alarm = dict[str, Any]


def install() -> None:
    patching.replace(cloudwatch, "_evaluate_alarm", "alarm", evaluate_alarm)
    patching.replace(cloudwatch, "_evaluate_all_alarms", "", lambda: None)
    patching.replace(cloudwatch, "_dispatch_alarm_actions", "alarm old_state new_state reason", tell)
    patching.original(cloudwatch, "_record_history", "alarm_name old_state new_state reason alarm_type reason_data")
    patching.original(cloudwatch, "_evaluate_parent_alarms", "child seen")
    patching.original(cloudwatch, "_calc_stats", "points")
    patching.original(cloudwatch, "_stat_value", "stats stat_name points")
    patching.original(cloudwatch, "_dims_key", "dims")
    patching.original(eventbridge, "_put_events", "data allow_aws_source")
    topics.check()


def start() -> None:
    """Evaluate all alarms of all accounts and regions each `TICK`, until the process ends."""
    threading.Thread(target=_tick_forever, name="alarms", daemon=True).start()


def _tick_forever() -> None:
    while True:
        time.sleep(TICK.total_seconds())
        for (account, region, name), _ in cloudwatch._alarms.all_items():
            try:
                with request_scope(account, region):
                    evaluate_alarm(cloudwatch._alarms.get(name, {}))
            except Exception:
                log.exception("evaluating %s", name)


def evaluate_alarm(alarm: Alarm) -> None:
    """Put a metric alarm in the state that its points say; on a change, record it and run its actions."""
    if not alarm.get("MetricName"):
        return
    with _changing:
        result = _evaluation(alarm, datetime.now(UTC))
        old = alarm["StateValue"]
        if result.state is None or result.state == old:
            return
        alarm.update(StateValue=result.state, StateReason=result.reason, StateUpdatedTimestamp=time.time())
        alarm["StateReasonData"] = _reason_data(alarm, result)
        cloudwatch._record_history(alarm["AlarmName"], old, result.state, result.reason)
        tell(alarm, old, result.state, result.reason)
        cloudwatch._evaluate_parent_alarms(alarm)


def _evaluation(alarm: Alarm, now: datetime) -> Evaluation:
    rule = Rule(
        period=timedelta(seconds=alarm["Period"]),
        periods=alarm["EvaluationPeriods"],
        needed=alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"],
        comparison=alarm["ComparisonOperator"],
        threshold=alarm["Threshold"],
        missing=alarm.get("TreatMissingData") or "missing",
    )
    samples = _samples(alarm)
    newest = max((sample["Timestamp"] for sample in samples), default=None)
    starts = period_starts(rule, now, None if newest is None else datetime.fromtimestamp(newest, UTC))
    return evaluate(rule, [_point(alarm, samples, start, rule.period) for start in starts])


def _samples(alarm: Alarm) -> list[dict[str, Any]]:
    """The samples of exactly the alarm's metric: a metric is its name with all its dimensions, and its unit if named.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension
    """
    dimensions = {item["Name"]: item["Value"] for item in alarm.get("Dimensions", [])}
    metric = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions))
    unit = alarm.get("Unit")
    return [sample for sample in cloudwatch._metrics.get(metric, []) if unit in (None, sample["Unit"])]


def _point(alarm: Alarm, samples: list[dict[str, Any]], start: datetime, period: timedelta) -> Point | None:
    begin, end = start.timestamp(), (start + period).timestamp()
    inside = [sample for sample in samples if begin <= sample["Timestamp"] < end]
    if not inside:
        return None
    statistic = alarm.get("ExtendedStatistic") or alarm["Statistic"]
    value = cloudwatch._stat_value(cloudwatch._calc_stats(inside), statistic, inside)
    return None if value is None else Point(start, value)


def _reason_data(alarm: Alarm, result: Evaluation) -> str:
    """The JSON that DescribeAlarms calls StateReasonData."""
    data = {
        "version": "1.0",
        "queryDate": alarm_messages.timestamp(datetime.now(UTC)),
        "statistic": alarm.get("ExtendedStatistic") or alarm["Statistic"],
        "period": alarm["Period"],
        "recentDatapoints": [point.value for point in result.points],
        "threshold": alarm["Threshold"],
    }
    return json.dumps(data)


def tell(alarm: Alarm, old_state: str, new_state: str, reason: str) -> None:
    """Tell EventBridge always, and the actions of the new state while actions are enabled.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
    Actions other than SNS topics are kept, not run.
    """
    if "MetricName" not in alarm:  # a composite alarm, which is left to the emulator
        _tell_composite(alarm, old_state, new_state, reason)
        return
    at = datetime.now(UTC)
    previous = _told.get(alarm["AlarmArn"], {"value": old_state})
    reason_data = alarm.get("StateReasonData")
    if reason_data == previous.get("reasonData"):
        # SetAlarmState without data: the emulator keeps those of the state before.
        alarm.pop("StateReasonData", None)
        reason_data = None
    change = alarm_messages.Change(
        account=get_account_id(),
        region=get_region(),
        region_name=_region_name(get_region()),
        old=old_state,
        new=new_state,
        reason=reason,
        reason_data=reason_data,
        at=at,
        previous=previous,
    )
    _told[alarm["AlarmArn"]] = alarm_messages.event_state(new_state, reason, reason_data, at)
    _to_eventbridge(alarm, change)
    if alarm.get("ActionsEnabled", True):
        _to_topics(alarm, change)


def _to_eventbridge(alarm: Alarm, change: alarm_messages.Change) -> None:
    entry = {
        "Source": "aws.cloudwatch",
        "DetailType": "CloudWatch Alarm State Change",
        "Resources": [alarm["AlarmArn"]],
        "Detail": json.dumps(alarm_messages.event_detail(alarm, change)),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _to_topics(alarm: Alarm, change: alarm_messages.Change) -> None:
    actions = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}[change.new]
    configured = datetime.fromtimestamp(alarm["AlarmConfigurationUpdatedTimestamp"], UTC)
    message = json.dumps(alarm_messages.sns_message(alarm, change, configured))
    for action in alarm.get(actions) or []:
        if action.startswith("arn:aws:sns:"):
            topics.publish(
                action,
                message,
                alarm_messages.sns_subject(alarm, change),
                service="cloudwatch.amazonaws.com",
                source_arn=alarm["AlarmArn"],
                account=change.account,
            )


@cache  # reading what botocore knows of regions takes a fifth of a second
def _region_name(region: str) -> str:
    """The name of a region as alarm messages write it: "US East (N. Virginia)", "EU (Ireland)"."""
    partitions = botocore.session.get_session().get_data("endpoints")["partitions"]
    names: dict[str, str] = {code: data["description"] for p in partitions for code, data in p["regions"].items()}
    return names.get(region, region).replace("Europe (", "EU (")
