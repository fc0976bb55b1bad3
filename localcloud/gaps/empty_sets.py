"""Empty sets among the values of an expression, which DynamoDB refuses and the emulator takes.

In items the emulator refuses them itself. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
"""

from typing import Any

from ministack.services import dynamodb

from localcloud.gaps import patching
from localcloud.gaps.attribute_values import empty_set

_others = patching.original(dynamodb, "_attribute_value_error", "value")


def install() -> None:
    patching.replace(dynamodb, "_attribute_value_error", "value", problem)


def problem(value: Any) -> str | None:  # noqa: ANN401  # an attribute value, as JSON
    """Say what is wrong with a value of a request."""
    found: str | None = _others(value)
    return found or empty_set(value)
