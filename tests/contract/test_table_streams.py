"""Functions that read a table's stream in the local cloud: what comes again, and what is given up."""

import json

import pytest

pytestmark = pytest.mark.emulator

REPORTS = """
import json
import boto3

def handler(event, context):
    ids = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    url = "{url}"
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(ids))
    {then}
"""
FAILS_BAD = """
    bad = [r for r in event["Records"] if r["dynamodb"]["Keys"]["id"]["S"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": r["dynamodb"]["SequenceNumber"]} for r in bad]}
"""
RAISES_AT_BAD = """
    if any(name.startswith("bad") for name in ids):
        raise ValueError(ids)
"""


class Read:
    """A table whose stream a function reads. It reports the ids of each batch."""

    def __init__(self, aws, then="return None", **mapping):
        self.aws = aws
        self.url, _ = aws.queue("reports")
        stream = aws.dynamodb.create_table(
            TableName="table",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        )["TableDescription"]["LatestStreamArn"]
        code = REPORTS.replace("{url}", self.url).replace("{then}", then.strip())
        self.function = aws.function(aws.role(["sqs:*", "dynamodb:*"], ["*"]), code)
        self.mapping = {"EventSourceArn": stream, "StartingPosition": "TRIM_HORIZON", "BatchSize": 10, **mapping}

    def put(self, *names):
        for name in names:
            self.aws.dynamodb.put_item(TableName="table", Item={"id": {"S": name}})
        return self

    def start(self):
        self.aws.client("lambda").create_event_source_mapping(FunctionName=self.function, **self.mapping)
        return self

    def batches(self, *, until):
        """The ids of each batch, until one of them is exactly `until`."""
        bodies = self.aws.bodies(self.url, lambda taken: json.dumps(until) in taken)
        return [json.loads(body) for body in bodies]


def on_failure(aws):
    url, arn = aws.queue("failed")
    return url, {"DestinationConfig": {"OnFailure": {"Destination": arn}}}


def test_a_record_that_is_reported_as_failed_comes_again_with_what_followed_it(aws):
    reporting = {"FunctionResponseTypes": ["ReportBatchItemFailures"], "MaximumRetryAttempts": 1}
    table = Read(aws, FAILS_BAD, **reporting).put("a", "bad", "c").start()
    batches = table.batches(until=["bad", "c"])
    assert batches[:2] == [["a", "bad", "c"], ["bad", "c"]]


def test_a_batch_is_given_up_after_its_retries_and_told_of_where_failures_go(aws):
    failed, destination = on_failure(aws)
    table = Read(aws, RAISES_AT_BAD, MaximumRetryAttempts=1, **destination).put("bad").start()
    (told,) = aws.bodies(failed, lambda taken: len(taken) == 1)
    message = json.loads(told)
    assert message["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert message["DDBStreamBatchInfo"]["batchSize"] == 1
    table.put("next")
    assert table.batches(until=["next"]) == [["bad"], ["bad"], ["next"]]


def test_a_batch_that_fails_is_halved_until_the_record_stands_alone(aws):
    failed, destination = on_failure(aws)
    table = Read(aws, RAISES_AT_BAD, MaximumRetryAttempts=0, BisectBatchOnFunctionError=True, **destination)
    table.put("a", "b", "bad", "d").start()
    (told,) = aws.bodies(failed, lambda taken: len(taken) == 1)
    assert json.loads(told)["DDBStreamBatchInfo"]["batchSize"] == 1
    batches = table.batches(until=["d"])
    assert batches[0] == ["a", "b", "bad", "d"]
    assert ["a", "b"] in batches
    assert ["bad"] in batches


def test_records_are_gathered_for_the_window(aws):
    table = Read(aws, MaximumBatchingWindowInSeconds=2).start()
    table.put("a").put("b").put("c")
    assert table.batches(until=["a", "b", "c"]) == [["a", "b", "c"]]


def test_only_records_that_match_are_handed_over(aws):
    keys = {"dynamodb": {"Keys": {"id": {"S": [{"anything-but": ["skip"]}]}}}}
    table = Read(aws, FilterCriteria={"Filters": [{"Pattern": json.dumps(keys)}]})
    table.put("skip", "a").start()
    assert table.batches(until=["a"]) == [["a"]]
