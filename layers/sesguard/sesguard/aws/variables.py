"""Read one variable of a function's environment, each kind in its own way.

What is missing or wrong raises SettingsError with the variable and what sets it in ``template.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from sesguard.errors import SettingsError
from sesguard.notify.http.url import is_origin
from sesguard.posture.nameservers import nameservers_of

Choice = TypeVar("Choice", bound=StrEnum)
Environment = Mapping[str, str]


def text(environment: Environment, variable: str, parameter: str) -> str:
    """A variable that must be there and not empty; ``parameter`` is the template's parameter or resource."""
    value = environment.get(variable, "").strip()
    if not value:
        raise SettingsError(variable, parameter, "is missing or empty")
    return value


def flag(environment: Environment, variable: str, parameter: str) -> bool:
    """A variable that must be ``true`` or ``false``, in any case."""
    value = text(environment, variable, parameter).lower()
    if value not in ("true", "false"):
        raise SettingsError(variable, parameter, f"is {value[:40]!r}; expected true or false")
    return value == "true"


def choice(environment: Environment, variable: str, parameter: str, among: type[Choice]) -> Choice:
    """A variable that must be one of the values of the enum ``among``."""
    value = text(environment, variable, parameter)
    try:
        return among(value)
    except ValueError:
        expected = " or ".join(among)
        raise SettingsError(variable, parameter, f"is {value[:40]!r}; expected {expected}") from None


def number(environment: Environment, variable: str, parameter: str, least: int, most: int) -> int:
    """A variable that must be a whole number from ``least`` to ``most``."""
    value = text(environment, variable, parameter)
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise SettingsError(variable, parameter, f"is {value[:40]!r}; expected a whole number from {least} to {most}")
    return int(value)


def fraction(environment: Environment, variable: str, parameter: str) -> float:
    """A variable that must be a number from 0 to 1."""
    value = text(environment, variable, parameter)
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise SettingsError(variable, parameter, f"is {value[:40]!r}; expected a fraction from 0 to 1")
    return number


def topic(environment: Environment, variable: str, resource: str) -> str:
    """A variable that must be the ARN of an SNS topic."""
    value = text(environment, variable, resource)
    if len(value.split(":")) != 6 or ":sns:" not in value:
        raise SettingsError(variable, resource, f"is {value[:80]!r}; expected the ARN of an SNS topic")
    return value


def origins(environment: Environment, variable: str, parameter: str) -> frozenset[str]:
    """A variable that may list origins, such as https://hooks.internal.example:8443, with commas between them."""
    listed = [each.strip() for each in environment.get(variable, "").split(",") if each.strip()]
    for each in listed:
        if not is_origin(each):
            problem = f"holds {each[:80]!r}; expected origins such as https://hooks.example:8443, without a path"
            raise SettingsError(variable, parameter, problem)
    return frozenset(listed)


def resolvers(environment: Environment, variable: str, parameter: str) -> str:
    """A variable that must list resolvers: ``system``, or addresses, with commas between them."""
    value = text(environment, variable, parameter)
    try:
        nameservers_of(value)
    except ValueError:
        problem = f"is {value[:80]!r}; expected system or IP addresses, with commas between them"
        raise SettingsError(variable, parameter, problem) from None
    return value


def queue_urls(environment: Environment, variable: str, resources: str) -> tuple[str, ...]:
    """A variable that must list URLs of queues, with commas between them."""
    listed = tuple(each.strip() for each in text(environment, variable, resources).split(","))
    for each in listed:
        if "://" not in each:
            raise SettingsError(variable, resources, f"holds {each[:80]!r}; expected URLs of queues")
    return listed
