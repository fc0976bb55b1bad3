"""The registry's commands as an operator runs them: a process of its own, against the deployed guard."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.cloud import ACCOUNT, REGION
from sesguard.aws.tables.registry import DynamoRegistry
from sesguard.errors import ConflictError
from sesguard.tenants.model import DEDICATED
from tests.cloud.command import sesguard
from tests.cloud.conftest import Platform

pytestmark = pytest.mark.cloud
FILE = """\
policies: {registry-careful: {mode: observe}}
tenants:
  - id: registry-acme
    name: Acme Ltd
    contacts: [owner@registry-acme.example]
    tags: {cost-centre: "42"}
    streams:
      - configuration_set: registry-acme-news
        identities: [registry-acme.example]
        policy: registry-careful
        tls: require
      - configuration_set: registry-acme-receipts
        region: eu-west-1
"""


class Commands:
    """Runs ``sesguard tenants`` with the emulator's credentials."""

    def __init__(self, platform: Platform, folder: Path) -> None:
        self._environment = platform.cloud.emulator.environment()
        self._folder = folder

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return sesguard(self._environment, "tenants", *words)

    def said(self, *words: str) -> str:
        return self.said_by({}, *words)

    def said_by(self, keys: dict[str, str], *words: str) -> str:
        done = sesguard({**self._environment, **keys}, "tenants", *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def policy(self, command: str) -> str:
        """What ``sesguard permissions`` prints for it."""
        where = ("--account", ACCOUNT, "--region", REGION)
        return sesguard(self._environment, "permissions", command, *where).stdout

    def file(self, text: str, name: str = "tenants.yaml") -> str:
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)


@pytest.fixture
def commands(platform: Platform, tmp_path: Path) -> Iterator[Commands]:
    made = Commands(platform, tmp_path)
    yield made
    made.run("remove", "registry-acme", "--yes")


def item(platform: Platform, name: str) -> dict[str, Any]:
    answer = platform.dynamodb.get_item(
        TableName=platform.outputs["TenantsTableName"], Key={"id": {"S": name}}, ConsistentRead=True
    )
    found: dict[str, Any] = answer.get("Item", {})
    return found


def test_a_file_is_planned_applied_once_exported_and_taken_back(platform: Platform, commands: Commands) -> None:
    path = commands.file(FILE)
    refused = commands.run("apply", path, "--yes")
    assert refused.returncode == 2
    assert ":9: tenants[0].streams[0].identities[0]: " in refused.stderr
    assert "SES has no such identity in" in refused.stderr
    assert item(platform, "registry-acme") == {}

    platform.ses.create_email_identity(EmailIdentity="registry-acme.example")
    assert "+ stream registry-acme-news" in commands.said("plan", path)
    assert "2 changes applied." in commands.said("apply", path, "--yes")
    assert item(platform, "registry-acme")["contacts"] == {"L": [{"S": "owner@registry-acme.example"}]}
    assert item(platform, "@policy/registry-careful")["values"] == {"M": {"mode": {"S": "observe"}}}
    assert commands.said("apply", path, "--yes").startswith("No changes: ")

    exported = commands.run("export").stdout  # other tests' tenants are in it, too
    again = json.loads(commands.said("plan", commands.file(exported, "again.yaml"), "--json"))
    assert again["changes"] == []
    shown = json.loads(commands.said("show", "registry-acme", "--json"))
    assert [each["stream"] for each in shown["streams"]] == [
        f"{ACCOUNT}/eu-west-1/registry-acme-receipts",
        f"{ACCOUNT}/{REGION}/registry-acme-news",
    ]

    assert "1 tenant taken out" in commands.said("remove", "registry-acme", "--yes")
    assert item(platform, "registry-acme") == {}


def test_what_ses_has_already_is_imported_as_a_file_with_which_all_is_well(
    platform: Platform, commands: Commands
) -> None:
    platform.ses.create_configuration_set(
        ConfigurationSetName="registry-old",
        DeliveryOptions={"TlsPolicy": "REQUIRE"},
        Tags=[{"Key": "owner", "Value": "registry-old-owner"}],
    )
    policy = commands.policy("tenants import")
    imported = commands.said_by(
        platform.keys_for(policy, "who-imports"),
        *("import", "--contact", "team@platform.example", "--by-tag", "owner", "--jsonl"),
    )
    tenants = {each["id"]: each for each in map(json.loads, imported.splitlines()) if "id" in each}
    owner = tenants["registry-old-owner"]
    (stream,) = owner.pop("streams")
    assert owner == {"id": "registry-old-owner", "contacts": ["team@platform.example"]}
    # Where the account has leased an address, as another test has it do, a set without a pool sends from all of them.
    assert stream.pop("pool", DEDICATED) == DEDICATED
    tags = {"owner": "registry-old-owner"}
    assert stream == {"configuration_set": "registry-old", "tls": "require", "adopt": True, "tags": tags}
    assert "notices" not in "".join(tenants)
    planned = commands.run("plan", commands.file(imported, "imported.jsonl"), "--json")
    assert planned.returncode == 0, planned.stdout
    platform.ses.delete_configuration_set(ConfigurationSetName="registry-old")


def test_what_somebody_else_changed_between_the_plan_and_the_change_stays(
    platform: Platform, commands: Commands
) -> None:

    registry = DynamoRegistry(platform.dynamodb, platform.outputs["TenantsTableName"])
    mine = {"id": "registry-race", "contacts": ["a@b.example"], "tags": {"a": "1"}}
    registry.put(mine, None)
    was = registry.find("registry-race")
    assert was is not None
    registry.put({**mine, "name": "Theirs"}, was)
    with pytest.raises(ConflictError):
        registry.put({**mine, "name": "Mine"}, was)
    with pytest.raises(ConflictError):
        registry.remove(was)
    now = registry.find("registry-race")
    assert now is not None
    assert now.document["name"] == "Theirs"
    registry.remove(now)
