"""SPF by RFC 7208: what is valid, how many look-ups it takes, whether SES may send."""

import pytest

from sesguard.posture.spf import SpfStatus, check_spf
from tests.fakes.dns_server import SERVFAIL

SES = {("amazonses.com", "TXT"): ["v=spf1 ip4:199.255.192.0/22 -all"]}


def spf(serving, record, more=()):
    return check_spf("acme.example", serving({("acme.example", "TXT"): [record], **SES, **dict(more)}))


@pytest.mark.parametrize(
    ("record", "lookups", "allows"),
    [
        ("v=spf1 include:amazonses.com ~all", 1, True),
        ("V=SPF1 Include:AmazonSES.com -all", 1, True),
        ("v=spf1 -include:amazonses.com ~all", 1, False),
        ("v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all", 0, False),
        ("v=spf1 redirect=amazonses.com", 1, True),
        ("v=spf1 include:vendor.example -all", 2, True),
        ("v=spf1 exp=x.acme.example include:amazonses.com -all", 1, True),
        ("v=spf1 exists:%{i}.acme.example -all", 1, False),
    ],
)
def test_a_valid_record_is_counted_and_searched_for_ses(serving, record, lookups, allows):
    vendor = {("vendor.example", "TXT"): ["v=spf1 include:amazonses.com -all"]}
    found = spf(serving, record, vendor)
    assert (found.status, found.lookups, found.allows_ses, found.problems) == (SpfStatus.VALID, lookups, allows, ())


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ("v=spf1 include:gone.example -all", "no SPF record"),
        ("v=spf1 include:acme.example -all", "leads back to itself"),
        ("v=spf1 ip4:300.1.1.1 -all", "names no ip4 network"),
        ("v=spf1 nonsense -all", "is no term of SPF"),
        ("v=spf1 include: -all", "is no term of SPF"),
        ("v=spf1 ip6:192.0.2.1 -all", "names no ip6 network"),
    ],
)
def test_what_ends_in_a_permanent_error_is_invalid_and_why(serving, record, problem):
    found = spf(serving, record)
    assert found.status is SpfStatus.INVALID
    assert problem in found.problems[0]


@pytest.mark.parametrize(("includes", "status"), [(10, SpfStatus.VALID), (11, SpfStatus.INVALID)])
def test_ten_lookups_are_allowed_and_eleven_are_not(serving, includes, status):
    more = {(f"v{number}.example", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"] for number in range(includes)}
    record = "v=spf1 " + " ".join(f"include:v{number}.example" for number in range(includes)) + " -all"
    found = spf(serving, record, more)
    assert (found.status, found.lookups) == (status, includes)


def test_a_record_that_includes_without_end_stops_and_asks_few(serving):
    more = {(f"v{number}.example", "TXT"): [f"v=spf1 include:v{number + 1}.example -all"] for number in range(100)}
    found = spf(serving, "v=spf1 include:v0.example -all", more)
    assert found.status is SpfStatus.INVALID
    assert found.lookups <= 31


def test_two_records_are_an_error(serving):
    resolver = serving({("acme.example", "TXT"): ["v=spf1 -all", "v=spf1 ~all"]})
    assert check_spf("acme.example", resolver).status is SpfStatus.INVALID


def test_a_server_that_fails_leaves_it_open(serving):
    assert check_spf("acme.example", serving({("acme.example", "TXT"): SERVFAIL})).status is SpfStatus.UNKNOWN
    found = spf(serving, "v=spf1 include:v.example -all", {("v.example", "TXT"): SERVFAIL})
    assert found.status is SpfStatus.UNKNOWN


def test_more_than_two_lookups_that_find_nothing_are_too_many(serving):
    found = spf(serving, "v=spf1 a:x.gone.example a:y.gone.example a:z.gone.example -all")
    assert "find nothing" in found.problems[0]
