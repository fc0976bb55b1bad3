"""What holds for every body, event and envelope, whatever is in them."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sesguard.ses_events.envelope import read
from sesguard.ses_events.observation import CountsFor, Ignored, Observation, Reading, Rejected, Via
from sesguard.ses_events.reasons import Why
from tests.examples import examples
from tests.ses_events import (
    HERE,
    Event,
    a_bounce,
    a_bounced,
    a_complaint,
    a_delivery,
    a_legacy,
    a_mail,
    a_send,
    in_eventbridge,
    in_lambda_sns,
    in_sns,
)

words = st.text(alphabet=st.sampled_from("abcxyz019-_."), min_size=1, max_size=12)
domains = st.builds("{}.example".format, st.text(alphabet="abcxyz-019", min_size=1, max_size=10))
addresses = st.builds("{}@{}".format, st.text(alphabet='abcxyz.+@<> "é', min_size=1, max_size=10), domains)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
any_json = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=20
)

mails = st.builds(
    lambda name, to: a_mail(*to, configuration_set=name),
    st.none() | st.from_regex("[A-Za-z0-9_-]{1,64}", fullmatch=True),
    st.lists(addresses, min_size=1, max_size=5),
)
bounced = st.builds(
    a_bounced,
    addresses,
    st.none() | st.sampled_from(["5.1.1", "4.2.2", "", "gone"]),
    st.sampled_from(["", "smtp; 550 5.7.1 no", "smtp; 550"]) | addresses,
)
bounces = st.builds(
    lambda recipients, type_, subtype, feedback, mail: a_bounce(
        *recipients, type_=type_, subtype=subtype, mail=mail, feedbackId=feedback
    ),
    st.lists(bounced, min_size=1, max_size=6),
    st.sampled_from(["Permanent", "Transient", "Undetermined", "New"]),
    st.sampled_from(["General", "Suppressed", "OnAccountSuppressionList", "New", None]),
    st.none() | words,
    mails,
)
complaints = st.builds(
    lambda to, feedback, type_, mail: a_complaint(*to, mail=mail, feedbackId=feedback, complaintFeedbackType=type_),
    st.lists(addresses, min_size=1, max_size=6),
    st.none() | words,
    st.sampled_from(["abuse", "not-spam", None]),
    mails,
)
sends = st.builds(lambda mail: a_send(mail=mail), mails)
deliveries = st.builds(lambda to, mail: a_delivery(*to, mail=mail), st.lists(addresses, min_size=1, max_size=6), mails)
events = bounces | complaints | sends | deliveries
envelopes = st.sampled_from([lambda event: event, in_sns, in_lambda_sns, in_eventbridge, a_legacy])


def reading(body: Any) -> Reading:
    return read(body if isinstance(body, str | bytes) else json.dumps(body), HERE)


def paths(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here] + [path for key, item in inner for path in paths(item, (*here, key))]


def changed(value: Any, path: tuple[Any, ...], to: Any) -> Any:
    if not path:
        return to
    copy = value.copy()
    copy[path[0]] = changed(value[path[0]], path[1:], to)
    return copy


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_no_bytes_and_no_text_raise(body: bytes | str) -> None:
    assert isinstance(read(body, HERE), Ignored | Rejected)


@given(any_json)
def test_no_json_raises(document: Any) -> None:
    assert isinstance(reading(document), Ignored | Rejected)


@given(events, envelopes, st.data())
@settings(max_examples=examples(300), suppress_health_check=[HealthCheck.too_slow])
def test_no_event_with_anything_in_any_place_raises(event: Event, envelope: Any, data: st.DataObject) -> None:
    body = envelope(event)
    place = data.draw(st.sampled_from(paths(body)))
    what = reading(changed(body, place, data.draw(any_json)))
    assert isinstance(what, Observation | Ignored | Rejected)
    if isinstance(what, Observation):
        assert what.count >= 1
        assert what.domains == () or all(count >= 1 for _, count in what.domains)


@given(events, envelopes, st.data())
def test_a_body_cut_anywhere_raises_nothing_and_counts_nothing(
    event: Event, envelope: Any, data: st.DataObject
) -> None:
    body = envelope(event)
    if data.draw(st.booleans()):
        body = changed(body, data.draw(st.sampled_from(paths(body)[1:])), data.draw(scalars))
    text = json.dumps(body)
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    assert isinstance(read(cut, HERE), Ignored | Rejected)
    assert isinstance(read(cut.encode(), HERE), Ignored | Rejected)


@given(events, envelopes, st.data())
def test_no_address_survives_reading(event: Event, envelope: Any, data: st.DataObject) -> None:
    body = envelope(event)
    if data.draw(st.booleans()):
        place = data.draw(st.sampled_from(paths(body)))
        body = changed(body, place, data.draw(addresses))
    kept = msgspec.json.encode(reading(body)).decode()
    assert "@" not in kept
    assert not re.search(r"[^\x20-\x7e]", kept)


@given(events)
def test_an_event_reads_the_same_in_every_envelope_but_for_the_path(event: Event) -> None:
    bare = reading(event)
    assert isinstance(bare, Observation)
    assert reading(json.dumps(event, ensure_ascii=False).encode()) == bare
    assert reading(json.dumps(event, indent=3)) == bare
    assert reading(in_sns(event)) == bare
    assert reading(in_lambda_sns(event)) == bare
    bridged = reading(in_eventbridge(event))
    assert isinstance(bridged, Observation)
    assert bridged.via is Via.EVENTBRIDGE
    assert msgspec.structs.replace(bridged, via=bare.via) == bare


@given(bounces | complaints, st.randoms(use_true_random=False))
def test_the_order_of_recipients_means_nothing(event: Event, shuffle: random.Random) -> None:
    before = reading(event)
    for body, key in (("bounce", "bouncedRecipients"), ("complaint", "complainedRecipients")):
        if body in event:
            shuffle.shuffle(event[body][key])
    shuffle.shuffle(event["mail"]["destination"])
    assert reading(event) == before


@given(bounces)
def test_a_hard_bounce_has_a_domain_and_a_code_for_each_recipient_it_counts(event: Event) -> None:
    seen = reading(event)
    assert isinstance(seen, Observation)
    if seen.counts_for is CountsFor.HARD_BOUNCE:
        assert sum(count for _, count in seen.domains) == seen.count
        assert sum(count for _, count in seen.codes) == seen.count
    else:
        assert seen.domains == ()
        assert seen.why == Why.SOFT_BOUNCE or not seen.codes  # of what is deferred: why
        assert sum(count for _, count in seen.codes) <= seen.count


keys = st.tuples(st.sampled_from(["a", "b", "a-b"]), st.sampled_from([a_bounce, a_complaint]), st.sampled_from("a0-"))


@given(keys, keys, st.text(max_size=5))
def test_identities_are_equal_where_kind_and_feedback_are_and_only_there(one: Any, two: Any, suffix: str) -> None:
    assume("\x00" not in suffix)
    first, second = (
        reading(build(mail=a_mail(configuration_set=name), feedbackId=feedback + suffix))
        for name, build, feedback in (one, two)
    )
    assert isinstance(first, Observation)
    assert isinstance(second, Observation)
    assert (first.identity == second.identity) == (one[1:] == two[1:]), "whatever the configuration set"
