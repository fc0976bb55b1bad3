"""The templates of notices: the built-in ones, and a platform's own laid over them file by file.

STATE.words says what is said, layout.html and layout.txt how a mail looks. Where one of the platform's own fails on a
notice, the built-in ones write that part of it, and the message's ``problems`` say so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, Self, TypeVar

from jinja2 import Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sesguard.notices.bounded import CPU_SECONDS, MEMORY_BYTES, TooMuchError, in_child
from sesguard.notices.brand import Brand, read_brand
from sesguard.notices.faults import fault
from sesguard.notices.layout import card_of, html_of, subject_of, text_of
from sesguard.notices.message import NoticeText
from sesguard.notices.templating import environment, refuse
from sesguard.notices.variables import View
from sesguard.notices.words import words_of
from sesguard.text import one_line

SUFFIXES: Final = (".words", ".html", ".txt")
_FOLDER: Final = Path(__file__).parent / "templates"
_TOO_MUCH: Final = f"it takes more than {CPU_SECONDS} s, or {MEMORY_BYTES >> 20} MB of memory"

T = TypeVar("T")


class Wording:
    """Writes notices. ``problems``: what could not be used of a platform's own, as ``file:line: what is wrong``."""

    def __init__(self, own: Mapping[str, str], brand: Brand, problems: tuple[str, ...]) -> None:
        self._sources = {**_sources(), **own}
        self._own = environment(self._sources.get) if own else None
        self._replaced = frozenset(own)
        self.brand = brand
        self.problems = problems

    @classmethod
    def built_in(cls) -> Self:
        """The templates that the guard brings."""
        return cls({}, Brand(), ())

    @classmethod
    def with_own(cls, templates: Mapping[str, str], brand: Mapping[str, object]) -> Self:
        """Lay ``templates`` (name → source) and ``brand`` (the keys of brand.toml) over the built-in ones.

        What cannot be used is left out and named in ``problems``; it never raises for what is in them.
        """
        usable: dict[str, str] = {}
        problems = []
        for name, source in sorted(templates.items()):
            problem = unusable(name, source)
            if problem:
                problems.append(problem)
            else:
                usable[name] = source
        read, wrong = read_brand(brand)
        return cls(usable, read, (*problems, *wrong))

    def write(self, view: View) -> NoticeText:
        """Write the notice that ``view`` tells of."""
        problems: list[str] = []
        words = self._try(f"{view.state}.words", lambda template: words_of(template, view), problems)
        html = self._try("layout.html", lambda template: html_of(template, view, words), problems)
        text = self._try("layout.txt", lambda template: text_of(template, view, words), problems)
        problems = list(dict.fromkeys((*self.problems, *problems)))
        return NoticeText(subject_of(words, view), text, html, card_of(words, view), tuple(problems))

    def _try(self, name: str, write: Callable[[Template], T], problems: list[str]) -> T:
        if self._own is not None and self._is_own(name):
            written, problem = self._try_own(self._own, name, write)
            if written is not None:
                return written
            problems.append(problem)
        return write(_built_in().get_template(name))

    def _is_own(self, name: str) -> bool:
        """Whether any of the platform's own has a part in it: the guard's own templates need no bounds."""
        return not self._replaced.isdisjoint(_made_of(name))

    def _try_own(
        self, own: ImmutableSandboxedEnvironment, name: str, write: Callable[[Template], T]
    ) -> tuple[T | None, str]:
        """What a template of the platform's own writes, or what is wrong with it."""

        def work() -> tuple[T | None, str]:
            try:
                return write(own.get_template(name)), ""
            except Exception as error:  # a template may fail in any way; the notice goes out all the same
                return None, fault(error, name, self._sources)

        try:
            return in_child(work)
        except TooMuchError:
            return None, f"{name}: {_TOO_MUCH}"


def built_in_sources() -> Mapping[str, str]:
    """The built-in templates, name → source."""
    return _sources()


@cache
def _sources() -> Mapping[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in _FOLDER.iterdir() if path.suffix in SUFFIXES}


def read_built_in() -> None:
    """Read the built-in templates in this process, so that those it forks for a platform's own need not, each anew."""
    for name in _sources():
        _built_in().get_template(name)
        _made_of(name)


@cache
def _built_in() -> ImmutableSandboxedEnvironment:
    return environment(_sources().get)


@cache
def _made_of(name: str) -> frozenset[str]:
    """A built-in template's name, and those of all that it extends and includes."""
    parts, left = set[str](), [name]
    while left:
        part = left.pop()
        parts.add(part)
        referenced = meta.find_referenced_templates(_built_in().parse(_sources()[part]))
        left += [each for each in referenced if each is not None and each not in parts]
    return frozenset(parts)


def unusable(name: str, source: object) -> str:
    """Say what is wrong with a template before it is ever rendered; "" where nothing is."""
    shown = one_line(str(name), 60)
    if name not in _sources():
        return f"{shown}: there is no template of that name"
    if not isinstance(source, str) or not source.strip():
        return f"{shown}: expected text"
    try:
        return in_child(lambda: _uncompilable(name, source))
    except TooMuchError:
        return f"{shown}: {_TOO_MUCH}"


def _uncompilable(name: str, source: str) -> str:
    try:
        # Compiled, as only that finds filters and tests that do not exist; it works out what is constant already.
        templates = _built_in()
        refuse(templates.parse(source, name, name), name)
        templates.compile(source, name, name)
    except TemplateError as error:
        return fault(error, name, {name: source})
    return ""
