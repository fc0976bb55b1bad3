"""What is wrong with a template, as ``file:line: what``, in words that hold nothing of a notice's content."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from typing import Final

from jinja2 import TemplateNotFound, TemplateSyntaxError, UndefinedError
from jinja2.exceptions import SecurityError

from sesguard.text import one_line

_LONGEST: Final = 200


class TemplateFault(ValueError):  # noqa: N818  # what a template made cannot be used; told, never shown as an error
    """What ``template`` made cannot be used: ``problem``."""

    def __init__(self, template: str, problem: str) -> None:
        super().__init__(f"{template}: {problem}")
        self.template = template
        self.problem = problem


def fault(error: BaseException, template: str, sources: Mapping[str, str]) -> str:
    """Say what ``error`` means, which came up while ``template`` was used. ``sources``: of all templates, by name."""
    name, line = _place(error, template, sources)
    return f"{name}{f':{line}' if line else ''}: {_what(error, sources.get(name, ''))}"


def _place(error: BaseException, template: str, sources: Mapping[str, str]) -> tuple[str, int]:
    if isinstance(error, TemplateFault):
        return error.template, 0
    if isinstance(error, TemplateSyntaxError):
        return error.filename or error.name or template, error.lineno
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in sources:  # Jinja2 makes tracebacks name templates and their lines
            return frame.filename, frame.lineno or 0
    return template, 0


def _what(error: BaseException, source: str) -> str:
    if isinstance(error, TemplateFault):
        return error.problem
    if isinstance(error, TemplateSyntaxError):
        return one_line(str(error.message), _LONGEST)
    if isinstance(error, TemplateNotFound):
        return f"there is no template {one_line(str(error.message), 60)}"
    if isinstance(error, UndefinedError | SecurityError):
        said = one_line(str(error.message), _LONGEST)
        # A name that was looked up may be a value: it is told only where the template itself has it.
        named = (
            name
            for name in re.findall(r"'([^']*)'(?! object)", said)
            if not name.endswith(" object") and name != "None"
        )
        if all(name in source for name in named):
            return said.replace("sesguard.notices.variables.", "")
        return "it looks up a name that does not exist"
    return f"it fails with {type(error).__name__}"
