"""No text from outside adds a line, a header, a tag, an attribute, a link or a mention, wherever it is shown."""

from __future__ import annotations

import itertools
import json
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sesguard.cli.notices.sample_transitions import HOSTILE, LINK
from sesguard.cli.notices.samples import samples
from sesguard.notices.payloads import slack, teams, webhook
from sesguard.notices.wording import Wording
from sesguard.text import one_line
from tests.examples import examples

BUILT_IN = Wording.built_in()
NASTY = st.sampled_from(
    [
        HOSTILE,
        "## Why",
        "- call http://evil.example",
        "<!channel> <@U1> <https://evil.example|x>",
        "</title><script>",
        "\u202eabc\u2066",
        "{{ 7*7 }}{% include 'base.words' %}",
        "{{DATE(2026-11-21T18:00:00Z,SHORT)}}",
        "a\r\nBcc: all@victim.example",
        "\ue000\ue001## x",
        "\u05e9\u05dc\u05d5\u05dd 5",
        "w" * 300,
        "a b " * 100,
    ]
)
texts = st.text(max_size=60) | NASTY | st.builds(lambda one, other: one + other, NASTY, st.text(max_size=20))


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        if tag != "bdi":
            self.found.append((tag, attrs))

    def handle_comment(self, data):
        self.found.append(("comment", data))

    def handle_decl(self, decl):
        self.found.append(("declaration", decl))


NUMBERS = st.integers(0, len(list(samples())) - 1)


def sampled(number, text):
    """A sample with the text, or with a harmless one where nothing of it can be printed."""
    return list(samples(text if one_line(text, 10) else f"x{text}"))[number]


def written(sample):
    return sample.write(BUILT_IN)


def starts(text):
    """The lines that begin a block: after an empty line, at the margin."""
    lines = ["", *text.split("\n")]
    return [line for before, line in itertools.pairwise(lines) if not before and line and line[0] != " "]


@settings(max_examples=examples(200), deadline=None)
@given(NUMBERS, texts)
def test_html_has_the_same_tags_and_attributes(number, text):
    sample, harmless = sampled(number, text), sampled(number, "harmless")
    assert Tags(written(sample).html).found == Tags(written(harmless).html).found, sample.name


@settings(max_examples=examples(200), deadline=None)
@given(NUMBERS, texts)
def test_text_and_subject_have_the_same_blocks_and_nothing_that_is_not_printable(number, text):
    sample, harmless = sampled(number, text), sampled(number, "harmless")
    message, plain = written(sample), written(harmless)
    assert message.subject.isprintable()
    assert 1 <= len(message.subject) <= 99
    assert all(line.isprintable() for line in message.text.split("\n"))
    assert len(starts(message.text)) == len(starts(plain.text)), sample.name
    assert [part.title == "" for part in message.card.sections] == [not part.title for part in plain.card.sections]
    assert [len(part.paragraphs) for part in message.card.sections] == [
        len(part.paragraphs) for part in plain.card.sections
    ]


@settings(max_examples=examples(200), deadline=None)
@given(NUMBERS, texts)
def test_no_line_at_the_margin_begins_with_it(number, text):
    sample, harmless = sampled(number, text), sampled(number, "harmless")
    first = {line.split(" ")[0] for line in written(sample).text.split("\n") if line[:1].strip()}
    known = {word for line in written(harmless).text.split("\n") for word in line.split(" ")}
    begun = one_line(text, 64).split(" ")[0]
    assert begun not in first or begun in known or begun == "", sample.name


@settings(max_examples=examples(200), deadline=None)
@given(NUMBERS, texts)
def test_there_is_no_link_but_the_guards_own(number, text):
    sample = sampled(number, text)
    message = written(sample)
    card = json.dumps([slack(message), teams(message)]).replace("http://adaptivecards.io", "")
    for part in (message.subject, message.text, message.html, card):
        assert "://" not in part.replace(LINK, "")


@settings(max_examples=examples(200), deadline=None)
@given(NUMBERS, texts)
def test_chats_read_no_marks_in_it(number, text):
    sample = sampled(number, text)
    message = written(sample)
    for block in slack(message)["blocks"]:
        for it in [block.get("text"), *block.get("fields", []), *block.get("elements", [])]:
            if it is not None and it["type"] == "mrkdwn":
                assert it["text"] == f"<{LINK}|Say what was fixed>"
            elif it is not None:
                assert it["type"] == "plain_text"
                assert not set("<>") & set(it["text"])
    card = teams(message)["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    for run in (run for block in card["body"] for run in block["inlines"]):
        assert run["type"] == "TextRun"
        assert not {"{{", "}}"} & {run["text"][at : at + 2] for at in range(len(run["text"]))}


@settings(max_examples=examples(200), deadline=None)
@given(NUMBERS, texts)
def test_a_webhook_is_told_lines_that_can_be_printed(number, text):
    def check(value, key=""):
        if isinstance(value, dict):
            for name, each in value.items():
                check(each, name)
        elif isinstance(value, list):
            for each in value:
                check(each)
        elif isinstance(value, str) and key != "text":
            assert value.isprintable()

    sample = sampled(number, text)
    check(json.loads(json.dumps(webhook(sample.news, written(sample)))))


def test_a_template_in_a_name_is_a_name():
    for sample in samples("{{ 7*7 }}"):
        message = written(sample)
        assert "49 " not in message.text.replace("{{ 7*7 }}", "")
        assert "{{ 7*7 }}" in message.text.replace("\u00a0", " ")


@pytest.mark.parametrize("text", ["\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627"])
def test_a_name_written_from_right_to_left_keeps_its_direction_to_itself(text):
    message = written(next(sample for sample in samples(text) if sample.name == "paused"))
    assert f"Hello <bdi>{text}</bdi>," in message.html
