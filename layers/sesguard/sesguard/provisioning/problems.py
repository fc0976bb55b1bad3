"""What stands in the way of a stream for good: what it is, and what to do. And what only has to wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from sesguard.errors import AwsError, SesguardError


class ProvisioningProblem(SesguardError):  # noqa: N818  # no error of the guard's: a finding about what is wanted
    """``what`` names the thing and the value, ``remedy`` says what to do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}: {remedy}")
        self.what = what
        self.remedy = remedy


class Later(SesguardError):  # noqa: N818  # nothing is wrong
    """It cannot be done yet: ``why``. after: how long to wait at least, where that is known."""

    retryable = True

    def __init__(self, why: str, after: timedelta = timedelta()) -> None:
        super().__init__(why)
        self.after = after


class Stopped(SesguardError):  # noqa: N818  # nothing is wrong
    """There is no time left, or another one has taken over; whoever comes next goes on."""

    retryable = True


TRIES_TO_FIND: Final = 4
"""Tries, within a quarter of an hour, after which what SES does not find is taken to be missing."""
_NEEDS_WHAT_WAS_MADE: Final = frozenset(
    """
    CreateConfigurationSetEventDestination UpdateConfigurationSetEventDestination GetConfigurationSetEventDestinations
    PutConfigurationSetReputationOptions PutConfigurationSetSuppressionOptions PutConfigurationSetDeliveryOptions
    PutEmailIdentityConfigurationSetAttributes CreateTenantResourceAssociation ListTenantResources TagResource
    """.split()
)

_LIMIT: Final = "LimitExceededException"
_BAD: Final = "BadRequestException"
_GONE: Final = "NotFoundException"

# Limits: https://docs.aws.amazon.com/ses/latest/dg/quotas.html
_REMEDIES: Final[Mapping[tuple[str, str], str]] = {
    ("CreateConfigurationSet", _LIMIT): "a region takes 10,000 configuration sets; remove some, or move tenants to "
    "another account or region",
    ("CreateConfigurationSet", _BAD): "look at its name (letters, digits, - and _, at most 64), its tags, and whether "
    "its pool is there",
    ("CreateConfigurationSet", _GONE): "its pool is not there; declare it under pools, or say shared",
    ("PutConfigurationSetDeliveryOptions", _BAD): "is its pool there? declare it under pools, or say shared",
    ("PutConfigurationSetDeliveryOptions", _GONE): "its pool is not there; declare it under pools, or say shared",
    ("CreateConfigurationSetEventDestination", _LIMIT): "a configuration set takes 10 event destinations; remove one",
    ("CreateConfigurationSetEventDestination", _BAD): "SES could not publish to the guard's topic; deploy the guard "
    "again, which sets right who may publish to it",
    ("CreateTenant", _LIMIT): "the account has as many SES tenants as it may; ask AWS for more (Service Quotas)",
    ("CreateTenant", _BAD): "look at its name (letters, digits, - and _, at most 64) and its tags",
    ("CreateDedicatedIpPool", _LIMIT): "a region takes 50 pools; remove one, or share one",
    ("PutDedicatedIpPoolScalingAttributes", _BAD): "a managed pool cannot become a standard one; declare a new pool "
    "and move the streams to it",
    ("DeleteConfigurationSet", _BAD): "SES keeps a set that a tenant of SES's is associated with; remove the "
    "association that somebody else made",
    ("CreateEmailIdentity", _LIMIT): "a region takes 10,000 identities; remove some",
    ("CreateEmailIdentity", _BAD): "look at its name, and its tags",
    (
        "PutEmailIdentityMailFromAttributes",
        _BAD,
    ): "look at its MAIL FROM domain: a subdomain of it that nothing else uses",
    ("DeleteEmailIdentity", _BAD): "SES keeps an identity that a tenant of SES's is associated with; remove the "
    "association that somebody else made",
    ("DeleteDedicatedIpPool", _BAD): "SES keeps a pool that is in use; move what sends through it",
}
_DENIED: Final = "the onboard function may not do that; deploy the guard again, and look at what denies it"
_OTHER: Final = "mend what is refused, then let it try again: sesguard tenants repair"


def refused(what: str, error: AwsError) -> ProvisioningProblem:
    """What SES refuses for good, of the thing that ``what`` names."""
    denied = error.code.startswith("AccessDenied")
    remedy = _DENIED if denied else _REMEDIES.get((error.operation, error.code), _OTHER)
    return ProvisioningProblem(what=f"{what}: AWS refuses {error.operation} ({error.code})", remedy=remedy)


def not_found_yet(error: AwsError, tries: int) -> bool:
    """Whether SES may only not know yet what was made a moment ago: nothing says that it reads what it has written."""
    return error.code == _GONE and error.operation in _NEEDS_WHAT_WAS_MADE and tries < TRIES_TO_FIND
