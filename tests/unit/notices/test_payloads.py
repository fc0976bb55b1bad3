"""What chats and webhooks are sent."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from jsonschema import Draft202012Validator

from sesguard.cli.notices.sample_transitions import HOSTILE, LINK
from sesguard.cli.notices.samples import samples
from sesguard.notices.message import Card, Link, NoticeText, Section
from sesguard.notices.payloads import slack, teams, webhook
from sesguard.notices.wording import Wording

BUILT_IN = Wording.built_in()
SAMPLES = {sample.name: sample for sample in samples()}
SCHEMA = json.loads((Path(__file__).parents[3] / "schemas" / "webhook.json").read_text(encoding="utf-8"))


def card(**changes) -> NoticeText:
    made = Card("Title", "bad", ("What happened.",), (("Rate", "14.5 %"),), Link("Say it", LINK), (), "Sent by us.")
    return NoticeText("Subject", "Text\n", "<p>", msgspec.structs.replace(made, **changes))


def written(name):
    return SAMPLES[name].write(BUILT_IN)


# ---- Slack


def test_slack_has_title_numbers_sections_link_and_footer():
    payload = slack(written("paused, asks for a word"))
    kinds = [block["type"] for block in payload["blocks"]]
    assert kinds == ["header", "section", "section", "section", "section", "section", "section", "context"]
    assert payload["text"] == "Sending through acme-news is paused"
    assert payload["blocks"][2]["fields"][0]["text"] == "Complaints\n0.72 %"
    assert payload["blocks"][-2]["text"]["text"] == f"<{LINK}|Say what was fixed>"


def test_slack_has_no_button_which_would_want_an_answer():
    assert "actions" not in json.dumps([slack(sample.write(BUILT_IN)) for sample in SAMPLES.values()])


def test_slack_reads_its_three_characters_escaped():
    payload = slack(card(paragraphs=("<!channel> & <https://evil.example|x>",)))
    expected = "&lt;!channel&gt; &amp; &lt;https://evil.example|x&gt;"
    assert payload["blocks"][1]["text"] == {"type": "plain_text", "text": expected, "emoji": False}


@pytest.mark.parametrize("letter", ["x", "&", "é"])
def test_slack_is_sent_no_more_than_it_takes(letter):
    long = letter * 5_000
    payload = slack(
        card(
            title=long,
            paragraphs=(long,) * 3,
            facts=((long, long),) * 30,
            sections=(Section("S", (long,)),) * 80,
            footer=long,
        )
    )
    blocks = payload["blocks"]
    assert len(blocks) == 50
    assert blocks[-1]["type"] == "context"
    assert 140 < len(blocks[0]["text"]["text"]) <= 150
    for block in blocks[1:]:
        for it in [block["text"]] if "text" in block else []:
            assert 2_990 < len(it["text"]) <= 3_000
        assert len(block.get("fields", [])) <= 10
        assert all(1 <= len(it["text"]) <= 2_000 for it in block.get("fields", []))


def test_slack_takes_no_empty_text():
    payload = slack(card(title="", paragraphs=("",), facts=(), footer=""))
    assert [block["text"]["text"] for block in payload["blocks"][:2]] == [" ", " "]


# ---- Teams


def test_teams_is_sent_a_message_with_one_adaptive_card():
    payload = teams(written("paused, asks for a word"))
    assert payload["type"] == "message"
    (attachment,) = payload["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    content = attachment["content"]
    assert (content["type"], content["version"]) == ("AdaptiveCard", "1.4")
    assert content["body"][0]["inlines"][0]["color"] == "attention"
    assert content["actions"] == [{"type": "Action.OpenUrl", "title": "Say what was fixed", "url": LINK}]


def test_teams_has_no_actions_without_a_link():
    assert "actions" not in teams(written("warned"))["attachments"][0]["content"]


def test_teams_reads_no_function_of_the_client():
    runs = teams(card(paragraphs=("{{DATE(2026-11-21T18:00:00Z)}}",)))["attachments"][0]["content"]["body"][1][
        "inlines"
    ]
    assert runs[0]["text"] == "{ {DATE(2026-11-21T18:00:00Z)} }"


def test_teams_is_sent_no_more_than_it_takes_and_told_so():
    payload = teams(card(sections=(Section("S", ("ö" * 1_000,) * 100),)))
    assert len(msgspec.json.encode(payload)) < 25_000
    assert payload["attachments"][0]["content"]["body"][-1]["inlines"][0]["text"] == "…"


# ---- webhooks


def test_the_schema_is_one():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("text", ["", HOSTILE], ids=["harmless", "hostile"])
def test_every_notice_is_as_the_schema_says(text):
    validator = Draft202012Validator(SCHEMA)
    for sample in samples(text):
        body = json.loads(json.dumps(webhook(sample.news, sample.write(BUILT_IN)), allow_nan=False))
        validator.validate(body)
        extra = {**body, "more": 1}
        assert not validator.is_valid(extra), sample.name


def test_a_webhook_is_told_numbers_and_text():
    body = webhook(SAMPLES["paused"].news, written("paused"))
    assert body["type"] == "Tenant Paused"
    assert body["state"] == "paused"
    assert body["tenant"] == "acme"
    assert body["stream"] == {"account": "123456789012", "region": "eu-west-1", "configuration_set": "acme-news"}
    assert body["numbers"]["rate"] == pytest.approx(48 / 330)
    assert body["numbers"]["domains"][0] == ["icloud.com", 18]
    assert body["resumes_after"] == "2026-11-21T19:00:00.000000Z"
    assert body["text"] == written("paused").text


def test_a_webhooks_id_is_the_events():
    for sample in SAMPLES.values():
        assert webhook(sample.news, sample.write(BUILT_IN))["id"] == sample.news.id
