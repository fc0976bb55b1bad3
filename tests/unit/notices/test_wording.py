"""A platform's own wording and brand: laid over file by file, and never in the way of a notice."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sesguard.cli.notices.sample_transitions import LINK
from sesguard.cli.notices.samples import samples
from sesguard.notices.brand import Brand, read_brand, safe_url
from sesguard.notices.wording import Wording, built_in_sources
from tests.examples import examples

SAMPLES = {sample.name: sample for sample in samples()}
BUILT_IN = Wording.built_in()


def paused(templates, brand=None):
    return SAMPLES["paused"].write(Wording.with_own(templates, brand or {}))


def words(**blocks: str) -> str:
    body = "".join(f"{{% block {name} %}}{text}{{% endblock %}}" for name, text in blocks.items())
    return '{% extends "stream.words" %}' + body


OWN = words(title="Stop, {{ tenant.name }}", happened="{{ stream.configuration_set }} is off.")


def test_own_words_of_a_state_are_in_every_part():
    message = paused({"paused.words": OWN})
    assert message.subject == "Stop, Acme Ltd"
    assert "acme-news is off." in message.text
    assert "is off." in message.html
    assert message.card.title == "Stop, Acme Ltd"
    assert message.problems == ()


def test_other_states_keep_the_built_in_words():
    wording = Wording.with_own({"paused.words": OWN}, {})
    assert SAMPLES["warned"].write(wording) == SAMPLES["warned"].write(BUILT_IN)


def test_a_state_that_extends_another_follows_what_is_replaced():
    message = SAMPLES["relapsed"].write(Wording.with_own({"paused.words": OWN}, {}))
    assert "paused again" in message.subject
    assert "Why" not in message.text


def test_a_piece_that_several_include_is_replaced_in_all():
    wording = Wording.with_own({"advice.words": "- Call us.\n"}, {})
    for name in ("warned", "paused", "held"):
        assert "  - Call us.\n" in SAMPLES[name].write(wording).text


def test_another_language_is_said_in_the_html():
    base = built_in_sources()["base.words"].replace(">en<", ">de<").replace("%}en{%", "%}de{%")
    assert '<html lang="de"' in paused({"base.words": base}).html


@pytest.mark.parametrize(
    ("name", "source", "problem"),
    [
        ("paused.words", "{% block title %}", "paused.words:1: Unexpected end of template"),
        ("paused.words", words(title="{{ tenant.nam }}"), "has no attribute 'nam'"),
        ("paused.words", words(title="\n\n{{ tennant }}"), "paused.words:3: 'tennant' is undefined"),
        ("paused.words", words(title=""), "paused.words: the block subject, title is empty"),
        ("paused.words", words(title="{{ 1 / 0 }}"), "it fails with ZeroDivisionError"),
        ("paused.words", "no blocks", "paused.words: has no block lang, subject"),
        ("paused.words", words(title="{% include 'x.words' %}"), "there is no template x.words"),
        ("paused.words", words(title="{{ tenant.__class__.mro() }}"), "access to attribute '__class__'"),
        ("why.words", "{{ nowhere }}", "why.words:1: 'nowhere' is undefined"),
        ("layout.html", "<p>{{ x }}</p>", "layout.html:1: 'x' is undefined"),
        ("layout.html", "<p>{{ tenant.name|safe }}</p>", "No filter named 'safe'"),
        ("layout.html", "{% autoescape false %}{{ tenant.name }}{% endautoescape %}", "autoescape may not be changed"),
        ("layout.html", "{{ 'x' * 200000 }}", "layout.html: the mail has 200,000 bytes, more than 100,000"),
        ("layout.txt", "{{ 'x' * 200000 }}", "layout.txt: the mail has 200,000 characters"),
        ("layout.txt", "", "layout.txt: expected text"),
        ("layout.txt", None, "layout.txt: expected text"),
        ("other.words", "x", "other.words: there is no template of that name"),
    ],
)
def test_what_cannot_be_used_is_named_and_the_built_in_wording_stands_in(name, source, problem):
    message = paused({name: source})
    expected = SAMPLES["paused"].write(BUILT_IN)
    assert (message.subject, message.text, message.html, message.card) == (
        expected.subject,
        expected.text,
        expected.html,
        expected.card,
    )
    assert len(message.problems) == 1
    assert problem in message.problems[0]


def test_what_fails_leaves_the_other_templates_in_force():
    message = paused({"paused.words": OWN, "layout.html": "{{ nowhere }}"})
    assert message.subject == "Stop, Acme Ltd"
    assert "is off." in message.html


def test_a_template_that_fails_in_one_state_alone_is_passed_over_there_alone():
    wording = Wording.with_own({"why.words": "At {{ run.rate|percent }}.\n"}, {})
    assert "At 14.5 %." in SAMPLES["paused"].write(wording).text
    failing = SAMPLES["paused, by somebody's alarm"].write(wording)
    assert "Threshold Crossed" in failing.text
    assert failing.problems == ("why.words:1: 'None' has no attribute 'rate'",)


def test_a_problem_names_nobody():
    source = words(title="{{ [tenant.name][tenant.name] }}{{ tenant.name / 2 }}{{ tenant[tenant.name] }}")
    for problem in paused({"paused.words": source}).problems:
        assert "Acme" not in problem


def test_a_template_cannot_make_markup_of_a_value():
    source = built_in_sources()["layout.html"].replace("{{ words.title }}", "{{ ('<b>' ~ tenant.name ~ '</b>') }}")
    assert "&lt;b&gt;Acme" in paused({"layout.html": source}).html


@settings(max_examples=examples(150), deadline=None)
@given(st.sampled_from(sorted(built_in_sources())), st.text(alphabet="{}% ab|.'\"()\n#-<>é\x00", max_size=40))
def test_no_template_whatever_is_in_it_stops_a_notice(name, source):
    for sample in (SAMPLES["paused"], SAMPLES["digest"]):
        message = sample.write(Wording.with_own({name: source}, {}))
        assert message.subject
        assert message.text


@pytest.mark.parametrize("wiring", ["ingest", "enforce", "sweep", "notify"])
def test_only_who_writes_notices_loads_the_template_library(wiring):
    loads = f"import sys, sesguard.wiring.{wiring}; sys.exit('jinja2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loads], check=False)  # noqa: S603  # this interpreter, on the line above
    assert done.returncode == 0


# ---- the brand


def test_the_brand_is_on_top_and_at_the_end():
    brand = {
        "name": "Brightmail",
        "colour": "#0b6e4f",
        "logo_text": "brightmail.",
        "support": "help@bright.example",
        "footer": "Bright Ltd, Exampletown",
    }
    message = paused({}, brand)
    assert message.problems == ()
    assert "background-color:#0b6e4f;color:#ffffff" in message.html
    assert ">brightmail.</td>" in message.html.replace("\n", "")
    assert '<a href="mailto:help@bright.example">help@bright.example</a>' in message.html
    assert "Questions: help@bright.example\n" in message.text
    assert "Sent by Brightmail with sesguard. Bright Ltd, Exampletown" in message.text


def test_a_logo_is_a_picture_with_its_name():
    html = paused({}, {"name": "Bright", "logo_url": "https://bright.example/l.png?a=1&b=2"}).html
    assert '<img src="https://bright.example/l.png?a=1&amp;b=2" alt="Bright" height="32"' in html


def test_the_operator_needs_no_platforms_contact():
    wording = Wording.with_own({}, {"support": "help@bright.example"})
    assert "help@bright.example" not in SAMPLES["paused, to the operator"].write(wording).text


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("colour", "green", "a colour as #rrggbb"),
        ("colour", "#12345", "a colour as #rrggbb"),
        ("colour", '#123456"><script>', "a colour as #rrggbb"),
        ("logo_url", "http://bright.example/l.png", "an https URL"),
        ("logo_url", "javascript:alert(1)", "an https URL"),
        ("name", "", "a name"),
        ("name", "x" * 61, "at most 60 characters"),
        ("footer", "two\nlines", "one line of printable characters"),
        ("support", 7, "text"),
        ("color", "#123456", "one of name, colour, logo_text, logo_url, support, footer, lang"),
        ("lang", "German", "a language tag such as en or pt-BR"),
    ],
)
def test_what_of_a_brand_cannot_be_used_is_named_and_left_out(key, value, expected):
    brand, problems = read_brand({key: value})
    assert brand == Brand()
    assert problems == [f"brand.toml: {key}: expected {expected}"]


@pytest.mark.parametrize(("support", "url"), [("a@b.example", "mailto:a@b.example"), (LINK, LINK), ("call 555", "")])
def test_support_is_a_link_where_it_can_be(support, url):
    assert Brand(support=support).support_url == url


@given(st.text(max_size=80) | st.builds("https://a.example/{}".format, st.text(max_size=60)))
def test_a_safe_url_is_safe_everywhere(text):
    assert not set(safe_url(text)) & set(" \"'<>`|\\{}\r\n\t")
    assert safe_url(text) in {"", text}


@pytest.mark.parametrize(
    ("own", "sample", "bounded"),
    [
        ("paused.words", "paused", 1),
        ("why.words", "paused", 1),
        ("paused.words", "warned", 0),
        ("layout.txt", "warned", 1),
    ],
)
def test_only_what_a_template_of_the_platforms_own_has_a_part_in_is_written_within_bounds(
    monkeypatch, own, sample, bounded
):
    wording = Wording.with_own({own: built_in_sources()[own]}, {})
    asked = []

    def here(work):
        asked.append(work)
        return work()

    monkeypatch.setattr("sesguard.notices.wording.in_child", here)
    assert SAMPLES[sample].write(wording) == SAMPLES[sample].write(BUILT_IN)
    assert len(asked) == bounded
