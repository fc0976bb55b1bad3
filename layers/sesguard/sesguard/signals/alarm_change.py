"""One alarm's change of state, taken out of every form that CloudWatch says it in.

Bare or enveloped: SNS, direct Lambda and EventBridge.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-lambda.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from sesguard.signals.fields import Fields, fields_of

_ARN = re.compile(r"arn:[^:]+:cloudwatch:([^:]*):([^:]*):alarm:")
MOST_ENVELOPES: Final = 4
# The offset comes with and without a colon, and examples in the wild have spaces after the colons.
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)")
_CONFIGURED: Final = "CloudWatch Alarm Configuration Change"  # tells the state as well, but of no change of it


class AlarmProblem(StrEnum):
    """Why a message pauses nobody."""

    NOT_JSON = "not_json"
    NOT_AN_ALARM = "not_an_alarm"
    SEVERAL_MESSAGES = "several_messages"
    BAD_STATE = "bad_state"
    BAD_TIME = "bad_time"
    NO_STREAM = "no_stream"
    SEVERAL_STREAMS = "several_streams"
    BAD_STREAM = "bad_stream"


class UnusableAlarmError(Exception):
    """A message that pauses nobody. ``detail`` names the field and what was expected of it."""

    def __init__(self, problem: AlarmProblem, detail: str) -> None:
        super().__init__(detail)
        self.problem, self.detail = problem, detail


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """What all forms say, under one set of names. ``scope`` holds the metrics: a trigger or a configuration."""

    name: object
    value: object
    at: object
    reason: object
    reason_data: object
    arn: object
    account: object
    region: object
    scope: Fields
    contributor: object

    @property
    def home(self) -> tuple[object, object]:
        """The alarm's own account and region, as it says them."""
        if isinstance(self.arn, str) and (found := _ARN.match(self.arn)):
            return self.account or found[2].strip(), found[1]
        return self.account, self.region


def read_change(body: str | bytes) -> AlarmChange:
    """Read the change that a message tells of. Raises UnusableAlarmError where it tells of none."""
    document = _decode(body)
    for _ in range(MOST_ENVELOPES):
        if not isinstance(document, dict):
            break
        if "NewStateValue" in document:
            return _from_sns(document)
        data = document.get("alarmData", document.get("detail"))
        if isinstance(data, dict) and "state" in data and document.get("detail-type") != _CONFIGURED:
            return _from_event(document, data)
        document = _opened(document)
    raise UnusableAlarmError(AlarmProblem.NOT_AN_ALARM, "body: neither an alarm of CloudWatch nor an envelope of one")


def _decode(body: str | bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise UnusableAlarmError(AlarmProblem.NOT_JSON, "body: expected JSON") from None


def _opened(envelope: Fields) -> object:
    """The content of an SNS envelope, or of a Lambda event that holds exactly one."""
    records = envelope.get("Records")
    if isinstance(records, list) and len(records) > 1:
        raise UnusableAlarmError(
            AlarmProblem.SEVERAL_MESSAGES, f"Records: {len(records)}; expected one alarm a message"
        )
    if isinstance(records, list) and records and isinstance(records[0], dict):
        record = records[0]
        return record.get("Sns", _decode(record["body"]) if isinstance(record.get("body"), str) else record)
    message = envelope.get("Message")
    return _decode(message) if isinstance(message, str) else message


def _from_sns(message: Fields) -> AlarmChange:
    return AlarmChange(
        name=message.get("AlarmName"),
        value=message["NewStateValue"],
        at=message.get("StateChangeTime"),
        reason=message.get("NewStateReason"),
        reason_data=message.get("NewStateReasonData"),
        arn=message.get("AlarmArn"),
        account=message.get("AWSAccountId"),
        region=None,  # "Region" is a display name
        scope=fields_of(message.get("Trigger")),
        contributor=message.get("AlarmContributorAttributes"),
    )


def _from_event(envelope: Fields, data: Fields) -> AlarmChange:
    state = fields_of(data.get("state"))
    resources = envelope.get("resources")
    return AlarmChange(
        name=data.get("alarmName"),
        value=state.get("value"),
        at=state.get("timestamp"),
        reason=state.get("reason"),
        reason_data=state.get("reasonData"),
        arn=envelope.get("alarmArn", resources[0] if isinstance(resources, list) and resources else None),
        account=envelope.get("accountId", envelope.get("account")),
        region=envelope.get("region"),
        scope=fields_of(data.get("configuration")),
        contributor=fields_of(data.get("alarmContributor")).get("attributes"),
    )


def read_time(text: object) -> datetime:
    """Read an alarm's time, as aware UTC. Raises UnusableAlarmError."""
    found = _TIME.fullmatch("".join(text.split())) if isinstance(text, str) and len(text) < 64 else None
    if found is None:
        raise UnusableAlarmError(AlarmProblem.BAD_TIME, "time of the change: expected ISO 8601 with an offset")
    try:
        return datetime.fromisoformat(f"{found[1]}{(found[2] or '')[:7]}{found[3]}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnusableAlarmError(AlarmProblem.BAD_TIME, "time of the change: no such time") from None
