"""The guard's errors, as a tree.

SesguardError
├── SettingsError       a variable of the environment is missing or wrong
├── PolicyError         a policy breaks a rule: key, value, what is allowed
│   └── PolicyFileError  a policy file cannot be read as what its name says
├── ConfigurationError  AWS's own configuration (profile, region, URL) cannot be used
├── StackError          there is no such stack, or it is not the guard's
├── AwsError            an AWS call failed; ``retryable`` says whether time can heal it
├── ChannelError        a channel did not take a notice; ``retryable`` says whether time can heal it
├── RecordError         a stored record cannot be read by this version; it is left as it is
└── ConflictError       somebody else wrote the record first: read again
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from reprlib import Repr

_MOST_BITS = 4_000  # some 1,200 digits; Python refuses to write out 4,300


class _Short(Repr):
    """Like repr, but short whatever somebody wrote into a file."""

    def repr_int(self, x: int, level: int) -> str:
        return super().repr_int(x, level) if x.bit_length() <= _MOST_BITS else "a number of thousands of digits"


_SHORT = _Short()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxlong, _SHORT.maxother = 2, 120, 60, 120


def why_unread(error: Exception) -> str:
    """Say why a file cannot be read, without its name."""
    if isinstance(error, UnicodeDecodeError):
        return "is not UTF-8 text"
    return (error.strerror if isinstance(error, OSError) else "") or " ".join(str(error).split())


@contextmanager
def naming(path: object) -> Iterator[None]:
    """Let an OSError say which file it is about: one of writing does not, as one of opening does."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


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
        super().__init__(f"policy key {_SHORT.repr(key)}: {_SHORT.repr(value)} is not allowed; expected {allowed}")
        self.key = key
        self.value = value
        self.allowed = allowed


class PolicyFileError(PolicyError):
    """The file at ``path`` has a ``problem`` and cannot be read as what is ``allowed``."""

    def __init__(self, path: str, problem: str, allowed: str) -> None:
        SesguardError.__init__(self, f"policy file {path!r}: {problem}; expected {allowed}")
        self.key, self.value, self.allowed = path, problem, allowed


class ConfigurationError(SesguardError):
    """AWS's own configuration cannot be used; ``code`` is what its library calls that."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(problem)
        self.code = code


class StackError(SesguardError):
    """There is no stack of that ``name`` there, or it is not the guard's."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"stack {name!r} {problem}")
        self.name = name


class AwsError(SesguardError):
    """An AWS ``operation`` failed with ``code``."""

    def __init__(self, operation: str, code: str, *, retryable: bool) -> None:
        super().__init__(f"{operation} failed: {code}")
        self.operation = operation
        self.code = code
        self.retryable = retryable


class ChannelError(SesguardError):
    """A channel did not take a notice, for a ``reason`` that names no address and no secret.

    ``asked``: how long its receiver wants to be left alone. ``denied``: what it is reached by may have been changed.
    ``unanswered``: its server gave no answer at all.
    """

    def __init__(
        self,
        reason: str,
        *,
        retryable: bool = False,
        asked: timedelta | None = None,
        denied: bool = False,
        unanswered: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retryable = retryable
        self.asked = asked
        self.denied = denied
        self.unanswered = unanswered


class RecordError(SesguardError):
    """The record at ``key`` has a ``problem``, so that this version cannot read it: a newer one wrote it, or a hand."""

    code = "UnreadableRecord"

    def __init__(self, key: str, problem: str) -> None:
        super().__init__(f"record {_SHORT.repr(key)} cannot be read: {problem}")
        self.key = key
        self.problem = problem


class ConflictError(SesguardError):
    """The record at ``key`` changed between reading and writing it."""

    retryable = True

    def __init__(self, key: str) -> None:
        super().__init__(f"{key} was changed by another writer")
        self.key = key


def code_of(error: Exception) -> str:
    """Name an error in one word, for records and logs: its own code, else its type."""
    return str(getattr(error, "code", type(error).__name__))


def words_of(error: Exception) -> str:
    """Say what an error says, or what it is where it says nothing."""
    return str(error) or type(error).__name__


def log_failure(log: logging.Logger, what: str, error: Exception) -> None:
    """Log that ``what`` failed: in one line where the guard raised it on purpose, else with the traceback."""
    if isinstance(error, SesguardError):
        log.warning("%s: %s", what, error)
    else:
        log.error("%s", what, exc_info=error)
