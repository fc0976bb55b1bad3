"""All checks, in the order in which they are made."""

from __future__ import annotations

from typing import Final

from sesguard.doctor.access import ACCESS_CHECKS
from sesguard.doctor.account import ACCOUNT_CHECKS
from sesguard.doctor.check import Check
from sesguard.doctor.pipeline import PIPELINE_CHECKS
from sesguard.doctor.streams import STREAM_CHECKS

CHECKS: Final[tuple[Check, ...]] = (*ACCOUNT_CHECKS, *STREAM_CHECKS, *PIPELINE_CHECKS, *ACCESS_CHECKS)
"""Each by an id and a name that stay."""


def find_checks(words: list[str]) -> tuple[Check, ...]:
    """Give the checks that ``words`` name, by id or name; all for none. Raises KeyError of a word that is neither."""
    known = {key: each for each in CHECKS for key in (each.id.lower(), each.name)}
    chosen = {known[word.lower()].id for word in words}
    return tuple(each for each in CHECKS if each.id in chosen or not words)
