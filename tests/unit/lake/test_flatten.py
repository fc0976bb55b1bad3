"""What the lake keeps of an SES event: what the guard counts by, and of what is personal only what it was told to."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from sesguard.backtest.lake_lines import read_lake_line
from sesguard.backtest.recorded import read_event
from sesguard.lake.flatten import Flattener
from sesguard.lake.personal import PersonalFields, hashing
from sesguard.lake.record import SIGN, LakeRecord, decode, encode
from sesguard.lake.transform import transform
from sesguard.ses_events.context import Context
from sesguard.ses_events.observation import Ignored, Rejected
from tests.ses_events import (
    Event,
    a_bounce,
    a_bounced,
    a_complaint,
    a_delivery,
    a_mail,
    a_send,
    in_eventbridge,
    in_sns,
)

KEY = b"k" * 32


def flat(event: Any, personal: PersonalFields = PersonalFields.DROP) -> LakeRecord:
    hashed = hashing(KEY) if personal is PersonalFields.HASH else None
    record = Flattener(Context(), personal, hashed).flatten(json.dumps(event))
    assert isinstance(record, LakeRecord)
    return record


EVENTS = [
    a_send("ada@inbox.example", "bob@gmail.com"),
    a_delivery("ada@inbox.example"),
    a_bounce(a_bounced("ada@inbox.example", "5.1.1"), a_bounced("eve@other.example", "5.7.26")),
    a_complaint("ada@inbox.example", "eve@other.example"),
]


@pytest.mark.parametrize("wrap", [lambda it: it, in_sns, in_eventbridge, lambda it: in_sns(in_eventbridge(it))])
@pytest.mark.parametrize("event", EVENTS)
def test_a_replay_of_the_lake_sees_what_a_replay_of_the_event_sees(event: Event, wrap: Any) -> None:
    """But for the domains of volume, which a record has of every recipient."""
    ours = read_lake_line(encode(flat(wrap(event))))
    raw = read_event(json.dumps(wrap(event)), Context())
    assert ours is not None
    if event["eventType"] in {"Send", "Delivery"}:
        assert (ours.stream, ours.seen_at, ours.identity) == (raw.stream, raw.seen_at, raw.identity)
        assert sum(row.count for row in ours.rows) == sum(row.count for row in raw.rows)
        assert {type(row) for row in ours.rows} == {type(row) for row in raw.rows}
    else:
        assert ours == raw


@pytest.mark.parametrize("event", EVENTS)
def test_nothing_personal_is_kept_unless_the_lake_is_told_to(event: Event) -> None:
    line = encode(flat(event)).decode()
    for text in ("ada@", "bob@", "eve@", "@", event["mail"].get("commonHeaders", {}).get("subject", "Subject!")):
        assert text not in line


def test_hashes_stand_for_recipients_and_cannot_be_tried_without_the_key() -> None:
    first, again = (
        flat(a_send(address), PersonalFields.HASH) for address in ("Ada@Inbox.example", "ada@inbox.example ")
    )
    assert first.to == again.to
    assert first.to is not None
    assert len(first.to[0]) == 32
    assert "ada" not in encode(first).decode().lower()
    assert hashing(b"o" * 32)("ada@inbox.example") != first.to[0]
    with pytest.raises(ValueError, match="expected at least 32"):
        hashing(b"short")
    with pytest.raises(ValueError, match="with a key only"):
        Flattener(Context(), PersonalFields.HASH)


def test_kept_fields_are_as_they_came() -> None:
    record = flat(a_bounce(a_bounced("ada@inbox.example", "5.1.1", "smtp; 550 no such user")), PersonalFields.KEEP)
    assert record.to == ("ada@inbox.example",)
    assert record.diagnostics == ("smtp; 550 no such user",)


def test_a_servers_answer_is_never_hashed_but_dropped() -> None:
    event = a_bounce(a_bounced("ada@inbox.example", "5.1.1", "smtp; 550 ada@inbox.example unknown"))
    assert flat(event, PersonalFields.HASH).diagnostics is None


def test_events_that_count_for_nothing_are_kept_for_queries() -> None:
    event = {
        "eventType": "Open",
        "mail": a_mail("ada@inbox.example"),
        "open": {"timestamp": "2026-11-20T10:00:00.000Z"},
    }
    record = flat(event)
    assert (record.event, record.counts_for) == ("Open", "nothing")
    assert record.seen_at > record.sent_at


def test_mail_without_a_set_is_kept_with_its_domain() -> None:
    record = flat(a_send(mail=a_mail(configuration_set=None)))
    assert record.configuration_set == ""
    assert record.from_domain


def test_a_line_of_a_later_version_is_read_and_one_of_an_older_too() -> None:
    line = json.loads(encode(flat(EVENTS[2])))
    assert decode(json.dumps(line | {"new_column": [1]}).encode()) == flat(EVENTS[2])
    del line["codes"]
    assert decode(json.dumps(line).encode()).codes == ()


def test_no_event_of_ses_looks_like_a_line_of_the_lake() -> None:
    assert SIGN in encode(flat(EVENTS[0]))
    assert not any(SIGN in json.dumps(event).encode() for event in EVENTS)


def record_of(number: int, body: Any) -> dict[str, str]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return {"recordId": str(number), "data": base64.b64encode(data).decode()}


def test_each_record_of_a_batch_is_answered_by_itself() -> None:
    bodies: list[Any] = [
        EVENTS[0],
        b"{torn",
        {"AlarmName": "x"},
        in_sns("Successfully validated SNS topic for Amazon SES event publishing."),
        EVENTS[2],
        a_send(mail=a_mail() | {"timestamp": "soon"}),
        b"\xff",
    ]
    batch = [record_of(number, body) for number, body in enumerate(bodies)]
    batch.append({"recordId": "last", "data": "no base64!"})
    done = transform(batch, Flattener(Context(), PersonalFields.DROP))
    assert [it["recordId"] for it in done.records] == [it["recordId"] for it in batch]
    assert [it["result"] for it in done.records] == [
        "Ok", "ProcessingFailed", "Dropped", "Dropped", "Ok", "ProcessingFailed", "ProcessingFailed", "ProcessingFailed"
    ]  # fmt: skip
    assert sum(done.failed.values()) == 4
    assert sum(done.dropped.values()) == 2
    line = base64.b64decode(done.records[0]["data"])
    assert line.endswith(b"}\n")
    assert decode(line) == flat(EVENTS[0])
    assert done.records[1]["data"] == batch[1]["data"]  # what Firehose writes to errors/ is what came


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 100_000,
        b'{"eventType": "Send", "mail": {"timestamp": "2026-11-20T08:00:00Z", "destination": [7]}}',
        b'{"eventType": "Bounce", "mail": {}, "bounce": {"bouncedRecipients": "x"}}',
        json.dumps(a_bounce(a_bounced("x@y.example")) | {"delivery": {"processingTimeMillis": "soon"}}).encode(),
    ],
)
def test_nothing_that_a_record_holds_is_raised(body: bytes) -> None:
    found = Flattener(Context(), PersonalFields.KEEP).flatten(body)
    assert isinstance(found, LakeRecord | Ignored | Rejected)


def test_details_of_odd_types_do_not_cost_the_count() -> None:
    event = a_send("ada@inbox.example", "bob@gmail.com")
    event["mail"]["tags"]["ses:from-domain"] = 7
    record = flat(event)
    assert (record.recipients, len(record.domains)) == (2, 2)
