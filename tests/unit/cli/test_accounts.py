"""`sesguard accounts`: the guards of all accounts and regions, over moto."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from sesguard.cli import accounts
from sesguard.cli.main import main
from sesguard.members.member import Member
from sesguard.wiring.central import Centre

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
USUAL = {"DefaultMode": "enforce"}


class Members:
    def __init__(self) -> None:
        self.known: list[Member] = []

    def all(self) -> list[Member]:
        return self.known

    def forget(self, gone: Iterator[Member]) -> None:
        names = {member.name for member in gone}
        self.known = [member for member in self.known if member.name not in names]


@pytest.fixture
def members(monkeypatch: pytest.MonkeyPatch) -> Members:
    store = Members()
    store.known = [
        Member(account="111122223333", region="eu-west-1", stack="sesguard", guard="0.2.0", heard=NOW, settings=USUAL),
        Member(account="444455556666", region="us-east-1", stack="sesguard", guard="0.2.0", heard=NOW, settings=USUAL),
    ]
    monkeypatch.setattr(accounts, "open_centre", lambda *_: Centre(store, 20))  # type: ignore[arg-type]  # a twin
    monkeypatch.setattr(accounts, "now", lambda: NOW + timedelta(minutes=3))
    return store


def test_members_are_listed(members: Members, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts", "list"]) == 0
    text = capsys.readouterr().out
    assert "111122223333" in text
    assert "us-east-1" in text
    assert "3 min" in text
    assert main(["accounts", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["members"]
    assert [(it["account"], it["silent"], it["version"]) for it in listed] == [
        ("111122223333", False, "0.2.0"),
        ("444455556666", False, "0.2.0"),
    ]


def test_nothing_stands_out_among_members_alike(members: Members, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts", "check"]) == 0
    assert "2 guards; what stands out: nothing" in capsys.readouterr().out


def test_what_stands_out_is_said_and_is_no_success(members: Members, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"DefaultMode": "observe"}
    old = Member(
        account="777788889999", region="eu-west-1", stack="x\x1b[2J", guard="0.1.0", heard=NOW, settings=settings
    )
    members.known.append(old)
    assert main(["accounts", "check", "--json"]) == 4
    found = json.loads(capsys.readouterr().out)["oddities"]
    assert [it["code"] for it in found] == ["older_version", "drift"]
    assert main(["accounts", "check"]) == 4
    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "DefaultMode is observe; most members have enforce" in text


def test_a_silent_member_is_no_success(members: Members, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "now", lambda: NOW + timedelta(minutes=21))
    assert main(["accounts", "list"]) == 4


def test_no_member_at_all_says_what_to_do(members: Members, capsys: pytest.CaptureFixture[str]) -> None:
    members.known = []
    assert main(["accounts", "list"]) == 4
    assert "CentralBusArn" in capsys.readouterr().out


def test_a_member_that_is_gone_is_forgotten_by_name(members: Members, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["accounts", "forget", "444455556666/us-east-1/sesguard"]) == 0
    assert [it.account for it in members.known] == ["111122223333"]
    assert main(["accounts", "forget", "444455556666/us-east-1/sesguard"]) == 1
    assert "is on the list" in capsys.readouterr().err
    assert main(["accounts", "forget"]) == 2
