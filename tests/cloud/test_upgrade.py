"""The upgrade test: an earlier commit is deployed, this one over it, and what the earlier one left goes on.

SESGUARD_UPGRADE_FROM names the commit; by default the last one before the package's rooms were moved. It is built from
its own tree, template and all, and everything else here is of now: so it also says that the command line reads what an
older guard wrote.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.cloud import ACCOUNT, REGION, ROOT, Emulator
from localcloud.deploy import deploy
from localcloud.owner import acknowledge, link_in
from localcloud.setting_up import speak
from tests.cloud.command import sesguard
from tests.cloud.conftest import Platform
from tests.conftest import LOGS, Cloud
from tests.fakes.servers import Hooks

pytestmark = pytest.mark.cloud

EARLIER = os.environ.get("SESGUARD_UPGRADE_FROM", "be0c4ef97f3ecea9bb61312987eccaea734211bd")
DRILL = {"cool_down": "5s", "probation_mails": 100, "probation_for": "1s"}


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    """The tree of the earlier commit."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no clone of the repository, so there is no earlier commit to upgrade from")
    known = subprocess.run(  # noqa: S603 (our own arguments)
        [git, "cat-file", "-e", f"{EARLIER}^{{commit}}"], cwd=ROOT, capture_output=True, check=False
    )
    if known.returncode != 0:
        pytest.skip(f"commit {EARLIER} is not in this clone: fetch the whole history (git fetch --unshallow)")
    archive = tmp_path / "earlier.tar"
    subprocess.run([git, "archive", "--output", str(archive), EARLIER], cwd=ROOT, check=True)  # noqa: S603 (as above)
    tree = tmp_path / "earlier"
    shutil.unpack_archive(archive, tree)
    return tree


@pytest.fixture
def cloud_of_its_own() -> Iterator[tuple[Emulator, Hooks]]:
    with Emulator(log=LOGS / "upgrade.log") as emulator, Hooks() as hooks:
        yield emulator, hooks


def test_what_an_earlier_version_paused_comes_back_under_this_one(earlier, cloud_of_its_own):
    emulator, hooks = cloud_of_its_own
    parameters = {"TrustedWebhookOrigins": hooks.origin}
    log = LOGS / "upgrade-sam.log"
    before = deploy(emulator, project=earlier, data=earlier / ".localcloud", parameters=parameters, log=log)
    platform = Platform(Cloud(emulator, before, hooks))
    bad = platform.stream(owner="owner@bad.example", policy=DRILL)
    good = platform.stream()
    platform.send_good(good, mails=2)
    platform.send(good, "gone-1@inbox.example")
    platform.send_good(bad)
    assert platform.send_bad(bad)
    platform.wait_until(lambda: not platform.may_send(bad), "the earlier version pauses the stream")
    platform.wait_until(lambda: platform.mails_to("owner@bad.example"), "and tells its owner")
    platform.wait_until(lambda: platform.counted(good) == (101, 1, 0), "and counts the other stream")
    link = link_in(platform.mails_to("owner@bad.example")[-1])
    assert link is not None

    after = deploy(emulator, parameters=parameters, log=log)

    assert before.items() <= after.items(), "an output that others may use has gone or changed"
    platform = replace_outputs(platform, after)
    assert queues_without_a_policy(platform) == []
    assert platform.status(bad) == "paused"
    assert "paused" in speak(emulator, "incidents", bad)
    acknowledge(link, "the imported list is deleted")  # a link of the earlier version, on the page of this one
    wait_and_tell(platform, bad, lambda: platform.may_send(bad), "this version lets the stream back")
    platform.wait_until(lambda: platform.status(bad) == "probation", "on probation")
    platform.send_good(good)
    platform.send(good, "gone-2@inbox.example")
    platform.wait_until(lambda: platform.counted(good) == (152, 2, 0), "counting goes on where it was")
    platform.send_good(bad, mails=3)
    platform.wait_until(lambda: platform.status(bad) == "healthy", "its probation ends")
    assert platform.may_send(good)
    assert "resume" in speak(emulator, "incidents", bad)
    retired_it_leaves_nobody_off_and_nothing_that_points_to_it(platform)


def retired_it_leaves_nobody_off_and_nothing_that_points_to_it(platform: Platform) -> None:
    """``sesguard retire`` on the guard of two versions, whatever either of them made."""
    emulator = platform.cloud.emulator
    worse = platform.stream(owner="owner@worse.example")
    assert platform.send_bad(worse)
    platform.wait_until(lambda: platform.status(worse) == "paused" and not platform.may_send(worse), "one is paused")
    speak(emulator, "retire", "--dry-run")
    assert not platform.may_send(worse), "a look did something"
    policy = speak(emulator, "permissions", "retire", "--account", ACCOUNT, "--region", REGION)
    keys = platform.keys_for(policy, "who-retires")
    done = sesguard({**emulator.environment(), **keys}, "retire", "--resume", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert platform.may_send(worse)
    plan = json.loads(speak(emulator, "retire", "--dry-run", "--json"))
    assert (plan["off"], plan["destinations"], plan["alarms"]) == ([], [], [])
    assert worse in {each["configuration_set"] for each in plan["others"]}, "what others made stays, and is said"
    alarms = platform.cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert not [alarm["AlarmName"] for alarm in alarms if worse in alarm["AlarmName"]]
    assert platform.send_bad(worse), "it may send, and nobody pauses it any more"


def queues_without_a_policy(platform: Platform) -> list[str]:
    """An earlier version had one policy for a queue and its dead letters, which took the dead letters' away."""
    sqs = platform.cloud.client("sqs")
    found = {
        url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {})
        for url in sqs.list_queues()["QueueUrls"]
    }
    assert any("SesEventsDeadLetters" in url for url in found)
    return [url for url, attributes in found.items() if "Policy" not in attributes]


def wait_and_tell(platform: Platform, stream: str, happened: Callable[[], bool], what: str) -> None:
    """Wait for it; where it does not happen, say what is on record of the stream."""
    try:
        platform.wait_until(happened, what)
    except AssertionError as error:
        record = json.dumps(platform.item(stream))
        message = f"{error}; on record: {record}; incidents: {speak(platform.cloud.emulator, 'incidents', stream)}"
        raise AssertionError(message) from None


def replace_outputs(platform: Platform, outputs: dict[str, str]) -> Platform:
    """The platform on the stack as it is now."""
    platform.outputs = outputs
    platform.cloud = replace(platform.cloud, outputs=outputs)
    return platform
