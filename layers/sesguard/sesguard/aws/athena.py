"""Queries in Athena, whose answers are read from the file that it writes, not page by page."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any, Final

from sesguard.aws.clients import calling
from sesguard.aws.objects import S3Objects
from sesguard.errors import AwsError

ACTIONS: Final = frozenset({"athena:StartQueryExecution", "athena:GetQueryExecution", "s3:GetObject"})
_ASK_EVERY_SECONDS: Final = 2.0
_RUNNING: Final = frozenset({"QUEUED", "RUNNING"})


class QueryFailedError(AwsError):
    """Athena did not finish a query; ``str()`` has its reason, which quotes the query at most."""

    def __init__(self, state: str, reason: str) -> None:
        super().__init__("GetQueryExecution", state, retryable=False)
        self.reason = reason

    def __str__(self) -> str:
        return f"the query in Athena has {self.code.lower()}: {self.reason}"


class AthenaQueries:
    """Runs queries in one workgroup, which says where answers go and how much may be scanned."""

    def __init__(self, client: Any, objects: S3Objects, workgroup: str) -> None:  # noqa: ANN401  # no stubs
        self._client, self._objects, self._workgroup = client, objects, workgroup

    def rows(self, query: str) -> Iterator[list[str]]:
        """Run a query and give its rows as texts. Raises AwsError."""
        with calling("StartQueryExecution"):
            started = self._client.start_query_execution(QueryString=query, WorkGroup=self._workgroup)
        found = self._finished(started["QueryExecutionId"])
        with self._objects.fetch(found["ResultConfiguration"]["OutputLocation"]) as file:
            rows = csv.reader(TextIOWrapper(file, encoding="utf-8", newline=""))
            next(rows, None)  # the names of the columns
            yield from rows

    def _finished(self, execution: str) -> Any:  # noqa: ANN401  # as the service's
        while True:
            with calling("GetQueryExecution"):
                found = self._client.get_query_execution(QueryExecutionId=execution)["QueryExecution"]
            status = found["Status"]
            if status["State"] not in _RUNNING:
                break
            time.sleep(_ASK_EVERY_SECONDS)
        if status["State"] != "SUCCEEDED":
            raise QueryFailedError(status["State"], status.get("StateChangeReason", "it says no reason"))
        return found
