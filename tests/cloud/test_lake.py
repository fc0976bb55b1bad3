"""The lake, deployed: events go through Firehose and the function to S3, and are asked and replayed there."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from localcloud.cloud import ACCOUNT, REGION, ROOT, Emulator
from localcloud.deploy import deploy
from sesguard.cli.main import main
from sesguard.lake.personal import hashing
from sesguard.lake.record import LakeRecord, decode
from tests.cloud.conftest import PATIENCE_SECONDS
from tests.conftest import LOGS
from tests.ses_events import a_bounce, a_bounced, a_complaint, a_mail, a_send

pytestmark = pytest.mark.cloud

# A full hour, so that all of the campaign's ten minutes are of one day.
BEGIN = (datetime.now(UTC) - timedelta(hours=2)).replace(minute=0, second=0, microsecond=0)
SENT, BOUNCED = 600, 120


class Lake:
    """The deployed lake, and what is put into it."""

    def __init__(self, emulator: Emulator, stack: str, **parameters: str) -> None:
        self.emulator, self.stack = emulator, stack
        self.s3, self.firehose = (emulator.client(name) for name in ("s3", "firehose"))
        self.deploy(**parameters)
        self.bucket = self.outputs["LakeBucketName"]

    def deploy(self, **parameters: str) -> None:
        """Make the stack, or update it, with other parameters."""
        log = LOGS / f"sam-{self.stack}.log"
        self.outputs = deploy(self.emulator, self.stack, ROOT / "lake", parameters=parameters, log=log)

    def put(self, *events: Any) -> None:
        """Put events into the stream, as a topic does."""
        records = [{"Data": (it if isinstance(it, str) else json.dumps(it)).encode()} for it in events]
        for first in range(0, len(records), 500):
            some = records[first : first + 500]
            answer = self.firehose.put_record_batch(DeliveryStreamName=self.outputs["LakeStreamName"], Records=some)
            assert answer["FailedPutCount"] == 0

    def objects(self, prefix: str) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
            for it in page.get("Contents", []):
                found[it["Key"]] = self.s3.get_object(Bucket=self.bucket, Key=it["Key"])["Body"].read()
        return found

    def lines(self) -> list[LakeRecord]:
        bodies = map(gzip.decompress, self.objects("events/").values())
        return [decode(line) for body in bodies for line in body.splitlines()]

    def set_aside(self) -> list[dict[str, Any]]:
        return [json.loads(line) for body in self.objects("errors/").values() for line in body.splitlines()]

    def wait_until(self, happened: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            assert time.monotonic() < deadline, f"{len(self.lines())} lines, {len(self.set_aside())} set aside"
            time.sleep(0.5)


def mail(number: int, at: datetime, name: str | None = "acme-news") -> dict[str, Any]:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return a_mail(f"reader-{number}@inbox{number % 97}.example", configuration_set=name) | {
        "timestamp": stamp,
        "messageId": f"{name}-{number}",
    }


def campaign() -> Iterator[dict[str, Any]]:
    """One that bounces by a fifth, one mail without a set, and a complaint."""
    for number in range(SENT):
        at = BEGIN + timedelta(seconds=number)
        its = mail(number, at)
        yield a_send(f"reader-{number}@inbox{number % 97}.example", mail=its)
        if number % 5 == 0:
            bounce = a_bounce(a_bounced(f"reader-{number}@inbox{number % 97}.example"), mail=its)
            bounce["bounce"] |= {"feedbackId": f"b{number}", "timestamp": its["timestamp"]}
            yield bounce
            yield bounce  # delivered twice
    yield a_send("d@inbox.example", mail=mail(0, BEGIN, None))
    yield a_complaint("reader-1@inbox.example", mail=mail(1, BEGIN))


@pytest.fixture(scope="module")
def lake(emulator: Emulator) -> Lake:
    """The campaign in the lake, and with it what is no event and what cannot be read."""
    sns = emulator.client("sns")
    topic = sns.create_topic(Name="events-of-ses")["TopicArn"]
    made = Lake(emulator, "sesguard-lake", SesEventsTopicArn=topic)
    events = list(campaign())
    made.put(*events, '{"some": "thing"}', "{torn")
    sns.publish(TopicArn=topic, Message=json.dumps(a_send("t@inbox.example", mail=mail(9_999, BEGIN))))
    made.wait_until(lambda: len(made.lines()) == len(events) + 1 and len(made.set_aside()) >= 1)
    return made


def test_events_lie_compressed_by_account_region_and_day_without_what_is_personal(lake: Lake) -> None:
    today = datetime.now(UTC)
    days = {f"{at:%Y-%m-%d}" for at in (today, today - timedelta(days=1))}
    for key in lake.objects("events/"):
        folder, _, day = key.rpartition("/")[0].rpartition("/day=")
        assert folder == f"events/account={ACCOUNT}/region={REGION}"
        assert day in days
        assert key.endswith(".gz")
    assert not any(b"@" in gzip.decompress(body) for body in lake.objects("events/").values())
    lines = lake.lines()
    assert sum(it.event == "Send" for it in lines) == SENT + 2
    assert sum(it.counts_for == "hard_bounce" for it in lines) == 2 * BOUNCED
    assert "acme-news-9999" in {it.message_id for it in lines}  # which came by the topic


def test_what_cannot_be_read_is_set_aside_as_it_came_and_stops_nothing(lake: Lake) -> None:
    lake.wait_until(lambda: len(lake.set_aside()) >= 1)
    assert {it["errorCode"] for it in lake.set_aside()} == {"Lambda.ProcessingFailedStatus"}
    keys = lake.objects("errors/")
    assert all(key.startswith(f"errors/account={ACCOUNT}/region={REGION}/processing-failed/day=") for key in keys)
    lake.wait_until(lambda: unreadable(lake.emulator) >= 1)


def unreadable(emulator: Emulator) -> float:
    """What the function says it could not read, as the metric that docs/lake.md names."""
    now = datetime.now(UTC)
    found = emulator.client("cloudwatch").get_metric_statistics(
        Namespace="Sesguard",
        MetricName="LakeUnreadableRecords",
        Dimensions=[{"Name": "service", "Value": "lake"}],
        StartTime=now - timedelta(hours=2),
        EndTime=now + timedelta(hours=1),
        Period=60,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in found["Datapoints"]))


def test_the_queries_of_the_workgroup_answer_over_what_the_function_wrote(lake: Lake, tmp_path: Path) -> None:
    """Athena's SQL, run by DuckDB over the deployed table's columns and the bucket's objects."""
    for key, body in lake.objects("events/").items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_bytes(body)
    database, table = lake.outputs["LakeTableName"].split(".")
    described = lake.emulator.client("glue").get_table(DatabaseName=database, Name=table)["Table"]
    kinds = {"string": "varchar", "array<string>": "varchar[]"}
    columns = {it["Name"]: kinds.get(it["Type"], it["Type"]) for it in described["StorageDescriptor"]["Columns"]}
    connection = duckdb.connect()
    files = [str(path) for path in tmp_path.rglob("*.gz")]
    connection.read_json(
        files, columns=columns, format="newline_delimited", hive_partitioning=True, hive_types_autocast=False
    ).create("events")
    athena = lake.emulator.client("athena")
    group = lake.outputs["LakeWorkGroupName"]
    ids = athena.list_named_queries(WorkGroup=group)["NamedQueryIds"]
    named = {it["Name"]: it["QueryString"] for it in athena.batch_get_named_query(NamedQueryIds=ids)["NamedQueries"]}
    answers = {name: connection.execute(query).fetchall() for name, query in named.items()}
    assert len(answers) == 5
    ((account, region, name, _, sent, bounced, percent),) = answers["OverThreePercent"]
    assert (account, region, name) == (ACCOUNT, REGION, "acme-news")
    assert (sent, bounced, float(percent)) == (SENT + 1, BOUNCED, round(100 * BOUNCED / (SENT + 1), 2))
    ((_, _, domain, events, *_),) = answers["SentWithoutASet"]
    assert (domain, events) == ("acme.example", 1)


def test_a_replay_of_the_bucket_pauses_whichever_engine_reads_it(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in lake.emulator.environment().items():
        monkeypatch.setenv(name, value)
    said: dict[str, list[Any]] = {}
    for engine in ("python", "duckdb"):
        words = ["backtest", "--engine", engine, "--json", f"s3://{lake.bucket}/events/"]
        assert main([*words, "--endpoint-url", lake.emulator.endpoint, "--region", REGION]) == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        said[engine] = [(it["stream"], it["at"], it["action"]) for it in lines if "at" in it]
    assert "pause" in {action for *_, action in said["python"]}
    assert said["duckdb"] == said["python"]


def a_set_on_the_bus(emulator: Emulator, name: str) -> None:
    """A configuration set whose events go to the default bus, as where the guard's EventSource is eventbridge."""
    ses = emulator.client("sesv2")
    ses.create_email_identity(EmailIdentity="news@acme.example")
    ses.create_configuration_set(ConfigurationSetName=name)
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=name,
        EventDestinationName="bus",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "BOUNCE"],
            "EventBridgeDestination": {"EventBusArn": f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"},
        },
    )


def test_what_is_personal_comes_by_the_bus_and_is_hashed_or_kept_as_the_parameter_says(emulator: Emulator) -> None:
    """From SES through EventBridge, with the secret that the template makes; then the same stack, updated."""
    a_set_on_the_bus(emulator, "acme-bus")
    lake = Lake(emulator, "sesguard-lake-people", FromEventBridge="true", PersonalFields="hash")
    kept: dict[str, list[LakeRecord]] = {}
    for rule in ("hash", "keep"):
        if rule == "keep":
            lake.deploy(FromEventBridge="true", PersonalFields=rule)
        emulator.client("sesv2").send_email(
            FromEmailAddress="news@acme.example",
            ConfigurationSetName="acme-bus",
            Destination={"ToAddresses": ["Gone@Nobody.example"]},
            Content={"Simple": {"Subject": {"Data": f"Our {rule}"}, "Body": {"Text": {"Data": "Hello."}}}},
        )
        before = sum(map(len, kept.values()))

        def stored(since: int = before) -> list[LakeRecord]:
            return sorted((it for it in lake.lines() if it.via == "eventbridge"), key=lambda it: it.seen_at)[since:]

        lake.wait_until(lambda: {it.event for it in stored()} == {"Send", "Bounce"})
        kept[rule] = stored()
    described = emulator.client("cloudformation").describe_stack_resource(
        StackName=lake.stack, LogicalResourceId="LakeHashKey"
    )["StackResourceDetail"]
    secret = emulator.client("secretsmanager").get_secret_value(SecretId=described["PhysicalResourceId"])
    hashed = hashing(secret["SecretString"].encode())
    assert {it.configuration_set for its in kept.values() for it in its} == {"acme-bus"}
    assert {it.to for it in kept["hash"]} == {(hashed("gone@nobody.example"),)}
    assert {it.subject for it in kept["hash"]} == {hashed("our hash")}
    assert {it.diagnostics for it in kept["hash"]} == {None}
    assert {it.to for it in kept["keep"]} == {("Gone@Nobody.example",)}
    assert {it.subject for it in kept["keep"]} == {"Our keep"}
    assert [bool(it.diagnostics) for it in kept["keep"] if it.event == "Bounce"] == [True]
    assert lake.set_aside() == []
