"""Dedicated addresses of SES, which the emulator does not know.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetDedicatedIps.html
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutDedicatedIpInPool.html
https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_PutDedicatedIpWarmupAttributes.html

Of the two pools that are SES's own it lists the names, on some accounts, and refuses to say more:
https://github.com/cloud-custodian/cloud-custodian/issues/10196. Here on those that have leased an address.

By the convention of this simulation an account has leased every address of 198.51.100.0/24 (RFC 5737), each in SES's
pool of its own until it is put elsewhere, and listed from then on.
"""

import re
from typing import Any, Final

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import ses_v2

DEFAULT_POOL: Final = "ses-default-dedicated-pool"
OWN_POOLS: Final = ("ses-shared-pool", DEFAULT_POOL)
_PATH: Final = re.compile(r"/dedicated-ips/(198\.51\.100\.\d{1,3})(/pool|/warmup)?")
Answer = tuple[str, str, int] | dict[str, Any]
"""An error's code, message and status; or what is answered."""

_addresses = AccountRegionScopedDict()


def answer(method: str, path: str, request: dict[str, Any], query: dict[str, Any]) -> Answer | None:
    """Answer a call about dedicated addresses; None where `path` is about something else."""
    if (method, path) == ("GET", "/dedicated-ips"):
        named = query.get("PoolName")
        pool = named[0] if isinstance(named, list) else named
        if pool and pool not in ses_v2._dedicated_ip_pools:
            return "NotFoundException", f"Pool {pool} does not exist", 404
        return {"DedicatedIps": [dict(each) for each in _addresses.values() if not pool or each["PoolName"] == pool]}
    if (method, path) == ("GET", "/dedicated-ip-pools") and _addresses:
        return {"DedicatedIpPools": [*OWN_POOLS, *ses_v2._dedicated_ip_pools]}
    if method == "GET" and path.removeprefix("/dedicated-ip-pools/") in OWN_POOLS:
        return "BadRequestException", "Pool name describes either a shared or default dedicated ip pool", 400
    found = _PATH.fullmatch(path)
    if found is None:
        known = path.startswith("/dedicated-ips/")
        return ("NotFoundException", "The dedicated IP address does not exist.", 404) if known else None
    address = _addresses.get(found[1]) or {
        "Ip": found[1],
        "WarmupStatus": "IN_PROGRESS",
        "WarmupPercentage": 1,
        "PoolName": DEFAULT_POOL,
    }
    if method == "GET" and not found[2]:
        return {"DedicatedIp": dict(address)}
    return _put(address, found[2], request) if method == "PUT" else None


def _put(address: dict[str, Any], what: str, request: dict[str, Any]) -> Answer:
    if what == "/pool":
        pool = str(request.get("DestinationPoolName"))
        kept = ses_v2._dedicated_ip_pools.get(pool)
        if kept is None and pool != DEFAULT_POOL:
            return "NotFoundException", f"Pool {pool} does not exist", 404
        if kept is not None and kept["ScalingMode"] == "MANAGED":
            return "BadRequestException", "Addresses of a managed pool are SES's own.", 400
        address["PoolName"] = pool
    else:
        percent = int(request.get("WarmupPercentage", -1))
        if not 0 <= percent <= 100:
            return "BadRequestException", "Invalid warmup percentage.", 400
        address |= {"WarmupPercentage": percent, "WarmupStatus": "DONE" if percent == 100 else "IN_PROGRESS"}
    _addresses[address["Ip"]] = address
    return {}
