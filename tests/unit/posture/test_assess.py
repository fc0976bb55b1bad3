"""From what DNS and SES say to what mailbox providers do: every cell of the table, from zones as they are."""

import pytest

from sesguard.posture.assess import assess
from sesguard.posture.bulk_senders import BulkRule
from sesguard.posture.dkim import DkimState, check_key
from sesguard.posture.dmarc import DmarcPolicy
from sesguard.posture.facts import read_facts
from sesguard.posture.handling import POLICIES, Authentication, Effect, Urgency, table
from tests.fakes.dns_server import SERVFAIL
from tests.unit.posture.zones import KEY, TOKENS, a_domain, an_identity, rsa_key

A, IP, JUNK, MAYBE, REFUSED, NOT_SENT = Effect
RECORDS = {
    DmarcPolicy.ABSENT: "",
    DmarcPolicy.NONE: "v=DMARC1; p=none",
    DmarcPolicy.QUARANTINE: "v=DMARC1; p=quarantine",
    DmarcPolicy.REJECT: "v=DMARC1; p=reject",
}
ADDRESS = "news@acme.example"
IDENTITIES = {
    Authentication.DOMAIN_DKIM: an_identity(),
    Authentication.ADDRESS_UNDER_DKIM: an_identity(ADDRESS, parent_dkim=True),
    Authentication.SPF_ONLY: an_identity(
        dkim_signing=False, mail_from="bounce.acme.example", mail_from_status="SUCCESS"
    ),
    Authentication.ADDRESS_ONLY: an_identity(ADDRESS),
    Authentication.LEGACY_TXT: an_identity(dkim_signing=False, dkim_tokens=()),
    Authentication.DKIM_BROKEN: an_identity(),
    Authentication.UNALIGNED: an_identity("example"),  # the From domain is below it, and a strict policy cuts it off
    Authentication.UNVERIFIED: an_identity(verified=False, verification="PENDING", dkim_status="PENDING"),
}
EXPECTED = {
    Authentication.DOMAIN_DKIM: (A, A, A, A),
    Authentication.ADDRESS_UNDER_DKIM: (A, A, A, A),
    Authentication.SPF_ONLY: (A, A, JUNK, MAYBE),
    Authentication.ADDRESS_ONLY: (IP, IP, JUNK, REFUSED),
    Authentication.LEGACY_TXT: (IP, IP, JUNK, REFUSED),
    Authentication.DKIM_BROKEN: (IP, IP, JUNK, REFUSED),
    Authentication.UNALIGNED: (IP, IP, JUNK, REFUSED),
    Authentication.UNVERIFIED: (NOT_SENT,) * 4,
}
STRICT = {"programme_subdomains", "no_strict_policy_on_peoples_domain"}
CELLS = [
    (way, policy, EXPECTED[way][at])
    for way in Authentication
    for at, policy in enumerate(POLICIES)
    # Alignment is asked for by a record alone, so without one nothing is out of line.
    if (way, policy) != (Authentication.UNALIGNED, DmarcPolicy.ABSENT)
]


@pytest.mark.parametrize(("way", "policy", "effect"), CELLS)
def test_every_cell_follows_from_a_zone_and_an_identity(serving, way, policy, effect):
    strict = "; adkim=s" if way is Authentication.UNALIGNED else ""
    zone = a_domain(dmarc=RECORDS[policy] + strict, dkim=way is not Authentication.DKIM_BROKEN)
    identity = IDENTITIES[way]
    if way is Authentication.UNALIGNED:
        zone |= {(f"{token}._domainkey.example", "TXT"): [f"p={KEY}"] for token in TOKENS}
    found = assess(read_facts("acme.example", serving(zone), identity), identity)
    assert found.authentication is way
    assert found.handling is not None
    assert found.handling.effect is effect
    assert found.refusal_is_certain == (effect is REFUSED)


def test_the_table_has_every_cell_and_each_its_source():
    assert len(table()) == len(Authentication) * len(POLICIES)
    for cell in table().values():
        assert cell.source.startswith("https://")
        assert cell.says.endswith(".")
        assert cell.do.endswith(".")
        assert (cell.urgency is Urgency.NONE) <= (cell.effect is Effect.ACCEPTED)


def test_a_policy_that_nobody_answers_for_has_no_verdict(serving):
    zone = {**a_domain(), ("_dmarc.acme.example", "TXT"): SERVFAIL}
    found = assess(read_facts("acme.example", serving(zone), an_identity()), an_identity())
    assert found.handling is None
    assert found.urgency is Urgency.SOON
    assert "dns.unanswered" in [each.code for each in found.findings]
    assert "dmarc.absent" not in [each.code for each in found.findings]


def test_spf_cannot_align_strictly_unless_mail_is_from_the_mail_from_domain(serving):
    identity = an_identity(dkim_signing=False, mail_from="bounce.acme.example", mail_from_status="SUCCESS")
    resolver = serving(a_domain(dmarc="v=DMARC1; p=reject; aspf=s"))
    assert assess(read_facts("acme.example", resolver, identity), identity).spf_aligned is False
    assert assess(read_facts("bounce.acme.example", resolver, identity), identity).spf_aligned is True


def test_a_subdomain_of_the_identity_is_signed_for_under_relaxed_alignment_only(serving):
    relaxed, strict = (serving(a_domain(dmarc=f"v=DMARC1; p=reject; adkim={mode}")) for mode in "rs")
    identity = an_identity()
    assert assess(read_facts("news.acme.example", relaxed, identity), identity).dkim_aligned is True
    assert assess(read_facts("news.acme.example", strict, identity), identity).dkim_aligned is False


def test_one_record_that_is_gone_is_named_with_what_to_publish(serving):
    zone = a_domain()
    del zone["tokenb._domainkey.acme.example", "CNAME"]
    identity = an_identity()
    found = assess(read_facts("acme.example", serving(zone), identity), identity)
    (missing,) = [each for each in found.findings if each.code == "dkim.missing"]
    assert "tokenb._domainkey.acme.example" in missing.says
    assert [record.bind() for record in missing.records] == [
        "tokenb._domainkey.acme.example. 1800 IN CNAME tokenb.dkim.amazonses.com."
    ]
    assert found.authentication is Authentication.DOMAIN_DKIM  # the others still verify
    assert found.urgency is Urgency.NOW


@pytest.mark.parametrize(
    ("bits", "state"), [(512, DkimState.INVALID), (1024, DkimState.PRESENT), (2048, DkimState.PRESENT)]
)
def test_a_key_is_measured(serving, bits, state):
    weak = (
        "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALqbHeRLCyOdykC5SDLqI49ArYGYG1mqaH9/GnWjGavZM02fos4l"
        "c2w6tCchcUBNtJvGqKwhC5JEnx3RYoSX2ucCAwEAAQ=="
    )
    key = check_key(
        "s",
        "acme.example",
        serving(
            {("s._domainkey.acme.example", "TXT"): [f"v=DKIM1; k=rsa; p={weak if bits == 512 else rsa_key(bits)}"]}
        ),
    )
    assert (key.state, key.bits) == (state, bits)


@pytest.mark.parametrize(
    ("record", "state"),
    [
        (["v=DKIM1; p="], DkimState.REVOKED),
        (["v=DKIM1; p=!!!"], DkimState.INVALID),
        (["v=DKIM2; p=" + KEY], DkimState.INVALID),
        (["v=DKIM1; p=" + KEY, "v=DKIM1; p=" + KEY[:-4] + "AAAA"], DkimState.INVALID),
        (["v=spf1 -all"], DkimState.MISSING),
        (["v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="], DkimState.PRESENT),
        (SERVFAIL, DkimState.UNKNOWN),
    ],
)
def test_a_key_is_there_gone_revoked_or_none(serving, record, state):
    assert check_key("s", "acme.example", serving({("s._domainkey.acme.example", "TXT"): record})).state is state


@pytest.mark.parametrize(
    ("changes", "zone", "code"),
    [
        ({"mail_from_status": "FAILED"}, {}, "mail_from.failed"),
        ({}, {("bounce.acme.example", "MX"): ["10 mx.acme.example"]}, "mail_from.no_mx"),
        ({}, {("bounce.acme.example", "TXT"): ["other"]}, "mail_from.no_spf"),
        ({}, {("bounce.acme.example", "TXT"): ["v=spf1 -all"]}, "mail_from.spf"),
        ({}, {("bounce.acme.example", "TXT"): ["v=spf1 include:gone.example -all"]}, "mail_from.spf"),
    ],
)
def test_what_is_wrong_with_a_mail_from_domain_is_found_with_its_records(serving, changes, zone, code):
    identity = an_identity(**{"mail_from": "bounce.acme.example", "mail_from_status": "SUCCESS", **changes})
    found = assess(read_facts("acme.example", serving({**a_domain(), **zone}), identity), identity)
    (finding,) = [each for each in found.findings if each.code.startswith("mail_from")]
    assert finding.code == code
    assert finding.records


def test_a_failed_mail_from_has_to_be_started_anew(serving):
    identity = an_identity(mail_from="bounce.acme.example", mail_from_status="FAILED")
    found = assess(read_facts("acme.example", serving(a_domain()), identity), identity)
    assert "72 hours" in next(each.do for each in found.findings if each.code == "mail_from.failed")


def test_bulk_senders_rules_say_what_is_lacking_and_what_is_not_known(serving):
    identity = an_identity("owner@gmail.com")
    found = assess(read_facts("gmail.com", serving(a_domain("gmail.com", "v=DMARC1; p=none")), identity), identity)
    for check in found.bulk_senders:
        assert {BulkRule.SPF_AND_DKIM, BulkRule.ALIGNED, BulkRule.NO_FREEMAIL} <= set(check.lacks)
        assert (BulkRule.ONE_CLICK in check.unknown) == (BulkRule.ONE_CLICK in check.rules.wants)


@pytest.mark.parametrize(
    ("name", "applies"),
    [
        ("owner@gmail.com", {"platform_subdomain"}),
        ("news@acme.example", {"delegated_subdomain", "platform_subdomain", *STRICT}),
        ("acme.example", STRICT),
    ],
)  # fmt: skip
def test_the_strategy_follows_from_what_is_known_and_says_why(serving, name, applies):
    identity = an_identity(name)
    domain = identity.domain
    found = assess(read_facts(domain, serving(a_domain(domain, "v=DMARC1; p=reject")), identity), identity)
    assert {each.code for each in found.strategies if each.applies} == applies
    assert all(each.why for each in found.strategies)


def test_text_of_dns_is_harmless_where_it_is_said(serving):
    evil = "v=DMARC1; p=\x1b[31mreject\u202e; rua=mailto:x@y.example"
    found = assess(read_facts("acme.example", serving(a_domain(dmarc=evil))))
    assert found.findings
    assert all(each.says.isprintable() and each.do.isprintable() for each in found.findings)
