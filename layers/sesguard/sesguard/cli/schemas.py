"""Writes the JSON Schemas of the bus's events and of the journal's entries (schemas/), from the structs of each.

python -m sesguard.cli.schemas schemas
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from sesguard.account.sums import KINDS
from sesguard.bus.details import AccountAtRisk, DomainPosture, PausedElsewhere, Transition
from sesguard.bus.events import UNPUBLISHED, DetailType, OperatorNotice, Outcome
from sesguard.bus.evidence import Evidence
from sesguard.bus.heartbeat import Heartbeat
from sesguard.detection.causes import Cause
from sesguard.detection.weigh import RunRule
from sesguard.members.pass_on import GROUNDS
from sesguard.pausing.announce import TRANSITIONS
from sesguard.pausing.decision import Action, Reason
from sesguard.pausing.journal import Entry
from sesguard.pausing.state import Origin, Status
from sesguard.policy import Mode
from sesguard.posture.announce import Occasion
from sesguard.posture.publish import RecordType

Schema = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_EVENTS: Final[Mapping[str, tuple[type[msgspec.Struct], str]]] = {
    "tenant-transition": (
        Transition,
        "Detail of Tenant Warned, Calm, Paused, Held, Resumed, Recovered and Awaiting Acknowledgement",
    ),
    "account-at-risk": (AccountAtRisk, "Detail of Account At Risk"),
    "operator-notice": (OperatorNotice, "Detail of Operator Notice"),
    "domain-posture": (DomainPosture, "Detail of Domain Posture"),
    "guard-heartbeat": (Heartbeat, "Detail of Guard Heartbeat"),
    "paused-elsewhere": (PausedElsewhere, "Detail of Paused Elsewhere, of source sesguard.centre"),
}

# The words that are written today. A reader takes others too, as a newer version may have more; and the bus stands
# before the stages that these words belong to.
_WORDS: Final[Mapping[tuple[str, str], Iterable[str]]] = {
    ("Transition", "action"): TRANSITIONS,
    ("Transition", "reason"): Reason,
    ("Transition", "from"): Status,
    ("Transition", "to"): Status,
    ("Transition", "mode"): Mode,
    ("Transition", "outcome"): [outcome for outcome in Outcome if outcome not in UNPUBLISHED],
    ("StreamStanding", "state"): Status,
    ("PausedElsewhere", "reason"): (*GROUNDS, Reason.STRIKES),
    ("Evidence", "kind"): KINDS,
    ("Evidence", "rule"): RunRule,
    ("Evidence", "cause"): Cause,
    ("Evidence", "causes"): Cause,
    ("Evidence", "volume_by"): ("sends", "deliveries"),
    ("AccountAtRisk", "mode"): Mode,
    ("AccountAtRisk", "kinds"): KINDS,
    ("AccountAtRisk", "lines"): KINDS,
    ("AlarmUp", "kinds"): KINDS,
    ("DomainPosture", "occasion"): Occasion,
    ("RecordToPublish", "type"): get_args(RecordType),
    ("DecisionEntry", "action"): Action,
    ("DecisionEntry", "reason"): Reason,
    ("DecisionEntry", "to"): Status,
    ("DecisionEntry", "mode"): Mode,
    ("DecisionEntry", "outcome"): Outcome,
    ("DoneEntry", "outcome"): (Outcome.PAUSED, Outcome.RESUMED, Outcome.UNKNOWN_SET, Outcome.FAILED),
    ("AccountEntry", "outcome"): ("alarm", "ok", "at_risk", "over"),
    ("AccountEntry", "to"): Status,
    ("AccountEntry", "mode"): Mode,
    ("BacklogEntry", "outcome"): (Outcome.WAITS, Outcome.DROPPED, Outcome.VANISHED),
    ("BacklogEntry", "reason"): Reason,
    ("BacklogEntry", "to"): Status,
    ("DriftEntry", "outcome"): Outcome,
    ("DriftEntry", "to"): Status,
    ("DriftEntry", "origin"): ("", *Origin),
    ("DriftEntry", "switch_due"): ("", "off", "on"),
    ("ReturnedEntry", "from"): Status,
    ("ReturnedEntry", "to"): Status,
    ("OffboardedEntry", "from"): Status,
    ("OffboardedEntry", "to"): Status,
    ("NotifiedEntry", "type"): DetailType,
    ("UndeliveredEntry", "type"): DetailType,
}
_UNWRITTEN: Final = ("Transition", "kind")
_NEVER_NULL: Final = ("OperatorNotice", "at")
_NULL: Final = {"type": "null"}
_NAMED_ONCE: Final = "stream"  # by the incident, for all its entries
_PARTLY_WRITTEN: Final = Evidence.__name__


def schemas() -> dict[str, Schema]:
    """Make each schema, by the name of its file: of what is written, all of it and no more."""
    events = {name: _event_schema(struct, title) for name, (struct, title) in _EVENTS.items()}
    return events | {"journal-entry": _journal_schema()}


def write_schema(schema: Schema) -> str:
    """Give the text of a schema's file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _event_schema(struct: type[msgspec.Struct], title: str) -> Schema:
    (_,), parts = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    parts = {name: _as_written(name, part) for name, part in parts.items() if "properties" in part}
    own = parts.pop(struct.__name__)
    return {"$schema": _DIALECT, **own, "title": title} | ({"$defs": parts} if parts else {})


def _journal_schema() -> Schema:
    """Make the schema of an entry, whose kind says which: a key that may be None is not written where it is."""
    kinds = [kind.__name__ for kind in get_args(Entry)]
    (_, _), parts = msgspec.json.schema_components([Entry, Evidence], ref_template="#/$defs/{name}")
    written = {
        name: _entry_as_written(name, part) if name in kinds else _as_written(name, part)
        for name, part in parts.items()
    }
    return {
        "$schema": _DIALECT,
        "title": "An entry of the journal, as sesguard stream and sesguard incidents give it with --json and --export",
        "description": "An entry is never written again. A newer version may write kinds that are not here.",
        "oneOf": [{"$ref": f"#/$defs/{name}"} for name in kinds],
        "$defs": written,
    }


def _entry_as_written(name: str, part: Schema) -> Schema:
    optional = {key for key, value in part["properties"].items() if value.get("default", "") is None}
    properties = {
        key: next(each for each in value["anyOf"] if each != _NULL) if key in optional else value
        for key, value in part["properties"].items()
    }
    written = _as_written(name, part | {"properties": properties})
    return written | {"required": [key for key in written["required"] if key not in optional | {_NAMED_ONCE}]}


def _as_written(name: str, part: Schema) -> Schema:
    """Tighten what is read to what is written: every key, known words, and nothing else."""
    properties = {
        key: _field_as_written((name, key), value)
        for key, value in part["properties"].items()
        if (name, key) != _UNWRITTEN
    }
    required = [] if name == _PARTLY_WRITTEN else list(properties)
    description = " ".join(part["description"].split())
    return part | {
        "description": description,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def _field_as_written(field: tuple[str, str], schema: Schema) -> Schema:
    schema = {key: value for key, value in schema.items() if key != "default"}
    if field == _NEVER_NULL:
        schema = next(each for each in schema["anyOf"] if each != _NULL)
    words = _WORDS.get(field)
    return schema if words is None else _of_words(schema, [str(word) for word in words])


def _of_words(schema: Schema, words: list[str]) -> Schema:
    """Say which words a text is one of: alone, or null, or in a list, or first in each pair, or as the keys."""
    if "anyOf" in schema:
        texts = [each if each == _NULL else _of_words(each, words) for each in schema["anyOf"]]
        return schema | {"anyOf": texts}
    if "prefixItems" in schema:
        return schema | {"prefixItems": [_of_words(schema["prefixItems"][0], words), *schema["prefixItems"][1:]]}
    if schema.get("type") == "array":
        return schema | {"items": _of_words(schema["items"], words)}
    if schema.get("type") == "object":
        return schema | {"propertyNames": {"enum": words}, "required": words}
    return {key: value for key, value in schema.items() if key not in {"$ref", "type"}} | {"enum": words}


def main() -> None:
    """Write every schema into the folder that the command line names."""
    folder = Path(sys.argv[1])
    for name, schema in schemas().items():
        (folder / f"{name}.json").write_text(write_schema(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
