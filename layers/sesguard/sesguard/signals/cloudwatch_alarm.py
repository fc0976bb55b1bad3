"""Read what CloudWatch says when an alarm changes its state: which stream it is about, its new state, and when.

Every documented form is read, bare or enveloped: SNS, direct Lambda and EventBridge; of a single metric, metric math,
a contributor of a Metrics Insights query, or a composite.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-lambda.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import msgspec

from sesguard.signals.alarm_condition import looks, objection, shape_objection
from sesguard.signals.alarm_metrics import SES_METRICS, Named, account_kinds, is_home, names, tenant_names
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId
from sesguard.text import one_line

MOST_ENVELOPES: Final = 4
_ARN = re.compile(r"arn:[^:]+:cloudwatch:([^:]*):([^:]*):alarm:")
# The offset comes with and without a colon, and examples in the wild have spaces after the colons.
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)")
# What sesguard.aws.cloudwatch.alarms writes behind its reason, and what CloudWatch writes:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
_TRIPPED_RISK: Final = re.compile(r"\[risk (\d{1,9}(?:\.\d{1,6})?)\]$")
_MEASURED_RISK: Final = re.compile(r"Threshold Crossed: .{0,40}?datapoints? \[(\d{1,9}(?:\.\d{1,9})?)\b")
_TENANT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONFIGURED: Final = "CloudWatch Alarm Configuration Change"  # tells the state as well, but of no change of it
_LONGEST_NAME, _LONGEST_REASON = 255, 300

Fields = Mapping[str, Any]


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


@dataclass(frozen=True, slots=True)
class AlarmSignal:
    """One change of an alarm's state.

    at: the alarm's own time of the change, aware UTC. own: the alarm is on the guard's own metrics.
    alarm_name, reason: text from outside, cut to one printable line each.
    objection: why the alarm does not say that a rate was over, "" where it does. looks: the alarm in one line.
    risk: what the guard's own alarm says of it, where it does.
    tenant: the SES tenant of that name is meant, with all its streams; then ``stream`` is the account and region.
    """

    stream: StreamId
    value: AlarmValue
    at: datetime
    alarm_name: str
    own: bool
    reason: str
    objection: str = ""
    looks: str = ""
    risk: float | None = None
    tenant: str = ""


@dataclass(frozen=True, slots=True)
class AccountSignal:
    """One change of an alarm on the rates of a whole account, which pauses nobody by itself.

    home: the account and region, as a stream without a configuration set. kinds: bounces, complaints or both.
    """

    home: StreamId
    kinds: frozenset[str]
    value: AlarmValue
    at: datetime
    alarm_name: str
    reason: str
    objection: str = ""
    looks: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A body that names no stream to act on. ``detail`` names the field and what was expected of it."""

    problem: AlarmProblem
    detail: str
    alarm_name: str = ""


class _UnusableError(Exception):
    def __init__(self, problem: AlarmProblem, detail: str) -> None:
        super().__init__(detail)
        self.problem, self.detail = problem, detail


@dataclass(frozen=True, slots=True)
class _Change:
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


def read(body: str | bytes) -> AlarmSignal | AccountSignal | Unreadable:
    """Read one message. Never raises: whatever cannot be acted on is Unreadable."""
    change = None
    try:
        change = _change(body)
        return _signal(change)
    except _UnusableError as problem:
        return Unreadable(problem.problem, problem.detail, one_line(change.name, _LONGEST_NAME) if change else "")


def _change(body: str | bytes) -> _Change:
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
    raise _UnusableError(AlarmProblem.NOT_AN_ALARM, "body: neither an alarm of CloudWatch nor an envelope of one")


def _decode(body: str | bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise _UnusableError(AlarmProblem.NOT_JSON, "body: expected JSON") from None


def _opened(envelope: Fields) -> object:
    """The content of an SNS envelope, or of a Lambda event that holds exactly one."""
    records = envelope.get("Records")
    if isinstance(records, list) and len(records) > 1:
        raise _UnusableError(AlarmProblem.SEVERAL_MESSAGES, f"Records: {len(records)}; expected one alarm a message")
    if isinstance(records, list) and records and isinstance(records[0], dict):
        record = records[0]
        return record.get("Sns", _decode(record["body"]) if isinstance(record.get("body"), str) else record)
    message = envelope.get("Message")
    return _decode(message) if isinstance(message, str) else message


def _from_sns(message: Fields) -> _Change:
    return _Change(
        name=message.get("AlarmName"),
        value=message["NewStateValue"],
        at=message.get("StateChangeTime"),
        reason=message.get("NewStateReason"),
        reason_data=message.get("NewStateReasonData"),
        arn=message.get("AlarmArn"),
        account=message.get("AWSAccountId"),
        region=None,  # "Region" is a display name
        scope=_fields(message.get("Trigger")),
        contributor=message.get("AlarmContributorAttributes"),
    )


def _from_event(envelope: Fields, data: Fields) -> _Change:
    state = _fields(data.get("state"))
    resources = envelope.get("resources")
    return _Change(
        name=data.get("alarmName"),
        value=state.get("value"),
        at=state.get("timestamp"),
        reason=state.get("reason"),
        reason_data=state.get("reasonData"),
        arn=envelope.get("alarmArn", resources[0] if isinstance(resources, list) and resources else None),
        account=envelope.get("accountId", envelope.get("account")),
        region=envelope.get("region"),
        scope=_fields(data.get("configuration")),
        contributor=_fields(data.get("alarmContributor")).get("attributes"),
    )


def _signal(change: _Change) -> AlarmSignal | AccountSignal:
    if not isinstance(change.value, str) or change.value not in list(AlarmValue):
        raise _UnusableError(AlarmProblem.BAD_STATE, f"state: expected one of {', '.join(AlarmValue)}")
    at, value = _time(change.at), AlarmValue(change.value)
    streams = set(_streams(change))
    kinds = account_kinds(change.scope)
    if not streams and (tenants := tenant_names(change.scope)):
        return _of_tenant(change, tenants, value, at)
    if kinds and not streams:
        return _of_account(change, kinds, value, at)
    named = _one(streams)
    name, reason = one_line(change.name, _LONGEST_NAME), one_line(change.reason, _LONGEST_REASON)
    if named.own:
        return AlarmSignal(named.stream, value, at, name, own=True, reason=reason, risk=_risk(change))
    why = _objection(change, value)
    return AlarmSignal(
        named.stream, value, at, name, own=False, reason=reason, objection=why, looks=looks(change.scope, change.reason)
    )


def _objection(change: _Change, value: AlarmValue) -> str:
    """Why the alarm does not say that a rate was over. Only ALARM has a reason that could say so."""
    if value is AlarmValue.ALARM:
        return objection(change.scope, change.reason, change.reason_data, SES_METRICS)
    return shape_objection(change.scope, SES_METRICS)


def _risk(change: _Change) -> float | None:
    """The risk that the guard's own alarm says: as it was tripped, or as CloudWatch measured it."""
    reason = change.reason if isinstance(change.reason, str) else ""
    found = _TRIPPED_RISK.search(reason)
    if found is None and change.scope.get("MetricName", "Risk") == "Risk":
        found = _MEASURED_RISK.match(reason)
    return float(found[1]) if found else None


def _of_tenant(change: _Change, tenants: frozenset[str], value: AlarmValue, at: datetime) -> AlarmSignal:
    if len(tenants) > 1:
        raise _UnusableError(AlarmProblem.SEVERAL_STREAMS, f"metrics: of {len(tenants)} SES tenants; expected one")
    (tenant,) = tenants
    if not _TENANT.fullmatch(tenant):
        raise _UnusableError(AlarmProblem.BAD_STREAM, "TenantName: not the name of an SES tenant")
    return AlarmSignal(
        _account(change),
        value,
        at,
        one_line(change.name, _LONGEST_NAME),
        own=False,
        reason=one_line(change.reason, _LONGEST_REASON),
        objection=_objection(change, value),
        looks=looks(change.scope, change.reason),
        tenant=tenant,
    )


def _of_account(change: _Change, kinds: frozenset[str], value: AlarmValue, at: datetime) -> AccountSignal:
    home = _account(change)
    name, reason = one_line(change.name, _LONGEST_NAME), one_line(change.reason, _LONGEST_REASON)
    why, about = _objection(change, value), looks(change.scope, change.reason)
    return AccountSignal(home, kinds, value, at, name, reason, objection=why, looks=about)


def _account(change: _Change) -> StreamId:
    """The alarm's own account and region, as a stream without a configuration set."""
    account, region = _home(change)
    home = StreamId(account if isinstance(account, str) else "", region if isinstance(region, str) else "", "")
    if not is_home(home):
        raise _UnusableError(AlarmProblem.BAD_STREAM, "account or region: missing, or not one of AWS's")
    return home


def _home(change: _Change) -> tuple[object, object]:
    """The alarm's own account and region."""
    if isinstance(change.arn, str) and (found := _ARN.match(change.arn)):
        return change.account or found[2].strip(), found[1]
    return change.account, change.region


def _streams(change: _Change) -> Iterator[Named]:
    """The streams that the alarm's metrics name; its own account and region stand in where they do not say."""
    account, region = _home(change)
    yield from names(change.scope, _fields(change.contributor), account, region)


def _one(named: set[Named]) -> Named:
    if not named:
        raise _UnusableError(AlarmProblem.NO_STREAM, "metrics: none is the reputation of a configuration set")
    streams = {name.stream for name in named}
    if len(streams) > 1:
        raise _UnusableError(
            AlarmProblem.SEVERAL_STREAMS, f"metrics: of {len(streams)} configuration sets; expected one"
        )
    name = min(named, key=lambda it: it.own)  # own only if nothing else was looked at
    if not name.well_formed:
        raise _UnusableError(
            AlarmProblem.BAD_STREAM, "account, region or configuration set: missing, or not one of AWS's"
        )
    return name


def _time(text: object) -> datetime:
    found = _TIME.fullmatch("".join(text.split())) if isinstance(text, str) and len(text) < 64 else None
    if found is None:
        raise _UnusableError(AlarmProblem.BAD_TIME, "time of the change: expected ISO 8601 with an offset")
    try:
        return datetime.fromisoformat(f"{found[1]}{(found[2] or '')[:7]}{found[3]}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise _UnusableError(AlarmProblem.BAD_TIME, "time of the change: no such time") from None


def _fields(value: object) -> Fields:
    return value if isinstance(value, dict) else {}
