"""Which account a new tenant is proposed for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sesguard.cli.main import main
from sesguard.tenants.model import StreamEntry, TenantEntry
from sesguard.tenants.place import QUOTA_USED, Candidate, SendingRecord, Traits, place
from sesguard.tenants.quotas import MOST, SETS, Home

NOWHERE = Home("000000000000", "none-0")
ONE, TWO = Home("111122223333", "eu-west-1"), Home("444455556666", "eu-west-1")
CLEAN, NEW, RISKY = SendingRecord.CLEAN, SendingRecord.NEW, SendingRecord.RISKY


def tenant(name: str, home: Home = NOWHERE, sets: int = 1) -> TenantEntry:
    streams = (
        StreamEntry(account=home.account, region=home.region, configuration_set=f"{name}-{n}") for n in range(sets)
    )
    return TenantEntry(id=name, streams=tuple(streams))


def placed(tenants: list[TenantEntry], places: list[Candidate], **traits: Traits) -> dict[str, Home | None]:
    return {it.tenant: it.home for it in place(tenants, NOWHERE, places, traits)[1]}


ROOMY = [Candidate(ONE, 1_000_000), Candidate(TWO, 1_000_000)]


def test_new_and_risky_tenants_are_kept_from_those_with_a_clean_record() -> None:
    there = [tenant("old", ONE), tenant("trouble", TWO)]
    found = placed(
        [*there, tenant("fresh"), tenant("calm"), tenant("wild")],
        ROOMY,
        old=Traits(5_000, CLEAN),
        trouble=Traits(5_000, RISKY),
        calm=Traits(1_000, CLEAN),
        wild=Traits(1_000, RISKY),
    )
    assert found == {"calm": ONE, "fresh": TWO, "wild": TWO}


def test_what_names_an_account_stays_and_counts() -> None:
    tenants, placements = place([tenant("old", ONE, 3)], NOWHERE, ROOMY, {})
    assert tenants == [tenant("old", ONE, 3)]
    assert placements == []
    full = [Candidate(ONE, 1_000_000, sets=MOST[SETS] - 3), Candidate(TWO, 1_000_000)]
    assert placed([tenant("old", ONE, 3), tenant("fresh")], full) == {"fresh": TWO}


def test_an_account_that_is_meant_for_somebody_is_kept_for_them() -> None:
    places = [Candidate(ONE, 1_000_000, meant_for=CLEAN), Candidate(TWO, 1_000_000, meant_for=NEW)]
    found = placed(
        [tenant("a"), tenant("b"), tenant("c")], places, a=Traits(1, CLEAN), b=Traits(1, NEW), c=Traits(1, RISKY)
    )
    assert found == {"a": ONE, "b": TWO, "c": TWO}


def test_where_only_the_wrong_account_has_room_it_is_taken_and_said() -> None:
    places = [Candidate(ONE, 1_000_000, meant_for=CLEAN), Candidate(TWO, 100, meant_for=NEW)]
    _, (found,) = place([tenant("big")], NOWHERE, places, {"big": Traits(500_000, NEW)})
    assert found.home == ONE
    assert "1 of 2 accounts have room" in found.why


def test_a_tenant_that_fits_nowhere_is_named_with_what_it_lacks() -> None:
    tenants, (found,) = place([tenant("huge")], NOWHERE, ROOMY, {"huge": Traits(900_000, CLEAN)})
    assert found.home is None
    assert "mails a day (900,000 needed, 800,000 left)" in found.why
    assert tenants == [tenant("huge")]


def test_a_tenant_is_never_torn_apart() -> None:
    half = TenantEntry(id="half", streams=(*tenant("half", TWO).streams, tenant("other").streams[0]))
    tenants, (found,) = place([half], NOWHERE, ROOMY, {})
    assert found.home == TWO
    assert {each.account for each in tenants[0].streams} == {TWO.account}


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300_000), st.sampled_from(list(SendingRecord)), st.integers(1, 40)), max_size=30),
    st.lists(st.integers(0, 2_000_000), min_size=1, max_size=4),
)
def test_no_account_is_filled_past_its_limits_and_the_order_of_the_file_means_nothing(
    wanted: list[tuple[int, SendingRecord, int]], quotas: list[int]
) -> None:
    tenants = [tenant(f"t{n}", sets=sets) for n, (_, _, sets) in enumerate(wanted)]
    traits = {f"t{n}": Traits(mails, record) for n, (mails, record, _) in enumerate(wanted)}
    places = [Candidate(Home(f"{n:012}", "eu-west-1"), quota, sets=9_990) for n, quota in enumerate(quotas, start=1)]
    after, placements = place(tenants, NOWHERE, places, traits)
    assert len(placements) == len(tenants)
    for one in places:
        here = [it for it in after if it.streams[0].account == one.home.account]
        assert sum(traits[it.id].daily_mails for it in here) <= one.daily_quota * QUOTA_USED
        assert sum(len(it.streams) for it in here) <= 10
    assert place(tenants[::-1], NOWHERE, places, traits)[1] == placements


ACCOUNTS = """
accounts:
  - {account: "111122223333", region: eu-west-1, daily_quota: 1000000, meant_for: clean}
  - {account: "444455556666", region: us-east-1, daily_quota: 50000, meant_for: new}
tenants:
  acme: {daily_mails: 20000, record: clean}
"""
TENANTS = """
tenants:
  - id: acme
    contacts: [a@acme.example]
    streams: [{configuration_set: acme-news}]
  - id: fresh
    contacts: [b@fresh.example]
    streams: [{configuration_set: fresh-news}]
  - id: there
    contacts: [c@there.example]
    streams: [{configuration_set: there-news, account: "111122223333", region: eu-west-1}]
"""


def run(tmp_path: Path, *arguments: str, accounts: str = ACCOUNTS, tenants: str = TENANTS) -> int:
    (tmp_path / "accounts.yaml").write_text(accounts)
    (tmp_path / "tenants.yaml").write_text(tenants)
    return main(
        ["tenants", "place", str(tmp_path / "tenants.yaml"), "--accounts", str(tmp_path / "accounts.yaml"), *arguments]
    )


def test_the_file_is_written_with_accounts_and_placing_it_again_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path) == 0
    out, err = capsys.readouterr()
    assert "acme → 111122223333/eu-west-1: clean record, 20,000 mails a day" in err
    assert "fresh → 444455556666/us-east-1: new record" in err
    assert "there" not in err
    assert run(tmp_path, tenants=out) == 0
    assert capsys.readouterr() == (out, "")


def test_placements_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--json") == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["placements"]
    assert [(it["tenant"], it["account"]) for it in found] == [("acme", "111122223333"), ("fresh", "444455556666")]


@pytest.mark.parametrize(
    ("accounts", "says"),
    [
        ("accounts: []", "accounts.yaml"),
        ("accounts: [{account: '12', region: eu-west-1, daily_quota: 1}]", "accounts[0].account"),
        ("accounts: [{account: '111122223333', region: eu-west-1, daily_quota: -1}]", "daily_quota"),
        ("accounts: [{account: '111122223333', region: eu-west-1, daily_quota: 1, colour: red}]", "colour"),
        ("accounts:\n" + "  - {account: '111122223333', region: eu-west-1, daily_quota: 1}\n" * 2, "stands twice"),
        (": : :", "YAML"),
    ],
)
def test_accounts_that_cannot_be_used_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], accounts: str, says: str
) -> None:
    assert run(tmp_path, accounts=accounts) == 2
    assert says in capsys.readouterr().err


def test_a_tenant_without_room_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, accounts=ACCOUNTS.replace("20000", "2000000")) == 1
    assert "acme → nowhere: fits into no account: mails a day" in capsys.readouterr().err
