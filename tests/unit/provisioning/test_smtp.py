"""A stream's SMTP credentials: SES's algorithm, a policy of that stream alone, and nobody else's things touched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sesguard.errors import AwsError
from sesguard.provisioning.smtp import (
    key_of,
    loose_identities,
    marks,
    policy_length,
    secret_name,
    secret_text,
    sending_policy,
    smtp_endpoint,
    smtp_password,
    user_name,
)
from sesguard.provisioning.smtp_credentials import AccessKey, SmtpCredentials, SmtpError
from sesguard.stream import StreamId
from sesguard.tenants.model import StreamEntry

ENTRY = StreamEntry(
    account="111122223333",
    region="eu-west-1",
    configuration_set="acme-news",
    identities=("acme.example", "a@b.example"),
)
STREAM = ENTRY.stream
USER, SECRET = user_name(STREAM), secret_name(STREAM)


class Users:
    """IAM and Secrets Manager in memory. failing: method -> what it raises."""

    def __init__(self) -> None:
        self.users: dict[str, Mapping[str, str]] = {}
        self.policies: dict[str, Any] = {}
        self.made: dict[str, list[str]] = {}
        self.secrets: dict[str, tuple[str, Mapping[str, str]]] = {}
        self.failing: dict[str, Exception] = {}
        self._count = 0

    def tags_of_user(self, user: str) -> Mapping[str, str] | None:
        return self.users.get(user)

    def make_user(self, user: str, tags: Mapping[str, str]) -> None:
        assert user not in self.users
        self.users[user] = tags
        self.made[user] = []

    def put_policy(self, user: str, document: Mapping[str, Any]) -> None:
        self.policies[user] = document

    def keys(self, user: str) -> Sequence[AccessKey]:
        return [AccessKey(each) for each in self.made[user]]

    def make_key(self, user: str) -> AccessKey:
        assert len(self.made[user]) < 2  # as IAM
        self._count += 1
        self.made[user].append(f"AKIA{self._count:016d}")
        return AccessKey(self.made[user][-1], f"secret-{self._count}")

    def delete_key(self, user: str, key: str) -> None:
        self.made[user].remove(key)

    def delete_user(self, user: str) -> None:
        assert not self.made[user]  # as IAM
        del self.users[user], self.policies[user], self.made[user]

    def tags_of_secret(self, name: str) -> Mapping[str, str] | None:
        return self.secrets[name][1] if name in self.secrets else None

    def read_secret(self, name: str) -> str:
        return self.secrets[name][0]

    def put_secret(self, name: str, text: str, tags: Mapping[str, str], *, new: bool) -> None:
        if "put_secret" in self.failing:
            raise self.failing["put_secret"]
        assert new is (name not in self.secrets)
        self.secrets[name] = text, tags

    def delete_secret(self, name: str) -> None:
        del self.secrets[name]


@pytest.fixture
def users() -> Users:
    return Users()


@pytest.fixture
def credentials(users: Users) -> SmtpCredentials:
    return SmtpCredentials(users, "sesguard", "aws")


def test_the_password_is_derived_as_ses_does() -> None:
    # The case that AWS's own SDK for PHP tests, tests/Ses/SesClientTest.php, with the example key of the IAM guide.
    example, expected = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "BMPPgbAHoFVbze1Ud0oA5uNdXRwUXUZ+qOwphGJbl/cS"
    assert smtp_password(example, "us-east-2") == expected
    assert smtp_password(example, "eu-west-1") != expected


def test_create_makes_a_user_that_may_send_by_its_set_and_as_its_identities_and_do_nothing_else(
    credentials: SmtpCredentials, users: Users
) -> None:
    made = credentials.create(ENTRY)
    (statement,) = users.policies[USER]["Statement"]
    assert statement["Action"] == ["ses:SendEmail", "ses:SendRawEmail"]
    assert statement["Resource"] == [
        "arn:aws:ses:eu-west-1:111122223333:configuration-set/acme-news",
        "arn:aws:ses:eu-west-1:111122223333:identity/acme.example",
        "arn:aws:ses:eu-west-1:111122223333:identity/a@b.example",
    ]
    kept = json.loads(users.secrets[SECRET][0])
    assert kept == json.loads(made.text)
    assert kept["username"] == users.made[USER][0]
    assert kept["password"] == smtp_password("secret-1", "eu-west-1")
    assert kept["host"] == "email-smtp.eu-west-1.amazonaws.com"


def test_nothing_that_could_be_logged_holds_the_password(credentials: SmtpCredentials, users: Users) -> None:
    made = credentials.create(ENTRY)
    password = json.loads(made.text)["password"]
    assert password not in f"{made!r} {made}"
    assert "secret-9" not in repr(AccessKey("AKIA", "secret-9"))
    users.failing["put_secret"] = AwsError("PutSecretValue", "InternalServiceError", retryable=True)
    with pytest.raises(AwsError) as failed:
        credentials.rotate(ENTRY)
    assert "secret-" not in str(failed.value)


def test_a_password_that_cannot_be_kept_is_deleted_as_nobody_would_know_it(
    credentials: SmtpCredentials, users: Users
) -> None:
    users.failing["put_secret"] = AwsError("CreateSecret", "InternalServiceError", retryable=True)
    with pytest.raises(AwsError):
        credentials.create(ENTRY)
    assert users.made[USER] == []
    users.failing.clear()
    assert credentials.create(ENTRY).secret == SECRET


def test_create_twice_is_refused_and_changes_nothing(credentials: SmtpCredentials, users: Users) -> None:
    credentials.create(ENTRY)
    before = (dict(users.secrets), {user: list(keys) for user, keys in users.made.items()})
    with pytest.raises(SmtpError, match="use rotate"):
        credentials.create(ENTRY)
    assert (users.secrets, users.made) == before


def test_more_identities_than_iam_takes_of_a_user_are_said_before_anything_is_made(
    credentials: SmtpCredentials, users: Users
) -> None:
    def with_identities(many: int) -> StreamEntry:
        return replace(ENTRY, identities=tuple(f"shop-{number:03}.customers.example" for number in range(many)))

    most = max(many for many in range(100) if policy_length(sending_policy(with_identities(many), "aws")) <= 2_048)
    with pytest.raises(SmtpError, match=f"the {most + 1} identities of .* IAM takes 2,048 of a user"):
        credentials.create(with_identities(most + 1))
    assert (users.users, users.secrets) == ({}, {})
    credentials.create(with_identities(most))
    with pytest.raises(SmtpError, match="IAM takes"):
        credentials.rotate(with_identities(most + 1))
    assert len(users.made[USER]) == 1


def test_rotate_lets_the_old_password_work_until_finish(credentials: SmtpCredentials, users: Users) -> None:
    first = json.loads(credentials.create(ENTRY).text)["username"]
    rotated = credentials.rotate(ENTRY)
    second = json.loads(rotated.text)["username"]
    assert rotated.old == (first,)
    assert users.made[USER] == [first, second]
    with pytest.raises(SmtpError, match="--finish"):
        credentials.rotate(ENTRY)
    assert credentials.finish(STREAM) == [first]
    assert users.made[USER] == [second]
    assert key_of(users.secrets[SECRET][0]) == second
    assert credentials.finish(STREAM) == []


def test_finish_deletes_nothing_where_the_kept_key_is_none_of_the_users(
    credentials: SmtpCredentials, users: Users
) -> None:
    credentials.create(ENTRY)
    users.secrets[SECRET] = ("overwritten", users.secrets[SECRET][1])
    with pytest.raises(SmtpError, match="holds no key"):
        credentials.finish(STREAM)
    assert len(users.made[USER]) == 1


def test_revoke_leaves_nothing_and_may_be_said_twice(credentials: SmtpCredentials, users: Users) -> None:
    credentials.create(ENTRY)
    credentials.rotate(ENTRY)
    assert credentials.revoke(STREAM)
    assert (users.users, users.secrets) == ({}, {})
    assert not credentials.revoke(STREAM)


@pytest.mark.parametrize("tags", [{}, marks("other-stack", STREAM), marks("sesguard", STREAM._replace(region="x"))])
@pytest.mark.parametrize("what", ["user", "secret"])
def test_what_somebody_else_made_is_left_alone(
    credentials: SmtpCredentials, users: Users, tags: Mapping[str, str], what: str
) -> None:
    if what == "user":
        users.make_user(USER, tags)
        users.make_key(USER)
    else:
        users.secrets[SECRET] = "theirs", tags
    for word in (
        lambda: credentials.create(ENTRY),
        lambda: credentials.revoke(STREAM),
    ):
        with pytest.raises(SmtpError, match="left alone"):
            word()
    assert users.secrets.get(SECRET, ("theirs", tags)) == ("theirs", tags)
    assert users.policies == {}
    assert all(len(keys) == 1 for keys in users.made.values())


@given(st.text("abcXYZ019-_", min_size=1, max_size=64), st.text("abcXYZ019-_", min_size=1, max_size=64))
def test_two_sets_never_share_a_user_and_no_name_is_too_long_for_iam(one: str, other: str) -> None:
    names = [user_name(StreamId("111122223333", "ap-southeast-1", each)) for each in (one, other)]
    assert all(len(name) <= 64 for name in names)
    assert (names[0] == names[1]) is (one == other)


def test_sets_of_one_name_in_two_regions_have_a_user_each() -> None:
    assert user_name(STREAM) != user_name(STREAM._replace(region="us-east-1"))


def test_identities_whose_mail_would_go_by_another_set_are_named() -> None:
    defaults = {"acme.example": "acme-news", "a@b.example": ""}
    assert loose_identities(ENTRY, defaults) == ["a@b.example"]
    assert loose_identities(ENTRY, {"acme.example": "other"}) == ["acme.example", "a@b.example"]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("us-east-1", "email-smtp.us-east-1.amazonaws.com"),
        ("us-gov-west-1", "email-smtp.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "email-smtp.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_the_host_is_the_regions(region: str, host: str) -> None:
    assert smtp_endpoint(region) == host


def test_the_policy_is_of_the_regions_partition() -> None:
    resources = sending_policy(ENTRY, "aws-us-gov")["Statement"][0]["Resource"]
    assert all(each.startswith("arn:aws-us-gov:ses:eu-west-1:111122223333:") for each in resources)


def test_what_is_kept_names_its_key() -> None:
    assert key_of(secret_text(STREAM, "AKIAIOSFODNN7EXAMPLE", "x")) == "AKIAIOSFODNN7EXAMPLE"
    assert key_of("") == key_of("nonsense") == ""
