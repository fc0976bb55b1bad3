"""A domain is read from what people write; what is none gets one clear line."""

import pytest

from sesguard.posture.domain_name import DomainNameError, domain_name, shown_domain


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("acme.example", "acme.example"),
        (" ACME.Example. ", "acme.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("_dmarc.acme.example", "_dmarc.acme.example"),
        ("printer.internal", "printer.internal"),
    ],
)
def test_a_domain_is_written_as_dns_has_it(text, name):
    assert domain_name(text) == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("not..a..domain", "nothing between two dots"),
        ("owner@acme.example", "it is an address; give its domain, 'acme.example'"),
        ("https://acme.example/x", "looks like a URL"),
        ("192.0.2.1", "an IP address"),
        ("[2001:db8::1]", "an IP address"),
        ("2001:db8::1", "an IP address"),
        (".".join(["a" * 59] * 5), "299 characters"),
        ("a" * 64 + ".example", "64 characters"),
        ("localhost", "one part alone"),
        ("ac me.example", "not made of letters"),
        ("-acme.example", "not made of letters"),
        ("straße.example", "two different domains"),
        ("acme\x1b[31m.example", "not made of letters"),
        ("..", "nothing between two dots"),
    ],
)
def test_what_is_no_domain_gets_one_line_that_says_why(text, says):
    with pytest.raises(DomainNameError) as caught:
        domain_name(text)
    assert says in str(caught.value)
    assert str(caught.value).isprintable()


def test_a_homograph_is_shown_in_both_its_forms():
    assert shown_domain(domain_name("аcme.example")) == "xn--cme-5cd.example (аcme.example)"  # a Cyrillic а
