"""Tokens: whatever is done to one it is refused, and whatever was signed comes back."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta

from hypothesis import assume, example, given
from hypothesis import strategies as st

from sesguard.acknowledgement.request import FIELD, cleaned, problem, typed
from sesguard.acknowledgement.token import LONGEST, Claims, read, sign
from sesguard.pausing.decide import decide
from sesguard.pausing.decision import Acknowledge, Reason
from sesguard.stream import StreamId
from tests.fakes.clock import DAY, NOW
from tests.fakes.owner import Owner
from tests.fakes.states import POLICY, a_verdict, paused

NAMES = st.text(max_size=20)
TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.astimezone(NOW.tzinfo))  # noqa: DTZ001  # naive is what datetimes() takes
KEYS = st.binary(min_size=32, max_size=64)
CLAIMS = st.builds(
    Claims,
    st.builds(StreamId, NAMES, NAMES, NAMES),
    NAMES,
    TIMES,
    TIMES.map(lambda at: at.replace(microsecond=0)),
)
KEY = b"k" * 64
GOOD = Claims(StreamId("123456789012", "eu-west-1", "acme-news"), "2026-11-21T18:00:00.000000Z", NOW, NOW + DAY)
TOKEN = sign(GOOD, KEY)
BYTES = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))


def written(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@given(CLAIMS, KEYS)
def test_what_was_signed_comes_back_until_it_expires(claims, key):
    token = sign(claims, key)
    assume(len(token) <= LONGEST)
    assert read(token, key, claims.expires - timedelta(seconds=1)) == claims
    assert read(token, key, claims.expires) is None


@given(st.integers(0, len(BYTES) - 1), st.integers(1, 255))
def test_a_token_with_any_byte_changed_is_refused(place, change):
    data = bytearray(BYTES)
    data[place] ^= change
    assert read(written(bytes(data)), KEY, NOW) is None


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_a_token_with_any_character_changed_is_refused(place, letter):
    changed = TOKEN[:place] + letter + TOKEN[place + 1 :]
    assert (read(changed, KEY, NOW) is None) is (changed != TOKEN)


@given(st.integers(0, len(BYTES)), st.integers(0, len(BYTES)), st.binary(max_size=8))
def test_a_token_with_anything_cut_out_or_put_in_is_refused(start, end, put_in):
    data = BYTES[: min(start, end)] + put_in + BYTES[max(start, end) :]
    assert (read(written(data), KEY, NOW) is None) is (data != BYTES)


@given(st.text(max_size=600))
@example("")
@example("=" * 8)
def test_no_text_at_all_breaks_the_reader(text):
    assert read(text, KEY, NOW) is None


@given(CLAIMS, CLAIMS)
def test_two_claims_have_two_tokens(one, other):
    assert (sign(one, KEY) == sign(other, KEY)) is (one == other)


@given(st.lists(TIMES, min_size=1, max_size=5, unique=True), TIMES)
def test_only_a_word_on_the_latest_pause_is_taken(strikes, pause):
    state = paused(acknowledge=True, strikes=tuple(sorted(strikes)))
    decision = decide(state, Acknowledge(pause), a_verdict(), POLICY, NOW)
    assert (decision.reason is Reason.ACKNOWLEDGED) is (pause == max(strikes))
    assert decision.state.acknowledge is (pause != max(strikes))


@given(st.binary(max_size=200))
def test_no_body_at_all_breaks_the_form(body):
    text = typed(f"{FIELD}=".encode() + body)
    assert text is None or isinstance(text, str)


@given(st.text(max_size=1_200))
def test_what_is_kept_can_be_seen_and_is_kept_as_it_is_when_kept_again(text):
    words = cleaned(text)
    assert cleaned(words) == words
    assert all(letter == "\n" or letter.isprintable() for letter in words)
    assert bool(problem(words)) is not (10 <= len(words) <= 1_000)


@given(st.text(min_size=1, max_size=1_500))
def test_whatever_the_owner_writes_the_page_answers_and_runs_none_of_it(text):
    assume(not any(0xD800 <= ord(letter) < 0xE000 for letter in text))  # which no browser sends
    owner = Owner()
    page = owner.press(fixed=text)
    assert page.status in {200, 422}
    assert page.body.count("<textarea") == (page.status == 422)
    assert "<script" not in page.body
    assert [why for _, why in owner.words] == ([cleaned(text)] if page.status == 200 else [])
