"""A real DynamoDB client over a store in memory: requests are built, signed and parsed, and never sent."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from bench.instant import _Raw, instant_network
from bench.metered import MeteredDynamoDB
from sesguard.aws.query_answers import read_queries_plainly

_CALLS = {
    "Query": "query",
    "GetItem": "get_item",
    "BatchGetItem": "batch_get_item",
    "PutItem": "put_item",
    "UpdateItem": "update_item",
    "TransactWriteItems": "transact_write_items",
}


class Stored:
    """client: DynamoDB's, over ``store``. seconds: what the store took, which DynamoDB would do itself."""

    def __init__(self, store: MeteredDynamoDB) -> None:
        self.seconds = 0.0
        self._store = store
        self.client: Any = instant_network()
        self.client.meta.events.register_first("before-send.dynamodb", self._answer)
        read_queries_plainly(self.client)

    def _answer(self, request: Any, **_: object) -> AWSResponse:  # noqa: ANN401  # botocore's request
        began = time.thread_time()
        operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
        document = json.loads(request.body, object_hook=_from_wire)
        found = getattr(self._store, _CALLS[operation])(**document)
        body = json.dumps(found, default=_to_wire).encode()
        self.seconds += time.thread_time() - began
        return AWSResponse(request.url, 200, HTTPHeaders(), _Raw(body))


def _from_wire(value: dict[str, Any]) -> dict[str, Any]:
    return {"B": base64.b64decode(value["B"])} if value.keys() == {"B"} else value


def _to_wire(value: bytes) -> str:
    return base64.b64encode(value).decode()
