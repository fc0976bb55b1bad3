"""The same zones, read by checkdmarc: where both agree, and where they differ, and why.

checkdmarc is a strict linter; receivers follow RFC 9989, which discards what is faulty and keeps the rest.
"""

from __future__ import annotations

import dns.resolver
import pytest
from checkdmarc.dmarc import DMARCError, parse_dmarc_record, query_dmarc_record
from checkdmarc.spf import SPFError, get_spf_record
from checkdmarc.utils import DNS_CACHE

from sesguard.aws.dns import DnsResolver
from sesguard.posture.dmarc import DmarcPolicy, find_policy
from sesguard.posture.spf import SpfStatus, check_spf
from tests.fakes.dns_server import DnsServer

FAULT = "fault"
TREE = {("example", "A"): ["192.0.2.1"], ("acme.example", "A"): ["192.0.2.1"], ("a.acme.example", "A"): ["192.0.2.1"]}
AGREED = [
    ({"acme.example": ["v=DMARC1; p=none"]}, "acme.example"),
    ({"acme.example": ["v=DMARC1; p=reject; sp=quarantine"]}, "a.acme.example"),
    ({"acme.example": ["v=DMARC1; p=quarantine; pct=10"]}, "acme.example"),
    ({"acme.example": ["v=DMARC1; rua=mailto:a@acme.example; p=reject"]}, "acme.example"),
    ({"acme.example": ["v=DMARC1"]}, "acme.example"),
    ({"acme.example": ["v=DMARC1; p=reject; unknown=tag"]}, "acme.example"),
    ({"example": ["v=DMARC1; p=reject; psd=y"]}, "a.acme.example"),
    ({"acme.example": ["v=DMARC1; p=none"], "example": ["v=DMARC1; p=reject; psd=y"]}, "a.acme.example"),
    ({"a.acme.example": ["v=DMARC1; p=none"], "acme.example": ["v=DMARC1; p=reject"]}, "a.acme.example"),
    ({"acme.example": ["v=DMARC1; p=rej|ect"]}, "acme.example"),
    ({"acme.example": ["v=DMARC1; p=reject; adkim=x"]}, "acme.example"),
    ({}, "a.acme.example"),
]
# zone, domain, what receivers do, what checkdmarc says, why
DIFFERENT = [
    (
        {"acme.example": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]},
        "acme.example",
        DmarcPolicy.ABSENT,
        FAULT,
        "several records are an error to a linter; receivers discard all of them",
    ),
    (
        {"a.acme.example": ["v=DMARC1; p=none", "v=DMARC1; p=reject"], "acme.example": ["v=DMARC1; p=quarantine"]},
        "a.acme.example",
        DmarcPolicy.QUARANTINE,
        FAULT,
        "several records at one name are discarded, and the walk goes on",
    ),
    (
        {"acme.example": ["v=DMARC1; p=block; rua=mailto:a@acme.example"]},
        "acme.example",
        DmarcPolicy.NONE,
        FAULT,
        "a policy that is none counts as p=none where reports are asked for",
    ),
    (
        {"acme.example": ["v=DMARC1; p=none; sp=quarantine; np=reject"]},
        "gone.acme.example",
        DmarcPolicy.REJECT,
        FAULT,
        "checkdmarc says of a name that does not exist that it does not exist; to receivers np counts",
    ),
]


@pytest.fixture(autouse=True)
def _forgets():
    """Checkdmarc remembers answers, whatever resolver gave them."""
    DNS_CACHE.clear()


def both(zone, domain):
    """What receivers do, and what checkdmarc says: a policy, absent, or FAULT."""
    records = {(f"_dmarc.{name}", "TXT"): texts for name, texts in zone.items()}
    with DnsServer({**TREE, **records}) as server:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.port
        ours = DnsResolver(["127.0.0.1"], server.port)
        exists = ours.look_up(domain, "MX").status != "NXDOMAIN"
        found = find_policy(domain, ours, exists=exists)
        return found.policy, theirs(domain, resolver)


def theirs(domain, resolver):
    try:
        found = query_dmarc_record(domain, resolver=resolver)
        tags = parse_dmarc_record(found["record"], found["location"], resolver=resolver)["tags"]
    except DMARCError as error:
        missing = "does not exist" in str(error) and "domain does not exist" not in str(error)
        return DmarcPolicy.ABSENT if missing else FAULT
    wanted = "p" if found["location"] == domain or "sp" not in tags else "sp"
    return DmarcPolicy(tags[wanted]["value"])


@pytest.mark.parametrize(("zone", "domain"), AGREED)
def test_both_find_the_same_policy(zone, domain):
    ours, linters = both(zone, domain)
    assert ours is linters


@pytest.mark.parametrize(("zone", "domain", "receivers", "linter", "why"), DIFFERENT)
def test_where_they_differ_the_rfc_is_followed(zone, domain, receivers, linter, why):
    assert both(zone, domain) == (receivers, linter), why


SPF = {
    ("amazonses.com", "TXT"): ["v=spf1 ip4:199.255.192.0/22 -all"],
    **{(f"v{number}.example", "TXT"): ["v=spf1 ip4:192.0.2.1 -all"] for number in range(12)},
}


@pytest.mark.parametrize(
    ("record", "valid"),
    [
        ("v=spf1 include:amazonses.com ~all", True),
        ("v=spf1 " + " ".join(f"include:v{number}.example" for number in range(10)) + " -all", True),
        ("v=spf1 " + " ".join(f"include:v{number}.example" for number in range(11)) + " -all", False),
        ("v=spf1 include:gone.example -all", False),
        ("v=spf1 ip4:300.0.0.1 -all", False),
        ("v=spf1 include:acme.example -all", False),
        ("v=spf1 redirect=amazonses.com", True),
    ],
)
def test_both_find_spf_valid_or_not(record, valid):
    with DnsServer({("acme.example", "TXT"): [record], **SPF}) as server:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.port
        ours = check_spf("acme.example", DnsResolver(["127.0.0.1"], server.port))
        try:
            found = get_spf_record("acme.example", resolver=resolver)
            linter = "error" not in found
        except SPFError:
            linter = False
    assert (ours.status is SpfStatus.VALID, linter) == (valid, valid)
