"""Commands over several accounts: which guards, by which credentials, and what is said of one that cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import boto3
import msgspec
import pytest
from moto import mock_aws

from sesguard.aws.assumed_role import session_name
from sesguard.bus.heartbeat import StreamStanding
from sesguard.cli import across, cost, doctor
from sesguard.cli.main import main
from sesguard.costs.bill import BilledStream
from sesguard.costs.usage import MailCounts
from sesguard.doctor.check import CheckOutcome, CheckResult
from sesguard.errors import AwsError, StackError
from sesguard.fleet.many import Opened
from sesguard.members.address import MemberAddress
from sesguard.members.member import Member
from sesguard.wiring import members
from sesguard.wiring.cost import MonthRead
from sesguard.wiring.members import AwsMember, CallerIdentity
from tests.fakes.fleet import MemoryFleet
from tests.fakes.guard import ALICE, STACK, a_guard
from tests.fakes.world import Memory
from tests.unit.cli.test_cost import NOW, READ

OWN = "123456789012"  # of moto's credentials
HERE = MemberAddress(OWN, "eu-west-1", "sesguard")
THERE = MemberAddress("444455556666", "us-east-1", "sesguard")
FILE = "\n".join(f'[[guard]]\naccount = "{it.account}"\nregion = "{it.region}"' for it in (HERE, THERE))


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield boto3.client("sts", region_name="eu-west-1")


def asked(monkeypatch: pytest.MonkeyPatch, member: AwsMember) -> str:
    """By which ARN a guard is looked for."""
    found: list[str] = []

    def look(clients: Any, _: str) -> Any:
        found.append(members.read_caller(clients.make("sts")))
        raise StackError("sesguard", "is not looked for in this test")

    monkeypatch.setattr(members, "find_guard", look)
    with pytest.raises(StackError):
        member.guard()
    return found[0]


def test_ones_own_account_is_read_without_a_role(sts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    own = sts.get_caller_identity()["Arn"]
    assert asked(monkeypatch, AwsMember(HERE, CallerIdentity(), "sesguard-operator")) == own


def test_another_account_is_read_by_a_role_there_whose_session_says_who_took_it(
    sts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = sts.get_caller_identity()["Arn"].rpartition("/")[2]
    arn = asked(monkeypatch, AwsMember(THERE, CallerIdentity(), "sesguard-operator"))
    assert arn == f"arn:aws:sts::{THERE.account}:assumed-role/sesguard-operator/{who}"


def test_the_role_of_a_file_comes_before_that_of_the_command_line(sts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    address = THERE._replace(role=f"arn:aws:iam::{THERE.account}:role/mail/reader")
    assert "assumed-role/reader/" in asked(monkeypatch, AwsMember(address, CallerIdentity(), "sesguard-operator"))


def test_credentials_of_another_account_than_the_guards_are_refused(sts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "find_guard", lambda *_: a_guard(Memory()))
    member = AwsMember(THERE, CallerIdentity(), "sesguard-operator")
    with pytest.raises(members.PlaceError, match=f"of account {STACK.account}, not {THERE.account}"):
        member.guard()


@pytest.mark.parametrize(
    ("caller", "name"),
    [
        ("arn:aws:sts::1:assumed-role/Ops/alice@example.com", "alice@example.com"),
        ("arn:aws:iam::1:user/path/bob", "bob"),
        ("arn:aws:iam::1:user/é and ü", "--and--"),
        ("arn:aws:iam::1:root", "arn-aws-iam--1-root"),
        ("x/y", "sesguard"),
        ("x/" + "y" * 100, "y" * 64),
    ],
)
def test_a_session_is_named_as_sts_takes_it(caller: str, name: str) -> None:
    assert session_name(caller) == name


class Two:
    """Two guards, of a file, of which the second cannot be read where it is broken."""

    def __init__(self, file: Path) -> None:
        file.write_text(FILE)
        self.words = ("--accounts-file", str(file))
        self.broken = False
        self.guards = {it.name: self._made(it) for it in (HERE, THERE)}

    def _made(self, at: MemberAddress) -> Any:
        return replace(a_guard(Memory()), stack=replace(STACK, account=at.account, region=at.region))

    def open(self, name: str) -> Any:
        if self.broken and name == THERE.name:
            raise AwsError("AssumeRole", "AccessDenied", retryable=False)
        return self.guards[name]


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Two:
    made = Two(tmp_path / "guards.toml")
    monkeypatch.setattr(AwsMember, "guard", lambda member: made.open(member.name))
    return made


class Printed:
    """Runs a command; gives its exit code and what it printed."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str]:
        code = main(list(words))
        return code, self._capsys.readouterr().out


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Printed:
    return Printed(capsys)


def test_status_shows_two_guards_and_the_account_of_each(two: Two, run: Printed) -> None:
    code, printed = run("status", *two.words)
    assert code == 0, printed
    assert "2 guards of 2 accounts, 2 regions" in printed
    assert HERE.name in printed
    assert printed.count("SES: healthy") == 2


def test_status_names_a_guard_that_cannot_be_read_and_shows_the_other(two: Two, run: Printed) -> None:
    two.broken = True
    code, printed = run("status", *two.words)
    assert code == 4
    assert f"{THERE.name} is not read: " in printed
    assert "AccessDenied" in printed
    assert "SES: healthy" in printed


def test_status_as_json_has_each_guard_and_who_is_not_read(two: Two, run: Printed) -> None:
    two.broken = True
    code, printed = run("status", *two.words, "--json")
    document = json.loads(printed)
    assert code == 4
    assert [it["account"] for it in document["guards"]] == [HERE.account]
    assert document["guards"][0]["ses_account"]["status"] == "HEALTHY"
    assert [it["guard"] for it in document["unread"]] == [THERE.name]
    assert (document["account"], document["region"], document["attention"]) == (None, None, True)


def test_watch_prints_all_guards_and_who_is_not_read(two: Two, run: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(member: AwsMember) -> Opened:
        two.open(member.name)
        return Opened(MemoryFleet(), lambda: ALICE)

    monkeypatch.setattr(AwsMember, "open", opened)
    two.broken = True
    code, printed = run("watch", "--once", *two.words)
    assert code == 0
    assert f"{THERE.name} is not read" in printed


def a_month(of: MemberAddress) -> MonthRead:
    stream = of.home._replace(configuration_set="acme-news")
    foreign = next(it for it in (HERE, THERE) if it is not of).home._replace(configuration_set="acme-news")
    counts = {stream: MailCounts(1_000, 10, 1), foreign: MailCounts(7)}
    return replace(READ, counts=counts, known={stream: BilledStream("acme")})


def test_cost_adds_a_tenants_mail_of_two_accounts_and_counts_no_stream_twice(
    two: Two, run: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, guard in two.guards.items():
        stack = replace(guard.stack, parameters={"BatchingWindowSeconds": "2"})
        two.guards[name] = replace(guard, stack=stack)
    months = {it.account: a_month(it) for it in (HERE, THERE)}
    monkeypatch.setattr(cost, "read_month", lambda guard, *_: months[guard.stack.account])
    code, printed = run("cost", *two.words, "--json")
    document = json.loads(printed)
    assert code == 0
    assert [(it["tenant"], it["volume"]) for it in document["lines"]] == [("acme", 2_000)]
    assert document["guards"] == [HERE.name, THERE.name]
    _, printed = run("cost", *two.words, "--json", "--by", "stream")
    assert {it["stream"] for it in json.loads(printed)["lines"]} == {
        str(it.home._replace(configuration_set="acme-news")) for it in (HERE, THERE)
    }
    two.broken = True
    code, printed = run("cost", *two.words)
    assert code == 4
    assert f"{THERE.name} is not in it" in printed
    assert "1,007" in printed  # what the other guard had counted is all that is known of it


def test_doctor_checks_every_guard_and_says_which_could_not_be_reached(
    two: Two, run: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "deployment_of", lambda *_: None)
    monkeypatch.setattr(doctor, "run_checks", lambda checks, _: [CheckResult(checks[0], CheckOutcome.PASSED, ())])
    code, printed = run("doctor", *two.words)
    assert code == 0
    assert printed.count("1 of 1 check found nothing") == 2
    two.broken = True
    code, printed = run("doctor", *two.words)
    assert code == 4
    assert f"{THERE.name} is not checked: " in printed
    document = json.loads(run("doctor", *two.words, "-o", "json")[1])
    assert [it["account"] for it in document["guards"]] == [HERE.account]
    assert document["attention"]
    sarif = json.loads(run("doctor", *two.words, "-o", "sarif")[1])
    assert [it["invocations"][0]["executionSuccessful"] for it in sarif["runs"]] == [True, False]
    suites = ET.fromstring(run("doctor", *two.words, "-o", "junit")[1])  # noqa: S314  # our own
    assert [it.get("errors") for it in suites] == ["0", "1"]


def test_the_guards_are_those_that_the_centre_knows(two: Two, run: Printed, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [Member(account=it.account, region=it.region, stack=it.stack, guard="1", heard=NOW) for it in (HERE, THERE)]
    centre = SimpleNamespace(members=SimpleNamespace(all=lambda: known))
    monkeypatch.setattr(across, "open_centre", lambda *_: centre)
    assert "2 guards" in run("status", "--accounts")[1]
    known.append(msgspec.structs.replace(known[0], stack="second"))
    code, printed = run("status", "--accounts")
    assert code == 4
    assert "stands in the same account and region" in " ".join(printed.split())
    known.clear()
    assert run("status", "--accounts")[0] == 2


def test_a_guard_that_cannot_be_read_is_shown_as_the_centre_heard_of_it_last(
    two: Two, run: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    worst = StreamStanding(configuration_set="acme-news", state="paused", tenant="acme", since=NOW, risk=1.5)
    known = [
        Member(account=it.account, region=it.region, stack=it.stack, guard="1", heard=NOW, states=states, worst=its)
        for it, states, its in ((HERE, {"held": 9}, ()), (THERE, {"paused": 1, "watched": 2}, (worst,)))
    ]
    centre = SimpleNamespace(members=SimpleNamespace(all=lambda: known))
    monkeypatch.setattr(across, "open_centre", lambda *_: centre)
    two.broken = True
    code, printed = run("status", "--accounts")
    assert code == 4
    assert "ago: 1 paused, 2 watched" in " ".join(printed.split())
    assert "acme-news of acme: paused" in printed
    assert "9 held" not in printed  # who can be read is
    (unread,) = json.loads(run("status", "--accounts", "--json")[1])["unread"]
    assert unread["last_heard"]["at"] == NOW.isoformat()
    assert unread["last_heard"]["states"] == {"paused": 1, "watched": 2}
    assert [it["stream"] for it in unread["last_heard"]["streams"]] == [f"{THERE.account}/{THERE.region}/acme-news"]
    (unread,) = json.loads(run("status", *two.words, "--json")[1])["unread"]
    assert unread["last_heard"] is None  # a file knows nothing of how guards stand


def test_a_file_that_cannot_be_used_is_a_usage_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "guards.toml"
    file.write_text("[[guard]]\naccount = 'x'")
    assert main(["status", "--accounts-file", str(file)]) == 2
    assert "guard 1: account is 'x'" in capsys.readouterr().err
    assert main(["status", "--accounts-file", str(tmp_path / "none.toml")]) == 2


def test_permissions_of_a_caller_over_accounts_are_the_centres_list_and_the_role(run: Printed) -> None:
    def allowed(*words: str) -> dict[str, Any]:
        policy = json.loads(run("permissions", "status", *words)[1])
        return {action: it["Resource"] for it in policy["Statement"] for action in it["Action"]}

    assert "sts:AssumeRole" not in allowed()
    assert allowed("--accounts")["sts:AssumeRole"] == "arn:aws:iam::*:role/sesguard-operator"
    role = allowed("--accounts", "--role", "mail/reader", "--region", "cn-north-1")["sts:AssumeRole"]
    assert role == "arn:aws-cn:iam::*:role/mail/reader"
