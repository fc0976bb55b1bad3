"""schemas/ says of every event and every journal entry what the struct that it is written from says."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sesguard.cli.schemas import schemas, write_schema
from sesguard.pausing.decision import Reason

FOLDER = Path(__file__).resolve().parents[3] / "schemas"


@pytest.mark.parametrize("name", schemas())
def test_the_schema_is_up_to_date(name: str):
    message = "write them again: python -m sesguard.cli.schemas schemas"
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == write_schema(schemas()[name]), message


@pytest.mark.parametrize("name", schemas())
def test_the_schema_is_one(name: str):
    Draft202012Validator.check_schema(schemas()[name])


NOTICE = {
    "version": "1",
    "id": "0" * 32,
    "at": "2026-11-26T12:00:00.000000Z",
    "stream": {"account": "111122223333", "region": "eu-west-1", "configuration_set": "acme-news"},
    "subject": "Look here",
    "text": "There is something to see.",
    "tenant": "acme",
}


def refused(name: str, document: object) -> bool:
    return bool(list(Draft202012Validator(schemas()[name]).iter_errors(json.loads(json.dumps(document)))))


def test_an_event_as_it_is_written_fits():
    assert not refused("operator-notice", NOTICE)
    assert not refused("operator-notice", NOTICE | {"stream": None})


@pytest.mark.parametrize("key", NOTICE)
def test_every_key_is_written(key: str):
    assert refused("operator-notice", {name: value for name, value in NOTICE.items() if name != key})


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": "2"},
        {"id": "1"},
        {"at": None},
        {"at": "2026-11-26T12:00:00Z"},
        {"stream": {"account": "1", "region": "x", "configuration_set": "y"}},
        {"stream": NOTICE["stream"] | {"tenant": "acme"}},
        {"subject": ""},
        {"kind": "Operator Notice"},
    ],
    ids=repr,
)
def test_what_no_event_is_written_as_does_not_fit(wrong: dict[str, object]):
    assert refused("operator-notice", copy.deepcopy(NOTICE) | wrong)


def test_the_words_are_those_that_the_guard_decides_with():
    properties = schemas()["tenant-transition"]["properties"]
    assert properties["reason"]["enum"] == [reason.value for reason in Reason]
    assert "asked" not in properties["outcome"]["enum"]
