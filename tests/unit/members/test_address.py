"""Where the guards of many accounts are: the centre's list, or a file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sesguard.members.address import AddressesError, MemberAddress, addresses_of, one_for_each_place, read_addresses
from sesguard.members.member import Member

NOW = datetime(2026, 11, 26, tzinfo=UTC)
FILE = """
[[guard]]
account = "111122223333"
region = "eu-west-1"
profile = "shop"

[[guard]]
account = "444455556666"
region = "us-east-1"
stack = "mail-guard"
role = "ops/reader"
"""


def test_a_file_names_guards_with_a_profile_or_a_role() -> None:
    assert read_addresses(FILE, "sesguard") == [
        MemberAddress("111122223333", "eu-west-1", "sesguard", profile="shop"),
        MemberAddress("444455556666", "us-east-1", "mail-guard", role="ops/reader"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected tables"),
        ("guard = 3", "expected tables"),
        ("[[guard]]\naccount", "no TOML"),
        ("[[guards]]\naccount = '1'", "it has guards"),
        ("guard = [1]", "guard 1: 1; expected a table"),
        ("[[guard]]\naccount = 111122223333\nregion = 'eu-west-1'", "account is 111122223333; expected a text"),
        ("[[guard]]\nregion = 'eu-west-1'", "account is ''; expected the 12 digits"),
        ("[[guard]]\naccount = '1111'\nregion = 'eu-west-1'", "account is '1111'"),
        ("[[guard]]\naccount = '111122223333'\nregion = 'Ireland'", "region is 'Ireland'"),
        ("[[guard]]\naccount = '111122223333'\nregion = 'eu-west-1'\nstack = 'a b'", "stack is 'a b'"),
        ("[[guard]]\naccount = '111122223333'\nregion = 'eu-west-1'\nrole = 'a b'", "role is 'a b'"),
        ("[[guard]]\naccount = '111122223333'\nregion = 'eu-west-1'\nkey = 'x'", "'key' is no key"),
        ("[[guard]]\naccount='111122223333'\nregion='eu-west-1'\nrole='a'\nprofile='b'", "a profile and a role"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_entry_key_and_value(text: str, said: str) -> None:
    with pytest.raises(AddressesError, match=said):
        read_addresses(text, "sesguard")


def test_of_two_guards_in_one_account_and_region_the_one_heard_last_is_shown_and_the_other_named() -> None:
    about = {"account": "111122223333", "region": "eu-west-1", "guard": "0.1.0"}
    old = Member(stack="old", heard=NOW - timedelta(days=1), **about)  # type: ignore[arg-type]  # texts
    new = Member(stack="new", heard=NOW, **about)  # type: ignore[arg-type]  # texts
    found = one_for_each_place(addresses_of([old, new]))
    assert [it.stack for it in found.kept] == ["new"]
    assert found.refused == {
        old.name: f"{new.name} stands in the same account and region; only that one is shown",
    }


def test_a_guard_that_is_named_twice_is_one() -> None:
    address = MemberAddress("111122223333", "eu-west-1", "sesguard")
    assert one_for_each_place([address, address]) == ((address,), {})
