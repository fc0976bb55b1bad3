"""The configuration sets of an SES tenant, as SES has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import Clients, aws_error
from sesguard.stream import StreamId

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

ACTIONS: Final = frozenset({"ses:ListTenantResources"})


class SesTenantStreams:
    """The port ``TenantStreams`` over SES. ``account``, ``region``: where the guard itself runs."""

    def __init__(self, clients: Clients, account: str, region: str) -> None:
        self._clients = clients
        self._account = account
        self._region = region

    def streams_of(self, home: StreamId, tenant: str) -> Sequence[StreamId]:
        if home.account != self._account:
            return []
        sets: list[str] = []
        request: dict[str, Any] = {"TenantName": tenant, "Filter": {"RESOURCE_TYPE": "CONFIGURATION_SET"}}
        try:
            while True:
                page = self._client(home).list_tenant_resources(**request)
                sets += [each["ResourceArn"].rpartition("/")[2] for each in page.get("TenantResources", [])]
                if not page.get("NextToken"):
                    break
                request["NextToken"] = page["NextToken"]
        except (ClientError, BotoCoreError) as error:
            failed = aws_error("ListTenantResources", error)
            if failed.code != "NotFoundException":
                raise failed from None
        return [home._replace(configuration_set=name) for name in sorted(sets)]

    def _client(self, home: StreamId) -> SESV2Client:
        return self._clients.sesv2 if home.region == self._region else self._clients.sesv2_in(home.region)
