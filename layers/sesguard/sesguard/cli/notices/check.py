"""Finds what is wrong with a platform's own templates: by their source, and by writing every sample with them.

Each sample is written twice, once with text that means harm wherever text comes from outside: the notice must be made
of the same tags, attributes, sections and lines.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import partial
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from sesguard.cli.notices.folder import Own, WordingProblem
from sesguard.cli.notices.sample_transitions import HOSTILE
from sesguard.cli.notices.samples import samples
from sesguard.notices import variables
from sesguard.notices.bounded import TooMuchError, in_child
from sesguard.notices.templating import FILTERS, FORBIDDEN_FILTERS
from sesguard.notices.variables import OfAccount, OfDigest, OfGuard, OfStream
from sesguard.notices.wording import Wording, read_built_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sesguard.cli.notices.samples import Sample
    from sesguard.notices.message import NoticeText

_FORBIDDEN_TAGS: Final = frozenset({"script", "iframe", "object", "embed", "form", "input", "base", "link", "svg"})
_LOADING: Final = frozenset({"src", "href", "background", "srcset", "action", "poster"})
_HARMLESS_URL: Final = re.compile(r"https://|http://|mailto:|tel:|#")
_MARK: Final = "alert(1)"  # of the hostile sample; nowhere else
_TOGETHER: Final = 16  # samples: more would come near what a process may give back
_FILTERS_REMEDY: Final = f"the guard's own are {', '.join(FILTERS)}; Jinja2's are there too"


def find_problems(own: Own) -> list[WordingProblem]:
    """Everything that is wrong with ``own``, in the order of files and lines."""
    read_built_in()
    wording = Wording.with_own(own.templates, {})
    problems = [*own.problems, *map(_from_text, wording.problems)]
    for benign, wanted, attacked in _written(wording):
        problems += map(_from_text, (*wanted.problems, *attacked.problems))
        problems += _in_html(wanted, attacked)
        problems += _lost_link(wanted)
        if _shape(wanted) != _shape(attacked):
            problems.append(WordingProblem(f"{benign.name.split(',')[0]}.words", 0, _BREAKS_OUT, _PRINT_ALONE))
    return sorted(dict.fromkeys(problems))


def _written(wording: Wording) -> Iterator[tuple[Sample, NoticeText, NoticeText]]:
    """Write every sample, benign and hostile.

    Many in one process, which reads a template once for all of them; one by one where that is too much for a process.
    """
    pairs = list(zip(samples(), samples(HOSTILE), strict=True))
    for first in range(0, len(pairs), _TOGETHER):
        some = pairs[first : first + _TOGETHER]
        write = partial(_write, wording, some)
        try:
            texts = in_child(write)
        except TooMuchError:
            texts = write()
        yield from ((benign, *both) for (benign, _), both in zip(some, texts, strict=True))


def _write(wording: Wording, pairs: Sequence[tuple[Sample, Sample]]) -> list[tuple[NoticeText, NoticeText]]:
    return [(benign.write(wording), hostile.write(wording)) for benign, hostile in pairs]


_BREAKS_OUT: Final = "text from outside begins a heading or a line of its own"
_PRINT_ALONE: Final = "print such a value as it is, without a filter, or not at the beginning of a line"


def _shape(message: NoticeText) -> tuple[int, int, tuple[int, ...]]:
    card = message.card
    return len(card.paragraphs), len(card.facts), tuple(len(part.paragraphs) for part in card.sections)


def _lost_link(message: NoticeText) -> Iterator[WordingProblem]:
    if message.card.link is None:
        return
    for name, text in (("layout.html", message.html), ("layout.txt", message.text)):
        if message.card.link.url not in text.replace("&amp;", "&"):
            yield WordingProblem(
                name, 0, "leaves out the link by which an owner acknowledges", "print {{ link.url }} if link"
            )


class _Tags(HTMLParser):
    """The tags of a document, with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, list[tuple[str, str]]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, [(name, value or "") for name, value in attrs]))

    @property
    def names(self) -> list[tuple[str, list[str]]]:
        """Tags and the names of their attributes; what a hostile direction mark may add does not count."""
        return [(tag, [name for name, _ in attributes]) for tag, attributes in self.found if tag != "bdi"]


def _in_html(wanted: NoticeText, attacked: NoticeText) -> Iterator[WordingProblem]:
    made, broken = _Tags(wanted.html), _Tags(attacked.html)
    for tag, attributes in made.found:
        yield from _forbidden(tag, attributes)
    if made.names != broken.names:
        problem = "text from outside becomes tags or attributes"
        yield WordingProblem("layout.html", 0, problem, 'put attributes in quotes: alt="{{ value }}"')
    for tag, attributes in broken.found:
        for name, value in attributes:
            if _MARK in value and (name in _LOADING or name == "style" or name.startswith("on")):
                problem = f"text from outside stands in {name} of <{tag}>"
                yield WordingProblem("layout.html", 0, problem, "use brand.* and link.url alone there")


def _forbidden(tag: str, attributes: Iterable[tuple[str, str]]) -> Iterator[WordingProblem]:
    if tag in _FORBIDDEN_TAGS:
        yield WordingProblem("layout.html", 0, f"<{tag}> has no place in a mail", "take it out: mail programs drop it")
    for name, value in attributes:
        if name.startswith("on"):
            yield WordingProblem(
                "layout.html", 0, f"{name} of <{tag}> runs a script", "take it out: mail programs drop it"
            )
        elif name in _LOADING and not _HARMLESS_URL.match(value.strip().lower()):
            yield WordingProblem("layout.html", 0, f"{name} of <{tag}> is no URL of the web", "use https:// or mailto:")


_PLACE: Final = re.compile(r"([\w.-]+)(?::(\d+))?: (.*)", re.DOTALL)


def _from_text(text: str) -> WordingProblem:
    """A problem that the wording itself names, with what to do about it."""
    found = _PLACE.fullmatch(text)
    if found is None:
        return WordingProblem("", 0, text, "")
    file, line, problem = found[1], int(found[2] or 0), found[3]
    return WordingProblem(file, line, problem, _remedy(problem))


def _remedy(problem: str) -> str:
    if found := re.match(r"No filter named '(\w+)'", problem):
        if found[1] in FORBIDDEN_FILTERS:
            return "take it out: every value is escaped for where it stands"
        near = get_close_matches(found[1], FILTERS, n=1, cutoff=0.6)
        return f"did you mean {near[0]}?" if near else _FILTERS_REMEDY
    if found := re.match(r"'(\w+)' is undefined", problem):
        return _did_you_mean(found[1], _variables())
    if found := re.match(r"'(\w+) object' has no attribute '(\w+)'", problem):
        return _did_you_mean(found[2], _fields(found[1]))
    if "has no attribute" in problem:
        return "it is not there in every state: ask with {% if … %} first"
    return _REMEDIES.get(problem.split(",")[0], "see docs/notices.md")


_REMEDIES: Final = {"autoescape may not be changed": "take it out: every value is escaped for where it stands"}


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else 'see "sesguard notices variables"'


def _variables() -> set[str]:
    return {name for kind in (OfStream, OfAccount, OfGuard, OfDigest) for name in kind.__struct_fields__} | {"words"}


def _fields(struct: str) -> tuple[str, ...]:
    found = getattr(variables, struct, None)
    return getattr(found, "__struct_fields__", ())
