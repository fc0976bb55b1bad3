"""The lake's template: what it may do, who may write to it, and that its queries answer over files of the transform."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import duckdb
import pytest
import yaml

from sesguard.lake.flatten import Flattener
from sesguard.lake.personal import PersonalFields
from sesguard.lake.record import LakeRecord, encode
from sesguard.ses_events.context import Context
from tests.ses_events import a_bounce, a_bounced, a_complaint, a_delivery, a_mail, a_send
from tests.template.stack import ROOT, _Loader, as_list

TEMPLATE: Final[dict[str, Any]] = yaml.load((ROOT / "lake/template.yaml").read_text(), _Loader)  # noqa: S506 - a safe loader
RESOURCES: Final[dict[str, Any]] = TEMPLATE["Resources"]
QUERIES: Final = {
    name: each["Properties"]["QueryString"]
    for name, each in RESOURCES.items()
    if each["Type"] == "AWS::Athena::NamedQuery"
}
TODAY: Final = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
LAST_MONTH: Final = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=10)


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[name]["Properties"]
    return found


def statements(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    listed = [each["Fn::If"][1] if "Fn::If" in each else each for each in document["Statement"]]
    return {each["Sid"]: each for each in listed}


def test_personal_fields_are_dropped_unless_somebody_says_otherwise() -> None:
    assert TEMPLATE["Parameters"]["PersonalFields"]["Default"] == PersonalFields.DROP
    assert TEMPLATE["Parameters"]["PersonalFields"]["AllowedValues"] == list(PersonalFields)


def test_the_table_has_every_field_of_a_record_and_its_partitions() -> None:
    table = properties("LakeTable")["TableInput"]
    columns = {each["Name"] for each in table["StorageDescriptor"]["Columns"]}
    keys = [each["Name"] for each in table["PartitionKeys"]]
    assert columns | set(keys) == {*LakeRecord.__struct_fields__, "day"}
    assert not columns & set(keys)  # Glue refuses a partition key that is a column too
    prefix = properties("LakeStream")["ExtendedS3DestinationConfiguration"]["Prefix"]["Fn::Sub"]
    assert re.findall(r"(\w+)=", prefix) == keys
    assert re.findall(r"(\w+)=", table["Parameters"]["storage.location.template"]["Fn::Sub"]) == keys
    assert all(f"projection.{key}.type" in table["Parameters"] for key in keys)


def test_what_is_stored_outlives_the_stack_but_a_first_deployment_that_fails_leaves_nothing() -> None:
    kept = {name: each for name, each in RESOURCES.items() if "DeletionPolicy" in each}
    assert set(kept) == {"LakeBucket", "LakeKey", "LakeHashKey"}
    assert {each["DeletionPolicy"] for each in kept.values()} == {"RetainExceptOnCreate"}
    assert {each["UpdateReplacePolicy"] for each in kept.values()} == {"Retain"}


def test_the_stack_can_be_deleted_after_queries_have_run() -> None:
    # "WorkGroup ... is not empty": https://github.com/aws-samples/coast-grafana-cost-intelligence-dashboards/issues/9
    assert properties("LakeWorkGroup")["RecursiveDeleteOption"] is True


def test_members_write_below_their_own_account_only_and_none_reads() -> None:
    said = statements(properties("LakeBucketPolicy")["PolicyDocument"])
    writes = said["MembersWriteTheirOwn"]
    assert writes["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": {"Ref": "OrganizationId"}}}
    assert all("account=${!aws:PrincipalAccount}/*" in each["Fn::Sub"] for each in writes["Resource"])
    allowed = {action for each in said.values() if each["Effect"] == "Allow" for action in as_list(each["Action"])}
    assert allowed == {"s3:PutObject", "s3:AbortMultipartUpload", "s3:GetBucketLocation"}


def test_nobody_speaks_to_the_bucket_without_tls_and_nothing_is_public() -> None:
    assert statements(properties("LakeBucketPolicy")["PolicyDocument"])["NobodyWithoutTls"]["Effect"] == "Deny"
    assert set(properties("LakeBucket")["PublicAccessBlockConfiguration"].values()) == {True}
    rule = properties("LakeBucket")["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_everything_in_the_bucket_is_deleted_some_day() -> None:
    rules = properties("LakeBucket")["LifecycleConfiguration"]["Rules"]
    assert {each["Prefix"] for each in rules if "ExpirationInDays" in each} == {"events/", "errors/", "answers/"}


def test_what_does_not_reach_the_lake_is_seen_and_told_where_somebody_listens() -> None:
    alarms = [each["Properties"] for each in RESOURCES.values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    watched = {(each["Namespace"], each["MetricName"]) for each in alarms}
    assert watched == {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/Firehose", "DeliveryToS3.DataFreshness"),
        ("AWS/Lambda", "Errors"),
    }
    told = {"Fn::If": ["HasOperator", {"Ref": "OperatorTopicArn"}, {"Ref": "AWS::NoValue"}]}
    assert [each["AlarmActions"] for each in alarms] == [[told]] * len(alarms)
    # The guard's topic takes alarms whose names begin with its stack's, and this stack is called so.
    assert 'stack_name = "sesguard-lake"' in (ROOT / "lake/samconfig.toml").read_text()
    assert "RedrivePolicy" in properties("LakeSubscription")
    assert "DeadLetterConfig" in properties("LakeRule")["Targets"][0]


def test_no_role_may_do_a_pattern_of_actions_or_anything_on_everything() -> None:
    policies = [each["Properties"] for each in RESOURCES.values() if each["Type"] == "AWS::IAM::Policy"]
    for role in (each["Properties"] for each in RESOURCES.values() if each["Type"] == "AWS::IAM::Role"):
        policies += role.get("Policies", ())
    assert len(policies) == 3
    for statement in (each for policy in policies for each in policy["PolicyDocument"]["Statement"]):
        assert not [action for action in as_list(statement["Action"]) if "*" in action], statement["Sid"]
        assert "*" not in as_list(statement["Resource"]), statement["Sid"]


def test_the_function_is_told_what_its_settings_read() -> None:
    given = properties("LakeFunction")["Environment"]["Variables"]
    assert {name for name in given if not name.startswith("POWERTOOLS_")} == {"PERSONAL_FIELDS", "LAKE_KEY_SECRET_ARN"}


def test_queries_are_ended_where_they_would_scan_too_much() -> None:
    configuration = properties("LakeWorkGroup")["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == {"Ref": "ScanLimitBytes"}


# ------------------------------------------------------------------------------------------------ the named queries


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def mail(number: int, at: datetime, to: str, name: str | None) -> dict[str, Any]:
    return a_mail(to, configuration_set=name) | {"timestamp": stamp(at), "messageId": f"{name}-{to}-{number}"}


def traffic() -> list[tuple[datetime, dict[str, Any]]]:
    """Last month a set with one bad domain; of late a provider that refuses, a set over 3 %, and mail without a set."""
    events: list[tuple[datetime, dict[str, Any]]] = []

    def add(at: datetime, to: str, name: str | None, number: int, outcome: str) -> None:
        its = mail(number, at, to, name)
        events.append((at, a_send(to, mail=its)))
        if outcome == "bounce":
            bounce = a_bounce(a_bounced(to), mail=its)
            bounce["bounce"] |= {"feedbackId": f"{name}{to}{number}", "timestamp": stamp(at + timedelta(seconds=9))}
            events.extend([(at, bounce)] * 2)  # delivered twice
        elif outcome == "complaint":
            complaint = a_complaint(to, mail=its)
            complaint["complaint"] |= {"feedbackId": f"c{name}{to}{number}", "timestamp": stamp(at)}
            events.append((at, complaint))
        else:
            events.append((at, a_delivery(to, mail=its)))

    for number in range(100):
        add(LAST_MONTH, "a@good.example", "CONFIGURATION_SET", number, "complaint" if number == 0 else "")
        add(LAST_MONTH, "b@bad.example", "CONFIGURATION_SET", number, "bounce" if number < 30 else "")
    for number in range(600):
        add(TODAY - timedelta(days=20), "c@provider.example", "steady", number, "")
        add(TODAY - timedelta(days=5), "c@provider.example", "steady", number, "bounce" if number < 60 else "")
    for number in range(3):
        add(TODAY - timedelta(days=1), "d@x.example", None, number, "")
    return events


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Files as Firehose lays them, of the transform's lines, read by partition as Athena would."""
    folder = tmp_path_factory.mktemp("lake")
    flattener = Flattener(Context(), PersonalFields.DROP)
    days: dict[str, list[bytes]] = {}
    for at, event in traffic():
        record = flattener.flatten(json.dumps(event))
        assert isinstance(record, LakeRecord)
        days.setdefault(f"account={record.account}/region={record.region}/day={at:%Y-%m-%d}", []).append(encode(record))
    for path, lines in days.items():
        (folder / path).mkdir(parents=True)
        (folder / path / "sesguard-lake-1.gz").write_bytes(gzip.compress(b"\n".join(lines)))
    connection = duckdb.connect()
    table = properties("LakeTable")["TableInput"]
    kinds = {"string": "varchar", "array<string>": "varchar[]"}
    columns = {it["Name"]: kinds.get(it["Type"], it["Type"]) for it in table["StorageDescriptor"]["Columns"]}
    files = [str(path) for path in folder.rglob("*.gz")]
    read = connection.read_json(
        files, columns=columns, format="newline_delimited", hive_partitioning=True, hive_types_autocast=False
    )
    read.create("events")
    return connection


def answer(lake: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    found = lake.execute(QUERIES[name])
    assert found.description is not None
    names = [each[0] for each in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_worst_domains_of_a_set(lake: duckdb.DuckDBPyConnection) -> None:
    assert answer(lake, "WorstDomainsOfASet") == [
        {"domain": "bad.example", "sent": 100, "bounced": 30, "complained": 0},
        {"domain": "good.example", "sent": 100, "bounced": 0, "complained": 1},
    ]


def test_a_provider_that_refuses_of_late(lake: duckdb.DuckDBPyConnection) -> None:
    (found,) = answer(lake, "BounceRateOfProviders")
    assert found["domain"] == "provider.example"
    assert (found["sent_before"], found["sent_lately"]) == (600, 600)
    assert (float(found["percent_before"]), float(found["percent_lately"])) == (0.0, 10.0)


def test_who_was_over_three_percent(lake: duckdb.DuckDBPyConnection) -> None:
    (found,) = answer(lake, "OverThreePercent")
    assert (found["configuration_set"], found["sent"], found["bounced"]) == ("steady", 600, 60)
    assert found["sent_on"] == f"{TODAY - timedelta(days=5):%Y-%m-%d}"


def test_the_month_of_a_set(lake: duckdb.DuckDBPyConnection) -> None:
    assert answer(lake, "MonthOfASet") == [
        {"sent_on": f"{LAST_MONTH:%Y-%m-%d}", "sent": 200, "delivered": 169, "bounced": 30, "complained": 1}
    ]


def test_who_sent_without_a_set(lake: duckdb.DuckDBPyConnection) -> None:
    (found,) = answer(lake, "SentWithoutASet")
    assert (found["events"], found["account"], found["from_domain"]) == (6, "123456789012", "acme.example")


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_reads_only_some_days(name: str) -> None:
    assert re.search(r"\bday >= ", QUERIES[name])
