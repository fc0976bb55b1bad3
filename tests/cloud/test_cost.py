"""What mail through the deployed guard cost, as ``sesguard cost`` shows it."""

from __future__ import annotations

import json

import pytest

from tests.cloud.command import sesguard

pytestmark = pytest.mark.cloud


def cost(platform, *words):
    done = sesguard(platform.cloud.emulator.environment(), "cost", "--json", *words)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_each_tenant_is_billed_what_its_stream_sent(platform):
    small, large = (platform.stream(owner=f"owner@{name}-bill.example") for name in ("small", "large"))
    platform.send_good(small)
    platform.send_good(large, mails=3)
    assert platform.send(large, "gone@inbox.example", "angry@inbox.example")
    platform.wait_until(lambda: platform.counted(small) == (50, 0, 0), "the small one is counted")
    platform.wait_until(lambda: platform.counted(large) == (152, 1, 1), "the large one is counted")
    printed = cost(platform)
    lines = {line["tenant"]: line for line in printed["lines"]}
    first, second = lines[f"tenant-of-{large}"], lines[f"tenant-of-{small}"]
    assert (first["name"], first["volume"], first["bounces"], first["complaints"]) == ("Acme", 152, 1, 1)
    assert (second["volume"], second["ses"]) == (50, pytest.approx(0.005))
    assert first["ses"] == pytest.approx(0.0152)
    assert first["guard"] > second["guard"] > 0
    assert printed["guard_itself"]["alarms"] > 0
    assert printed["guard_itself"]["keys"] > 0
    assert printed["reads"]["units"] > 0
    assert printed["problems"] == []
    by_stream = {line["stream"]: line for line in cost(platform, "--by", "stream")["lines"]}
    assert sum(line["volume"] for line in by_stream.values()) == sum(line["volume"] for line in printed["lines"])
