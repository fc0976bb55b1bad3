"""Why mail was refused, by its enhanced status code: ``causes.toml`` beside this file has the families and sources."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

_CODE = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")


class Cause(StrEnum):
    """The families of causes; each has advice of its own."""

    ADDRESS = "address"
    AUTHENTICATION = "authentication"
    POLICY = "policy"
    FULL = "full"
    CONTENT = "content"
    OTHER = "other"


class _Range(NamedTuple):
    """Codes of one subject with a detail from ``low`` to ``high``; any subject where that is None."""

    cause: Cause
    subject: int | None
    low: int
    high: int


@lru_cache(maxsize=4_096)
def family_of(code: str) -> Cause:
    """The family of an enhanced status code such as "5.1.1". OTHER for what is no code, or in no family."""
    found = _CODE.fullmatch(code.strip())
    if found is None:
        return Cause.OTHER
    subject, detail = int(found[2]), int(found[3])
    return next(
        it.cause for it in _ranges() if it.subject is None or (it.subject == subject and it.low <= detail <= it.high)
    )


def causes_of(codes: Mapping[str, int]) -> tuple[tuple[Cause, int], ...]:
    """Sum counts of status codes by family, the largest first. What has no code is left out."""
    sums: dict[Cause, int] = {}
    for code, count in codes.items():
        if code:
            cause = family_of(code)
            sums[cause] = sums.get(cause, 0) + count
    return tuple(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


@cache
def _ranges() -> tuple[_Range, ...]:
    found = tomllib.loads(Path(__file__).with_name("causes.toml").read_text(encoding="utf-8"))
    return tuple(_range(Cause(family["cause"]), codes) for family in found["family"] for codes in family["codes"])


def _range(cause: Cause, codes: str) -> _Range:
    if codes == "*":
        return _Range(cause, None, 0, 0)
    low, _, high = codes.partition("..")
    _, subject, detail = low.split(".")
    if detail == "*":
        return _Range(cause, int(subject), 0, 999)
    return _Range(cause, int(subject), int(detail), int((high or low).rsplit(".", 1)[1]))
