"""An alarm pauses only if it says that a rate was over its limit: what says so, in every form, and what does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesguard.signals.cloudwatch_alarm import AccountSignal, AlarmSignal, Unreadable, read
from sesguard.signals.metric_math import APART, BAD, RATE, UNCLEAR, VOLUME, rises
from tests.fakes.alarms import an_alarm, enveloped, ses_trigger, to_eventbridge, to_lambda
from tests.fakes.clock import NOW
from tests.fakes.world import ACME

OVER = "Threshold Crossed: 1 datapoint [0.06 (26/11/26 10:00:00)] was greater than the threshold (0.05)."
UNDER = "Threshold Crossed: 1 out of the last 1 datapoints [0.002 (26/11/26 10:00)] was less than the threshold (0.01)."
NO_DATA = (
    "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching]."
)
SOME_DATA = (
    "Threshold Crossed: 1 out of the last 3 datapoints [0.06 (26/11/26 10:00:00)] was greater than the threshold "
    "(0.05) and 2 missing datapoints were treated as [Breaching]."
)
METRIC = {"namespace": "AWS/SES", "name": "Reputation.BounceRate", "dimensions": {"ses:configuration-set": "acme-news"}}


def said(body: dict[str, Any]) -> str:
    signal = read(json.dumps(body))
    assert isinstance(signal, AlarmSignal | AccountSignal), signal
    return signal.objection


def sns(reason: str = OVER, **trigger: Any) -> dict[str, Any]:
    usual = {"Statistic": "AVERAGE", "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "missing"}
    return an_alarm(NOW, trigger={**ses_trigger(), **usual, **trigger}, NewStateReason=reason)


def of_event(make: Any, reason: str, stat: str = "Average", data: str = "") -> dict[str, Any]:
    body = make(NOW, METRIC)
    detail = body.get("alarmData", body.get("detail"))
    detail["state"] |= {"reason": reason, **({"reasonData": data} if data else {})}
    detail["configuration"]["metrics"][0]["metricStat"]["stat"] = stat
    return body


@pytest.mark.parametrize(
    "trigger",
    [
        {},
        {"ComparisonOperator": "GreaterThanOrEqualToThreshold"},
        {"Statistic": "MAXIMUM"},
        {"Statistic": None, "StatisticType": "ExtendedStatistic", "ExtendedStatistic": "p99.9"},
        {"TreatMissingData": "breaching"},
        {"TreatMissingData": "- TreatMissingData:  notBreaching"},
    ],
)
def test_a_rate_over_its_limit_says_so(trigger):
    assert said(sns(**trigger)) == ""
    assert said(enveloped(sns(**trigger))) == ""


@pytest.mark.parametrize(
    ("reason", "trigger"),
    [
        (UNDER, {"ComparisonOperator": "LessThanThreshold"}),
        (UNDER, {"ComparisonOperator": "LessThanOrEqualToThreshold"}),
        (OVER, {"Statistic": "SAMPLECOUNT"}),
        (OVER, {"Statistic": "SUM"}),
        (OVER, {"ExtendedStatistic": "PR(:0.05)", "Statistic": None}),
        (OVER, {"Threshold": 0.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold"}),
        (NO_DATA, {"TreatMissingData": "breaching"}),
        (SOME_DATA, {"TreatMissingData": "breaching", "EvaluationPeriods": 3, "DatapointsToAlarm": 3}),
        ("Threshold Crossed", {"ComparisonOperator": None}),
    ],
)
def test_what_says_anything_else_says_why_not(reason, trigger):
    assert said(sns(reason, **trigger)) != ""
    assert said(enveloped(sns(reason, **trigger))) != ""


@pytest.mark.parametrize("make", [to_lambda, to_eventbridge])
@pytest.mark.parametrize(
    ("reason", "stat", "over"),
    [(OVER, "Average", True), (UNDER, "Average", False), (NO_DATA, "Average", False), (SOME_DATA, "Average", False),
     (OVER, "SampleCount", False), (OVER, "p99", True), ("set by hand", "Average", False)],
)  # fmt: skip
def test_the_other_forms_carry_no_operator_and_their_reason_says_it(make, reason, stat, over):
    assert (said(of_event(make, reason, stat)) == "") is over


BAND = {
    "MetricName": None, "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold", "ThresholdMetricId": "ad1",
}  # fmt: skip
LEFT_BAND = (
    "Thresholds Crossed: 1 out of the last 1 datapoints [{} (26/11/26 10:00:00)] was less than the lower thresholds "
    "[0.01] or greater than the upper thresholds [0.03] (minimum 1 datapoint for OK -> ALARM transition)."
)


def band(reason: str, operator: str = BAND["ComparisonOperator"]) -> dict[str, Any]:
    dimensions = [{"name": "ses:configuration-set", "value": "acme-news"}]
    metric = {"Namespace": "AWS/SES", "MetricName": "Reputation.BounceRate", "Dimensions": dimensions}
    rate = {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Average"}, "ReturnData": True}
    bounds = {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "ReturnData": True}
    trigger = {"Metrics": [rate, bounds], "ComparisonOperator": operator, "ThresholdMetricId": "ad1"}
    return an_alarm(NOW, trigger=trigger, NewStateReason=reason)


def test_only_the_upper_side_of_a_band_says_that_a_rate_is_over():
    assert said(band(LEFT_BAND.format("0.06"))) == ""
    assert "upper side" in said(band(LEFT_BAND.format("0.001")))
    upper = "Thresholds Crossed: 1 datapoint [0.06] was greater than the upper thresholds [0.03]."
    assert said(band(upper, "GreaterThanUpperThreshold")) == ""
    assert said(band(upper.replace("greater", "less"), "LessThanLowerThreshold")) != ""


def test_state_data_says_which_side_where_the_reason_does_not():
    data = json.dumps({"recentDatapoints": [0.001], "recentLowerThresholds": [0.01], "recentUpperThresholds": [0.03]})
    body = of_event(to_lambda, LEFT_BAND.format("0.06"), data=data)
    assert "upper side" in said(body)


TERMS = {"m1": RATE, "m2": APART, "b": BAD, "s": VOLUME, "REPEAT": RATE}


@pytest.mark.parametrize(
    "expression",
    ["m1", "100 * m1", "m1 * 100 - 2", "m1 / 0.01", "IF(m2 > 1000, m1, 0)", "IF(m2 < 1000, 0, m1)", "MAX([m1, m1])",
     "IF(m1 > 0.05, 1, 0)", "IF(m1 > 0.05 AND m2 > 100, 1, 0)", "FILL(m1, 0)", "FILL(m1, REPEAT)", "-(-m1)",
     "MIN([m1, 1])", "100 * b / s", "b/s", "(m1 > 0.05) && (m2 >= 10)"],
)  # fmt: skip
def test_expressions_that_rise_with_the_rate(expression):
    assert rises(expression, lambda name: TERMS.get(name, UNCLEAR), 5.0)


@pytest.mark.parametrize(
    "expression",
    ["1 - m1", "-m1", "m2", "m1 + m2", "m1 * m2", "FILL(m1, 100)", "IF(m2 > 1000, m1, 100)", "SUM([m1, m1])",
     "RATE(m1)", "DIFF(m1)", "m1 < 0.05", "IF(m1 < 0.05, 1, 0)", "m1 OR m2", "MAX([m1, m2])", "b",
     "MAX(SEARCH('x', 'Average', 300))", "", "(", "m1 m1", "m1 ^ 2", "m1 / 0", "unknown", "(" * 5_000, "1" * 9_999],
)  # fmt: skip
def test_expressions_that_do_not_certainly_rise(expression):
    assert not rises(expression, lambda name: TERMS.get(name, UNCLEAR), 5.0)


def test_an_alarm_by_an_ses_tenants_name_means_the_tenant():
    rate = sns(Dimensions=[{"name": "TenantName", "value": "acme"}])
    signal = read(json.dumps(rate))
    assert isinstance(signal, AlarmSignal)
    assert (signal.tenant, signal.stream, signal.objection) == ("acme", ACME._replace(configuration_set=""), "")


def test_counts_of_a_tenant_are_a_rate_where_they_are_divided_and_none_alone():
    def stat(name: str, metric: str) -> dict[str, Any]:
        dimensions = [{"name": "TenantName", "value": "acme"}]
        of = {"Namespace": "AWS/SES", "MetricName": metric, "Dimensions": dimensions}
        return {"Id": name, "MetricStat": {"Metric": of, "Period": 300, "Stat": "Sum"}, "ReturnData": False}

    both = [stat("b", "Bounces"), stat("s", "Sends")]
    math = [{"Id": "e1", "Expression": "100 * b / s", "ReturnData": True}, *both]
    over = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 5.0}
    assert said(an_alarm(NOW, trigger={"Metrics": math, **over}, NewStateReason=OVER)) == ""
    alone = sns(MetricName="Bounces", Statistic="SUM", Dimensions=[{"name": "TenantName", "value": "acme"}])
    assert "no rate" in said(alone)


def test_an_alarm_on_the_account_that_does_not_say_over_calls_no_shield():
    assert said(sns(UNDER, Dimensions=[], ComparisonOperator="LessThanThreshold")) != ""


JUNK = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.just("Reputation.BounceRate"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["MetricName", "Namespace", "Dimensions", "Metrics", "Threshold", "Statistic", "ComparisonOperator",
          "TreatMissingData", "ThresholdMetricId", "DatapointsToAlarm"]  # fmt: skip


@given(junk=st.dictionaries(st.sampled_from(FIELDS), JUNK), reason=JUNK)
def test_no_field_of_an_alarm_is_an_error_whatever_stands_in_it(junk, reason):
    body = an_alarm(NOW, trigger={**ses_trigger(), **junk}, NewStateReason=reason)
    assert isinstance(read(json.dumps(body)), AlarmSignal | AccountSignal | Unreadable)


@pytest.mark.parametrize(
    "body", ["[" * 100_000, '{"NewStateValue": "\\ud800"}', "\ud800", b"\xff\xfe", '{"a":' * 9_999]
)
def test_no_nesting_and_no_surrogate_is_an_error(body):
    assert isinstance(read(body), Unreadable)
