"""Payloads that others have recorded: each reads as its index says, or lacks what the index cannot make up for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import read
from sesguard.ses_events.messages import messages
from sesguard.ses_events.observation import Ignored, Observation, Reading, Rejected

CORPUS = Path(__file__).resolve().parents[4] / "shared" / "corpus"
INDEX = CORPUS / "index.json"

# Recorded by others, so it is not kept in this repository.
pytestmark = pytest.mark.skipif(not INDEX.exists(), reason="the corpus is not beside the repository (../shared/corpus)")

KINDS = {
    "Send": "send",
    "Delivery": "delivery",
    "Bounce": "bounce",
    "Complaint": "complaint",
    "Reject": "reject",
    "Rendering Failure": "rendering_failure",
    "DeliveryDelay": "delivery_delay",
    "Open": "open",
    "Click": "click",
}
IGNORED = {
    "SubscriptionConfirmation": "sns_subscription",
    "UnsubscribeConfirmation": "sns_subscription",
    "Notification": "topic_validated",
    "Received": "inbound_mail",
    "CloudWatch alarm via SNS": "cloudwatch_alarm",
    "CloudWatch alarm -> Lambda": "cloudwatch_alarm",
}
# Cut down or censored by whoever recorded them, to less than SES sends.
UNREADABLE = {
    "sns/django-anymail_delivery.json": "missing_field",
    "notification/django-anymail_bounce_permanent_general_2rcpt.json": "send_time",
    "notification/django-anymail_complaint_abuse.json": "send_time",
    "notification/notification-api_delivery.json": "send_time",
}

ENTRIES: list[dict[str, Any]] = json.loads(INDEX.read_text(encoding="utf-8")) if INDEX.exists() else []


def readings(name: str) -> list[Reading]:
    context = Context(account="999999999999", region="us-east-1", count_simulator=True)
    with (CORPUS / name).open("rb") as file:
        return [read(message.body, context) for message in messages(file)]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_a_recorded_payload_reads_as_its_index_says(entry: dict[str, Any]) -> None:
    for reading in readings(entry["file"]):
        if entry["file"] in UNREADABLE:
            assert isinstance(reading, Rejected)
            assert reading.reason == UNREADABLE[entry["file"]]
        elif entry["file"] == "notification/django-anymail_rendering-failure.json":  # its time is censored
            assert isinstance(reading, Ignored)
            assert reading.reason == "counts_for_nothing"
        elif entry["event"] in IGNORED:
            assert isinstance(reading, Ignored)
            assert reading.reason == IGNORED[entry["event"]]
        else:
            assert isinstance(reading, Observation), reading
            assert reading.kind == KINDS[entry["event"]]
            assert reading.stream.attributed == bool(entry["config_set_tag"])
            if entry["event"] == "Bounce":
                assert reading.count == entry["recipients"]
                assert (reading.counts_for == "hard_bounce") == (entry["bounceType"] == "Permanent")
            if entry["event"] == "Complaint":
                assert (reading.count, reading.counts_for) == (1, "complaint")


def test_every_recorded_file_holds_a_message() -> None:
    assert all(readings(entry["file"]) for entry in ENTRIES)
