"""What SES has in the guard's own account and region, at the one control call a second that it takes.

https://docs.aws.amazon.com/ses/latest/dg/quotas.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from sesguard.aws.boto_types import SESV2Client
from sesguard.aws.clients import calling, calling_unless
from sesguard.aws.ses.calls import APART, CallRate, every
from sesguard.tenants.inventory import Inventory, SetSeen
from sesguard.tenants.model import SHARED

ACTIONS: Final = frozenset(
    """
    ses:ListConfigurationSets ses:ListEmailIdentities ses:ListDedicatedIpPools ses:GetDedicatedIpPool
    ses:GetDedicatedIps ses:GetConfigurationSet ses:GetEmailIdentity ses:GetAccount
    """.split()
)
_A_PAGE: Final = 1_000  # https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_ListEmailIdentities.html
_GONE: Final = "NotFoundException"
_SHARED_POOL: Final = "ses-shared-pool"  # https://docs.aws.amazon.com/ses/latest/dg/managing-ip-pools.html


class SesListing:
    """The port ``SesInventory`` over SES."""

    def __init__(self, client: SESV2Client, pace: CallRate | None = None) -> None:
        self._client = client
        self._pace = pace or CallRate(APART)

    def look(self, *, identities: bool, pools: bool) -> Inventory:
        names: dict[str, bool] = {}
        if identities:
            for each in self._pages(self._client.list_email_identities, "EmailIdentities", PageSize=_A_PAGE):
                names[each["IdentityName"]] = each.get("VerificationStatus") == "SUCCESS"
        return Inventory(
            sets=frozenset(self._pages(self._client.list_configuration_sets, "ConfigurationSets", PageSize=_A_PAGE)),
            identities=names,
            pools=frozenset(self._pages(self._client.list_dedicated_ip_pools, "DedicatedIpPools") if pools else ()),
        )

    def scaling(self, pool: str) -> str:
        answer = self._call(self._client.get_dedicated_ip_pool, PoolName=pool)
        scaling: str = answer["DedicatedIpPool"]["ScalingMode"].lower()
        return scaling

    def daily_quota(self) -> float:
        quota = self._call(self._client.get_account).get("SendQuota") or {}
        return float(quota.get("Max24HourSend", -1.0))

    def addresses(self, pool: str) -> int:
        return sum(1 for _ in self._pages(self._client.get_dedicated_ips, "DedicatedIps", PoolName=pool))

    def sets(self, names: list[str]) -> Iterator[SetSeen]:
        for name in names:
            found = self._find(self._client.get_configuration_set, ConfigurationSetName=name)
            if found is None:
                continue
            delivery = found.get("DeliveryOptions", {})
            pool = delivery.get("SendingPoolName", "")
            suppression = found.get("SuppressionOptions", {})
            reasons = suppression.get("SuppressedReasons")
            yield SetSeen(
                name,
                SHARED if pool == _SHARED_POOL else pool,
                delivery.get("TlsPolicy", "OPTIONAL").lower(),
                tuple(sorted(reason.lower() for reason in reasons)) if reasons is not None else None,
                {tag["Key"]: tag["Value"] for tag in found.get("Tags", ())},
            )

    def default_sets(self, identities: list[str]) -> Iterator[tuple[str, str]]:
        for name in identities:
            found = self._find(self._client.get_email_identity, EmailIdentity=name)
            if found is not None:
                yield name, found.get("ConfigurationSetName", "")

    def _pages(self, call: Callable[..., Any], key: str, **request: Any) -> Iterator[Any]:  # noqa: ANN401  # as SES's
        return every(partial(self._call, call), key, **request)

    def _call(self, call: Callable[..., Any], **request: Any) -> Mapping[str, Any]:  # noqa: ANN401  # as SES's
        self._pace.wait("")  # one region is all it asks
        with calling(_operation(call)):
            answer: Mapping[str, Any] = call(**request)
        return answer

    def _find(self, call: Callable[..., Any], **request: Any) -> Mapping[str, Any] | None:  # noqa: ANN401  # as SES's
        """The same; None where it is not there any more."""
        with calling_unless(_operation(call), _GONE):
            return self._call(call, **request)
        return None


def _operation(call: Callable[..., Any]) -> str:
    """``list_tenants`` as the API's reference has it."""
    return "".join(word.capitalize() for word in getattr(call, "__name__", "call").split("_"))
