"""The state of each stream in StreamsTable, and the journal in IncidentsTable.

A stream's item: ``version``, ``state`` (JSON), ``status`` (the same as in the state, for people), ``switch_due``,
``turned_off``, ``trouble``, ``announce`` (a list of JSON), ``waiting`` and ``proposed`` (JSON, or empty),
``unhealthy`` ("yes" or not there: the sparse index; "volume" for one that is healthy, and of whose mail no volume is
published).
The registry writes ``tenant``, ``policy`` (overrides), ``switch`` (see ``pause_target``), ``alarm`` ("always", or not
there) and ``tags`` into the same item, ``policy`` and ``switch`` as a map or JSON of one; neither
removes the other's. What is nested is JSON because DynamoDB's numbers end at 1e-130 and chances do not.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import msgspec

from sesguard.aws.boto_types import DynamoDBClient, TransactWriteItemTypeDef
from sesguard.aws.clients import calling
from sesguard.aws.conditional import lost
from sesguard.aws.query import MOST_KEYS, get_batch
from sesguard.aws.tables.journal import KEPT_DAYS, put
from sesguard.aws.tables.pause_target import target_of
from sesguard.errors import AwsError, ConflictError, PolicyError, RecordError, SesguardError, words_of
from sesguard.pausing.journal import JournalEntry
from sesguard.pausing.record import BY_CONFIGURATION_SET, DesiredAlarm, Loaded, PauseTarget, StreamRecord, Waiting
from sesguard.pausing.state import StreamState
from sesguard.policy import Policy, policy_from
from sesguard.stream import StreamId

# A transaction needs the permissions of what it holds:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
ACTIONS: Final = frozenset(
    {
        "dynamodb:GetItem",
        "dynamodb:BatchGetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:Query",
    }
)
UNHEALTHY_INDEX: Final = "unhealthy"
_YES: Final = "yes"
_VOLUME: Final = "volume"
_WRITTEN: Final = (
    "version",
    "state",
    "status",
    "switch_due",
    "turned_off",
    "trouble",
    "announce",
    "waiting",
    "proposed",
)

_log = logging.getLogger(__name__)

Attribute = Mapping[str, Any]


class DynamoStreams:
    """The port ``Streams`` over DynamoDB.

    default: the policy that each stream's overrides are laid over. kept_days: how long the journal's entries stay.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        streams_table: str,
        incidents_table: str,
        default: Policy,
        kept_days: int = KEPT_DAYS,
    ) -> None:
        self._client = client
        self._kept_days = kept_days
        self._streams = streams_table
        self._incidents = incidents_table
        self._default = default

    def load(self, stream: StreamId) -> StreamRecord:
        with calling("GetItem"):
            answer = self._client.get_item(
                TableName=self._streams, Key={"stream": {"S": str(stream)}}, ConsistentRead=True
            )
        return self._record(stream, answer.get("Item"))

    def load_many(self, streams: Iterable[StreamId]) -> Loaded:
        left = list(streams)
        records: list[StreamRecord] = []
        failed: dict[StreamId, SesguardError] = {}
        for first in range(0, len(left), MOST_KEYS):
            some = left[first : first + MOST_KEYS]
            try:
                found = get_batch(self._client, self._streams, [{"stream": {"S": str(stream)}} for stream in some])
            except AwsError as error:
                failed.update(dict.fromkeys(some, error))
                continue
            items = {item["stream"]["S"]: item for item in found}
            for stream in some:
                try:
                    records.append(self._record(stream, items.get(str(stream))))
                except RecordError as error:
                    failed[stream] = error
        return Loaded(records, failed)

    def save(self, record: StreamRecord, journal: Iterable[JournalEntry] = ()) -> StreamRecord:
        saved = replace(record, version=record.version + 1, known=True)
        update = self._update(record, saved)
        entries = [{"Put": put(self._incidents, entry, self._kept_days)} for entry in journal]
        try:
            with calling("TransactWriteItems" if entries else "UpdateItem"):
                if entries:
                    writes: list[TransactWriteItemTypeDef] = [{"Update": update}, *entries]  # type: ignore[list-item,typeddict-item]  # plain dicts of that form
                    self._client.transact_write_items(TransactItems=writes)
                else:
                    self._client.update_item(**update)
        except AwsError as error:
            raise (ConflictError(str(record.stream)) if lost(error) else error) from None
        return saved

    def not_healthy(self) -> Iterator[StreamId]:
        return self._marked(_YES)

    def without_volume(self) -> Iterator[StreamId]:
        return self._marked(_VOLUME)

    def _marked(self, mark: str) -> Iterator[StreamId]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._streams,
            IndexName=UNHEALTHY_INDEX,
            KeyConditionExpression="unhealthy = :mark",
            ExpressionAttributeValues={":mark": {"S": mark}},
        )
        with calling("Query"):
            for page in pages:
                for item in page["Items"]:
                    stream = _key(item["stream"]["S"])
                    if stream is not None and stream.attributed:
                        yield stream

    def _record(self, stream: StreamId, item: Mapping[str, Attribute] | None) -> StreamRecord:
        try:
            return self._read(stream, item)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise RecordError(str(stream), words_of(error)) from None

    def _read(self, stream: StreamId, item: Mapping[str, Attribute] | None) -> StreamRecord:
        if item is None:
            return StreamRecord(stream, 0, StreamState(), self._default, known=False)
        state = item.get("state", {}).get("S")
        waiting = item.get("waiting", {}).get("S")
        proposed = item.get("proposed", {}).get("S")
        return StreamRecord(
            stream,
            int(item.get("version", {}).get("N", "0")),
            msgspec.json.decode(state, type=StreamState) if state else StreamState(),
            self._policy(stream, item.get("policy")),
            tenant=item.get("tenant", {}).get("S", ""),
            switch_due=item.get("switch_due", {}).get("S", ""),
            turned_off=item.get("turned_off", {}).get("BOOL", False),
            trouble=item.get("trouble", {}).get("S", ""),
            announce=tuple(json.loads(event["S"]) for event in item.get("announce", {}).get("L", ())),
            waiting=msgspec.json.decode(waiting, type=Waiting) if waiting else None,
            proposed=msgspec.json.decode(proposed, type=Waiting) if proposed else None,
            target=_target(stream, item.get("switch")),
            alarm=_alarm_wish(item),
            offboarded="offboarded" in item,
            newer=_newer(state) if state else {},
        )

    def _policy(self, stream: StreamId, attribute: Attribute | None) -> Policy:
        """The default with the registry's overrides; an override that breaks a rule leaves the default in force."""
        if attribute is None:
            return self._default
        try:
            return policy_from(_overrides(attribute), self._default)
        except (PolicyError, ValueError, TypeError) as error:
            _log.error("policy of stream %s is not usable as a whole: %s", stream, error)
            return self._usable(attribute)

    def _usable(self, attribute: Attribute) -> Policy:
        """The default with each override that holds by itself: a newer version may have written others."""
        policy = self._default
        with suppress(ValueError, TypeError):
            for key, value in _overrides(attribute).items():
                with suppress(PolicyError, ValueError, TypeError):
                    policy = policy_from({key: value}, policy)
        return policy

    def _update(self, record: StreamRecord, saved: StreamRecord) -> dict[str, Any]:
        values = {f":{name}": value for name, value in zip(_WRITTEN, _values(saved), strict=True)}
        sets = ", ".join(f"#{name} = :{name}" for name in _WRITTEN)
        if record.version:
            condition, values[":read"] = "#version = :read", {"N": str(record.version)}
        else:
            condition = "attribute_not_exists(#version)"
        mark = _YES if saved.needs_sweep else _VOLUME if saved.state.volume_told is not None else ""
        if mark:
            values[":mark"] = {"S": mark}
        return {
            "TableName": self._streams,
            "Key": {"stream": {"S": str(saved.stream)}},
            "UpdateExpression": f"SET {sets}{', unhealthy = :mark' if mark else ' REMOVE unhealthy'}",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in _WRITTEN},
            "ExpressionAttributeValues": values,
        }


def _values(record: StreamRecord) -> tuple[Attribute, ...]:
    """The attributes of ``_WRITTEN``, in that order."""
    return (
        {"N": str(record.version)},
        {"S": _state(record)},
        {"S": record.state.status.value},
        {"S": record.switch_due},
        {"BOOL": record.turned_off},
        {"S": record.trouble},
        {"L": [{"S": json.dumps(event)} for event in record.announce]},
        {"S": msgspec.json.encode(record.waiting).decode() if record.waiting else ""},
        {"S": msgspec.json.encode(record.proposed).decode() if record.proposed else ""},
    )


def _state(record: StreamRecord) -> str:
    state = msgspec.to_builtins(record.state)
    return msgspec.json.encode({**state, **record.newer}).decode()


def _newer(state: str) -> dict[str, Any]:
    """The fields that a newer version wrote: after a rollback this one saves them as they are."""
    fields = msgspec.json.decode(state, type=dict[str, Any])
    return {name: value for name, value in fields.items() if name not in StreamState.__struct_fields__}


def _key(text: str) -> StreamId | None:
    """The stream that a key names; None, and a line in the log, for a key that names none."""
    try:
        return StreamId.parse(text)
    except ValueError as error:
        _log.error("StreamsTable: %s", error)  # the daily audit tells the operator
        return None


def _target(stream: StreamId, attribute: Attribute | None) -> PauseTarget:
    """What turns the stream; its configuration set where the registry's word is not usable."""
    if attribute is None:
        return BY_CONFIGURATION_SET
    try:
        return target_of(stream, _overrides(attribute))
    except (ValueError, TypeError) as error:
        _log.error("switch of stream %s is not usable, its configuration set is turned: %s", stream, error)
        return BY_CONFIGURATION_SET


def _alarm_wish(item: Mapping[str, Attribute]) -> DesiredAlarm:
    own = {name: value["S"] for name, value in item.get("tags", {}).get("M", {}).items() if "S" in value}
    tenant = item.get("tenant", {}).get("S", "")
    tags = {**own, "tenant": tenant} if tenant else own
    return DesiredAlarm(item.get("alarm", {}).get("S") == "always", tuple(sorted(tags.items())))


def _overrides(attribute: Attribute) -> Mapping[str, Any]:
    """A map as the registry writes it, plain or as JSON. ValueError or TypeError for anything else."""
    values = attribute.get("M") if "S" not in attribute else json.loads(attribute["S"])
    if not isinstance(values, dict):
        raise TypeError("expected a map")
    return values if "S" in attribute else {name: _plain(value) for name, value in values.items()}


def _plain(attribute: Attribute) -> object:
    kind, value = next(iter(attribute.items()))
    if kind == "N":
        return float(value) if set(value) & set(".eE") else int(value)
    return value
