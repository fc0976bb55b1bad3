"""Records that this version may not be able to read: a newer one wrote them before a rollback, or a hand did."""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable
from typing import TypeVar

from sesguard.errors import words_of

T = TypeVar("T")
D = TypeVar("D")

_log = logging.getLogger(__name__)


def read_or(otherwise: D, what: str, read: Callable[[], T]) -> T | D:
    """Do ``read``; ``otherwise``, and an error in the log, where ``what`` is nothing that it can read.

    For records on which nothing else may hang.
    """
    try:
        return read()
    except (ValueError, TypeError, KeyError, zlib.error) as error:
        _log.error("%s cannot be read: %s", what, words_of(error))
        return otherwise
