"""Pools of dedicated addresses as SES tells of them: of its own two it lists the names, and refuses to say more.

https://github.com/cloud-custodian/cloud-custodian/issues/10196
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sesguard.aws.doctor.ses_facts import SesFactsReader
from sesguard.aws.ses.addresses import SesAddresses
from sesguard.errors import AwsError
from sesguard.provisioning.pool_addresses import Address, PoolNow

OWN = ("ses-shared-pool", "ses-default-dedicated-pool")
ADDRESSES = [
    {"Ip": "198.51.100.7", "PoolName": "main", "WarmupStatus": "DONE", "WarmupPercentage": 100},
    {"Ip": "198.51.100.8", "PoolName": OWN[1], "WarmupStatus": "IN_PROGRESS", "WarmupPercentage": 40},
]


class Calls:
    """SES, as far as it is asked here."""

    def call(self, operation: str, _: str, **request: Any) -> Mapping[str, Any]:
        name = request.get("PoolName")
        if operation == "ListDedicatedIpPools":
            return {"DedicatedIpPools": [*OWN, "main"]}
        if operation == "GetDedicatedIps":
            return {"DedicatedIps": [each for each in ADDRESSES if name in (None, each["PoolName"])]}
        if name in OWN:
            raise AwsError("GetDedicatedIpPool", "BadRequestException", retryable=False)
        return {"DedicatedIpPool": {"PoolName": name, "ScalingMode": "STANDARD"}}

    def unless(self, _: str, operation: str, method: str, **request: Any) -> Mapping[str, Any]:
        return self.call(operation, method, **request)


@pytest.fixture
def addresses() -> SesAddresses:
    return SesAddresses(Calls())  # type: ignore[arg-type]  # as far as it is used


def test_the_pool_in_which_addresses_wait_is_shown_and_the_shared_one_is_nobodys(addresses: SesAddresses) -> None:
    assert addresses.pools() == [
        PoolNow(OWN[1], "standard", (Address("198.51.100.8", OWN[1], "in_progress", 40),)),
        PoolNow("main", "standard", (Address("198.51.100.7", "main", "done", 100),)),
    ]
    assert addresses.pool(OWN[0]) is None


def test_doctor_looks_at_the_others_alone() -> None:
    facts = SesFactsReader(Calls(), 10, None)  # type: ignore[arg-type]  # as above
    assert [pool.name for pool in facts.pools()] == ["main"]
