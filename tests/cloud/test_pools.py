"""``sesguard tenants pools`` on SES as the local cloud has it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.cloud.command import sesguard
from tests.cloud.conftest import Platform

pytestmark = pytest.mark.cloud


def tenants(platform: Platform, *words: str) -> subprocess.CompletedProcess[str]:
    return sesguard(platform.cloud.emulator.environment(), "tenants", *words)


def test_a_stream_waits_for_its_pools_first_address(platform: Platform, tmp_path: Path) -> None:
    platform.ses.create_dedicated_ip_pool(PoolName="pool-of-acme", ScalingMode="STANDARD")
    file = tmp_path / "tenants.yaml"
    file.write_text(
        "pools: {pool-of-acme: {scaling: standard}}\ntenants:\n  - id: pooled\n    contacts: [owner@pooled.example]\n"
        "    streams: [{configuration_set: pooled-news, pool: pool-of-acme}]\n"
    )
    refused = tenants(platform, "plan", str(file))
    assert refused.returncode != 0
    assert "sesguard tenants pools assign pool-of-acme ADDRESS" in " ".join((refused.stdout + refused.stderr).split())
    assert tenants(platform, "pools", "assign", "pool-of-acme", "203.0.113.9").returncode == 1  # not the account's
    assigned = tenants(platform, "pools", "assign", "pool-of-acme", "198.51.100.20")
    assert assigned.returncode == 0, assigned.stderr
    assert "warm-up 1 %" in assigned.stdout
    planned = tenants(platform, "plan", str(file))
    assert "pools assign" not in planned.stdout + planned.stderr
    listed = json.loads(tenants(platform, "pools", "list", "--json").stdout)["pools"]
    assert (
        listed[0]["name"] == "ses-default-dedicated-pool"
    )  # SES lists both its own, and says no more of the shared one
    assert "ses-shared-pool" not in {each["name"] for each in listed}
    (pool,) = [each for each in listed if each["name"] == "pool-of-acme"]
    assert pool["addresses"] == [{"ip": "198.51.100.20", "warm_up": "in_progress", "percent": 1}]
