"""What the registry says of a stream, in the stream's item of StreamsTable (see :mod:`sesguard.aws.tables.streams`).

``tenant``, ``policy``, ``alarm`` and ``tags`` are put when the registry says so, with ``registered``, the time;
``switch`` when SES has what turns the stream. At the end all go but ``tenant``, and ``offboarded`` says when.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sesguard.aws.dynamodb import attribute
from sesguard.aws.tables.table import TableAdapter
from sesguard.bus.events import iso
from sesguard.stream import StreamId
from sesguard.tenants.model import StreamEntry

ACTIONS: Final = frozenset({"dynamodb:UpdateItem"})
_ALWAYS: Final = "always"
_LEFT: Final = ("policy", "switch", "alarm", "tags", "registered")


class DynamoStreamRegistrations(TableAdapter):
    """The port ``Registered`` over DynamoDB."""

    def put(self, entry: StreamEntry, tenant: str, policy: Mapping[str, Any], now: datetime) -> None:
        wanted = {
            "tenant": tenant,
            "registered": iso(now),
            "policy": dict(policy) or None,
            "alarm": _ALWAYS if entry.alarm == _ALWAYS else None,
            "tags": dict(entry.tags) or None,
            "offboarded": None,
        }
        sets = ", ".join(f"#{name} = :{name}" for name, value in wanted.items() if value is not None)
        gone = ", ".join(f"#{name}" for name, value in wanted.items() if value is None)
        self._update(
            entry.stream,
            f"SET {sets} REMOVE {gone}",
            {f"#{name}": name for name in wanted},
            {f":{name}": attribute(value) for name, value in wanted.items() if value is not None},
        )

    def switch(self, stream: StreamId, kind: str, tenant_arn: str) -> bool:
        # Whoever is turned off by one means must be turned on by the same. Without a word, it is the set.
        idle = "((attribute_not_exists(#off) OR #off <> :yes) AND (attribute_not_exists(#due) OR #due = :none))"
        names = {"#switch": "switch", "#off": "turned_off", "#due": "switch_due"}
        values: dict[str, Any] = {":yes": {"BOOL": True}, ":none": {"S": ""}}
        if not tenant_arn:
            return self._update(stream, "REMOVE #switch", names, values, f"attribute_not_exists(#switch) OR {idle}")
        values[":wanted"] = attribute({"kind": kind, "tenant_arn": tenant_arn})
        return self._update(stream, "SET #switch = :wanted", names, values, f"#switch = :wanted OR {idle}")

    def remove(self, stream: StreamId, since: datetime) -> None:
        self._update(
            stream,
            f"SET #offboarded = :since REMOVE {', '.join(f'#{name}' for name in _LEFT)}",
            {f"#{name}": name for name in (*_LEFT, "offboarded")},
            {":since": {"S": iso(since)}},
            "attribute_exists(#registered) AND #registered <= :since",
        )

    def _update(
        self,
        stream: StreamId,
        update: str,
        names: Mapping[str, str],
        values: Mapping[str, Any],
        condition: str = "",
    ) -> bool:
        """Write if ``condition`` holds; whether it did."""
        request: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        return self._update_if(
            Key={"stream": {"S": str(stream)}},
            UpdateExpression=update,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            **request,
        )
