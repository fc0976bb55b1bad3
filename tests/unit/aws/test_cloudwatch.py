"""The streams' alarms and metrics in CloudWatch."""

import json

import pytest
from botocore.exceptions import ClientError

from sesguard.aws.cloudwatch.alarms import CloudWatchAlarms
from sesguard.aws.cloudwatch.stream_alarm import KEPT
from sesguard.detection.evidence import BOUNCES
from sesguard.detection.weigh import Verdict, WeighedRun
from sesguard.errors import AwsError
from sesguard.pausing.record import DesiredAlarm
from sesguard.signals.alarm_value import AlarmValue
from tests.fakes.clock import NOW, minute_of
from tests.fakes.world import ACME

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alarms"
NAME = "sesguard-stack-123456789012-eu-west-1-acme-news"


class CloudWatch:
    """Notes each call; fails those that are said to."""

    def __init__(self):
        self.calls = []
        self.failing = {}
        self.alarms = []

    def __getattr__(self, name):
        def call(**request):
            self.calls.append((name, request))
            if name in self.failing:
                raise ClientError({"Error": {"Code": self.failing.pop(name), "Message": ""}}, name)
            return {"MetricAlarms": self.alarms}

        return call

    def of(self, name):
        return [request for call, request in self.calls if call == name]


class Setting:
    def __init__(self):
        self.cloudwatch = CloudWatch()
        self.seconds = 0.0
        self.alarms = CloudWatchAlarms(self, "sesguard-stack", TOPIC, lambda: self.seconds)


@pytest.fixture
def setting():
    return Setting()


def a_verdict(risk=0.7, *, bounces=True, minutes=0):
    run = WeighedRun(BOUNCES, 0, 1, 100, 20, 0.05, 50.0, 9.0, 13.8) if bounces else None
    return Verdict(minute_of(NOW) + minutes, risk, run, None, 100)


def test_the_alarm_is_as_designed(setting):
    setting.alarms.ensure(ACME)
    (alarm,) = setting.cloudwatch.of("put_metric_alarm")
    assert alarm["AlarmName"] == NAME
    assert alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Sesguard", "Risk", "Maximum")
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (60, 1, 1)
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1.0)
    assert alarm["TreatMissingData"] == "ignore"
    assert {it["Name"]: it["Value"] for it in alarm["Dimensions"]} == {
        "Account": "123456789012",
        "Region": "eu-west-1",
        "ConfigurationSet": "acme-news",
    }


def test_the_alarms_description_names_its_stream(setting):
    setting.alarms.ensure(ACME)
    (alarm,) = setting.cloudwatch.of("put_metric_alarm")
    assert all(part in alarm["AlarmDescription"] for part in ACME)
    assert len(alarm["AlarmDescription"]) <= 1024


def test_an_alarm_that_the_registry_wishes_kept_says_so_and_carries_its_tags(setting):
    setting.alarms.ensure(ACME, DesiredAlarm(kept=True, tags=(("cost-centre", "42"), ("tenant", "acme"))))
    (alarm,) = setting.cloudwatch.of("put_metric_alarm")
    assert alarm["AlarmDescription"].endswith(KEPT)
    assert alarm["Tags"] == [{"Key": "cost-centre", "Value": "42"}, {"Key": "tenant", "Value": "acme"}]


def test_an_alarm_is_put_again_when_the_registry_wishes_something_else_of_it(setting):
    setting.alarms.ensure(ACME)
    setting.alarms.ensure(ACME, DesiredAlarm(kept=True))
    setting.alarms.ensure(ACME, DesiredAlarm(kept=True))
    assert len(setting.cloudwatch.of("put_metric_alarm")) == 2


def test_a_kept_alarm_that_somebody_deleted_is_kept_again_when_it_is_tripped(setting):
    setting.alarms.ensure(ACME, DesiredAlarm(kept=True))
    setting.cloudwatch.failing = {"set_alarm_state": "ResourceNotFound"}
    setting.alarms.trip(ACME, "bad")
    assert setting.cloudwatch.of("put_metric_alarm")[1]["AlarmDescription"].endswith(KEPT)


def test_an_alarm_is_put_once_in_the_life_of_a_process(setting):
    setting.alarms.ensure(ACME)
    setting.alarms.ensure(ACME)
    setting.alarms.ensure(ACME._replace(configuration_set="other"))
    assert len(setting.cloudwatch.of("put_metric_alarm")) == 2


def test_an_alarm_that_could_not_be_put_is_put_the_next_time(setting):
    setting.cloudwatch.failing = {"put_metric_alarm": "Throttling"}
    with pytest.raises(AwsError) as error:
        setting.alarms.ensure(ACME)
    assert error.value.retryable
    setting.alarms.ensure(ACME)
    assert len(setting.cloudwatch.of("put_metric_alarm")) == 2


def test_an_alarm_that_somebody_deleted_is_put_again_and_tripped_all_the_same(setting):
    setting.alarms.ensure(ACME)
    setting.cloudwatch.failing = {"set_alarm_state": "ResourceNotFound"}
    setting.alarms.trip(ACME, "bad")
    assert len(setting.cloudwatch.of("put_metric_alarm")) == 2
    assert [request["StateValue"] for request in setting.cloudwatch.of("set_alarm_state")] == ["ALARM", "ALARM"]


def test_risk_and_the_rates_that_there_are_are_published_under_the_minute_of_weighing(setting):
    setting.alarms.publish([(ACME, a_verdict())])
    (request,) = setting.cloudwatch.of("put_metric_data")
    assert request["Namespace"] == "Sesguard"
    assert {it["MetricName"]: it["Value"] for it in request["MetricData"]} == {"Risk": 0.7, "BounceRate": 0.2}
    assert {it["Timestamp"] for it in request["MetricData"]} == {NOW}


def test_many_streams_are_published_in_calls_of_at_most_a_thousand_metrics(setting):
    streams = [ACME._replace(configuration_set=f"set-{number}") for number in range(1_001)]
    setting.alarms.publish([(stream, a_verdict(bounces=False)) for stream in streams])
    assert [len(request["MetricData"]) for request in setting.cloudwatch.of("put_metric_data")] == [1_000, 1]


@pytest.mark.parametrize(
    ("first", "then", "calls"),
    [
        (a_verdict(0.7), a_verdict(0.7), 1),
        (a_verdict(0.7), a_verdict(0.6), 1),
        (a_verdict(0.7), a_verdict(0.74), 1),
        (a_verdict(0.7), a_verdict(0.76), 2),
        (a_verdict(0.98), a_verdict(1.0), 2),
        (a_verdict(0.7), a_verdict(0.7, minutes=1), 2),
    ],
)
def test_what_says_nothing_new_about_its_minute_is_not_published(setting, first, then, calls):
    setting.alarms.publish([(ACME, first)])
    setting.alarms.publish([(ACME, then)])
    assert len(setting.cloudwatch.of("put_metric_data")) == calls


def test_what_could_not_be_published_is_news_the_next_time(setting):
    setting.cloudwatch.failing = {"put_metric_data": "InternalServiceFault"}
    with pytest.raises(AwsError):
        setting.alarms.publish([(ACME, a_verdict())])
    setting.alarms.publish([(ACME, a_verdict())])
    assert len(setting.cloudwatch.of("put_metric_data")) == 2


def test_tripping_sets_the_alarm_with_the_reason_for_people_and_for_programs(setting):
    setting.alarms.trip(ACME, "hard bounce rate 18 %", {"risk": 1.2})
    (request,) = setting.cloudwatch.of("set_alarm_state")
    assert (request["AlarmName"], request["StateValue"]) == (NAME, "ALARM")
    assert request["StateReason"] == "hard bounce rate 18 % [risk 1.20]"
    assert json.loads(request["StateReasonData"]) == {"risk": 1.2}


def test_a_reason_is_cut_to_what_cloudwatch_takes_and_data_too_long_left_out(setting):
    setting.alarms.trip(ACME, "x" * 2_000, {"domains": ["y" * 5_000]})
    (request,) = setting.cloudwatch.of("set_alarm_state")
    assert len(request["StateReason"]) == 1_023
    assert "StateReasonData" not in request


def test_an_alarm_is_not_tripped_again_for_a_while_and_reports_once(setting):
    assert setting.alarms.trip(ACME, "why")
    setting.seconds = 19.9
    assert not setting.alarms.trip(ACME, "why")
    assert len(setting.cloudwatch.of("set_alarm_state")) == 1
    setting.seconds = 20.0
    assert setting.alarms.trip(ACME, "why")
    assert len(setting.cloudwatch.of("set_alarm_state")) == 2


@pytest.mark.parametrize(("value", "reports"), [("ALARM", False), ("OK", True), ("INSUFFICIENT_DATA", True)])
def test_an_alarm_that_is_up_already_reports_nothing_and_is_left_alone(setting, value, reports):
    setting.cloudwatch.alarms = [{"AlarmName": NAME, "StateValue": value, "StateUpdatedTimestamp": NOW}]
    assert setting.alarms.trip(ACME, "why") is reports
    assert len(setting.cloudwatch.of("set_alarm_state")) == reports


def test_an_alarm_that_could_not_be_tripped_is_tripped_the_next_time(setting):
    setting.cloudwatch.failing = {"set_alarm_state": "Throttling"}
    with pytest.raises(AwsError):
        setting.alarms.trip(ACME, "why")
    setting.alarms.trip(ACME, "why")
    assert len(setting.cloudwatch.of("set_alarm_state")) == 2


def test_alarms_are_read_by_name_in_calls_of_at_most_a_hundred(setting):
    streams = [ACME, *(ACME._replace(configuration_set=f"set-{number}") for number in range(100))]
    setting.cloudwatch.alarms = [{"AlarmName": NAME, "StateValue": "OK", "StateUpdatedTimestamp": NOW}]
    found = setting.alarms.now(streams)
    assert len(setting.cloudwatch.of("describe_alarms")) == 2
    assert found == {ACME: (AlarmValue.OK, NOW)}


def test_a_name_fits_cloudwatch_however_long_its_parts_are():
    longest = CloudWatchAlarms(None, "sesguard-" + "s" * 128, TOPIC)
    assert len(longest.name(ACME._replace(region="ap-southeast-99", configuration_set="c" * 64))) <= 255
