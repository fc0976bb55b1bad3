"""Replacing a function of the emulator, loudly."""

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any


class PatchError(RuntimeError):
    """The emulator no longer has the function that a gap replaces, or it takes other arguments."""

    def __init__(self, target: str, expected: str, found: str) -> None:
        super().__init__(f"{target}: expected parameters {expected}, found {found}; has the emulator been upgraded?")
        self.target, self.expected, self.found = target, expected, found


def original(module: ModuleType, name: str, parameters: str) -> Callable[..., Any]:
    """`module.name`, having made sure that it takes exactly `parameters`: their names, separated by spaces."""
    target = f"{module.__name__}.{name}"
    function: Callable[..., Any] | None = getattr(module, name, None)
    if function is None:
        raise PatchError(target, parameters, "no such function")
    found = " ".join(inspect.signature(function).parameters)
    if found != parameters:
        raise PatchError(target, parameters, found)
    return function


def replace(module: ModuleType, name: str, parameters: str, replacement: Callable[..., Any]) -> None:
    """Put `replacement` in the place of `module.name`, which must take exactly `parameters`."""
    original(module, name, parameters)
    setattr(module, name, replacement)
