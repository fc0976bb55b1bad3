"""sesguard posture: any domain, without AWS; one line for what is none; records ready to paste."""

import json

import pytest

from sesguard.cli.main import main
from tests.fakes.dns_server import SERVFAIL, DnsServer
from tests.unit.posture.zones import a_domain


@pytest.fixture
def ask(capsys):
    """Run the command against a zone; give the exit code, what it printed, and what it complained."""
    servers = []

    def run(zone, *words):
        server = DnsServer(zone)
        server.__enter__()
        servers.append(server)
        code = main(["posture", *words, "--resolver", f"127.0.0.1:{server.port}"])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    yield run
    for server in servers:
        server.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("not..a..domain", "nothing between two dots"),
        ("owner@acme.example", "it is an address"),
        ("https://acme.example", "looks like a URL"),
        ("192.0.2.1", "an IP address"),
        (".".join(["a" * 59] * 5), "299 characters"),
        ("acme.example\x1b[31m", "not made of letters"),
    ],
)
def test_what_is_no_domain_is_one_clear_line(text, says, capsys):
    assert main(["posture", text]) == 2
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert says in line
    assert line.isprintable()
    assert printed.out == ""


@pytest.mark.parametrize(
    "words", [[], ["acme.example", "--all"], ["--tenant", "acme", "--all"], ["--restart-mail-from"]]
)
def test_a_command_line_that_asks_for_nothing_or_for_two_things_is_refused(words, capsys):
    assert main(["posture", *words]) == 2
    assert "name domains" in capsys.readouterr().err


def test_a_domain_in_order_is_shown_with_what_each_way_of_verifying_gives(ask):
    code, out, _ = ask(a_domain(dmarc="v=DMARC1; p=reject"), "acme.example")
    assert code == 0
    assert "DMARC policy" in out
    assert "reject, by _dmarc.acme.example" in out
    assert "address alone verified" in out
    assert "refused" in out


def test_a_domain_that_does_not_exist_is_said_in_one_line_and_is_urgent(ask):
    code, out, _ = ask({("other.example", "A"): ["192.0.2.1"]}, "gone.example")
    assert code == 4
    assert "gone.example does not exist (NXDOMAIN)" in out


def test_dns_that_does_not_answer_is_no_verdict(ask):
    zone = {(f"{name}", kind): SERVFAIL for name in ("acme.example", "_dmarc.acme.example") for kind in ("TXT", "MX")}
    code, out, _ = ask({**zone, ("_dmarc.example", "TXT"): SERVFAIL}, "acme.example")
    assert code == 3
    assert "DNS did not answer" in out
    assert "no DMARC record" not in " ".join(out.split())


def test_json_is_one_object_with_all_of_it(ask):
    code, out, _ = ask(a_domain(dmarc=""), "acme.example", "--json")
    (domain,) = json.loads(out)["domains"]
    assert code == 0
    assert (domain["domain"], domain["policy"], domain["urgency"]) == ("acme.example", "absent", "soon")
    assert domain["records"] == [{"name": "_dmarc.acme.example", "type": "TXT", "value": "v=DMARC1; p=none;"}]
    assert {"findings", "strategies", "bulk_senders", "unanswered"} <= domain.keys()


def test_records_are_lines_to_paste_and_a_change_batch(ask):
    assert ask(a_domain(dmarc=""), "acme.example", "--records")[1] == (
        '_dmarc.acme.example. 1800 IN TXT "v=DMARC1; p=none;"\n'
    )
    _, out, _ = ask(a_domain(dmarc=""), "acme.example", "--route53")
    assert json.loads(out)["Changes"][0]["ResourceRecordSet"]["Name"] == "_dmarc.acme.example."


def test_many_domains_are_a_line_each_the_most_urgent_first(ask):
    zone = {}
    for name in ("a.example", "b.example", "c.example"):
        zone |= a_domain(name)
    code, out, _ = ask(zone, "a.example", "b.example", "c.example", "gone.example")
    assert code == 4
    assert out.index("gone.example") < out.index("a.example")


def test_hostile_text_of_dns_is_shown_harmless(ask):
    _, out, _ = ask(a_domain(dmarc="v=DMARC1; p=\x1b[31mreject; \x07\u202e"), "acme.example")
    assert "\x1b" not in out
    assert "\x07" not in out
    assert "\u202e" not in out


def test_a_resolver_that_is_none_is_refused(capsys):
    assert main(["posture", "acme.example", "--resolver", "dns.example"]) == 2
    assert "is no name server" in capsys.readouterr().err
