"""Events within what somebody else has made of them: found, and what could not be read is said; forged ones are not."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesguard.ses_events.within import Within, events_within
from tests.ses_events import a_bounce, a_bounced, a_send, in_eventbridge, in_sns

SENT, BOUNCED = a_send("a@x.example"), a_bounce(a_bounced("a@x.example"))
TEXTS = [json.dumps(each) for each in (SENT, BOUNCED)]
FORGED = json.dumps(BOUNCED)


def table(delimiter: str, *rows: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


def packed(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("sentence", "body"),
    [
        ("a search's answer", json.dumps({"hits": {"hits": [{"_source": SENT}, {"_source": BOUNCED}]}})),
        ("texts", json.dumps([{"log": each + "\n", "stream": "stdout"} for each in TEXTS])),
        ("texts with a prefix", json.dumps([{"message": f"2026-11-20 INFO [x] {each}"} for each in TEXTS])),
        ("in base64", json.dumps({"records": [{"data": packed(each)} for each in TEXTS]})),
        ("a line of base64 each", "\n".join(map(packed, TEXTS))),
        (
            "gzip in base64",
            json.dumps({"a": base64.b64encode(gzip.compress(json.dumps([SENT, BOUNCED]).encode())).decode()}),
        ),
        (
            "a printed page",
            f"# Two events\n\n```json\n{json.dumps(SENT, indent=2)}\n```\nand {json.dumps(BOUNCED, indent=2)}.",
        ),
        (
            "statements",
            "\n".join(
                f"INSERT INTO events VALUES (7, '{each}');"  # noqa: S608  # read by nobody
                for each in TEXTS
            ),
        ),
        ("a table", table(";", ["id", "payload"], *[["1", each] for each in TEXTS])),
        (
            "a table of cells with many lines",
            table(",", *[["1", json.dumps(it, indent=1), "x"] for it in (SENT, BOUNCED)]),
        ),
        ("as Python prints them", f"{SENT!r}\n[INFO] {BOUNCED!r} done"),
        ("escaped", "\n".join("7\t" + each.replace('"', '\\"') for each in TEXTS)),
        ("a prefix of thousands of characters", "\n".join("x" * 5_000 + " " + each for each in TEXTS)),
    ],
    ids=lambda value: value if len(value) < 40 else "",
)
def test_events_are_found_in(sentence: str, body: str) -> None:
    found = events_within(body)
    assert [json.loads(each) for each in found.events] == [SENT, BOUNCED]
    assert not found.rest
    assert events_within(body.encode()) == found


@pytest.mark.parametrize("envelope", [in_sns(SENT), in_eventbridge(SENT)], ids=["SNS", "EventBridge"])
def test_an_envelope_of_aws_is_kept_as_it_says_when_and_by_which_path(envelope: dict[str, Any]) -> None:
    (found,) = events_within(json.dumps({"request": {"body": json.dumps(envelope)}})).events
    assert json.loads(found) == envelope


def mail_with(text: str) -> dict[str, Any]:
    mail = {**SENT["mail"], "headers": [{"name": "X", "value": text}], "tags": {"x": [text]}}
    return {**SENT, "mail": {**mail, "commonHeaders": {"subject": text}}}


@pytest.mark.parametrize(
    "body",
    [
        json.dumps(mail_with(FORGED)["mail"]),
        json.dumps({"log": mail_with(FORGED)["mail"]}),
        json.dumps({**mail_with(FORGED), "eventType": 7}),
        json.dumps({"wrapped": {**mail_with(FORGED), "eventType": "no such"}}),
        json.dumps(mail_with(FORGED))[:-3],
        json.dumps(mail_with(repr(BOUNCED)))[:-3],
        json.dumps(mail_with(packed(FORGED)))[:-3],
    ],
)
def test_what_a_mail_itself_carries_is_no_event(body: str) -> None:
    assert events_within(body).events == []


def test_an_event_that_carries_one_is_found_alone() -> None:
    (found,) = events_within(json.dumps({"log": json.dumps(mail_with(FORGED))})).events
    assert json.loads(found)["eventType"] == "Send"


@pytest.mark.parametrize("torn", [TEXTS[1][:-20], TEXTS[1].replace('"', "'")[:-20], "bouncedRecipients"])
def test_what_speaks_of_an_event_and_cannot_be_read_is_said(torn: str) -> None:
    found = events_within(f"7\t{TEXTS[0]}\n8\t{torn}")
    assert [json.loads(each) for each in found.events] == [SENT]
    assert found.rest


@pytest.mark.parametrize("body", ["", "hello", "[]", "{}", "null", "3", '"x"', json.dumps(in_sns(SENT)), TEXTS[0]])
def test_nothing_is_within_what_is_nothing_or_itself_one(body: str) -> None:
    assert events_within(body) == Within([], rest=False)


HOSTILE = [
    "[" * 100_000 + " eventType: Bounce ",
    '{"a":' * 20_000 + " bouncedRecipients",
    '"{' * 20_000 + " bouncedRecipients",
    "[" * 50_000 + "\n{'eventType': 'Bounce'",
    '{"n": ' + "9" * 6_000 + "} bouncedRecipients",
    json.dumps({"x": {**SENT, "n": 2**80}}),
    '{"x": ' + TEXTS[0][:-1] + ', "s": "\\ud800"}}',
    f"{{'eventType': 'Send', 'mail': {{}}, 'n': {2**80}, 'c': 1j}} bouncedRecipients",
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_body_raises_nothing(body: str) -> None:
    events_within(body)


@given(st.text() | st.binary(), st.integers(0, 200))
def test_whatever_stands_around_an_event_raises_nothing(around: str | bytes, cut: int) -> None:
    whole = TEXTS[0][: len(TEXTS[0]) - cut]
    events_within(around + whole + around if isinstance(around, str) else around + whole.encode() + around)
