"""When the local cloud's alarms are in which state, from the tables of CloudWatch's documentation."""

from datetime import UTC, datetime, timedelta

import pytest

from localcloud.gaps.alarm_rule import Point, Rule, evaluate, period_starts

NOW = datetime(2026, 11, 21, 18, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_rule(periods=3, needed=3, missing="missing", comparison="GreaterThanOrEqualToThreshold", period=MINUTE):
    return Rule(period, periods, needed, comparison, threshold=1.0, missing=missing)


def points(drawn):
    """As the documentation draws them, oldest first: 0 not breaching, X breaching, - missing."""
    values = {"0": 0.2, "X": 1.5, "-": None}
    return [
        None if values[mark] is None else Point(NOW + MINUTE * place, values[mark])
        for place, mark in enumerate(drawn.split())
    ]


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html, both its tables.
# None: "retain current state".
TABLE_3_OF_3 = [
    ("0 - X - X", "OK", "OK", "OK", "OK"),
    ("0 - - - -", "OK", "OK", "OK", "OK"),
    ("- - - - -", "INSUFFICIENT_DATA", None, "ALARM", "OK"),
    ("0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("- - X - -", "ALARM", None, "ALARM", "OK"),
]
TABLE_2_OF_3 = [
    ("0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"),
    ("0 - X - -", "OK", "OK", "ALARM", "OK"),
    ("- - - - 0", "OK", "OK", "ALARM", "OK"),
    ("- - - X -", "ALARM", None, "ALARM", "OK"),
]
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
ROWS = [
    pytest.param(needed, drawn, missing, expected, id=f"{needed} of 3, {drawn}, {missing}")
    for needed, table in ((3, TABLE_3_OF_3), (2, TABLE_2_OF_3))
    for drawn, *states in table
    for missing, expected in zip(TREATMENTS, states, strict=True)
]


@pytest.mark.parametrize(("needed", "drawn", "missing", "expected"), ROWS)
def test_the_tables_of_the_documentation_hold(needed, drawn, missing, expected):
    assert evaluate(a_rule(needed=needed, missing=missing), points(drawn)).state == expected


@pytest.mark.parametrize("drawn", ["- - - - X", "- - - X -"])
def test_a_young_breach_alone_does_not_raise_a_3_of_3_alarm_prematurely(drawn):
    assert evaluate(a_rule(), points(drawn)).state is None


def test_one_breaching_point_raises_a_1_of_3_alarm_whatever_is_missing():
    for missing in TREATMENTS:
        assert evaluate(a_rule(needed=1, missing=missing), points("- - - - X")).state == "ALARM"


def test_a_1_of_1_alarm_that_ignores_missing_data_keeps_its_state_in_silence():
    assert evaluate(a_rule(periods=1, needed=1, missing="ignore"), points("- - -")).state is None


def test_a_1_of_1_alarm_goes_by_its_newest_point_as_long_as_the_range_holds_it():
    assert evaluate(a_rule(periods=1, needed=1, missing="ignore"), points("X 0 -")).state == "OK"


@pytest.mark.parametrize(
    ("comparison", "below", "at", "above"),
    [
        ("GreaterThanOrEqualToThreshold", "OK", "ALARM", "ALARM"),
        ("GreaterThanThreshold", "OK", "OK", "ALARM"),
        ("LessThanThreshold", "ALARM", "OK", "OK"),
        ("LessThanOrEqualToThreshold", "ALARM", "ALARM", "OK"),
    ],
)
def test_each_comparison_on_both_sides_of_the_threshold(comparison, below, at, above):
    rule = a_rule(periods=1, needed=1, comparison=comparison)
    states = [evaluate(rule, [Point(NOW, value)]).state for value in (0.9, 1.0, 1.1)]
    assert states == [below, at, above]


def test_the_range_holds_two_periods_more_than_are_evaluated():
    assert len(period_starts(a_rule(), NOW, None)) == 5


def test_the_minute_in_progress_counts_as_soon_as_it_has_a_sample():
    begun = NOW.replace(second=0)
    assert period_starts(a_rule(), NOW, begun)[-1] == begun
    assert period_starts(a_rule(), NOW, begun - timedelta(seconds=1))[-1] == begun - MINUTE


def test_long_periods_slide_by_the_minute_and_short_ones_by_themselves():
    five = period_starts(a_rule(period=MINUTE * 5), NOW, None)
    assert five[-1] == datetime(2026, 11, 21, 17, 55, tzinfo=UTC)
    ten_seconds = period_starts(a_rule(period=timedelta(seconds=10)), NOW, None)
    assert ten_seconds[-1] == NOW - timedelta(seconds=10)


def test_the_reason_of_an_alarm_names_the_points_that_breached():
    reason = evaluate(a_rule(periods=1, needed=1), [Point(NOW, 1.5)]).reason
    assert reason == (
        "Threshold Crossed: 1 datapoint [1.5 (21/11/26 18:00:30)] was greater than or equal to the threshold (1.0)."
    )


def test_the_reason_of_an_m_of_n_alarm_says_how_many_it_needs():
    reason = evaluate(a_rule(needed=2), points("X 0 X")).reason
    assert reason == (
        "Threshold Crossed: 2 out of the last 3 datapoints [1.5 (21/11/26 18:02:30), 1.5 (21/11/26 18:00:30)] were "
        "greater than or equal to the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )


def test_the_reason_of_silence_says_how_it_was_treated():
    assert evaluate(a_rule(periods=1, needed=1, missing="notBreaching"), points("- - -")).reason == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
        "[NotBreaching]."
    )
    assert evaluate(a_rule(), points("- - - - -")).reason == "Insufficient Data: 3 datapoints were unknown."
