"""What a value may be: each rule says what is wrong with a value and what to do, and the same as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple, Protocol

from sesguard.tenants.problems import MISSING, Hidden, Path

Schema = dict[str, Any]


class Wrong(NamedTuple):
    """path: below the value that was looked at."""

    path: Path
    value: object
    remedy: str


class KeyRule(Protocol):
    """What one key's value may be."""

    def wrong(self, value: object) -> Iterator[Wrong]:
        """All that is wrong with it; nothing where it is fine."""

    def schema(self) -> Schema:
        """The same as JSON Schema, as far as that can say it."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text that matches ``pattern`` as a whole. hidden: it may be a secret. in_schema: as editors read it."""

    pattern: str
    remedy: str
    longest: int = 1_011
    hidden: bool = False
    in_schema: str = ""

    def wrong(self, value: object) -> Iterator[Wrong]:
        if not isinstance(value, str):
            number = isinstance(value, int | float) and not self.hidden
            yield Wrong((), self._shown(value), "write it in quotes, as text" if number else f"expected {self.remedy}")
        elif len(value) > self.longest or re.fullmatch(self.pattern, value) is None:
            yield Wrong((), self._shown(value), f"expected {self.remedy}")

    def _shown(self, value: object) -> object:
        return Hidden(len(value)) if self.hidden and isinstance(value, str) else value

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^(?:{self.in_schema or self.pattern})$", "maxLength": self.longest}


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def wrong(self, value: object) -> Iterator[Wrong]:
        if value not in self.words:
            near = get_close_matches(str(value), self.words, n=1)
            missing = "is missing: " if value is MISSING else ""
            hint = f"; did you mean {near[0]}?" if near else ""
            yield Wrong((), value, f"{missing}expected {one_of(self.words)}{hint}")

    def schema(self) -> Schema:
        return {"enum": list(self.words)}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def wrong(self, value: object) -> Iterator[Wrong]:
        if not isinstance(value, bool):
            yield Wrong((), value, "expected true or false, without quotes")

    def schema(self) -> Schema:
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class WholeNumber:
    """A whole number within bounds."""

    least: int
    most: int

    def wrong(self, value: object) -> Iterator[Wrong]:
        if isinstance(value, bool) or not isinstance(value, int) or not self.least <= value <= self.most:
            yield Wrong((), value, f"expected a whole number from {self.least} to {self.most:,}")

    def schema(self) -> Schema:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True, slots=True)
class Each:
    """A list of different values, each as ``rule`` says; ``needs`` are those that it may not lack, by their names."""

    rule: KeyRule
    what: str
    most: int
    needs: tuple[str, ...] = ()

    def wrong(self, value: object) -> Iterator[Wrong]:
        if not isinstance(value, list):
            yield Wrong((), value, f"expected a list of {self.what}")
            return
        if len(value) > self.most:
            yield Wrong((), value, f"{len(value)} {self.what}: at most {self.most} are allowed")
        seen: set[str] = set()
        for place, each in enumerate(value):
            found = [Wrong((place, *one.path), one.value, one.remedy) for one in self.rule.wrong(each)]
            yield from found
            if repr(each) in seen and not found:
                yield Wrong((place,), each, "stands in the list twice: take one out")
            seen.add(repr(each))
        if lacking := [name for name in self.needs if name not in value]:
            yield Wrong((), value, f"add {' and '.join(lacking)}: the guard cannot judge a stream without")

    def schema(self) -> Schema:
        needs = {"allOf": [{"contains": {"const": name}} for name in self.needs]} if self.needs else {}
        return {"type": "array", "items": self.rule.schema(), "uniqueItems": True, "maxItems": self.most, **needs}


@dataclass(frozen=True, slots=True)
class Table:
    """A map of free keys to text. reserved: keys that the guard sets itself."""

    key: Text
    value: Text
    most: int
    reserved: tuple[str, ...]

    def wrong(self, value: object) -> Iterator[Wrong]:
        if not isinstance(value, dict):
            yield Wrong((), value, "expected a map, such as {cost-centre: '42'}")
            return
        if len(value) > self.most:
            yield Wrong((), value, f"{len(value)} tags: at most {self.most} are allowed, as the guard adds its own")
        for name, each in value.items():
            if name in self.reserved:
                yield Wrong((name,), each, f"the guard sets {name} itself: choose another key")
                continue
            yield from (Wrong((str(name),), name, one.remedy) for one in self.key.wrong(name))
            yield from (Wrong((str(name),), one.value, one.remedy) for one in self.value.wrong(each))

    def schema(self) -> Schema:
        names = {**self.key.schema(), "not": {"enum": list(self.reserved)}}
        return {
            "type": "object",
            "propertyNames": names,
            "additionalProperties": self.value.schema(),
            "maxProperties": self.most,
        }


@dataclass(frozen=True, slots=True)
class KnownName:
    """A name of ``rule`` that is among ``names``; None: any name. ``where`` it would have to be added."""

    rule: Text
    names: frozenset[str] | None
    what: str
    where: str

    def wrong(self, value: object) -> Iterator[Wrong]:
        found = list(self.rule.wrong(value))
        yield from found
        if not found and self.names is not None and value not in self.names:
            near = get_close_matches(str(value), sorted(self.names), n=1)
            hint = f"did you mean {near[0]}? Otherwise " if near else ""
            yield Wrong((), value, f"no {self.what} has that name; {hint}define it under {self.where}")

    def schema(self) -> Schema:
        return self.rule.schema()


def one_of(words: tuple[str, ...]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def unknown_key(key: object, known: Mapping[str, object]) -> str:
    """What to do about a key that means nothing here."""
    near = get_close_matches(str(key), known, n=1)
    return f"unknown key; did you mean {near[0]}?" if near else f"unknown key; expected {one_of(tuple(known))}"
