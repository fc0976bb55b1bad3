"""Writes of DynamoDB that are made only where a condition holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sesguard.aws.clients import LOST, calling_unless
from sesguard.errors import AwsError, ConflictError

_NOT_SO: Final = "ConditionalCheckFailedException"


def write_if(operation: str, write: Callable[..., object], **request: Any) -> bool:  # noqa: ANN401  # as the service's
    """Make ``write``, a client's method, with ``request``; whether the condition in it held. Raises AwsError."""
    with calling_unless(operation, _NOT_SO):
        write(**request)
        return True
    return False


def write_still(key: str, operation: str, write: Callable[..., object], **request: Any) -> None:  # noqa: ANN401  # as the service's
    """The same. Raises ConflictError of ``key`` where it did not hold."""
    if not write_if(operation, write, **request):
        raise ConflictError(key)


def lost(error: AwsError) -> bool:
    """Whether a write or transaction was refused because another writer was first, or is at it."""
    return error.code.removesuffix("Exception") in LOST
