"""A platform's own wording on disk: a folder of templates and ``brand.toml``."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from errno import EFBIG
from pathlib import Path
from typing import Any, Final, NamedTuple

from sesguard.cli.connect import UsageError
from sesguard.notices.brand import Brand, read_brand
from sesguard.notices.wording import SUFFIXES, built_in_sources
from sesguard.text import read_whole

BRAND: Final = "brand.toml"
_LARGEST: Final = 100_000  # bytes of one file
_SKIPPED: Final = frozenset({"README.md", "README"})


class WordingProblem(NamedTuple):
    """What is wrong: in which file, at which line (0 where there is none to name), and what to do about it."""

    file: str
    line: int
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Own:
    """What a folder holds, as far as it can be read."""

    templates: Mapping[str, str]
    brand: Mapping[str, Any]
    problems: tuple[WordingProblem, ...]


def read_folder(folder: Path) -> Own:
    """Read a platform's folder. Raises UsageError where it is none."""
    templates: dict[str, str] = {}
    brand: dict[str, Any] = {}
    problems: list[WordingProblem] = []
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(f"{json.dumps(str(folder)[:300])}: {error.strerror}") from None
    for path in paths:
        if path.name.startswith(".") or path.name in _SKIPPED:
            continue
        text = _text(path, problems)
        if text is None:
            continue
        if path.name == BRAND:
            brand = _brand(text, problems)
        else:
            templates[path.name] = text
    return Own(templates, brand, tuple(problems))


def _text(path: Path, problems: list[WordingProblem]) -> str | None:
    """The content of a file that may be one of a platform's own."""
    if path.name != BRAND and path.name not in built_in_sources():
        problems.append(WordingProblem(path.name, 0, "the guard has no template of that name", _nearest(path.name)))
        return None
    try:
        return read_whole(path, _LARGEST).decode()
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.append(WordingProblem(path.name, line, "is not UTF-8", "save it as UTF-8"))
    except OSError as error:
        remedy = "make it smaller: pictures belong on a server" if error.errno == EFBIG else "make it a readable file"
        problems.append(WordingProblem(path.name, 0, error.strerror or "cannot be read", remedy))
    return None


def _nearest(name: str) -> str:
    known = sorted((*built_in_sources(), BRAND))
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]}?"
    return f"name it as one of the guard's ({', '.join(f'*{suffix}' for suffix in SUFFIXES)}, {BRAND}), or take it out"


def _brand(text: str, problems: list[WordingProblem]) -> dict[str, Any]:
    try:
        brand = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        line = int(found[1]) if found else 0
        problems.append(WordingProblem(BRAND, line, "is not TOML", 'write each line as key = "value"'))
        return {}
    for problem in read_brand(brand)[1]:
        _, key, expected = problem.split(": ", 2)
        problems.append(WordingProblem(BRAND, _line_of(key, text), f"{key} cannot be used", expected + _near_key(key)))
    return brand


def _line_of(key: str, text: str) -> int:
    lines = enumerate(text.splitlines(), 1)
    return next((number for number, line in lines if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line)), 0)


def _near_key(key: str) -> str:
    if key in Brand.__struct_fields__:
        return ""
    near = get_close_matches(key, Brand.__struct_fields__, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
