"""The guard's errors, as a tree.

SesguardError
├── SettingsError       a variable of the environment is missing or wrong
├── PolicyError         a policy breaks a rule: key, value, what is allowed
├── AwsError            an AWS call failed; ``retryable`` says whether time can heal it
└── ConflictError       somebody else wrote the record first: read again
"""

from __future__ import annotations


class SesguardError(Exception):
    """Base of all errors that the guard raises on purpose."""

    retryable = False


class SettingsError(SesguardError):
    """``variable`` is missing or wrong; ``parameter`` is the template parameter or resource that sets it."""

    def __init__(self, variable: str, parameter: str, problem: str) -> None:
        super().__init__(f"environment variable {variable} {problem}; template.yaml sets it from {parameter}")
        self.variable = variable
        self.parameter = parameter


class PolicyError(SesguardError):
    """A policy's ``key`` has a ``value`` that is not ``allowed``."""

    def __init__(self, key: str, value: object, allowed: str) -> None:
        super().__init__(f"policy key {key!r}: {value!r} is not allowed; expected {allowed}")
        self.key = key
        self.value = value
        self.allowed = allowed


class AwsError(SesguardError):
    """An AWS ``operation`` failed with ``code``."""

    def __init__(self, operation: str, code: str, *, retryable: bool) -> None:
        super().__init__(f"{operation} failed: {code}")
        self.operation = operation
        self.code = code
        self.retryable = retryable


class ConflictError(SesguardError):
    """The record at ``key`` changed between reading and writing it."""

    retryable = True

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} was changed by another writer")
        self.key = key
