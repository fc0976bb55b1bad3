"""What is wrong in a registry: where, the value, and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, NamedTuple

from sesguard.errors import SesguardError
from sesguard.text import one_line

Path = tuple[str | int, ...]
"""Keys and positions from the document's top."""

_LONGEST_VALUE: Final = 80
_LONGEST_KEY: Final = 60
_LONGEST_REMEDY: Final = 800
_LOCAL_PART: Final = re.compile(r"[^\s\"@]+@")


class Hidden(NamedTuple):
    """A value that may be a secret, so that it is not shown."""

    length: int


class Problem(NamedTuple):
    """line: in the file, 0 where there is none. value: as it may be shown, "" where it is missing."""

    line: int
    key: str
    value: str
    remedy: str

    def __str__(self) -> str:
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.key}: {f'{self.value}: ' if self.value else ''}{self.remedy}"


class RegistryError(SesguardError):
    """A tenant, or the whole file, is not usable. ``problems``: all of them."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        more = f" (and {len(problems) - 1:,} more)" if len(problems) > 1 else ""
        super().__init__(f"{problems[0]}{more}")
        self.problems = problems


class Found:
    """Problems as they are found, each once. ``locate``: the line of a path; ``lines``: each tenant is a line.

    private: what is said goes where no address may be, such as the guard's records and notices.
    """

    def __init__(
        self, locate: Callable[[Path], int] = lambda _: 0, *, lines: bool = False, private: bool = False
    ) -> None:
        self._problems: dict[Problem, None] = {}
        self._locate = locate
        self._lines = lines
        self._private = private

    def add(self, path: Path, value: object, remedy: str) -> None:
        if self._private and "contacts" in path and isinstance(value, str):
            value = Hidden(len(value))
        said = (self.key(path), shown(value), one_line(remedy, _LONGEST_REMEDY))
        if self._private:
            said = (_masked(said[0]), _masked(said[1]), _masked(said[2]))
        problem = Problem(self._locate(path), *said)
        self._problems.setdefault(problem)

    def key(self, path: Path) -> str:
        """A path as people write it: ``tenants[3].streams[0].pool``."""
        whole = ""
        for part in path[2:] if self._lines and path[:1] == ("tenants",) else path:
            whole += f"[{part}]" if isinstance(part, int) else f"{'.' if whole else ''}{one_line(part, _LONGEST_KEY)}"
        return whole or "the document"

    def place(self, path: Path) -> str:
        """Where else to look: the line, or the key where there are no lines."""
        line = self._locate(path)
        return f"line {line}" if line else self.key(path)

    def all(self) -> tuple[Problem, ...]:
        """In the order of their lines."""
        return tuple(sorted(self._problems, key=lambda problem: problem.line))


def _masked(text: str) -> str:
    """Without the local part of whatever may be an address."""
    return _LOCAL_PART.sub("…@", text)


MISSING: Final = object()


def shown(value: object) -> str:
    """A value in one short line that can do no harm; "" for one that is missing."""
    if value is MISSING:
        return ""
    if isinstance(value, Hidden):
        return f"(not shown, {value.length} characters)"
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, str):
        return json.dumps(one_line(value, _LONGEST_VALUE), ensure_ascii=False)
    return one_line(json.dumps(value) if isinstance(value, bool | int | float) else repr(value), _LONGEST_VALUE)
