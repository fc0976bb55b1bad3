"""Objects of S3 as files of a backtest, and answers of Athena, over botocore's stubber."""

from __future__ import annotations

import gzip
import io
import json
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from sesguard.aws.athena import AthenaQueries, QueryFailedError
from sesguard.aws.objects import S3Objects
from sesguard.backtest.files import UnreadableFileError, files_below
from sesguard.backtest.inputs import Inputs
from sesguard.errors import AwsError
from sesguard.ses_events.context import Context
from tests.ses_events import a_send


def client(service: str) -> Any:
    return boto3.client(service, "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")  # type: ignore[call-overload]  # any service


def body(content: bytes) -> dict[str, Any]:
    return {"Body": StreamingBody(io.BytesIO(content), len(content))}


def listed(*keys: str) -> dict[str, Any]:
    return {"IsTruncated": False, "Contents": [{"Key": key} for key in keys]} if keys else {"IsTruncated": False}


def test_a_prefix_stands_for_all_objects_below_it() -> None:
    s3 = client("s3")
    packed = gzip.compress(json.dumps(a_send()).encode())
    complaints: list[Any] = []
    with Stubber(s3) as stub:
        stub.add_response(
            "list_objects_v2", listed("e/", "e/.keep", "e/a.gz", "e/b.gz"), {"Bucket": "lake", "Prefix": "e/"}
        )
        stub.add_response("get_object", body(packed), {"Bucket": "lake", "Key": "e/a.gz"})
        stub.add_client_error("get_object", "AccessDenied")
        store = S3Objects(s3)
        files = files_below(["s3://lake/e/"], store)
        assert files == ["s3://lake/e/a.gz", "s3://lake/e/b.gz"]
        inputs = Inputs(files, Context(), lambda *said: complaints.append(said), store=store)
        assert len(list(inputs.moments())) == 1
    assert [(file, line) for file, line, _ in complaints] == [("s3://lake/e/b.gz", 0)]
    assert "AccessDenied" in complaints[0][2]


def test_a_prefix_without_objects_and_one_that_may_not_be_listed_are_told() -> None:
    s3 = client("s3")
    with Stubber(s3) as stub:
        stub.add_response("list_objects_v2", listed(), {"Bucket": "lake", "Prefix": "none/"})
        stub.add_client_error("list_objects_v2", "AccessDenied")
        with pytest.raises(UnreadableFileError, match="no files"):
            files_below(["s3://lake/none/"], S3Objects(s3))
        with pytest.raises(AwsError, match="AccessDenied"):
            files_below(["s3://lake/"], S3Objects(s3))
    with pytest.raises(UnreadableFileError, match="copy it to a folder"):
        files_below(["s3://lake/"])


def execution(state: str, **status: str) -> dict[str, Any]:
    return {
        "QueryExecution": {
            "Status": {"State": state, **status},
            "ResultConfiguration": {"OutputLocation": "s3://lake/answers/1.csv"},
        }
    }


def test_the_rows_of_a_query_are_those_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    athena, s3 = client("athena"), client("s3")
    monkeypatch.setattr("time.sleep", lambda _: None)
    with Stubber(athena) as stub, Stubber(s3) as files:
        asked = {"QueryString": "select 1", "WorkGroup": "lake"}
        stub.add_response("start_query_execution", {"QueryExecutionId": "1"}, asked)
        for state in ("QUEUED", "RUNNING", "SUCCEEDED"):
            stub.add_response("get_query_execution", execution(state), {"QueryExecutionId": "1"})
        files.add_response(
            "get_object", body(b'"stream","n"\n"a/b/c","5"\n"x",\n'), {"Bucket": "lake", "Key": "answers/1.csv"}
        )
        rows = list(AthenaQueries(athena, S3Objects(s3), "lake").rows("select 1"))
    assert rows == [["a/b/c", "5"], ["x", ""]]


def test_a_query_that_is_ended_says_why() -> None:
    athena = client("athena")
    with Stubber(athena) as stub:
        stub.add_response("start_query_execution", {"QueryExecutionId": "1"})
        reason = "Bytes scanned limit was exceeded"
        stub.add_response("get_query_execution", execution("CANCELLED", StateChangeReason=reason))
        with pytest.raises(QueryFailedError, match="has cancelled: Bytes scanned limit was exceeded"):
            list(AthenaQueries(athena, S3Objects(client("s3")), "lake").rows("select 1"))
