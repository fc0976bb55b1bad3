"""Whose credentials these are."""

from __future__ import annotations

from typing import Any, Final

from sesguard.aws.clients import calling

# Needs no permission, and cannot be denied: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
ACTIONS: Final = frozenset({"sts:GetCallerIdentity"})


def read_caller(client: Any) -> str:  # noqa: ANN401  # an STS client; its stubs are not among the project's
    """Read the ARN of the caller. Raises AwsError."""
    with calling("GetCallerIdentity"):
        arn: str = client.get_caller_identity()["Arn"]
    return arn


def account_of(arn: str) -> str:
    """Give the account that an ARN names."""
    return arn.split(":")[4]
