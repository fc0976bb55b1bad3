"""Failed messages come back within seconds at first, together, and never sooner than an outage allows."""

from itertools import pairwise

import pytest
from botocore.exceptions import EndpointConnectionError

from sesguard.aws.message_visibility import SOON_SECONDS, MessageVisibility
from tests.template.stack import QUEUES, events, target

URL = "https://sqs.example/events"
USING = ("IngestFunction", "EnforceFunction", "NotifyFunction")


class Sqs:
    """Keeps the entries of each call."""

    def __init__(self):
        self.calls = []
        self.failing = False

    def make(self, name):
        assert name == "sqs"
        return self

    def change_message_visibility_batch(self, QueueUrl, Entries):  # noqa: N803  # SQS's own names
        assert QueueUrl == URL
        if self.failing:
            raise EndpointConnectionError(endpoint_url=QueueUrl)
        self.calls.append(Entries)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    @property
    def hidden(self):
        """Receipt -> seconds."""
        return {each["ReceiptHandle"]: each["VisibilityTimeout"] for call in self.calls for each in call}


def a_record(receives, receipt="r"):
    return {"receiptHandle": receipt, "attributes": {"ApproximateReceiveCount": str(receives)}}


def hide(sqs, records, chance=0.0, left=60.0):
    MessageVisibility(lambda: URL, sqs, lambda: chance).soon(records, lambda: left)


@pytest.mark.parametrize(("receives", "seconds"), [(1, 5), (2, 10), (3, 20), (4, 40), (5, 80)])
def test_a_message_that_failed_comes_back_after_seconds_that_double(receives, seconds):
    sqs = Sqs()
    hide(sqs, [a_record(receives)])
    assert sqs.hidden == {"r": seconds}


@pytest.mark.parametrize("receives", [6, 7, 1000])
def test_in_an_outage_the_queues_own_time_is_left_to_a_message(receives):
    sqs = Sqs()
    hide(sqs, [a_record(receives)])
    assert sqs.calls == []


def test_what_failed_together_comes_back_together_and_apart_from_what_failed_elsewhere():
    first, other = Sqs(), Sqs()
    hide(first, [a_record(3, str(number)) for number in range(25)], chance=0.2)
    hide(other, [a_record(3)], chance=1.0)
    assert set(first.hidden.values()) == {22}
    assert other.hidden == {"r": 30}


def test_a_call_holds_ten_messages_each_under_an_id_of_its_own():
    sqs = Sqs()
    hide(sqs, [a_record(1, str(number)) for number in range(25)])
    assert [len(call) for call in sqs.calls] == [10, 10, 5]
    assert all(len({entry["Id"] for entry in call}) == len(call) for call in sqs.calls)
    assert len(sqs.hidden) == 25


def test_where_the_functions_time_is_up_it_answers_instead():
    sqs = Sqs()
    hide(sqs, [a_record(1)], left=3.0)
    assert sqs.calls == []


def test_where_the_queue_cannot_be_asked_it_is_told_once_and_nothing_fails(caplog):
    sqs = Sqs()
    sqs.failing = True
    hide(sqs, [a_record(1, str(number)) for number in range(30)])
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "failed messages come back at their queue's own time"
    ]


def test_a_batch_in_which_nothing_failed_asks_for_nothing():
    MessageVisibility(lambda: pytest.fail("no queue is needed"), Sqs()).soon([], lambda: 60.0)


def test_each_wait_is_longer_than_the_one_before_and_shorter_than_the_queues_that_use_it():
    assert all(later > sooner for sooner, later in pairwise(SOON_SECONDS))
    queues = [target(events(function, "SQS")[0]["Queue"]) for function in USING]
    assert max(SOON_SECONDS) * 1.5 <= min(QUEUES[queue]["VisibilityTimeout"] for queue in queues)
