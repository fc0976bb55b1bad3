"""What DynamoDB refuses of the values in a request. Pure, so that the twins in tests/fakes refuse the same.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.SetTypes
"""

from collections.abc import Iterable
from typing import Any, Final

_SETS: Final = {"SS": "An string set  may not be empty", "NS": "An number set  may not be empty"}
_BINARY: Final = "Binary sets should not be empty"


def empty_set(value: Any) -> str | None:  # noqa: ANN401  # an attribute value, as JSON
    """Say what is wrong with a value that is an empty set or holds one; None where there is none."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((kind, content),) = value.items()
    if kind in (*_SETS, "BS"):
        empty = _SETS.get(kind, _BINARY)
        return None if content else f"One or more parameter values were invalid: {empty}"
    if kind == "M" and isinstance(content, dict):
        return _first(content.values())
    return _first(content) if kind == "L" and isinstance(content, list) else None


def _first(values: Iterable[Any]) -> str | None:
    return next((problem for value in values if (problem := empty_set(value))), None)


def of_request(request: dict[str, Any]) -> str | None:
    """Say what is wrong with the values of a PutItem or UpdateItem."""
    return _first([*request.get("Item", {}).values(), *request.get("ExpressionAttributeValues", {}).values()])
