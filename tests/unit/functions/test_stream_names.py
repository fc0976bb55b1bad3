"""Whom the sweep counts: all streams, looked up once an hour."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sesguard.stream import StreamId
from sesguard.wiring import sweep
from tests.fakes.account import HOME
from tests.fakes.clock import HOUR, MINUTE, NOW


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    asked: list[str] = []

    def sets(_: Any) -> list[str]:
        asked.append("ses")
        return ["one", "nobodys"]

    abroad = StreamId(HOME.account, "us-east-1", "abroad")
    monkeypatch.setattr(sweep, "configuration_sets", sets)
    monkeypatch.setattr(sweep, "streams_on_record", lambda client, table, workers: {abroad: "acme"})
    return asked


def test_streams_of_ses_and_of_the_record_are_known_and_asked_for_once_an_hour(asked):
    names = sweep.StreamNames(SimpleNamespace(sesv2=None, dynamodb=None), "streams", None, HOME)  # type: ignore[arg-type]
    found = names.at(NOW)
    assert {stream.configuration_set for stream in found} == {"one", "nobodys", "abroad"}
    names.at(NOW + 59 * MINUTE)
    assert asked == ["ses"]
    names.at(NOW + HOUR)
    assert asked == ["ses", "ses"]
