"""Reading CloudWatch's alarm messages: in every documented form, one stream or none, and never an exception."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesguard.signals.alarm_change import AlarmProblem
from sesguard.signals.alarm_value import AlarmValue
from sesguard.signals.cloudwatch_alarm import AccountSignal, AlarmSignal, Unreadable, read
from sesguard.stream import StreamId
from tests.fakes.alarms import (
    TRIPPED,
    a_body,
    a_detail,
    a_metric,
    an_alarm,
    enveloped,
    own_trigger,
    ses_trigger,
    to_eventbridge,
    to_lambda,
)
from tests.fakes.clock import NOW
from tests.fakes.world import ACME

AT = NOW.replace(microsecond=490_000)
CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus" / "alarm"
# Recorded by others, so it is not kept in this repository.
recorded = pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not beside the repository (../shared/corpus)")
OTHER = StreamId("123456789012", "eu-west-1", "other")
QUERY = (
    'SELECT MAX("Reputation.BounceRate") FROM SCHEMA("AWS/SES", "ses:configuration-set") '
    'GROUP BY "ses:configuration-set" ORDER BY MAX() DESC'
)


def query(stream: StreamId = ACME, name: str = "Reputation.BounceRate", **fields):
    """One metric of an alarm's metric math, as SNS carries it."""
    metric = {
        "Namespace": "AWS/SES",
        "MetricName": name,
        "Dimensions": [{"value": stream.configuration_set, "name": "ses:configuration-set"}],
    }
    return {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Average"}, **fields}


def math(*queries):
    return {"Period": 60, "Metrics": [{"Expression": "m1*1", "Id": "e1", "ReturnData": True}, *queries]}


def accepted(body) -> AlarmSignal:
    signal = read(body if isinstance(body, str) else json.dumps(body))
    assert isinstance(signal, AlarmSignal), signal
    return signal


def refused(body) -> AlarmProblem:
    problem = read(body if isinstance(body, str) else json.dumps(body))
    assert isinstance(problem, Unreadable), problem
    return problem.problem


# ---- forms


def test_the_guards_own_alarm_names_its_stream_by_its_dimensions():
    signal = accepted(an_alarm(AT))
    assert (signal.stream, signal.value, signal.at, signal.own) == (ACME, AlarmValue.ALARM, AT, True)
    assert signal.alarm_name == "sesguard-acme"
    assert signal.reason == TRIPPED


@pytest.mark.parametrize("metric", ["Risk", "BounceRate", "ComplaintRate"])
def test_an_alarm_on_any_of_the_guards_metrics_is_its_own(metric):
    assert accepted(an_alarm(AT, trigger=own_trigger(metric=metric))).own


@pytest.mark.parametrize("metric", ["Reputation.BounceRate", "Reputation.ComplaintRate"])
def test_an_alarm_of_others_is_on_ses_own_reputation_of_a_set(metric):
    signal = accepted(an_alarm(AT, trigger=ses_trigger(metric=metric), account="111122223333", region="us-east-1"))
    assert signal.stream == StreamId("111122223333", "us-east-1", "acme-news")
    assert not signal.own


@pytest.mark.parametrize(
    "wrap",
    [
        lambda alarm: alarm,
        enveloped,
        lambda alarm: {"Records": [{"EventSource": "aws:sns", "Sns": enveloped(alarm)}]},
        lambda alarm: {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(enveloped(alarm))}]},
    ],
    ids=["raw", "sns envelope", "lambda event of sns", "lambda event of sqs"],
)
def test_an_envelope_changes_nothing(wrap):
    assert accepted(wrap(an_alarm(AT))) == accepted(an_alarm(AT))


def test_metric_math_over_one_set_names_it():
    trigger = math(query(), query(name="Reputation.ComplaintRate"))
    assert accepted(an_alarm(AT, trigger=trigger)).stream == ACME


def test_metric_math_over_the_guards_own_metrics_is_its_own():
    metric = {key: own_trigger()[key] for key in ("Namespace", "MetricName", "Dimensions")}
    assert accepted(an_alarm(AT, trigger=math({"Id": "m1", "MetricStat": {"Metric": metric}}))).own


def test_metric_math_may_look_at_metrics_of_another_account():
    trigger = math(query(AccountId="111122223333"))
    assert accepted(an_alarm(AT, trigger=trigger)).stream.account == "111122223333"


def test_a_contributor_names_its_set_by_its_attributes():
    trigger = {"Metrics": [{"Id": "q1", "Expression": QUERY, "Period": 60, "ReturnData": True}]}
    body = an_alarm(
        AT,
        trigger=trigger,
        AlarmContributorId="6d442278dba546f6",
        AlarmContributorAttributes={"ses:configuration-set": "acme-news"},
    )
    assert accepted(body).stream == ACME


def test_a_contributor_in_eventbridges_form():
    body = to_eventbridge(
        AT,
        {},
        alarmContributor={"id": "6d44", "attributes": {"ses:configuration-set": "acme-news"}},
        configuration={"metrics": [{"id": "q1", "expression": QUERY, "returnData": True}]},
    ) | {"detail-type": "CloudWatch Alarm Contributor State Change"}
    assert accepted(body).stream == ACME


def test_cloudwatch_invoking_a_function():
    signal = accepted(to_lambda(AT, a_metric()))
    assert (signal.stream, signal.at) == (ACME, AT)


def test_eventbridge():
    assert accepted(to_eventbridge(AT, a_metric())).stream == ACME


@pytest.mark.parametrize("value", list(AlarmValue))
def test_every_state_is_read(value):
    assert accepted(an_alarm(AT, value.value)).value is value


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-21T18:00:00.490+0000", AT),
        ("2026-11-21T18:00:00.490+00:00", AT),
        ("2026-11-21T18:00:00.490Z", AT),
        ("2026-11-21T18:00:00Z", NOW),
        ("2026-11-21T18: 00: 00.490+0000", AT),
        ("2026-11-21T20:00:00.490+0200", AT),
        ("2026-11-21T18:00:00.123456789Z", NOW.replace(microsecond=123_456)),
    ],
)
def test_every_form_of_a_time_is_read(text, at):
    assert accepted(an_alarm(AT, StateChangeTime=text)).at == at


# ---- what names no stream, or more than one


@recorded
@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda path: path.stem)
def test_the_corpus_has_alarms_that_are_nobodys(path):
    body = path.read_text(encoding="utf-8")
    several = len(json.loads(body).get("Records", [])) > 1  # an event of Lambda's with two of them
    assert refused(body) is (AlarmProblem.SEVERAL_MESSAGES if several else AlarmProblem.NO_STREAM)


@recorded
def test_the_corpus_is_whole():
    assert len(list(CORPUS.glob("*.json"))) == 15


@pytest.mark.parametrize(
    "trigger",
    [
        {},
        None,
        [],
        "text",
        {**ses_trigger(), "MetricName": "Send"},
        {**ses_trigger(), "Namespace": "AWS/SES/Else"},
        {**own_trigger(), "MetricName": "RejectedMessages"},
        {**own_trigger(), "Dimensions": own_trigger()["Dimensions"][:2]},
        math(),
        math(query(name="Send")),
    ],
    ids=[
        "empty", "null", "list", "text", "another metric", "another namespace",
        "another of the guard's metrics", "a dimension missing", "an expression alone", "math over another metric",
    ],
)  # fmt: skip
def test_an_alarm_on_anything_else_names_no_stream(trigger):
    assert refused({**an_alarm(AT), "Trigger": trigger}) is AlarmProblem.NO_STREAM


def test_a_contributor_of_a_query_on_another_metric_names_no_stream():
    trigger = {"Metrics": [{"Id": "q1", "Expression": QUERY.replace("Reputation.BounceRate", "Send")}]}
    attributes = {"ses:configuration-set": "acme-news"}
    assert refused(an_alarm(AT, trigger=trigger, AlarmContributorAttributes=attributes)) is AlarmProblem.NO_STREAM


def test_a_composite_names_no_stream():
    composite = to_eventbridge(AT, {}, configuration={"alarmRule": 'ALARM("sesguard-acme")'})
    assert refused(composite) is AlarmProblem.NO_STREAM


def test_metric_math_over_two_sets_names_neither():
    assert refused(an_alarm(AT, trigger=math(query(), query(OTHER)))) is AlarmProblem.SEVERAL_STREAMS


def test_not_even_where_only_one_of_them_is_a_reputation():
    assert refused(an_alarm(AT, trigger=math(query(), query(OTHER, "Send")))) is AlarmProblem.SEVERAL_STREAMS


@pytest.mark.parametrize(
    "stream",
    [
        StreamId("1234", "eu-west-1", "acme"),
        StreamId("123456789012", "Europe (Ireland)", "acme"),
        StreamId("123456789012", "eu-west-1", ""),
        StreamId("123456789012", "eu-west-1", "x" * 65),
        StreamId("123456789012", "eu-west-1", "a/b"),
        StreamId("123456789012", "eu-west-1", "münchen"),
        StreamId("١٢٣٤٥٦٧٨٩٠١٢", "eu-west-1", "acme"),
    ],
    ids=["short account", "display name", "no set", "long set", "slash", "not ascii", "other digits"],
)
def test_what_aws_would_never_call_a_stream_is_none(stream):
    assert refused(an_alarm(AT, trigger=own_trigger(stream))) is AlarmProblem.BAD_STREAM


def test_the_region_is_never_taken_from_its_display_name():
    body = an_alarm(AT, trigger=ses_trigger(), Region="eu-west-1")
    del body["AlarmArn"]
    assert refused(body) is AlarmProblem.BAD_STREAM


# ---- what is no alarm


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("Successfully validated SNS topic for Amazon SES event publishing.", AlarmProblem.NOT_JSON),
        ("", AlarmProblem.NOT_JSON),
        (a_body(AT)[:-20], AlarmProblem.NOT_JSON),
        ("[" * 100_000, AlarmProblem.NOT_JSON),
        ('{"NewStateValue": NaN}', AlarmProblem.NOT_JSON),
        ("null", AlarmProblem.NOT_AN_ALARM),
        ("[1]", AlarmProblem.NOT_AN_ALARM),
        ("{}", AlarmProblem.NOT_AN_ALARM),
        ('{"Type": "SubscriptionConfirmation", "Message": "You have chosen"}', AlarmProblem.NOT_JSON),
        ('{"Records": []}', AlarmProblem.NOT_AN_ALARM),
        (json.dumps({"Records": [{"Sns": enveloped(an_alarm(AT))}] * 2}), AlarmProblem.SEVERAL_MESSAGES),
        (json.dumps({"detail-type": "Email Bounced", "detail": {"eventType": "Bounce"}}), AlarmProblem.NOT_AN_ALARM),
        (
            json.dumps(to_eventbridge(AT, a_metric()) | {"detail-type": "CloudWatch Alarm Configuration Change"}),
            AlarmProblem.NOT_AN_ALARM,
        ),
        (a_body(AT, "PANIC"), AlarmProblem.BAD_STATE),
        (json.dumps(an_alarm(AT) | {"NewStateValue": ["ALARM"]}), AlarmProblem.BAD_STATE),
        (a_body(AT, StateChangeTime="yesterday"), AlarmProblem.BAD_TIME),
        (a_body(AT, StateChangeTime="2026-13-41T18:00:00Z"), AlarmProblem.BAD_TIME),
        (a_body(AT, StateChangeTime="2026-11-21T18:00:00"), AlarmProblem.BAD_TIME),
        (a_body(AT, StateChangeTime="0001-01-01T00:00:00+2359"), AlarmProblem.BAD_TIME),
        (a_body(AT, StateChangeTime=17), AlarmProblem.BAD_TIME),
    ],
)
def test_each_other_body_has_its_problem(body, problem):
    assert refused(body) is problem


def test_bytes_that_are_no_utf_8_are_no_json():
    problem = read(b'{"AlarmName": "\xff"}')
    assert isinstance(problem, Unreadable)


def test_names_from_outside_come_as_one_printable_line():
    signal = accepted(an_alarm(AT, AlarmName="a\r\nBcc: x\u202e" + "y" * 300, NewStateReason="1\n" * 1000))
    assert signal.alarm_name.startswith("a Bcc: x y")
    assert len(signal.alarm_name) == 255
    assert "\n" not in signal.reason
    assert len(signal.reason) == 300


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
shapes = st.sampled_from(
    [
        an_alarm(AT),
        an_alarm(AT, trigger=math(query())),
        enveloped(an_alarm(AT)),
        to_lambda(AT, a_metric()),
        to_eventbridge(AT, a_metric()),
        {"Records": [{"Sns": enveloped(an_alarm(AT))}]},
        {"alarmData": a_detail(AT, a_metric(), "OK")},
    ]
)


@st.composite
def broken(draw):
    """A message with something else in one place."""
    document = json.loads(json.dumps(draw(shapes)))
    node = document
    while isinstance(node, dict | list) and node:
        key = draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if draw(st.booleans()):
            node[key] = draw(json_values)
            break
        node = node[key]
    return json.dumps(document)


@given(broken() | st.text(max_size=200) | st.binary(max_size=200))
def test_no_body_is_an_exception(body):
    assert isinstance(read(body), AlarmSignal | Unreadable)


@given(
    st.datetimes(datetime(2011, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001  # Hypothesis wants them naive
    st.timedeltas(timedelta(hours=-14), timedelta(hours=14)).map(lambda it: timedelta(minutes=it.seconds // 60 % 840)),
)
def test_a_time_means_the_same_at_any_offset(at, offset):
    at = at.replace(tzinfo=UTC, microsecond=at.microsecond // 1000 * 1000)
    text = at.astimezone(timezone(offset)).isoformat(timespec="milliseconds")
    assert accepted(an_alarm(AT, StateChangeTime=text)).at == at


# ---- the account's own rates

HOME = ACME._replace(configuration_set="")


def account_trigger(metric: str = "Reputation.BounceRate", **fields):
    return {"MetricName": metric, "Namespace": "AWS/SES", "Dimensions": [], **fields}


@pytest.mark.parametrize(
    ("metric", "kind"), [("Reputation.BounceRate", "bounces"), ("Reputation.ComplaintRate", "complaints")]
)
def test_an_alarm_on_sess_reputation_metric_without_a_dimension_is_about_the_account(metric, kind):
    signal = read(json.dumps(an_alarm(AT, trigger=account_trigger(metric), AlarmName="account")))
    assert isinstance(signal, AccountSignal)
    assert (signal.home, signal.kinds, signal.value) == (HOME, {kind}, AlarmValue.ALARM)
    assert (signal.at, signal.alarm_name) == (AT, "account")


def test_it_is_the_same_as_lambda_and_eventbridge_carry_it():
    metric = {"namespace": "AWS/SES", "name": "Reputation.BounceRate", "dimensions": {}}
    for message in (to_lambda(AT, metric), to_eventbridge(AT, metric)):
        signal = read(json.dumps(message))
        assert isinstance(signal, AccountSignal)
        assert (signal.home, signal.kinds) == (HOME, {"bounces"})


def test_math_over_the_account_and_a_stream_is_about_the_stream():
    account = {"Id": "a", "MetricStat": {"Metric": account_trigger(), "Period": 60, "Stat": "Average"}}
    signal = read(json.dumps(an_alarm(AT, trigger=math(query(), account))))
    assert isinstance(signal, AlarmSignal)
    assert signal.stream == ACME


@pytest.mark.parametrize("fields", [{"Namespace": "AWS/S3"}, {"MetricName": "Send"}])
def test_any_other_metric_without_a_dimension_is_about_nothing(fields):
    assert refused(an_alarm(AT, trigger=account_trigger(**fields))) is AlarmProblem.NO_STREAM


@pytest.mark.parametrize("account", ["12345", "the account", ""])
def test_an_account_that_is_none_of_awss_is_not_believed(account):
    message = an_alarm(AT, trigger=account_trigger(), account=account)
    assert refused(message) is AlarmProblem.BAD_STREAM


@pytest.mark.parametrize("key", ["Threshold", "DatapointsToAlarm"])
def test_a_number_beyond_all_numbers_is_none(key):
    """JSON's whole numbers have no end, and Python's floats have one."""
    assert isinstance(read(a_body(NOW, trigger=ses_trigger() | {key: 10**400})), AlarmSignal)
