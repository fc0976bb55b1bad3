"""Parameters of the template as `make run PARAMETERS=…` takes them: what is misspelt would be ignored in silence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from math import inf, nan
from pathlib import Path
from typing import Any, Final

import yaml

from localcloud.cloud import ROOT

TEMPLATE: Final = ROOT / "template.yaml"
_OF_THE_RUN: Final = {"PageUrl": "the local cloud's own page, where the scenario's owners say their word"}
_SECTION: Final = re.compile(r"^Parameters:\n((?:[ #].*\n|\n)+)", re.MULTILINE)


def parameters_of(words: Sequence[str], template: Path = TEMPLATE) -> dict[str, str]:
    """Read words ``NAME=VALUE``. Raises ValueError saying which of them is no parameter, or no value of one."""
    known = _declared(template)
    return dict(_parameter(word, known) for word in words)


def _parameter(word: str, known: Mapping[str, Mapping[str, Any]]) -> tuple[str, str]:
    name, given, value = word.partition("=")
    if not given or name not in known:
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near and given else "expected NAME=VALUE, such as DefaultMode=observe"
        message = f"{word!r} is no parameter of the template: {hint}"
        raise ValueError(message)
    if name in _OF_THE_RUN:
        message = f"{word!r}: {name} is {_OF_THE_RUN[name]}"
        raise ValueError(message)
    expected = _expected_instead(value, known[name])
    if expected:
        message = f"{word!r}: {name} is {expected}"
        raise ValueError(message)
    return name, value


def _expected_instead(value: str, declared: Mapping[str, Any]) -> str:
    """What a value has to be that is not as the template declares it; "" for others. AWS refuses it after minutes."""
    allowed = [_text(each) for each in declared.get("AllowedValues", ())]
    if allowed and value not in allowed:
        return f"one of {', '.join(each or repr(each) for each in allowed)}"
    least, most = declared.get("MinValue", -inf), declared.get("MaxValue", inf)
    if declared["Type"] == "Number" and not least <= _number(value) <= most:
        return f"a number from {least} to {most}"
    if not re.fullmatch(declared.get("AllowedPattern", ".*"), value, re.DOTALL):
        return str(declared.get("ConstraintDescription", f"as {declared['AllowedPattern']}"))
    return ""


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return nan


def _declared(template: Path) -> Mapping[str, Mapping[str, Any]]:
    """Read the parameters that the template has: that section alone is plain YAML."""
    found = _SECTION.search(template.read_text(encoding="utf-8"))
    section: Mapping[str, Mapping[str, Any]] = yaml.safe_load(found[1]) if found else {}
    return section


def _text(value: object) -> str:
    """Give a value of YAML as CloudFormation has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
