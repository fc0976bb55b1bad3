"""AWS that answers at once: in place of the client, or in place of the network below botocore's own client."""

from __future__ import annotations

import io
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.session import Session


def _nothing(**_: object) -> dict[str, Any]:
    return {}


def _no_items(**_: object) -> dict[str, Any]:
    return {"Items": []}


def _no_responses(**_: object) -> dict[str, Any]:
    return {"Responses": {}}


class InstantClient:
    """Stands in for the botocore clients that ingest uses."""

    update_item = put_item = get_item = transact_write_items = staticmethod(_nothing)
    put_metric_data = put_metric_alarm = set_alarm_state = staticmethod(_nothing)
    query = staticmethod(_no_items)
    batch_get_item = staticmethod(_no_responses)


class InstantClients:
    """The clients of a function, all of them instant."""

    def __init__(self, dynamodb: Any = None) -> None:  # noqa: ANN401  # a client, real or not
        self.dynamodb: Any = dynamodb or InstantClient()
        self.cloudwatch: Any = InstantClient()
        self.events: Any = InstantClient()


class _Raw(io.BytesIO):
    def stream(self, **_: object) -> list[bytes]:
        return [self.read()]


def instant_network(config: Config | None = None) -> Any:  # noqa: ANN401  # botocore makes its clients' classes as it runs
    """A real DynamoDB client whose requests are built, signed and never sent: an empty answer comes back."""
    session = Session()
    session.set_credentials("none", "none")
    client: Any = session.create_client("dynamodb", region_name="eu-west-1", config=config)
    client.meta.events.register("before-send.dynamodb", _answer)
    return client


_ANSWERS = {b"Query": b'{"Items":[]}', b"BatchGetItem": b'{"Responses":{}}'}


def _answer(request: Any, **_: object) -> AWSResponse:  # noqa: ANN401  # botocore's request
    body = _ANSWERS.get(request.headers["X-Amz-Target"].rpartition(b".")[2], b"{}")
    return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(body))
