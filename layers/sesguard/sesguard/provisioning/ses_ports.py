"""What SES has to hold for a stream. Every method is one control call, of which SES takes one a second.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html. Each raises AwsError, or Stopped where there is no time for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sesguard.pausing.record import DesiredAlarm
from sesguard.posture.identity import SesIdentity
from sesguard.stream import StreamId


class DeliveryOptions(NamedTuple):
    """TLS (require, optional), the pool ("shared", or a dedicated one's name; "" for none), and what is not ours."""

    tls: str
    pool: str
    other: Mapping[str, Any] = {}


class Suppression(NamedTuple):
    """The reasons for which an address is suppressed (None: as the account has it), and what is not ours.

    scope: account or tenant; validation: off, managed, high or medium. "" is as SES has it, which is in ``other``.
    """

    reasons: tuple[str, ...] | None
    other: Mapping[str, Any] = {}
    scope: str = ""
    validation: str = ""


class SetNow(NamedTuple):
    """A configuration set as SES has it."""

    delivery: DeliveryOptions
    suppression: Suppression
    reputation: bool
    tags: Mapping[str, str]


class IdentityNow(NamedTuple):
    """An identity as SES has it; ``default``: its default configuration set, "" for none. said: all of it."""

    default: str
    tags: Mapping[str, str]
    said: SesIdentity


class TenantNow(NamedTuple):
    """An SES tenant as SES has it."""

    arn: str
    tags: Mapping[str, str]


class SetSetup(Protocol):
    """Configuration sets and their event destination."""

    def create_set(
        self, name: str, delivery: DeliveryOptions, suppression: Suppression, tags: Mapping[str, str], *, on: bool
    ) -> bool:
        """Make it, with reputation metrics, sending ``on`` or off; False where there is one of that name."""

    def read_set(self, name: str) -> SetNow | None: ...

    def put_delivery(self, name: str, delivery: DeliveryOptions) -> None: ...

    def put_suppression(self, name: str, suppression: Suppression) -> None: ...

    def put_reputation(self, name: str) -> None: ...

    def delete_set(self, name: str) -> None: ...

    def create_destination(self, name: str, events: Sequence[str]) -> bool:
        """Let the set publish to the guard; False where it has an event destination of the guard's name."""

    def destination_differs(self, name: str, events: Sequence[str]) -> bool | None:
        """Whether the event destination of the guard's name is another than this; None where there is none."""

    def update_destination(self, name: str, events: Sequence[str]) -> None: ...

    def delete_destination(self, name: str) -> None: ...


class IdentitySetup(Protocol):
    """Identities."""

    def read_identity(self, name: str) -> IdentityNow | None: ...

    def put_default(self, identity: str, configuration_set: str) -> None:
        """Make the set the identity's default; "" takes the default away."""


class DomainSetup(Protocol):
    """Identities that the guard makes. The guard's role lets it change and delete those alone that carry its tag."""

    def create_identity(self, name: str, tags: Mapping[str, str]) -> bool:
        """Make a domain's, with Easy DKIM; False where there is one of that name."""

    def put_mail_from(self, name: str, domain: str) -> None:
        """Give it a MAIL FROM domain; until SES finds its records, mail goes out as amazonses.com."""

    def restart_dkim(self, name: str) -> None:
        """Have SES look for its DKIM records again, which it gives up after 72 hours."""

    def delete_identity(self, name: str) -> None: ...


class TenantSetup(Protocol):
    """SES's own tenants, and pools of addresses."""

    def create_tenant(self, name: str, tags: Mapping[str, str]) -> str:
        """Make it, and give its ARN; "" where there is one of that name."""

    def read_tenant(self, name: str) -> TenantNow | None: ...

    def put_policy(self, tenant_arn: str, policy_arn: str) -> None:
        """Say by what SES itself may pause the tenant."""

    def delete_tenant(self, name: str) -> None: ...

    def associate(self, tenant: str, arn: str) -> None: ...

    def dissociate(self, tenant: str, arn: str) -> None: ...

    def associated(self, tenant: str) -> Collection[str]:
        """The ARNs of all that is associated with the tenant; one call for each hundred of them."""


class PoolSetup(Protocol):
    """Pools of dedicated addresses."""

    def create_pool(self, name: str, scaling: str, tags: Mapping[str, str]) -> bool: ...

    def read_pool(self, name: str) -> str:
        """Its scaling; "" where there is none of that name."""

    def put_scaling(self, name: str, scaling: str) -> None: ...

    def delete_pool(self, name: str) -> None: ...


class TagSetup(Protocol):
    """Tags of anything in SES that carries them."""

    def tags_of(self, arn: str) -> Mapping[str, str]: ...

    def tag(self, arn: str, tags: Mapping[str, str]) -> None: ...

    def untag(self, arn: str, keys: Collection[str]) -> None: ...


class Setup(SetSetup, IdentitySetup, DomainSetup, TenantSetup, PoolSetup, TagSetup, Protocol):
    """All of it, of the guard's own account and region."""


class KeptAlarms(Protocol):
    """The alarm of a stream, as onboarding needs it. Each method raises AwsError."""

    def ensure(self, stream: StreamId, desired: DesiredAlarm) -> None: ...

    def remove(self, stream: StreamId) -> None:
        """Delete it; none is no error."""
