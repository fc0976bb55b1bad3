"""DMARC by RFC 9989: the walk up the tree, what a record asks for, and what is no record."""

import pytest

from sesguard.posture.answer import AnswerStatus, DnsAnswer
from sesguard.posture.dmarc import DmarcPolicy, find_policy, is_dmarc, read_record, walk_targets
from tests.fakes.dns_server import REFUSED, SERVFAIL, SILENT

LONG = "a.b.c.d.e.f.g.h.i.acme.example"
ABSENT, NONE, QUARANTINE, REJECT = (
    DmarcPolicy.ABSENT,
    DmarcPolicy.NONE,
    DmarcPolicy.QUARANTINE,
    DmarcPolicy.REJECT,
)


@pytest.mark.parametrize(
    ("record", "policy"),
    [
        ("v=DMARC1; p=none", NONE),
        ("v=DMARC1;p=reject", REJECT),
        ("v = DMARC1 ; p = Quarantine ;", QUARANTINE),
        ("v=DMARC1", NONE),
        ("v=DMARC1; rua=mailto:a@acme.example", NONE),
        ("v=DMARC1; rua=mailto:a@acme.example; p=reject", REJECT),  # any order since RFC 9989
        ("v=DMARC1; p=block", ABSENT),
        ("v=DMARC1; p=block; rua=mailto:a@acme.example", NONE),
        ("v=DMARC1; p=reject; sp=strange", ABSENT),
        ("v=DMARC1; p=reject; x=y; ;; =; nonsense", REJECT),
        ("v=DMARC1; p=quarantine; pct=10", QUARANTINE),
        ("v=DMARC1; p=reject; adkim=x", REJECT),
    ],
)
def test_only_what_is_wrong_in_a_record_is_discarded(record, policy):
    assert read_record("acme.example", record).p is policy


@pytest.mark.parametrize(
    "text", ["v=DMARC2; p=none", "v=dmarc1; p=none", "p=none; v=DMARC1", " v=DMARC1", "v=spf1 -all", ""]
)
def test_what_does_not_begin_with_the_version_is_no_record(text):
    assert not is_dmarc(text)


def test_pct_counts_no_more_and_it_is_said_what_older_receivers_do():
    (remark,) = read_record("acme.example", "v=DMARC1; p=quarantine; pct=10").remarks
    assert "counts for all mail" in remark
    assert "not followed yet" in remark


def test_a_walk_asks_at_most_eight_times_and_goes_on_with_seven_labels():
    assert walk_targets("a.mail.acme.example") == [
        "a.mail.acme.example",
        "mail.acme.example",
        "acme.example",
        "example",
    ]
    long = walk_targets("a.b.c.d.e.f.g.h.i.j.acme.example")
    assert len(long) == 8
    assert long[:2] == ["a.b.c.d.e.f.g.h.i.j.acme.example", "f.g.h.i.j.acme.example"]
    assert long[-1] == "example"
    assert len(walk_targets("a.b.c.d.e.f.acme.example")) == 8


@pytest.mark.parametrize(
    ("zone", "domain", "policy", "organizational"),
    [
        ({}, "acme.example", ABSENT, "acme.example"),
        ({"acme.example": "p=reject"}, "acme.example", REJECT, "acme.example"),
        ({"acme.example": "p=reject; sp=none"}, "news.acme.example", NONE, "acme.example"),
        ({"acme.example": "p=reject"}, "a.b.news.acme.example", REJECT, "acme.example"),
        # its own record counts, whatever stands above
        ({"news.acme.example": "p=none", "acme.example": "p=reject"}, "news.acme.example", NONE, "acme.example"),
        # a record in between is neither the domain's nor the organizational one's
        ({"b.acme.example": "p=none", "acme.example": "p=reject"}, "a.b.acme.example", REJECT, "acme.example"),
        # psd=y: the organizational domain is one below, and the public suffix's policy counts where that has none
        ({"example": "p=reject; psd=y"}, "a.acme.example", REJECT, "acme.example"),
        ({"example": "p=reject; sp=quarantine; psd=y"}, "acme.example", QUARANTINE, "acme.example"),
        ({"example": "p=reject; psd=y", "acme.example": "p=none"}, "a.acme.example", NONE, "acme.example"),
        ({"co.example": "p=none; psd=y", "example": "p=reject"}, "acme.co.example", NONE, "acme.co.example"),
        # psd=n cuts the tree
        ({"b.acme.example": "p=none; psd=n", "acme.example": "p=reject"}, "a.b.acme.example", NONE, "b.acme.example"),
        ({"acme.example": "p=none; psd=n", "example": "p=reject"}, "acme.example", NONE, "acme.example"),
        # beyond eight labels what is in between is never asked
        ({"c.d.e.f.g.h.i.acme.example": "p=reject"}, LONG, ABSENT, LONG),
    ],
)  # fmt: skip
def test_the_walk_finds_the_policy_that_applies(serving, zone, domain, policy, organizational):
    records = {(f"_dmarc.{name}", "TXT"): [f"v=DMARC1; {tags}"] for name, tags in zone.items()}
    found = find_policy(domain, serving({("example", "A"): ["192.0.2.1"], **records}))
    assert (found.policy, found.organizational) == (policy, organizational)
    assert len(walk_targets(domain)) <= 8


def test_np_counts_for_a_domain_that_does_not_exist_and_sp_where_it_is_missing():
    both = read_record("acme.example", "v=DMARC1; p=none; sp=quarantine; np=reject")
    assert both.for_subdomain(exists=True) is QUARANTINE
    assert both.for_subdomain(exists=False) is REJECT
    assert read_record("acme.example", "v=DMARC1; p=none; sp=reject").for_subdomain(exists=False) is REJECT


def test_in_test_mode_the_policy_below_is_applied(serving):
    resolver = serving({("_dmarc.acme.example", "TXT"): ["v=DMARC1; p=reject; t=y"]})
    found = find_policy("acme.example", resolver)
    assert (found.policy, found.handled_as) == (REJECT, QUARANTINE)


def test_several_records_at_one_name_are_none_and_the_walk_goes_on(serving):
    zone = {
        ("_dmarc.news.acme.example", "TXT"): ["v=DMARC1; p=none", "v=DMARC1; p=reject"],
        ("_dmarc.acme.example", "TXT"): ["v=DMARC1; p=quarantine", "some other text"],
    }
    found = find_policy("news.acme.example", serving(zone))
    assert (found.policy, found.several) == (QUARANTINE, ("news.acme.example",))


def test_strings_of_a_record_are_joined_without_anything_between(serving):
    found = find_policy(
        "acme.example", serving({("_dmarc.acme.example", "TXT"): ["v=DMARC1; p=rej|ect; rua=mailto:a@b.example"]})
    )
    assert found.policy is REJECT


def test_a_record_may_stand_behind_a_chain_of_cnames_and_a_loop_is_no_answer(serving):
    zone = {
        ("_dmarc.acme.example", "CNAME"): ["a.hosted.example"],
        ("a.hosted.example", "CNAME"): ["b.hosted.example"],
        ("b.hosted.example", "TXT"): ["v=DMARC1; p=reject"],
        ("_dmarc.loop.example", "CNAME"): ["x.loop.example"],
        ("x.loop.example", "CNAME"): ["_dmarc.loop.example"],
    }
    resolver = serving(zone)
    assert find_policy("acme.example", resolver).policy is REJECT
    assert find_policy("loop.example", resolver).policy is DmarcPolicy.UNKNOWN


def test_a_wildcard_that_answers_everything_is_no_policy(serving):
    assert find_policy("acme.example", serving({("*.acme.example", "TXT"): ["v=spf1 -all"]})).policy is ABSENT
    wild = serving({("*.acme.example", "TXT"): ["v=DMARC1; p=reject"]})
    assert find_policy("acme.example", wild).policy is REJECT


@pytest.mark.parametrize(
    ("word", "status"),
    [
        (SERVFAIL, AnswerStatus.SERVFAIL),
        (REFUSED, AnswerStatus.REFUSED),
        (SILENT, AnswerStatus.TIMED_OUT),
    ],
)
def test_no_answer_is_never_no_policy(serving, word, status):
    resolver = serving({("_dmarc.acme.example", "TXT"): word, ("acme.example", "A"): ["192.0.2.1"]})
    found = find_policy("acme.example", resolver)
    assert found.policy is DmarcPolicy.UNKNOWN
    assert str(status) in found.unanswered[0]


def test_an_answer_above_does_not_hide_that_the_domain_itself_did_not_answer(serving):
    zone = {("_dmarc.news.acme.example", "TXT"): SERVFAIL, ("_dmarc.acme.example", "TXT"): ["v=DMARC1; p=reject"]}
    assert find_policy("news.acme.example", serving(zone)).policy is DmarcPolicy.UNKNOWN


def test_an_answer_of_sixty_thousand_octets_comes_over_tcp(serving):
    big = ["x" * 250 + str(number) for number in range(90)]
    resolver = serving({("_dmarc.acme.example", "TXT"): [*big, "v=DMARC1; p=reject"]})
    assert find_policy("acme.example", resolver).policy is REJECT
    long = "v=DMARC1; p=reject; rua=" + ",".join(f"mailto:{number}@reports.example" for number in range(2_200))
    resolver = serving({("_dmarc.acme.example", "TXT"): [long]})
    assert len(long) > 60_000
    assert find_policy("acme.example", resolver).policy is REJECT


def test_the_three_ways_of_no_record_are_told_apart(serving):
    resolver = serving({("acme.example", "A"): ["192.0.2.1"], ("broken.example", "TXT"): SERVFAIL})
    assert resolver.look_up("acme.example", "TXT") == DnsAnswer(AnswerStatus.NO_DATA)
    assert resolver.look_up("gone.example", "TXT") == DnsAnswer(AnswerStatus.NO_NAME)
    assert resolver.look_up("broken.example", "TXT") == DnsAnswer(AnswerStatus.SERVFAIL)
