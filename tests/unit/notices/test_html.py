"""A notice's HTML: it reads in dark mode, on a phone, without styles and without loading anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from sesguard.cli.notices.samples import samples
from sesguard.notices.brand import Brand, contrast
from sesguard.notices.wording import Wording

MESSAGES = {sample.name: sample.write(Wording.built_in()) for sample in samples()}
every = pytest.mark.parametrize("html", [message.html for message in MESSAGES.values()], ids=list(MESSAGES))
LAYOUT = MESSAGES["paused, asks for a word"].html


class Document(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.text = [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text.append(data)


@every
def test_it_is_small_enough_that_gmail_shows_all_of_it(html):
    assert len(html.encode()) < 20_000


@every
def test_every_tag_is_closed_in_its_place(html):
    assert Document(html).open == []


@every
def test_it_says_its_language_its_colour_schemes_and_loads_nothing(html):
    tags = Document(html).tags
    assert ("html", {"lang": "en", "dir": "ltr"}) in tags
    assert ("meta", {"name": "color-scheme", "content": "light dark"}) in tags
    assert not {"img", "script", "link", "iframe", "form"} & {tag for tag, _ in tags}
    assert not {"src", "background", "srcset"} & {name for _, attributes in tags for name in attributes}
    assert "url(" not in html
    assert "@import" not in html


@every
def test_its_colours_come_and_go_together_so_that_nothing_is_dark_on_dark_without_styles(html):
    attributes = {name for _, attributes in Document(html).tags for name in attributes}
    assert not {"bgcolor", "color", "background"} & attributes


@every
def test_tables_are_for_layout_and_say_so(html):
    assert all(attributes.get("role") == "presentation" for tag, attributes in Document(html).tags if tag == "table")


@every
def test_it_is_one_column_of_at_most_600_pixels(html):
    assert "max-width:600px" in html
    assert not re.search(r'width="(?!100%|600)\d', html)


def test_without_styles_it_reads_in_the_order_of_the_text():
    words = " ".join("".join(Document(LAYOUT).text).replace("\u00a0", " ").split())
    order = ("is paused", "Hello", "0.72 %", "Why", "What happens next", "What to do", "Say what was fixed", "Incident")
    places = [words.index(part, words.index("Hello Acme") - 60) for part in order]
    assert places == sorted(places)


def test_the_preheader_comes_first_and_is_not_seen():
    body = LAYOUT[LAYOUT.index("<body") :]
    first = body[body.index("<div") : body.index("</div>")]
    assert "display:none" in first
    assert "Sending through" in first


def hexadecimal(colours):
    return [f"#{colour[1] * 2}{colour[2] * 2}{colour[3] * 2}" if len(colour) == 4 else colour for colour in colours]


@pytest.mark.parametrize("name", ["paused", "warned", "recovered", "resumed"])
def test_text_stands_out_in_light(name):
    html = MESSAGES[name].html
    label = re.search(r'class="label \w+" style="[^"]*background-color:(#\w+);color:(#\w+)', html)
    grounds = ["#ffffff", "#f5f7f9", label[1]]
    inks = [*hexadecimal(set(re.findall(r'style="[^"]*(?<![-\w])color:(#[0-9a-f]{3,6})', html))), label[2]]
    for ink in set(inks) - {"#ffffff", "#f1f3f5"}:  # the band's own, and the preheader's
        assert min(contrast(ink, ground) for ground in grounds) >= 4.5, ink


def test_text_stands_out_in_the_dark():
    dark = LAYOUT[LAYOUT.index("prefers-color-scheme: dark") : LAYOUT.index("</style>")]
    inks = re.findall(r"[^-]color: (#[0-9a-f]{6})", dark)
    grounds = ["#1b2026", "#262d35"]
    assert len(inks) >= 7
    for ink in set(inks) - {"#10151b"}:
        assert min(contrast(ink, ground) for ground in grounds) >= 4.5, ink
    assert contrast("#10151b", "#dfe7f1") >= 4.5
    assert contrast("#ffffff", "#1f2937") >= 4.5


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#0b6e4f", "#ffd400", "#777777", "#ff0000"])
def test_the_brands_name_stands_out_on_any_colour(colour):
    assert contrast(Brand(colour=colour).on_colour, colour) >= 4.5


def test_contrast_is_as_the_w3c_has_it():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
