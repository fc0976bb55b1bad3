"""A change is believed after two looks of two resolvers, told once, and never made of no answer."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sesguard.posture.assess import assess
from sesguard.posture.changes import ASPECTS, ConfirmationRule, PostureChange, PostureRecord, aspects_of, compare
from sesguard.posture.facts import read_facts
from tests.fakes.dns_server import SERVFAIL
from tests.unit.posture.zones import a_domain, an_identity

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
RULE = ConfirmationRule()
LATER = timedelta(minutes=10)
KNOWN = PostureRecord(name="acme.example", aspects={"policy": "none", "dkim": "present", "verified": "yes"})


def test_what_is_seen_for_the_first_time_is_believed_and_is_no_change():
    record, changes = compare(PostureRecord(name="acme.example"), {"policy": "reject"}, "a", AT, RULE)
    assert (record.aspects, changes) == ({"policy": "reject"}, ())


def test_a_change_is_believed_once_another_resolver_sees_it_later():
    record, changes = compare(KNOWN, {"policy": "reject"}, "a", AT, RULE)
    assert (record.aspects["policy"], changes) == ("none", ())
    record, changes = compare(record, {"policy": "reject"}, "b", AT + LATER, RULE)
    assert changes == (PostureChange("policy", "none", "reject", True),)
    assert (record.aspects["policy"], record.pending) == ("reject", {})
    assert compare(record, {"policy": "reject"}, "a", AT + 2 * LATER, RULE)[1] == ()


def test_one_resolver_alone_however_often_and_two_at_once_do_not_make_a_change():
    record = KNOWN
    for number in range(5):
        record, changes = compare(record, {"policy": "reject"}, "a", AT + number * LATER, RULE)
        assert changes == ()
    record, _ = compare(KNOWN, {"policy": "reject"}, "a", AT, RULE)
    assert compare(record, {"policy": "reject"}, "b", AT + timedelta(seconds=5), RULE)[1] == ()


def test_what_was_seen_once_and_is_back_is_forgotten():
    record, _ = compare(KNOWN, {"dkim": "missing"}, "a", AT, RULE)
    record, _ = compare(record, {"dkim": "present"}, "b", AT + LATER, RULE)
    assert record.pending == {}


def test_recovery_is_a_change_for_the_better():
    bad = PostureRecord(name="acme.example", aspects={"dkim": "missing"})
    record, _ = compare(bad, {"dkim": "present"}, "a", AT, RULE)
    assert compare(record, {"dkim": "present"}, "b", AT + LATER, RULE)[1] == (
        PostureChange("dkim", "missing", "present", False),
    )


def test_what_ses_says_itself_is_believed_at_once():
    assert compare(KNOWN, {"verified": "no"}, "a", AT, RULE)[1] == (PostureChange("verified", "yes", "no", True),)


def test_no_answer_leaves_everything_as_it_was(serving):
    identity = an_identity()
    zone = {
        ("_dmarc.acme.example", "TXT"): SERVFAIL,
        ("acme.example", "TXT"): SERVFAIL,
        ("tokena._domainkey.acme.example", "TXT"): SERVFAIL,
    }
    seen = aspects_of(assess(read_facts("acme.example", serving({**a_domain(), **zone}), identity), identity))
    assert seen.keys().isdisjoint({"policy", "spf", "dkim"})
    assert compare(KNOWN, seen, "a", AT, RULE)[1] == ()


def test_a_whole_domain_gives_its_aspects(serving):
    identity = an_identity(mail_from="bounce.acme.example", mail_from_status="SUCCESS")
    seen = aspects_of(assess(read_facts("acme.example", serving(a_domain()), identity), identity))
    assert seen == {
        "policy": "none",
        "refusal": "no",
        "spf": "valid",
        "dkim": "present",
        "mail_from_dns": "right",
        "verified": "yes",
        "mail_from": "SUCCESS",
        "dkim_status": "SUCCESS",
    }


def test_a_domain_whose_mail_is_going_to_be_refused_is_told_of_before_the_first_bounce():
    record, changes = compare(PostureRecord(name="acme.example"), {"refusal": "yes"}, "a", AT, RULE)
    assert changes == ()
    assert compare(record, {"refusal": "yes"}, "b", AT + LATER, RULE)[1] == (
        PostureChange("refusal", "no", "yes", True),
    )


looks = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["policy", "dkim", "spf"]), st.integers(0, 2), max_size=3),
        st.sampled_from("ab"),
        st.integers(0, 20),
    ),
    max_size=30,
)


@given(looks)
def test_whatever_is_seen_nothing_is_told_twice_in_a_row_and_every_change_has_two_witnesses(seen):
    record, at, believed = PostureRecord(name="acme.example"), AT, {}
    witnesses: dict[tuple[str, str], set[str]] = {}
    for values, resolver, minutes in seen:
        at += timedelta(minutes=minutes)
        aspects = {name: ASPECTS[name][number] for name, number in values.items()}
        for item in aspects.items():
            witnesses.setdefault(item, set()).add(resolver)
        record, changes = compare(record, aspects, resolver, at, RULE)
        for change in changes:
            assert believed[change.aspect] == change.before != change.after
            assert witnesses[change.aspect, change.after] == {"a", "b"}
        believed = dict(record.aspects)
