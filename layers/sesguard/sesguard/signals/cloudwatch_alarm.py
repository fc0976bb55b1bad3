"""Read what CloudWatch says when an alarm changes its state: which stream it is about, its new state, and when.

Every documented form is read (:mod:`sesguard.signals.alarm_change`): of a single metric, metric math, a contributor
of a Metrics Insights query, or a composite.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sesguard.signals.alarm_change import (
    AlarmChange,
    AlarmProblem,
    UnusableAlarmError,
    read_change,
    read_time,
)
from sesguard.signals.alarm_condition import looks, objection, shape_objection
from sesguard.signals.alarm_metrics import SES_METRICS, Named, account_kinds, is_home, names, tenant_names
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.fields import fields_of
from sesguard.stream import StreamId
from sesguard.text import one_line

# What sesguard.aws.cloudwatch.alarms writes behind its reason, and what CloudWatch writes:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
_TRIPPED_RISK: Final = re.compile(r"\[risk (\d{1,9}(?:\.\d{1,6})?)\]$")
_MEASURED_RISK: Final = re.compile(r"Threshold Crossed: .{0,40}?datapoints? \[(\d{1,9}(?:\.\d{1,9})?)\b")
_TENANT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_NAME, _LONGEST_REASON = 255, 300


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


def read(body: str | bytes) -> AlarmSignal | AccountSignal | Unreadable:
    """Read one message. Never raises: whatever cannot be acted on is Unreadable."""
    change = None
    try:
        change = read_change(body)
        return _signal(change)
    except UnusableAlarmError as problem:
        return Unreadable(problem.problem, problem.detail, one_line(change.name, _LONGEST_NAME) if change else "")


def _signal(change: AlarmChange) -> AlarmSignal | AccountSignal:
    if not isinstance(change.value, str) or change.value not in list(AlarmValue):
        raise UnusableAlarmError(AlarmProblem.BAD_STATE, f"state: expected one of {', '.join(AlarmValue)}")
    at, value = read_time(change.at), AlarmValue(change.value)
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


def _objection(change: AlarmChange, value: AlarmValue) -> str:
    """Why the alarm does not say that a rate was over. Only ALARM has a reason that could say so."""
    if value is AlarmValue.ALARM:
        return objection(change.scope, change.reason, change.reason_data, SES_METRICS)
    return shape_objection(change.scope, SES_METRICS)


def _risk(change: AlarmChange) -> float | None:
    """The risk that the guard's own alarm says: as it was tripped, or as CloudWatch measured it."""
    reason = change.reason if isinstance(change.reason, str) else ""
    found = _TRIPPED_RISK.search(reason)
    if found is None and change.scope.get("MetricName", "Risk") == "Risk":
        found = _MEASURED_RISK.match(reason)
    return float(found[1]) if found else None


def _of_tenant(change: AlarmChange, tenants: frozenset[str], value: AlarmValue, at: datetime) -> AlarmSignal:
    if len(tenants) > 1:
        raise UnusableAlarmError(AlarmProblem.SEVERAL_STREAMS, f"metrics: of {len(tenants)} SES tenants; expected one")
    (tenant,) = tenants
    if not _TENANT.fullmatch(tenant):
        raise UnusableAlarmError(AlarmProblem.BAD_STREAM, "TenantName: not the name of an SES tenant")
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


def _of_account(change: AlarmChange, kinds: frozenset[str], value: AlarmValue, at: datetime) -> AccountSignal:
    home = _account(change)
    name, reason = one_line(change.name, _LONGEST_NAME), one_line(change.reason, _LONGEST_REASON)
    why, about = _objection(change, value), looks(change.scope, change.reason)
    return AccountSignal(home, kinds, value, at, name, reason, objection=why, looks=about)


def _account(change: AlarmChange) -> StreamId:
    """The alarm's own account and region, as a stream without a configuration set."""
    account, region = change.home
    home = StreamId(account if isinstance(account, str) else "", region if isinstance(region, str) else "", "")
    if not is_home(home):
        raise UnusableAlarmError(AlarmProblem.BAD_STREAM, "account or region: missing, or not one of AWS's")
    return home


def _streams(change: AlarmChange) -> Iterator[Named]:
    """The streams that the alarm's metrics name; its own account and region stand in where they do not say."""
    account, region = change.home
    yield from names(change.scope, fields_of(change.contributor), account, region)


def _one(named: set[Named]) -> Named:
    if not named:
        raise UnusableAlarmError(AlarmProblem.NO_STREAM, "metrics: none is the reputation of a configuration set")
    streams = {name.stream for name in named}
    if len(streams) > 1:
        raise UnusableAlarmError(
            AlarmProblem.SEVERAL_STREAMS, f"metrics: of {len(streams)} configuration sets; expected one"
        )
    name = min(named, key=lambda it: it.own)  # own only if nothing else was looked at
    if not name.well_formed:
        raise UnusableAlarmError(
            AlarmProblem.BAD_STREAM, "account, region or configuration set: missing, or not one of AWS's"
        )
    return name
