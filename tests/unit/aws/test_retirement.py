"""What `sesguard retire` sees in AWS is of its own guard, whatever else is named alike."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from sesguard.aws import retirement as adapter
from sesguard.aws.cloudwatch.stream_alarm import alarm_name, dimensions
from sesguard.aws.retirement import TRIES, AwsRetirement
from sesguard.errors import AwsError
from sesguard.stream import StreamId

STREAM = StreamId("111122223333", "eu-west-1", "news")


def pages(key, *found):
    return SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [{key: list(found)}]))


def an_alarm(prefix, stream=STREAM):
    return {"AlarmName": alarm_name(prefix, stream), "Dimensions": dimensions(stream)}


def retirement(rows=(), **clients):
    stack = clients.pop("stack", ())
    found = SimpleNamespace(**clients, make=lambda _: pages("StackResourceSummaries", *stack))
    return AwsRetirement(found, "mail", "sesguard-mail", "notices", SimpleNamespace(everything=lambda: (rows, ())))


def test_the_alarms_of_a_guard_whose_name_begins_alike_are_left_alone():
    others = an_alarm("sesguard-mail-test"), {"AlarmName": "sesguard-mail-IngestErrorsAlarm-A1", "Dimensions": []}
    assert retirement(cloudwatch=pages("MetricAlarms", an_alarm("sesguard-mail"), *others)).alarms() == [
        "sesguard-mail-111122223333-eu-west-1-news"
    ]


def a_resource(name, kind, status="CREATE_COMPLETE"):
    return {
        "LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": f"mail-{name}", "ResourceStatus": status,
    }  # fmt: skip


def test_what_an_update_has_deleted_is_no_more_the_stacks():
    rule = "AWS::Events::Rule"
    stack = a_resource("SweepFunctionEveryMinute", rule), a_resource("OldEveryMinute", rule, "DELETE_COMPLETE")
    assert retirement(stack=stack).schedules() == ["mail-SweepFunctionEveryMinute"]


def test_sets_that_were_set_up_are_named_and_not_pools_or_identities():
    rows = [SimpleNamespace(key=key) for key in (str(STREAM), "@pool/one", "@domain/acme.example")]
    assert retirement(rows).provisioned() == {"news"}


class Busy:
    """SES, whose one call a second others use up ``times``."""

    def __init__(self, times, code="TooManyRequestsException"):
        self.times, self.code = times, code

    def list_configuration_sets(self, **_):
        return {"ConfigurationSets": ["news", "notices"]}

    def get_configuration_set_event_destinations(self, ConfigurationSetName):  # noqa: N803  # as SES names it
        if self.times:
            self.times -= 1
            raise ClientError({"Error": {"Code": self.code}}, "GetConfigurationSetEventDestinations")
        return {"EventDestinations": [{"Name": "sesguard", "SnsDestination": {"TopicArn": "topic"}}]}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(adapter, "APART", 0.0)


def test_a_look_at_thousands_of_sets_outlives_that_ses_is_busy():
    assert [it.target for it in retirement(sesv2=Busy(TRIES - 1)).destinations()] == ["topic"]
    with pytest.raises(AwsError, match="TooManyRequests"):
        list(retirement(sesv2=Busy(TRIES)).destinations())


def test_what_may_not_be_looked_at_is_said_at_once():
    busy = Busy(TRIES, "AccessDeniedException")
    with pytest.raises(AwsError, match="AccessDenied"):
        list(retirement(sesv2=busy).destinations())
    assert busy.times == TRIES - 1
