"""The token of a link: what comes back from it, both sides of its expiry, and all that is refused."""

from __future__ import annotations

import base64
import string
from datetime import timedelta

import pytest

from sesguard.acknowledgement.links import Links
from sesguard.acknowledgement.token import LONGEST, Claims, read, sign
from sesguard.stream import StreamId
from tests.fakes.clock import DAY, HOUR, NOW
from tests.fakes.states import INCIDENT
from tests.fakes.world import ACME

KEY = b"k" * 64
SECOND = timedelta(seconds=1)
CLAIMS = Claims(ACME, INCIDENT, NOW - HOUR + timedelta(microseconds=123_457), NOW + 30 * DAY)


def token(claims: Claims = CLAIMS, key: bytes = KEY) -> str:
    return sign(claims, key)


def signed_bytes() -> bytes:
    text = token()
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_what_was_signed_comes_back_exactly():
    assert read(token(), KEY, NOW) == CLAIMS


@pytest.mark.parametrize(("at", "good"), [(-SECOND, True), (timedelta(microseconds=-1), True), (0 * SECOND, False)])
def test_a_token_is_good_until_it_expires_and_not_then(at, good):
    assert (read(token(), KEY, CLAIMS.expires + at) is not None) is good


def test_a_token_of_another_key_is_refused():
    assert read(token(key=b"other" * 16), KEY, NOW) is None


def test_an_empty_key_signs_nothing_and_opens_nothing():
    with pytest.raises(ValueError, match="empty key"):
        sign(CLAIMS, b"")
    assert read(token(), b"", NOW) is None


def test_the_longest_names_that_aws_allows_fit_with_room_to_spare():
    longest = StreamId("1" * 12, "ap-southeast-99-local-zone", "s" * 64)
    assert len(token(Claims(longest, INCIDENT, NOW, NOW))) < LONGEST // 2 + 32


@pytest.mark.parametrize(
    "changed",
    [
        "",
        "x",
        "not a token",
        "é" * 40,
        "-" * LONGEST,
        "-" * (LONGEST + 1),
        token() + "=",
        token() + "\n",
        " " + token(),
        token() + "A",
        token() + "AAAA",
        token()[:-1],
        token()[4:],
        token().swapcase(),
        token() + "," + token(),
    ],
)
def test_what_is_written_in_any_other_way_is_refused(changed):
    assert read(changed, KEY, NOW) is None


@pytest.mark.parametrize("name", ["s", "ss", "sss"])
def test_no_other_spelling_of_the_same_bytes_is_accepted(name):
    """With one of three lengths all bits of the last character count; with the others it could be spelt otherwise."""
    text = token(Claims(StreamId("1" * 12, "eu-west-1", name), INCIDENT, NOW, NOW + DAY))
    letters = set(string.ascii_letters + string.digits + "-_") - {text[-1]}
    assert read(text, KEY, NOW) is not None
    assert {read(text[:-1] + letter, KEY, NOW) for letter in letters} == {None}


def test_another_version_is_refused_though_it_is_signed(monkeypatch):
    monkeypatch.setattr("sesguard.acknowledgement.token._VERSION", 2)
    later = token()
    assert read(later, KEY, NOW) == CLAIMS
    monkeypatch.undo()
    assert read(later, KEY, NOW) is None


def test_a_token_names_no_key_and_no_person():
    assert KEY not in signed_bytes()
    assert b"@" not in signed_bytes()


def test_a_link_is_to_the_page_and_good_for_its_lifetime():
    links = Links("https://mail.example.com/guard", KEY, 30 * DAY)
    address, _, text = links.to(ACME, INCIDENT, CLAIMS.pause, NOW).partition("?t=")
    assert address == "https://mail.example.com/guard"
    assert read(text, KEY, NOW + 30 * DAY - SECOND) is not None
    assert read(text, KEY, NOW + 30 * DAY) is None


def test_two_pauses_of_one_incident_have_different_links():
    links = Links("https://mail.example.com/", KEY, DAY)
    assert links.to(ACME, INCIDENT, NOW, NOW) != links.to(ACME, INCIDENT, NOW + SECOND, NOW)


def test_the_key_is_not_in_what_is_printed():
    assert "kkk" not in repr(Links("https://mail.example.com/", KEY, DAY))
