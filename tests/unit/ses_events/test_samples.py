"""The sample events of `events/`: every kind by every path, each a batch that Lambda could hand to ingest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import read
from sesguard.ses_events.messages import messages
from sesguard.ses_events.observation import Ignored, Observation, Reading, Rejected

EVENTS = Path(__file__).resolve().parents[3] / "events"
PATHS = {"sns-raw": "sns", "sns": "sns", "eventbridge": "eventbridge"}
COUNTS = {
    "send": ("volume", 3),
    "delivery": ("volume", 2),
    "bounce": ("hard_bounce", 2),
    "complaint": ("complaint", 1),
    "reject": ("nothing", 1),
    "rendering-failure": ("nothing", 1),
    "delivery-delay": ("nothing", 1),
    "subscription": ("nothing", 1),
    "open": ("nothing", 1),
    "click": ("nothing", 1),
}
BESIDE = {
    "subscription-confirmation": "sns_subscription",
    "topic-validated": "topic_validated",
    "sending-status-disabled": "sending_status",
    "advisor-recommendation": "advisor_recommendation",
    "other-source": "other_source",
    "truncated": "not_json",
}


def readings(path: Path) -> list[Reading]:
    with path.open("rb") as file:
        return [read(message.body, Context(message.account, message.region)) for message in messages(file)]


@pytest.mark.parametrize("folder", PATHS)
@pytest.mark.parametrize("name", COUNTS)
def test_every_kind_of_event_reads_alike_by_every_path(folder: str, name: str) -> None:
    [reading] = readings(EVENTS / folder / f"{name}.json")
    assert isinstance(reading, Observation), reading
    assert reading.kind == name.replace("-", "_")
    assert (reading.counts_for, reading.count) == COUNTS[name]
    assert str(reading.stream) == "123456789012/eu-west-1/acme-news"
    assert reading.via == PATHS[folder]


@pytest.mark.parametrize("name", ["bounce", "complaint", "delivery"])
def test_a_legacy_notification_counts_but_names_no_stream(name: str) -> None:
    [reading] = readings(EVENTS / "legacy" / f"{name}.json")
    assert isinstance(reading, Observation), reading
    assert (reading.counts_for, reading.count) == COUNTS[name]
    assert str(reading.stream) == "123456789012/eu-west-1/"


@pytest.mark.parametrize("path", sorted((EVENTS / "sns-raw").glob("*-*.json")), ids=lambda path: path.stem)
def test_the_exceptions_to_counting_count_for_nothing(path: Path) -> None:
    [reading] = readings(path)
    assert isinstance(reading, Observation), reading
    assert (reading.counts_for == "volume") == (path.stem == "send-without-configuration-set")


@pytest.mark.parametrize("name", BESIDE)
def test_what_arrives_beside_the_events_has_a_reason(name: str) -> None:
    [reading] = readings(EVENTS / "beside" / f"{name}.json")
    assert isinstance(reading, Ignored | Rejected), reading
    assert reading.reason == BESIDE[name]


def test_the_batch_mixes_paths_a_greeting_and_a_broken_body() -> None:
    kinds = [
        reading.kind if isinstance(reading, Observation) else reading.reason
        for reading in readings(EVENTS / "batch.json")
    ]
    assert kinds == ["send", "bounce", "complaint", "not_json", "topic_validated", "delivery"]


def test_every_sample_has_the_shape_of_a_lambda_event_from_a_queue() -> None:
    for path in EVENTS.rglob("*.json"):
        for record in json.loads(path.read_text(encoding="utf-8"))["Records"]:
            assert record["eventSource"] == "aws:sqs", path
            assert {
                "messageId",
                "receiptHandle",
                "body",
                "attributes",
                "eventSourceARN",
                "awsRegion",
            } <= record.keys(), path


def test_the_readme_names_every_sample() -> None:
    readme = (EVENTS / "README.md").read_text(encoding="utf-8")
    for path in EVENTS.rglob("*.json"):
        assert path.stem in readme or path.parent.name == "beside", path
        assert path.parent == EVENTS or f"`{path.parent.name}/`" in readme, path
