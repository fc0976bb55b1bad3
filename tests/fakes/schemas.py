"""The schemas of the guard's events and journal, as other systems rely on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from sesguard.bus.events import DetailType
from sesguard.pausing.journal import JournalEntry

_SCHEMAS = {
    DetailType.OPERATOR: "operator-notice",
    DetailType.ACCOUNT_AT_RISK: "account-at-risk",
    DetailType.DOMAIN: "domain-posture",
    DetailType.HEARTBEAT: "guard-heartbeat",
    DetailType.PAUSED_ELSEWHERE: "paused-elsewhere",
}
_FOLDER = Path(__file__).resolve().parents[2] / "schemas"


def check_event(event: Mapping[str, Any]) -> None:
    """Fail unless the event is as its schema says, when it has been through JSON. Raises ValidationError."""
    name = _SCHEMAS.get(event["type"], "tenant-transition")
    assert event["type"] in list(DetailType), event["type"]
    _check(name, json.dumps(event["detail"], allow_nan=False))


def check_entry(entry: JournalEntry) -> None:
    """Fail unless the journal's entry is as its schema says, when it has been through JSON. Raises ValidationError."""
    _check("journal-entry", json.dumps(entry.as_dict(), allow_nan=False))


@lru_cache(maxsize=10_000)  # a property says the same a hundred times
def _check(name: str, text: str) -> None:
    _validator(name).validate(json.loads(text))


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
