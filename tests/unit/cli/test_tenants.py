"""What "sesguard tenants" prints and does: plan, apply, list, show, export, import, repair, remove."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sesguard.aws.dynamodb import attributes
from sesguard.aws.ses import inventory as ses_inventory
from sesguard.aws.tables.provisioning import DynamoProvisioningTasks
from sesguard.cli import connect
from sesguard.cli.main import main
from sesguard.pausing.record import StreamRecord
from sesguard.pausing.state import StreamState
from sesguard.policy import Policy
from sesguard.posture.identity import SesIdentity
from sesguard.provisioning.desired import written
from sesguard.provisioning.task import ProvisioningTask, TaskState
from sesguard.tenants import quotas
from tests.fakes.clock import NOW
from tests.fakes.guard import STACK, a_guard
from tests.fakes.moto_tables import tables
from tests.fakes.registry_documents import a_tenant
from tests.fakes.world import ACME, Memory

OUTPUTS = {
    "TenantsTableName": "tenants",
    "OnboardingTableName": "onboarding",
    "NoticeConfigurationSetName": "sesguard-notices",
}
FILE = """\
policies: {careful: {mode: observe}}
pools: {main: {scaling: managed}}
tenants:
  - id: acme
    name: Acme Ltd
    contacts: [owner@acme.example]
    tags: {team: a}
    streams:
      - configuration_set: acme-news
        identities: [acme.example]
        pool: main
        policy: careful
      - configuration_set: acme-receipts
        region: us-east-1
"""


class Ses:
    """SES as far as the commands ask it."""

    def __init__(self) -> None:
        self.sets: dict[str, dict[str, Any]] = {"sesguard-notices": {}}
        self.identities = {"acme.example": "SUCCESS"}
        self.defaults: dict[str, str] = {}
        self.pools: dict[str, str] = {}

    def list_configuration_sets(self, **_: Any) -> dict[str, Any]:
        return {"ConfigurationSets": list(self.sets)}

    def list_email_identities(self, **_: Any) -> dict[str, Any]:
        found = [{"IdentityName": name, "VerificationStatus": how} for name, how in self.identities.items()]
        return {"EmailIdentities": found}

    def list_dedicated_ip_pools(self, **_: Any) -> dict[str, Any]:
        return {"DedicatedIpPools": list(self.pools)}

    def get_dedicated_ip_pool(self, *, PoolName: str) -> dict[str, Any]:  # noqa: N803  # as boto3 has it
        return {"DedicatedIpPool": {"PoolName": PoolName, "ScalingMode": self.pools[PoolName].upper()}}

    def get_account(self) -> dict[str, Any]:
        return {"SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}}

    def get_dedicated_ips(self, **_: Any) -> dict[str, Any]:
        return {"DedicatedIps": [{"Ip": "198.51.100.1", "WarmupStatus": "DONE", "WarmupPercentage": 100}]}

    def get_configuration_set(self, *, ConfigurationSetName: str) -> dict[str, Any]:  # noqa: N803  # as boto3 has it
        return self.sets[ConfigurationSetName]

    def get_email_identity(self, *, EmailIdentity: str) -> dict[str, Any]:  # noqa: N803  # as boto3 has it
        return {"ConfigurationSetName": self.defaults.get(EmailIdentity, "")}


class Clients:
    def __init__(self, dynamodb: Any) -> None:
        self.dynamodb = dynamodb
        self.sesv2 = Ses()


class Terminal:
    """Runs commands on a guard whose registry is in moto's DynamoDB."""

    def __init__(self, dynamodb: Any, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.clients = Clients(dynamodb)
        self.ses = self.clients.sesv2
        self.memory = Memory()
        self.dynamodb = dynamodb
        self.rows = DynamoProvisioningTasks(dynamodb, "onboarding")
        self.errors = ""
        self._folder = folder
        self._capsys = capsys

    def guard(self) -> Any:
        stack = replace(STACK, outputs=OUTPUTS)
        return replace(a_guard(self.memory), stack=stack, clients=self.clients)  # type: ignore[arg-type]  # a twin

    def file(self, text: str, name: str = "tenants.yaml") -> str:
        path = self._folder / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def run(self, *words: str) -> tuple[int, str]:
        code = main(["tenants", *words])
        printed, self.errors = self._capsys.readouterr()
        return code, "\n".join(line.rstrip() for line in printed.splitlines()).strip("\n")

    def json(self, *words: str) -> tuple[int, Any]:
        code, printed = self.run(*words, "--json")
        return code, json.loads(printed)

    def apply(self, text: str, *words: str, name: str = "tenants.yaml") -> tuple[int, str]:
        return self.run("apply", self.file(text, name), "--yes", *words)

    def put(self, document: dict[str, Any]) -> None:
        self.dynamodb.put_item(TableName="tenants", Item=attributes(document))

    def items(self) -> list[str]:
        return sorted(item["id"]["S"] for item in self.dynamodb.scan(TableName="tenants")["Items"])

    def row(self, name: str, state: TaskState, **keys: Any) -> ProvisioningTask:
        key = str(ACME._replace(configuration_set=name))
        return self.rows.save(
            ProvisioningTask(
                key=key, tenant="acme", wanted="{}", state=state, since=NOW, at=NOW, due=NOW, was="known", **keys
            )
        )


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Terminal]:
    with tables() as client:
        made = Terminal(client, tmp_path, capsys)
        monkeypatch.setattr(connect, "find", lambda _: made.guard())
        monkeypatch.setattr(connect, "now", lambda: NOW)
        monkeypatch.setattr(ses_inventory, "APART", 0.0)
        yield made


# ---- plan


def test_a_plan_shows_what_would_be_made_as_terraform_does(terminal):
    code, printed = terminal.run("plan", terminal.file(FILE))
    assert code == 0
    assert printed.splitlines() == [
        "+ policy careful",
        "    mode: observe",
        "+ pool main",
        "    scaling: managed",
        "+ acme  Acme Ltd",
        "    contacts: owner@acme.example",
        "    tags.team: a",
        "    + stream acme-news",
        "        identities: acme.example",
        "        pool: main",
        "        policy: careful",
        "    + stream us-east-1/acme-receipts",
        "",
        "Plan: 3 to create, 0 to change, 0 to remove; 0 as they should be. About 5 calls to SES, 5 s at one a",
        "second.",
        "1 stream of other accounts or regions: registered here, and served by the guard of theirs once you",
        "apply the file there.",
    ]
    assert terminal.items() == []


def test_a_change_is_shown_with_what_it_was_and_what_it_becomes(terminal):
    terminal.apply(FILE)
    changed = FILE.replace("Acme Ltd", "Acme AG").replace("        pool: main\n", "").replace("observe", "enforce")
    changed = changed.replace("      - configuration_set: acme-receipts\n        region: us-east-1\n", "")
    code, printed = terminal.run("plan", terminal.file(changed), "--detailed-exitcode")
    assert code == 4
    assert printed.splitlines()[:9] == [
        "~ policy careful",
        "    mode: observe → enforce",
        "~ acme  Acme AG",
        "    name: Acme Ltd → Acme AG",
        "    ~ stream acme-news",
        "        pool: main → shared",
        "    - stream us-east-1/acme-receipts",
        "",
        "Plan: 0 to create, 2 to change, 0 to remove; 1 as they should be. About 2 calls to SES, 2 s at one a",
    ]


def test_whoever_changes_how_clumps_are_forgiven_is_told_what_that_unsettles(terminal):
    terminal.apply(FILE)
    changed = terminal.file(FILE.replace("mode: observe", "mode: observe, clump_per_domain: 2"))
    printed = terminal.run("plan", changed)[1]
    assert (
        "Clumps of bounces are forgiven by another rule for 1 stream: where that may matter, the next look" in printed
    )
    assert terminal.json("plan", changed)[1]["recounted"] == 1
    assert terminal.json("plan", terminal.file(FILE))[1]["recounted"] == 0


def test_a_plan_for_programs_says_the_same(terminal):
    code, plan = terminal.json("plan", terminal.file(FILE))
    assert code == 0
    assert [(each["id"], each["kind"], each["action"]) for each in plan["changes"]] == [
        ("@policy/careful", "policy", "create"),
        ("@pool/main", "pool", "create"),
        ("acme", "tenant", "create"),
    ]
    assert plan["changes"][2]["streams"][0] == {
        "stream": "123456789012/eu-west-1/acme-news",
        "action": "create",
        "fields": [
            {"key": "identities", "old": "none", "new": "acme.example"},
            {"key": "pool", "old": "shared", "new": "main"},
            {"key": "policy", "old": "default", "new": "careful"},
        ],
        "ses_calls": 4,
    }
    assert (plan["ses_calls"], plan["seconds"], plan["elsewhere"]) == (5, 5.0, 1)


def test_no_changes_are_said_and_end_with_0(terminal):
    terminal.apply(FILE)
    code, printed = terminal.run("plan", terminal.file(FILE), "--detailed-exitcode")
    assert (code, printed) == (0, "No changes: 3 items of the registry are as the file says.")


def test_everything_wrong_with_a_file_and_with_what_it_asks_of_ses_is_said_at_once(terminal):
    bad = FILE.replace("[acme.example]", "[new.example]").replace("policy: careful", "policy: carful")
    path = terminal.file(bad)
    code, printed = terminal.run("apply", path, "--yes")
    assert (code, printed) == (2, "")
    first, second, last = terminal.errors.splitlines()
    assert first.startswith(
        f'{path}:10: tenants[0].streams[0].identities[0]: "new.example": SES has no such identity in'
    )
    assert second.startswith(
        f'{path}:12: tenants[0].streams[0].policy: "carful": no policy has that name; did you mean'
    )
    assert last == f"sesguard: 2 problems in {path}; nothing is applied"
    assert terminal.items() == []


def test_problems_for_programs_have_line_key_value_and_remedy(terminal):
    code, document = terminal.json("plan", terminal.file("tenants: [{id: acme}]"))
    assert code == 2
    assert document["problems"] == [
        {
            "line": 1,
            "key": "tenants[0].contacts",
            "value": "",
            "remedy": "nobody would be told: add contacts, or channels",
        }
    ]


def test_of_very_many_problems_the_first_are_shown(terminal):
    assert terminal.run("plan", terminal.file("tenants:\n" + "  - 7\n" * 150))[0] == 2
    assert len(terminal.errors.splitlines()) == 102
    assert "… and 50 more problems; --json has all of them" in terminal.errors


@pytest.mark.parametrize("name", ["missing.yaml", ""])
def test_a_file_that_is_not_there_ends_with_2(terminal, tmp_path, name):
    assert terminal.run("plan", str(tmp_path / name))[0] == 2
    assert terminal.errors.startswith(f"sesguard: {tmp_path / name}".rstrip("/"))


def test_a_file_comes_from_standard_input_too(terminal, monkeypatch):
    for text in (FILE, json.dumps(a_tenant())):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        assert terminal.run("plan", "-")[0] == 0


def test_tenants_beside_the_file_are_named_and_pruned_on_request(terminal):
    terminal.apply(FILE)
    terminal.put(a_tenant(id="beta", streams=[{"configuration_set": "b"}]))
    assert (
        "Registered and not in the file, left as they are (--prune removes them): beta."
        in terminal.run("plan", terminal.file(FILE))[1]
    )
    code, printed = terminal.apply(FILE, "--prune")
    assert code == 0
    assert "- beta" in printed
    assert terminal.items() == ["@policy/careful", "@pool/main", "acme"]


def test_an_empty_file_prunes_nobody(terminal):
    terminal.apply(FILE)
    assert terminal.apply("", "--prune")[0] == 2
    assert "the file has no tenant, and --prune would remove all that are registered" in terminal.errors
    assert "acme" in terminal.items()


def test_mail_that_cannot_fit_the_daily_quota_is_warned_of_and_stops_nothing(terminal):
    text = FILE.replace("pool: main", "pool: main\n        daily_mails: 60000")
    code, printed = terminal.run("plan", terminal.file(text))
    assert "60,000 mails a day" in printed
    assert "which takes 50,000" in printed
    assert "can be raised" in printed
    assert code in {0, 4}
    assert "daily_mails: 60000" in printed


def test_past_a_quota_the_plan_proposes_a_split_and_nothing_is_applied(terminal, monkeypatch):
    monkeypatch.setattr(quotas, "MOST", {**quotas.MOST, quotas.SETS: 10})
    tenants = "".join(
        f"  - id: t{number}\n    contacts: [a@b.example]\n    streams:\n"
        + "".join(f"      - configuration_set: t{number}-{each}\n" for each in range(4))
        for number in range(4)
    )
    code, printed = terminal.apply(f"tenants:\n{tenants}")
    assert code == 1
    assert printed.splitlines()[-4:] == [
        "Past SES's quota: 17 configuration sets in 123456789012 eu-west-1, which takes 10.",
        "  That quota cannot be raised. Fewest moves: 1 further account, each with a guard of its own; say",
        "  account and region of these tenants' streams:",
        "  account 1: 2 tenants with 8 configuration sets: t0, t3.",
    ]
    assert terminal.items() == []
    code, plan = terminal.json("plan", terminal.file(f"tenants:\n{tenants}"))
    assert code == 1
    assert plan["quotas"][0]["split"] == [{"tenants": ["t0", "t3"], "sets": 8}]


# ---- apply


def test_applied_the_items_are_in_the_table_and_a_second_time_changes_nothing(terminal):
    code, printed = terminal.apply(FILE)
    assert code == 0
    assert printed.splitlines()[-2:] == [
        "3 changes applied.",
        "The guard now makes SES so: sesguard tenants status.",
    ]
    assert terminal.items() == ["@policy/careful", "@pool/main", "acme"]
    assert terminal.apply(FILE) == (0, "No changes: 3 items of the registry are as the file says.")


def test_without_a_terminal_apply_needs_yes(terminal, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert terminal.run("apply", terminal.file(FILE))[0] == 2
    assert "there is no terminal to ask: look at the plan, then say --yes" in terminal.errors
    assert terminal.items() == []


@pytest.mark.parametrize(("answer", "code", "items"), [("yes\n", 0, 3), ("y\n", 1, 0), ("\n", 1, 0), ("", 1, 0)])
def test_a_terminal_is_asked_and_only_yes_is_yes(terminal, monkeypatch, answer, code, items):
    asked = io.StringIO(answer)
    asked.isatty = lambda: True  # type: ignore[method-assign]  # a terminal's
    monkeypatch.setattr("sys.stdin", asked)
    assert terminal.run("apply", terminal.file(FILE))[0] == code
    assert terminal.errors.startswith("Apply this? Only yes is taken for yes: ")
    assert len(terminal.items()) == items


def test_a_file_from_standard_input_cannot_ask(terminal, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(FILE.encode())))
    assert terminal.run("apply", "-")[0] == 2
    assert "a file from standard input needs --yes" in terminal.errors


def test_somebody_elses_change_in_between_refuses_that_tenant_alone(terminal, monkeypatch):
    terminal.apply(FILE)
    put = terminal.dynamodb.put_item

    def meanwhile(**request: Any) -> Any:
        if request["Item"]["id"]["S"] == "acme":
            put(TableName="tenants", Item=attributes(a_tenant(name="Theirs")))
        return put(**request)

    monkeypatch.setattr(terminal.dynamodb, "put_item", meanwhile)
    beta = "  - {id: beta, contacts: [a@b.example]}\n"
    code, printed = terminal.apply(FILE.replace("Acme Ltd", "Acme AG") + beta)
    assert code == 1
    assert "acme: somebody else changed it since the plan read it. Plan again." in printed
    assert "1 change applied." in printed
    assert "beta" in terminal.items()


def test_a_failure_half_way_says_what_is_left_and_the_next_run_goes_on(terminal, monkeypatch):
    put, failing = terminal.dynamodb.put_item, {"acme"}

    def fails(**request: Any) -> Any:
        item = request["Item"]["id"]["S"]
        return put(**request) if item not in failing else put(**{**request, "TableName": "gone"})

    monkeypatch.setattr(terminal.dynamodb, "put_item", fails)
    code, printed = terminal.apply(FILE)
    assert code == 3
    assert "sesguard: acme: PutItem failed: ResourceNotFoundException" in terminal.errors
    assert "1 change not applied: apply again, and it goes on from there." in printed
    failing.clear()
    code, document = terminal.json("apply", terminal.file(FILE), "--yes")
    assert (code, document["applied"]) == (0, [{"id": "acme", "outcome": "done", "problem": None}])


def test_sets_that_exist_are_named_and_adopted_on_request_for_good(terminal):
    terminal.ses.sets["acme-news"] = {}
    assert (
        "1 configuration set that SES has already and the guard did not make: untouched, unless you say\n"
        "--adopt, or adopt: true in the file: acme-news." in terminal.run("plan", terminal.file(FILE))[1]
    )
    _, printed = terminal.apply(FILE, "--adopt")
    assert "adopt: true" in printed
    assert "untouched" not in printed
    assert terminal.apply(FILE) == (0, "No changes: 3 items of the registry are as the file says.")


def test_a_registered_stream_that_failed_as_its_set_is_others_can_be_adopted(terminal):
    terminal.apply(FILE)
    terminal.ses.sets["acme-news"] = {}
    assert terminal.apply(FILE, "--adopt") == (0, "No changes: 3 items of the registry are as the file says.")
    terminal.row("acme-news", TaskState.FAILED)
    assert "adopt: false → true" in terminal.apply(FILE, "--adopt")[1]


# ---- repair


def test_repair_lines_up_what_was_done_or_failed(terminal):
    terminal.apply(FILE)
    terminal.row("acme-news", TaskState.FAILED, problem="no such identity", tries=3)
    said = "1 stream will be made true again, from the next minute on: see sesguard tenants status."
    assert terminal.run("repair", "acme") == (0, said)
    row = terminal.rows.load(str(ACME))
    assert row is not None
    assert (row.state, row.was, row.problem, row.tries, row.due) == (TaskState.WAITING, "", "", 0, NOW)
    assert terminal.json("repair", "--all") == (0, {"repaired": 0})  # it waits already


@pytest.mark.parametrize(("words", "code"), [([], 2), (["--all", "acme"], 2), (["acmee"], 1)])
def test_repair_wants_to_know_of_whom(terminal, words, code):
    terminal.apply(FILE)
    assert terminal.run("repair", *words)[0] == code
    assert code == 2 or "did you mean acme?" in terminal.errors


def test_apply_repairs_what_stays_as_it_is(terminal):
    terminal.apply(FILE)
    terminal.row("acme-news", TaskState.DONE)
    code, document = terminal.json("apply", terminal.file(FILE), "--yes", "--repair")
    assert (code, document["applied"], document["repaired"]) == (0, [], 1)


# ---- list, show, export


def test_list_shows_everybody_or_those_that_all_filters_hold_for(terminal):
    terminal.apply(FILE)
    terminal.put(a_tenant(id="beta", tags={"team": "b"}, streams=[{"configuration_set": "b"}]))
    code, printed = terminal.run("list")
    assert code == 0
    assert printed.splitlines()[2:] == [
        " acme     Acme Ltd         2   main, shared   careful, default",
        " beta                      1   shared         default",
        "",
        "2 tenants, 3 streams.",
    ]
    for words, found in [
        (["--tag", "team"], ["acme", "beta"]),
        (["--tag", "team=b"], ["beta"]),
        (["--tag", "team="], []),
        (["--pool", "main"], ["acme"]),
        (["--policy", "default"], ["acme", "beta"]),
        (["--policy", "careful", "--tag", "team=b"], []),
    ]:
        assert [each["id"] for each in terminal.json("list", *words)[1]["tenants"]] == found, words
    assert terminal.run("list", "--pool", "main")[1].endswith("1 tenant of 2, 2 streams.")


def test_list_says_what_cannot_be_used(terminal):
    terminal.put(a_tenant(policy="gone"))
    code, printed = terminal.run("list")
    assert code == 0
    assert 'acme is not usable: policy: "gone": no policy has that name' in printed
    assert terminal.json("list")[1]["unusable"][0]["id"] == "acme"


def test_show_has_what_is_registered_how_far_ses_is_and_how_the_stream_stands(terminal):
    terminal.apply(FILE)
    terminal.row("acme-news", TaskState.FAILED, problem="identity acme.example is not there")
    terminal.memory.streams.records[ACME] = StreamRecord(ACME, 1, StreamState(), Policy())
    code, printed = terminal.run("show", "acme")
    assert code == 0
    assert printed.splitlines() == [
        "acme  Acme Ltd",
        "contacts   owner@acme.example",
        "tags.team  a",
        "",
        "acme-news",
        "in SES      failed, 0 s ago: identity acme.example is not there",
        "guard       healthy",
        "identities  acme.example",
        "pool        main",
        "policy      careful",
        "tags.team   a",
        "",
        "us-east-1/acme-receipts",
        "in SES     not lined up yet",
        "guard      not seen yet",
        "tags.team  a",
    ]
    document = terminal.json("show", "acme")[1]
    assert document["tenant"]["id"] == "acme"
    assert document["streams"][0]["onboarding"]["problem"] == "identity acme.example is not there"
    assert document["streams"][0]["state"]["status"] == "healthy"
    assert document["streams"][1]["state"] is None


MADE = """
tenants:
  - id: acme
    contacts: [owner@acme.example]
    streams:
      - configuration_set: acme-news
        identities: [{name: acme.example, create: true, mail_from: bounce.acme.example}]
"""


def test_show_has_the_records_that_an_identity_waits_for_ready_to_paste(terminal):
    terminal.ses.identities.clear()
    assert terminal.apply(MADE)[0] == 0
    assert "identity    acme.example: not made yet" in terminal.run("show", "acme")[1]
    said = SesIdentity(name="acme.example", region="eu-west-1", dkim_tokens=("a", "b", "c"), verification="PENDING")
    row = ProvisioningTask(
        key="@domain/acme.example", tenant="acme", wanted="{}", state=TaskState.WAITING, since=NOW, at=NOW, due=NOW,
        seen=written(said),
    )  # fmt: skip
    terminal.rows.save(row)
    lines = terminal.run("show", "acme")[1].splitlines()
    assert "identities  acme.example (create, MAIL FROM bounce.acme.example)" in lines
    assert "identity    acme.example: waits for its DNS records, looked at 0 s ago" in lines
    assert lines[-5:] == [
        "a._domainkey.acme.example. 1800 IN CNAME a.dkim.amazonses.com.",
        "b._domainkey.acme.example. 1800 IN CNAME b.dkim.amazonses.com.",
        "c._domainkey.acme.example. 1800 IN CNAME c.dkim.amazonses.com.",
        "bounce.acme.example. 1800 IN MX 10 feedback-smtp.eu-west-1.amazonses.com.",
        'bounce.acme.example. 1800 IN TXT "v=spf1 include:amazonses.com ~all"',
    ]
    (identity,) = terminal.json("show", "acme")[1]["streams"][0]["identities"]
    assert (identity["name"], identity["verified"], len(identity["records"])) == ("acme.example", False, 5)
    assert "1 domain waiting for DNS" in terminal.run("status")[1]
    assert terminal.json("status")[1]["domains"] == 1


def test_what_is_registered_with_create_is_exported_so(terminal):
    terminal.ses.identities.clear()
    terminal.apply(MADE)
    exported = terminal.run("export")[1]
    assert "{name: acme.example, create: true, mail_from: bounce.acme.example}" in exported
    assert terminal.json("plan", terminal.file(exported))[0] == 0


@pytest.mark.parametrize("name", ["nobody", "@operator", "@policy/careful"])
def test_there_is_nobody_of_that_name_to_show(terminal, name):
    terminal.apply(FILE)
    assert terminal.run("show", name)[0] == 1
    assert f"no tenant '{name}' is registered" in terminal.errors


def test_a_tenant_that_is_not_usable_is_shown_with_why(terminal):
    terminal.put(a_tenant(policy="gone"))
    code, printed = terminal.run("show", "acme")
    assert (code, printed.split(":")[0]) == (1, "policy")


@pytest.mark.parametrize(("words", "name"), [([], "again.yaml"), (["--jsonl"], "again.jsonl")])
def test_an_export_applied_changes_nothing(terminal, words, name):
    terminal.apply(FILE)
    code, exported = terminal.run("export", *words)
    assert code == 0
    assert terminal.apply(exported, "--prune", name=name) == (
        0,
        "No changes: 3 items of the registry are as the file says.",
    )


def test_an_export_says_what_it_has_to_leave_out(terminal):
    terminal.apply(FILE)
    terminal.put(a_tenant(id="beta", policy="gone"))
    code, exported = terminal.run("export")
    assert code == 1
    assert "beta" not in exported
    assert terminal.errors.startswith("sesguard: beta is left out: policy")


# ---- import


def test_import_writes_what_ses_has_beside_the_registry_and_changes_nothing(terminal):
    terminal.apply(FILE)
    terminal.ses.sets |= {
        "acme-news": {},
        "old": {"DeliveryOptions": {"TlsPolicy": "REQUIRE", "SendingPoolName": "old-pool"}},
        "older": {"Tags": [{"Key": "owner", "Value": "Beta"}]},
    }
    terminal.ses.identities |= {"old.example": "SUCCESS", "new.example": "PENDING"}
    terminal.ses.defaults = {"old.example": "old"}
    terminal.ses.pools = {"old-pool": "standard"}
    before = terminal.items()
    code, printed = terminal.run("import", "--contact", "team@platform.example", "--identities")
    assert code == 0
    assert printed.splitlines() == [
        "pools: {old-pool: {scaling: standard}}",
        "tenants:",
        "  - id: old",
        "    contacts: [team@platform.example]",
        "    streams:",
        "      - configuration_set: old",
        "        identities: [old.example]",
        "        pool: old-pool",
        "        tls: require",
        "        adopt: true",
        "  - id: older",
        "    contacts: [team@platform.example]",
        "    streams:",
        "      - configuration_set: older",
        "        adopt: true",
        "        tags: {owner: Beta}",
    ]
    assert "2 configuration sets as 2 tenants. Nothing is changed" in terminal.errors
    assert terminal.items() == before
    assert terminal.apply(printed)[0] == 0
    assert terminal.run("import", "--contact", "team@platform.example")[0] == 1


def test_import_puts_sets_with_the_same_tag_together(terminal):
    terminal.ses.sets |= {name: {"Tags": [{"Key": "owner", "Value": "beta"}]} for name in ("b-1", "b-2")}
    code, printed = terminal.run("import", "--contact", "a@b.example", "--by-tag", "owner", "--jsonl")
    assert code == 0
    (tenant,) = map(json.loads, printed.splitlines())
    assert (tenant["id"], len(tenant["streams"])) == ("beta", 2)


def test_import_wants_a_contact_that_can_be_written_to(terminal):
    assert terminal.run("import", "--contact", "nobody")[0] == 2


# ---- remove


def test_remove_says_what_goes_and_what_stays_and_takes_the_tenant_out(terminal):
    terminal.apply(FILE)
    code, printed = terminal.run("remove", "acme", "--yes")
    assert code == 0
    assert printed.splitlines() == [
        "- acme Acme Ltd: acme-news, acme-receipts",
        "Goes: default configuration sets of their identities, SES tenants and configuration sets that the",
        "guard made, its event destinations and alarms. Mail that names a set which is gone is refused.",
        "Stays: identities, configuration sets that others made, the journal. About 4 calls to SES.",
        "1 tenant taken out; the guard now makes SES so: sesguard tenants status.",
    ]
    assert terminal.items() == ["@policy/careful", "@pool/main"]


def test_remove_takes_out_what_cannot_be_used_too(terminal):
    terminal.put(a_tenant(policy="gone"))
    assert terminal.json("remove", "acme", "--yes") == (0, {"removed": ["acme"], "kept": []})


@pytest.mark.parametrize("name", ["acmee", "@pool/main"])
def test_remove_takes_out_nobody_where_one_is_unknown(terminal, name):
    terminal.apply(FILE)
    assert terminal.run("remove", "acme", name, "--yes")[0] == 1
    assert "acme" in terminal.items()


def test_remove_asks_a_terminal(terminal, monkeypatch):
    terminal.apply(FILE)
    asked = io.StringIO("no\n")
    asked.isatty = lambda: True  # type: ignore[method-assign]  # a terminal's
    monkeypatch.setattr("sys.stdin", asked)
    assert terminal.run("remove", "acme")[0] == 1
    assert "acme" in terminal.items()


def test_remove_keeps_what_somebody_else_changed_meanwhile(terminal, monkeypatch):
    terminal.apply(FILE)
    delete = terminal.dynamodb.delete_item

    def meanwhile(**request: Any) -> Any:
        terminal.put(a_tenant(name="Theirs"))
        return delete(**request)

    monkeypatch.setattr(terminal.dynamodb, "delete_item", meanwhile)
    assert terminal.json("remove", "acme", "--yes") == (1, {"removed": [], "kept": ["acme"]})


@pytest.mark.parametrize("word", ["plan", "apply", "list", "show", "export", "import", "repair", "remove"])
def test_every_word_explains_itself_and_its_exit_codes(terminal, capsys, word):
    assert main(["tenants", word, "--help"]) == 0
    assert "Exit code: 0" in capsys.readouterr().out
