"""Writes of DynamoDB that are made only where a condition holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sesguard.aws.clients import calling
from sesguard.errors import AwsError

_NOT_SO: Final = "ConditionalCheckFailedException"


def write_if(operation: str, write: Callable[..., object], **request: Any) -> bool:  # noqa: ANN401  # as the service's
    """Make ``write``, a client's method, with ``request``; whether the condition in it held. Raises AwsError."""
    try:
        with calling(operation):
            write(**request)
    except AwsError as error:
        if error.code != _NOT_SO:
            raise
        return False
    return True
