"""The account's dedicated addresses: which pool each is in, and how far its warm-up is.

https://docs.aws.amazon.com/ses/latest/dg/dedicated-ip-warming.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, ClassVar

from sesguard.aws.ses.calls import GONE, SesCalls, every
from sesguard.provisioning.pool_addresses import Address, PoolNow
from sesguard.tenants.model import DEDICATED, RESERVED_POOLS

_A_PAGE = 100


class SesAddresses:
    """The port ``PoolAddresses`` over SES. Methods raise AwsError."""

    ACTIONS: ClassVar = frozenset(
        "ses:ListDedicatedIpPools ses:GetDedicatedIpPool ses:GetDedicatedIps ses:GetDedicatedIp "
        "ses:PutDedicatedIpInPool".split()
    )

    def __init__(self, calls: SesCalls) -> None:
        self._calls = calls

    def pools(self) -> Sequence[PoolNow]:
        names = list(self._pages("ListDedicatedIpPools", "list_dedicated_ip_pools", "DedicatedIpPools"))
        return [pool for pool in map(self.pool, names) if pool is not None]

    def pool(self, name: str) -> PoolNow | None:
        if name in RESERVED_POOLS:
            return self._pool_of_ses(name)
        found = self._calls.unless(GONE, "GetDedicatedIpPool", "get_dedicated_ip_pool", PoolName=name)
        if found is None:
            return None
        scaling = str(found["DedicatedIpPool"].get("ScalingMode", "STANDARD")).lower()
        addresses = self._pages("GetDedicatedIps", "get_dedicated_ips", "DedicatedIps", PoolName=name)
        return PoolNow(name, scaling, tuple(_address(each) for each in addresses))

    def _pool_of_ses(self, name: str) -> PoolNow | None:
        """Which addresses SES keeps in its own pool. GetDedicatedIpPool refuses the names of both; one has none."""
        if name != DEDICATED:
            return None
        every_one = map(_address, self._pages("GetDedicatedIps", "get_dedicated_ips", "DedicatedIps"))
        return PoolNow(name, "standard", tuple(each for each in every_one if each.pool == name))

    def address(self, ip: str) -> Address | None:
        found = self._calls.unless(GONE, "GetDedicatedIp", "get_dedicated_ip", Ip=ip)
        return _address(found["DedicatedIp"]) if found else None

    def move(self, ip: str, pool: str) -> None:
        self._calls.call("PutDedicatedIpInPool", "put_dedicated_ip_in_pool", Ip=ip, DestinationPoolName=pool)

    def _pages(self, operation: str, method: str, key: str, **request: Any) -> Iterator[Any]:  # noqa: ANN401  # as SES's
        return every(partial(self._calls.call, operation, method), key, PageSize=_A_PAGE, **request)


def _address(found: Any) -> Address:  # noqa: ANN401  # as SES answers
    return Address(
        found["Ip"],
        str(found.get("PoolName") or ""),
        str(found.get("WarmupStatus") or "").lower(),
        int(found.get("WarmupPercentage") or 0),
    )
