"""The whole of OnboardingTable, for people who look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.aws.tables.provisioning import row_of
from sesguard.provisioning.task import TENANT, ProvisioningTask, TenantProblem

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACTIONS: Final = frozenset({"dynamodb:Scan"})


class DynamoOnboardingRows:
    """The port ``OnboardingRows`` over DynamoDB."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def everything(self) -> tuple[Sequence[ProvisioningTask], Sequence[TenantProblem]]:
        rows: list[ProvisioningTask] = []
        problems: list[TenantProblem] = []
        for item in self._items():
            key = item["stream"]["S"]
            if "version" in item:
                rows.append(row_of(item))
            elif key.startswith(TENANT) and "problem" in item:
                since = datetime.fromisoformat(item["since"]["S"])
                problems.append(TenantProblem(key.removeprefix(TENANT), item["problem"]["S"], since))
        return rows, problems

    def _items(self) -> Iterator[Mapping[str, Any]]:
        try:
            for page in self._client.get_paginator("scan").paginate(TableName=self._table):
                yield from page["Items"]
        except (ClientError, BotoCoreError) as error:
            raise aws_error("Scan", error) from None
