"""One file of tenants for all accounts: "sesguard tenants plan" and "apply" over two guards."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from sesguard.aws.ses import inventory
from sesguard.cli.main import main
from sesguard.cli.tenants import planning
from sesguard.errors import AwsError
from sesguard.tenants.quotas import SETS, Home, Over
from sesguard.wiring.members import AwsMember
from tests.fakes.guard import STACK, a_guard
from tests.fakes.moto_tables import tables_in
from tests.fakes.world import Memory
from tests.unit.cli.test_across import FILE as GUARDS
from tests.unit.cli.test_across import HERE, THERE
from tests.unit.cli.test_tenants import OUTPUTS, Clients

TENANTS = f"""\
policies: {{careful: {{mode: observe}}}}
pools: {{main: {{scaling: managed}}}}
tenants:
  - id: acme
    contacts: [owner@acme.example]
    policy: careful
    streams:
      - {{configuration_set: acme, account: "{HERE.account}", region: {HERE.region}, pool: main}}
      - {{configuration_set: acme, account: "{THERE.account}", region: {THERE.region}, identities: [acme.example]}}
  - id: beta
    contacts: [owner@beta.example]
    streams: [{{configuration_set: beta, account: "{THERE.account}", region: {THERE.region}}}]
"""
AT_HERE = ["@policy/careful", "@pool/main", "acme"]
AT_THERE = ["@policy/careful", "acme", "beta"]


class Across:
    """Runs commands over two guards; each has its registry in moto's DynamoDB, in a region of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._capsys = folder, capsys
        self.broken = ""
        self.clients = {it.name: Clients(tables_in(it.region)) for it in (HERE, THERE)}
        self.stacks = {
            it.name: replace(STACK, account=it.account, region=it.region, outputs=OUTPUTS) for it in (HERE, THERE)
        }
        (folder / "guards.toml").write_text(GUARDS)

    def open(self, name: str) -> Any:
        if name == self.broken:
            raise AwsError("AssumeRole", "AccessDenied", retryable=False)
        clients: Any = self.clients[name]
        return replace(a_guard(Memory()), stack=self.stacks[name], clients=clients)

    def run(self, word: str, *words: str, text: str = TENANTS) -> tuple[int, str]:
        (self._folder / "tenants.yaml").write_text(text)
        file = ["--accounts-file", str(self._folder / "guards.toml")]
        code = main(["tenants", word, str(self._folder / "tenants.yaml"), *file, *words])
        printed, self.errors = self._capsys.readouterr()
        return code, printed

    def json(self, word: str, *words: str, text: str = TENANTS) -> tuple[int, Any]:
        code, printed = self.run(word, *words, "--json", text=text)
        return code, json.loads(printed)

    def ask(self, word: str, *words: str) -> tuple[int, str]:
        """A command that takes no file."""
        code = main(["tenants", word, *words, "--accounts-file", str(self._folder / "guards.toml")])
        printed, self.errors = self._capsys.readouterr()
        return code, printed

    def items(self) -> tuple[list[str], list[str]]:
        here, there = (
            sorted(item["id"]["S"] for item in self.clients[it.name].dynamodb.scan(TableName="tenants")["Items"])
            for it in (HERE, THERE)
        )
        return here, there


@pytest.fixture
def across(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Across]:
    with mock_aws():
        made = Across(tmp_path, capsys)
        monkeypatch.setattr(AwsMember, "guard", lambda member: made.open(member.name))
        monkeypatch.setattr(inventory, "APART", 0.0)
        yield made


def test_the_plan_of_each_guard_is_shown_under_its_name_and_nothing_is_changed(across: Across) -> None:
    code, printed = across.run("plan")
    assert code == 0, across.errors
    here, _, there = printed.partition(f"{THERE.name}\n")
    assert here.startswith(f"{HERE.name}\n+ policy careful\n")
    assert "+ pool main" in here
    assert "beta" not in here
    assert "+ beta" in there
    assert "pool main\n" not in there
    assert "the guards work side by side" in there
    assert across.items() == ([], [])
    assert across.run("plan", "--detailed-exitcode")[0] == 4


def test_applied_each_guard_has_its_own_part_and_a_second_time_changes_nothing(across: Across) -> None:
    code, document = across.json("apply", "--yes")
    assert code == 0, across.errors
    assert across.items() == (AT_HERE, AT_THERE)
    assert [(it["guard"], len(it["applied"])) for it in document["guards"]] == [(HERE.name, 3), (THERE.name, 3)]
    assert document["unread"] == []
    assert document["seconds"] == max(it["seconds"] for it in document["guards"])
    code, printed = across.run("apply", "--yes")
    assert code == 0
    assert printed.count("No changes: 3 items of the registry are as the file says.") == 2
    assert across.run("plan", "--detailed-exitcode")[0] == 0


def test_a_guard_that_cannot_be_read_is_named_and_the_other_has_its_part(across: Across) -> None:
    across.broken = THERE.name
    code, printed = across.run("plan")
    assert code == 3
    assert f"{THERE.name} is not read, and nothing is applied there" in " ".join(printed.split())
    code, document = across.json("apply", "--yes")
    assert code == 3
    assert [it["guard"] for it in document["unread"]] == [THERE.name]
    assert across.items() == (AT_HERE, [])


def test_a_guard_whose_ses_cannot_be_read_is_named_and_the_other_has_its_part(
    across: Across, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(**_: Any) -> Any:
        raise AwsError("ListEmailIdentities", "InternalFailure", retryable=True)

    monkeypatch.setattr(across.clients[THERE.name].sesv2, "list_email_identities", failing)
    code, document = across.json("apply", "--yes")
    assert code == 3
    assert [it["guard"] for it in document["unread"]] == [THERE.name]
    assert across.items() == (AT_HERE, [])


def test_a_failure_at_one_guard_stops_no_other(across: Across, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(**_: Any) -> Any:
        raise AwsError("PutItem", "InternalServerError", retryable=True)

    monkeypatch.setattr(across.clients[HERE.name].dynamodb, "put_item", failing)
    code, printed = across.run("apply", "--yes")
    assert code == 3
    assert "3 changes not applied: apply again" in printed
    assert across.items() == ([], AT_THERE)


def test_what_no_guard_has_is_an_error_with_its_line_and_nothing_is_applied(across: Across) -> None:
    text = TENANTS.replace("us-east-1}]", "eu-north-1}]")
    assert across.run("apply", "--yes", text=text)[0] == 2
    assert "tenants.yaml:12: tenants[1].streams[0].configuration_set:" in across.errors
    assert f'"{THERE.account}/eu-north-1/beta": no guard stands there' in across.errors
    assert across.items() == ([], [])


def test_what_ses_would_refuse_anywhere_is_said_for_all_and_nothing_is_applied(across: Across) -> None:
    for clients in across.clients.values():
        clients.sesv2.identities.clear()
    text = TENANTS.replace("pool: main", "identities: [acme.example]")
    code, document = across.json("apply", "--yes", text=text)
    assert code == 2
    assert [it["line"] for it in document["problems"]] == [8, 9]
    assert HERE.account in document["problems"][0]["remedy"]
    assert THERE.account in document["problems"][1]["remedy"]
    assert across.items() == ([], [])


def test_past_a_quota_anywhere_nothing_is_applied(across: Across, monkeypatch: pytest.MonkeyPatch) -> None:
    past = Over(Home(THERE.account, THERE.region), SETS, 2, 1)
    monkeypatch.setattr(planning, "over_quota", lambda *_: [past])
    code, document = across.json("apply", "--yes")
    assert code == 1
    assert [len(it["quotas"]) for it in document["guards"]] == [0, 1]  # each account is told of once, by its own
    assert across.items() == ([], [])


def test_a_tenant_that_moved_stays_where_it_was_until_pruned(across: Across) -> None:
    across.run("apply", "--yes")
    there = f'account: "{THERE.account}", region: {THERE.region}'
    moved = TENANTS.replace(f'acme, account: "{HERE.account}", region: {HERE.region}, pool: main', f"moved, {there}")
    moved += "  - id: rest\n    contacts: [a@rest.example]\n"
    moved += f'    streams: [{{configuration_set: rest, account: "{HERE.account}", region: {HERE.region}}}]\n'
    assert across.run("apply", "--yes", text=moved)[0] == 0, across.errors
    assert across.items()[0] == [*AT_HERE, "rest"]
    assert across.run("apply", "--yes", "--prune", text=moved)[0] == 0
    assert across.items()[0] == ["@policy/careful", "@pool/main", "rest"]


def test_pruning_empties_no_guard(across: Across) -> None:
    across.run("apply", "--yes")
    only_here = "\n".join(TENANTS.splitlines()[:8]) + "\n"
    assert across.run("apply", "--yes", "--prune", text=only_here)[0] == 2
    assert f"the file's part of {THERE.account}/{THERE.region} has no tenant" in across.errors
    assert across.items() == (AT_HERE, AT_THERE)


def test_a_pool_that_no_stream_names_is_named(across: Across) -> None:
    code, document = across.json("plan", text=TENANTS.replace(", pool: main", ""))
    assert (code, document["pools_unused"]) == (0, ["main"])
    assert "1 pool that no stream names, made nowhere: main." in across.run(
        "plan", text=TENANTS.replace(", pool: main", "")
    )[1].replace("\n", " ")


@pytest.mark.parametrize(("answer", "code", "applied"), [("yes\n", 0, True), ("no\n", 1, False)])
def test_a_terminal_is_asked_once_for_all(
    across: Across, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, applied: bool
) -> None:
    terminal = io.StringIO(answer)
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    assert across.run("apply")[0] == code
    assert across.items() == ((AT_HERE, AT_THERE) if applied else ([], []))


def test_a_role_may_apply_and_its_caller_may_take_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["permissions", "tenants apply", "--accounts"]) == 0
    allowed = {action for it in json.loads(capsys.readouterr().out)["Statement"] for action in it["Action"]}
    assert {"sts:AssumeRole", "dynamodb:PutItem", "ses:ListConfigurationSets"} <= allowed


def test_tenants_are_listed_by_guard_and_one_that_cannot_be_read_is_named(across: Across) -> None:
    across.run("apply", "--yes")
    code, printed = across.ask("list")
    assert code == 0
    assert printed.index(HERE.name) < printed.index(THERE.name) < printed.index("beta")
    across.broken = THERE.name
    code, printed = across.ask("list", "--json")
    document = json.loads(printed)
    assert code == 4
    assert [(it["guard"], [each["id"] for each in it["tenants"]]) for it in document["guards"]] == [
        (HERE.name, ["acme"])
    ]
    assert [it["guard"] for it in document["unread"]] == [THERE.name]
    assert f"{THERE.name} is not read" in across.ask("list")[1]


def test_a_tenant_is_shown_as_each_guard_has_it(across: Across) -> None:
    across.run("apply", "--yes")
    code, printed = across.ask("show", "acme")
    assert code == 0
    assert printed.index(HERE.name) < printed.index(THERE.name)
    document = json.loads(across.ask("show", "beta", "--json")[1])
    assert [it["guard"] for it in document["guards"]] == [THERE.name]
    assert across.ask("show", "nobody")[0] == 1


def test_how_far_the_guards_have_come_is_shown_of_each(across: Across) -> None:
    across.run("apply", "--yes")
    code, printed = across.ask("status", "--json")
    document = json.loads(printed)
    assert code == 5  # what was applied waits for its guard
    assert [(it["guard"], it["account"]) for it in document["guards"]] == [
        (HERE.name, HERE.account),
        (THERE.name, THERE.account),
    ]
    across.broken = HERE.name
    code, printed = across.ask("status")
    assert code == 4
    assert f"{HERE.name} is not read" in printed
    assert across.ask("status", "--watch")[0] == 2


def test_a_tenant_is_let_go_at_every_guard_that_has_it(across: Across) -> None:
    across.run("apply", "--yes")
    assert across.ask("remove", "nobody", "--yes")[0] == 1
    code, printed = across.ask("remove", "acme", "beta", "--yes", "--json")
    document = json.loads(printed)
    assert code == 0
    assert {it["guard"]: it["removed"] for it in document["guards"]} == {
        HERE.name: ["acme"],
        THERE.name: ["acme", "beta"],
    }
    assert across.items() == (["@policy/careful", "@pool/main"], ["@policy/careful"])


def test_where_a_guard_cannot_be_read_a_tenant_stays_there_which_is_said(across: Across) -> None:
    across.run("apply", "--yes")
    across.broken = HERE.name
    code, printed = across.ask("remove", "acme", "--yes")
    assert code == 3
    assert f"{HERE.name} is not read" in printed
    assert "acme" in across.items()[0]
    assert "acme" not in across.items()[1]
