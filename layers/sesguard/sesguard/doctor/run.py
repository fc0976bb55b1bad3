"""All checks, and making them: one that cannot be made says why, and the rest are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sesguard.doctor.access import ACCESS_CHECKS
from sesguard.doctor.account import ACCOUNT_CHECKS
from sesguard.doctor.check import Check, CheckOutcome, CheckResult, Deployment, Finding
from sesguard.doctor.pipeline import PIPELINE_CHECKS
from sesguard.doctor.streams import STREAM_CHECKS
from sesguard.errors import AwsError, RecordError, StackError

DENIED: Final = frozenset(
    "AccessDenied AccessDeniedException AuthorizationError AuthorizationErrorException UnauthorizedOperation "
    "AWS.SimpleQueueService.AccessDenied NotAuthorized".split()
)
"""How AWS's services say that credentials may not do that."""


def run_checks(checks: Iterable[Check], deployment: Deployment) -> Iterator[CheckResult]:
    """Make ``checks``, one after another. Raises nothing: what stands in a check's way is its result."""
    for check in checks:
        yield _run(check, deployment)


def _run(check: Check, deployment: Deployment) -> CheckResult:
    found: list[Finding] = []
    try:
        found.extend(check.find(deployment))
    except AwsError as error:
        denied = error.code in DENIED
        outcome = CheckOutcome.NOT_PERMITTED if denied else CheckOutcome.NOT_MADE
        return CheckResult(check, outcome, tuple(found), str(error))
    except (RecordError, StackError) as error:
        return CheckResult(check, CheckOutcome.NOT_MADE, tuple(found), str(error))
    return CheckResult(check, CheckOutcome.FOUND if found else CheckOutcome.PASSED, tuple(found))


CHECKS: Final[tuple[Check, ...]] = (*ACCOUNT_CHECKS, *STREAM_CHECKS, *PIPELINE_CHECKS, *ACCESS_CHECKS)
"""Each by an id and a name that stay."""


def find_checks(words: list[str]) -> tuple[Check, ...]:
    """Give the checks that ``words`` name, by id or name; all for none. Raises KeyError of a word that is neither."""
    known = {key: each for each in CHECKS for key in (each.id.lower(), each.name)}
    chosen = {known[word.lower()].id for word in words}
    return tuple(each for each in CHECKS if each.id in chosen or not words)
