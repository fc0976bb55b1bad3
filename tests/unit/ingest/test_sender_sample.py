"""From which domains mail is sent, by a sample of the Send events: counts alone, bounded, and nothing personal."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesguard.aws.counts.sender_domains import MOST, DynamoSenderDomains, DynamoSendersSeen
from sesguard.errors import AwsError
from sesguard.ingest.sender_sample import ONE_IN, Sampling, has_one_click, note_senders, read_sender
from sesguard.posture.senders import OneClickSample, SenderCounts, SenderDomain
from sesguard.ses_events.context import Context
from sesguard.stream import StreamId
from tests.fakes.clock import DAY, NOW
from tests.fakes.guard import OneByOne
from tests.fakes.tables import TABLES, in_moto
from tests.fakes.world import ACME
from tests.ses_events import ACCOUNT, REGION, a_bounce, a_mail, a_send, in_eventbridge, in_sns

HOME = StreamId(ACCOUNT, REGION, "")
BOTH = [
    {"name": "List-Unsubscribe", "value": "<mailto:u@acme.example>, <https://acme.example/u?x=1>"},
    {"name": "List-Unsubscribe-Post", "value": "List-Unsubscribe=One-Click"},
]
SUBJECT = {"name": "Subject", "value": "private"}


def sent(domain: str | None = "acme.example", headers: Any = None, **mail: Any) -> Any:
    event = a_send(mail=a_mail(**mail))
    if domain is not None:
        event["mail"]["tags"]["ses:from-domain"] = [domain]
    event["mail"].pop("headers", None)
    if headers is not None:
        event["mail"]["headers"] = headers
    return event


def seen(event: Any) -> Any:
    return read_sender(json.dumps(event), Context(account=ACCOUNT, region=REGION))


@pytest.mark.parametrize("wrap", [lambda it: it, in_sns, in_eventbridge])
def test_a_send_event_says_from_which_domain_its_stream_sends_whatever_it_comes_in(wrap: Any):
    body = wrap(sent())
    found = read_sender(body if isinstance(body, str) else json.dumps(body), Context(account=ACCOUNT, region=REGION))
    assert found == ((ACME, "acme.example"), SenderCounts(1, 0, 0))


def test_headers_say_whether_it_can_be_left_with_one_click():
    assert seen(sent(headers=[SUBJECT, *BOTH]))[1] == SenderCounts(1, 1, 1)
    assert seen(sent(headers=[SUBJECT]))[1] == SenderCounts(1, 1, 0)


def test_headers_that_were_cut_off_say_nothing_where_it_was_not_found():
    cut = sent(headers=[SUBJECT])
    cut["mail"]["headersTruncated"] = True
    assert seen(cut)[1] == SenderCounts(1, 0, 0)


@pytest.mark.parametrize(
    ("headers", "holds"),
    [
        (BOTH, True),
        ([{**BOTH[0], "name": "LIST-UNSUBSCRIBE"}, {**BOTH[1], "value": " list-unsubscribe=one-click "}], True),
        (BOTH[:1], False),
        (BOTH[1:], False),
        ([{**BOTH[0], "value": "<mailto:u@acme.example>"}, BOTH[1]], False),
        ([{**BOTH[0], "value": "<http://acme.example/u>"}, BOTH[1]], False),
        ([BOTH[0], {**BOTH[1], "value": "yes"}], False),
        ([], False),
    ],
)
def test_one_click_is_an_https_address_and_the_header_that_says_so(headers: Any, holds: bool):
    assert has_one_click([(it["name"], it["value"]) for it in headers]) is holds


@pytest.mark.parametrize(
    "event",
    [
        a_bounce(),
        sent(None),
        sent(""),
        sent("no domain"),
        sent("localhost"),
        sent("x" * 300),
        sent(configuration_set=None),
        sent(headers=[{"name": 1}]),
        {"mail": 1},
        [],
        "text",
    ],
    ids=repr,
)
def test_whatever_does_not_say_so_is_left_alone(event: Any):
    assert seen(event) is None


@given(st.lists(st.integers(0, 40), max_size=60), st.integers(0, ONE_IN - 1))
def test_one_in_so_many_is_picked_whatever_the_size_of_batches(sizes: list[int], start: int):
    sampling, place, picked = Sampling(start=start), 0, []
    for size in sizes:
        picked += sampling.pick([str(number) for number in range(place, place + size)])
        place += size
    assert picked == [str(number) for number in range(start, place, ONE_IN)]


def test_what_is_kept_is_read_again_by_stream_and_holds_nothing_personal():
    bodies = [json.dumps(sent(headers=[SUBJECT, *BOTH])), json.dumps(sent("mail.acme.example"))] * 2
    with in_moto() as client:
        domains = DynamoSenderDomains(client, TABLES.cohorts, NOW.timestamp)
        note_senders(bodies, Context(account=ACCOUNT, region=REGION), Sampling(1, 0), domains, OneByOne())
        expected = {
            SenderDomain("acme.example", "acme-news", OneClickSample(2, 2)),
            SenderDomain("mail.acme.example", "acme-news", OneClickSample(0, 0)),
        }
        reader = DynamoSendersSeen(client, TABLES.cohorts, HOME)
        assert set(reader.read(NOW)) == set(reader.of("acme-news", NOW)) == expected
        assert reader.of("acme", NOW) == []
        assert reader.read(NOW + 14 * DAY) == []
        assert "private" not in json.dumps(client.scan(TableName=TABLES.cohorts)["Items"])


def test_who_sends_from_ever_new_subdomains_is_kept_with_the_first_of_them():
    with in_moto() as client:
        domains = DynamoSenderDomains(client, TABLES.cohorts, NOW.timestamp)
        for number in range(3 * MOST):
            domains.add(ACME, f"d{number}.acme.example", SenderCounts(1, 1, 0))
        domains.add(ACME, "d0.acme.example", SenderCounts(1, 1, 0))
        found = DynamoSendersSeen(client, TABLES.cohorts, HOME).read(NOW)
    assert len(found) == MOST
    assert SenderDomain("d0.acme.example", "acme-news", OneClickSample(2, 0)) in found


def test_what_cannot_be_kept_fails_no_batch():
    class Down:
        def add(self, *_: Any) -> None:
            raise AwsError("UpdateItem", "InternalError", retryable=True)

    note_senders([json.dumps(sent())], Context(account=ACCOUNT, region=REGION), Sampling(1, 0), Down(), OneByOne())
