"""A DynamoDB client that adds up what its reads consume, as DynamoDB bills it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sesguard.aws.boto_types import DynamoDBClient


@dataclass(slots=True)
class MeteredReads:
    """``query`` and ``scan`` of ``client``. units: read request units; requests: calls."""

    client: DynamoDBClient
    requests: int = 0
    units: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def query(self, **request: Any) -> Any:  # noqa: ANN401  # as the service's
        return self._add(self.client.query(**request, ReturnConsumedCapacity="TOTAL"))

    def scan(self, **request: Any) -> Any:  # noqa: ANN401  # as the service's
        return self._add(self.client.scan(**request, ReturnConsumedCapacity="TOTAL"))

    def get_paginator(self, operation: str) -> _Pages:
        return _Pages(self, operation)

    def _add(self, answer: Mapping[str, Any]) -> Mapping[str, Any]:
        with self._lock:
            self.requests += 1
            self.units += answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        return answer


@dataclass(frozen=True, slots=True)
class _Pages:
    reads: MeteredReads
    operation: str

    def paginate(self, **request: Any) -> Iterator[Any]:  # noqa: ANN401  # as the service's
        pages = self.reads.client.get_paginator(self.operation).paginate(  # type: ignore[call-overload]  # the stubs know literals only
            **request, ReturnConsumedCapacity="TOTAL"
        )
        yield from map(self.reads._add, pages)
