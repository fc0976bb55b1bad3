"""A check, what it finds, and what came of making it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sesguard.doctor.facts import DeploymentHome, Versions
from sesguard.doctor.ports import AccessFacts, GuardFacts, MessagingFacts, RuntimeFacts, SesFacts


class Severity(StrEnum):
    """error: tenants are not guarded as they should be. warning: they soon may not be. note: good to know."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(NamedTuple):
    """What is wrong with what. remedy: "" for the check's own; severity: None for the check's own."""

    subject: str
    problem: str
    remedy: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """All that checks look at."""

    home: DeploymentHome
    versions: Versions
    now: datetime
    ses: SesFacts
    messaging: MessagingFacts
    runtime: RuntimeFacts
    guard: GuardFacts
    access: AccessFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that has to be so. id, name: stay. remedy: what to type or do. actions: IAM's, of what it calls.

    find: gives what is wrong, and raises AwsError where it could not be seen.
    """

    id: str
    name: str
    title: str
    why: str
    remedy: str
    severity: Severity
    actions: frozenset[str]
    find: Callable[[Deployment], Iterable[Finding]]


class CheckOutcome(StrEnum):
    """not_permitted: these credentials may not look. not_made: AWS did not answer as it should."""

    PASSED = "passed"
    FOUND = "found"
    NOT_PERMITTED = "not_permitted"
    NOT_MADE = "not_made"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one check. trouble: why it could not be made, "" for nothing; findings stand beside it."""

    check: Check
    outcome: CheckOutcome
    findings: tuple[Finding, ...] = ()
    trouble: str = ""

    @property
    def severity(self) -> Severity | None:
        """The worst of what was found; None for nothing."""
        order = list(Severity)
        found = [each.severity or self.check.severity for each in self.findings]
        return min(found, key=order.index, default=None)

    @property
    def attention(self) -> bool:
        """Whether somebody has to look: an error or a warning, or something that could not be seen."""
        return self.outcome in (CheckOutcome.NOT_PERMITTED, CheckOutcome.NOT_MADE) or self.severity in (
            Severity.ERROR,
            Severity.WARNING,
        )
