"""Making checks: one that cannot be made says why, and the rest are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sesguard.doctor.check import Check, CheckOutcome, CheckResult, Deployment, Finding
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
