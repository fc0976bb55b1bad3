"""The words of one notice: a template of words, rendered and taken apart. The layouts put them together again.

A template of words has a block for each field of :class:`Words`. ``body`` is written in lines: ``## `` begins a
section, ``- `` a bullet, an empty line ends a paragraph. ``figures`` and ``details`` are lines of ``label: value``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from jinja2 import Template
from jinja2.utils import concat

from sesguard.notices.faults import TemplateFault
from sesguard.notices.outside import unmarked
from sesguard.notices.variables import View

_HEADING: Final = "## "
_BULLET: Final = "- "


class Item(NamedTuple):
    """A paragraph, or a bullet."""

    text: str
    bullet: bool


class Part(NamedTuple):
    """A section: its heading, and what stands under it."""

    title: str
    items: tuple[Item, ...]


class Words(NamedTuple):
    """What one notice says, still marked where it comes from outside; see :mod:`.outside`."""

    lang: str
    subject: str
    preview: str
    label: str
    title: str
    greeting: str
    happened: str
    figures: tuple[tuple[str, str], ...]
    body: tuple[Part, ...]
    button: str
    details: tuple[tuple[str, str], ...]
    questions: str
    footer: str


_FACTS: Final = frozenset({"figures", "details"})


def words_of(template: Template, view: View) -> Words:
    """Render a template of words. Raises what the template raises, or TemplateFault."""
    try:
        blocks = _blocks(template, view)
    except TemplateFault:
        raise
    except Exception:  # whatever a template raises: now with the template's own lines, as Template.render does it
        template.environment.handle_exception()
    empty = [name for name in ("subject", "title", "lang") if not unmarked(_line(blocks[name]))]
    if empty:
        raise TemplateFault(template.name or "", f"the block {', '.join(empty)} is empty")
    read = {name: _facts(text) if name in _FACTS else _line(text) for name, text in blocks.items() if name != "body"}
    return Words(**read, body=_parts(blocks["body"]))  # type: ignore[arg-type]  # by name, each of its own type


def _blocks(template: Template, view: View) -> dict[str, str]:
    context = template.new_context(known(view))
    for _ in template.root_render_func(context):
        pass  # only now the context knows the blocks of the templates that this one extends
    missing = [name for name in Words._fields if name not in context.blocks]
    if missing:
        raise TemplateFault(template.name or "", f"has no block {', '.join(missing)}; extend base.words")
    return {name: concat(context.blocks[name][0](context)) for name in Words._fields}


def known(view: View) -> dict[str, Any]:
    """The variables of a template."""
    return {name: getattr(view, name) for name in view.__struct_fields__}


def _line(text: str) -> str:
    # Splits at ASCII white space alone, so that what is bound together stays so.
    return " ".join(part for part in text.replace("\n", " ").split(" ") if part)


def _facts(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (_line(line).partition(": ") for line in text.split("\n"))
    return tuple((label, value) for label, _, value in pairs if value)


def _parts(text: str) -> tuple[Part, ...]:
    parts: list[tuple[str, list[list[str]]]] = []
    fresh = True
    for line in (line.strip(" ") for line in text.split("\n")):
        if line.startswith(_HEADING):
            parts.append((line.removeprefix(_HEADING), []))
            fresh = True
        elif not line:
            fresh = True
        else:
            if not parts:
                parts.append(("", []))
            items = parts[-1][1]
            if fresh or line.startswith(_BULLET):
                items.append([])
            items[-1].append(line)
            fresh = False
    return tuple(Part(title, tuple(map(_item, items))) for title, items in parts if items)


def _item(lines: Iterable[str]) -> Item:
    text = " ".join(lines)
    bullet = text.startswith(_BULLET)
    return Item(_line(text.removeprefix(_BULLET) if bullet else text), bullet)
