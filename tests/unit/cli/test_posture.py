"""sesguard posture: any domain, without AWS; one line for what is none; records ready to paste."""

import json

import pytest

from sesguard.cli.main import main
from sesguard.posture.senders import NOTHING_SEEN, OneClickSample
from tests.fakes.dns_server import SERVFAIL, DnsServer
from tests.unit.posture.zones import a_domain, an_identity


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


class Ses:
    """SES and the registry, as the command sees them."""

    def __init__(self, *identities):
        self.identities = {each.name: each for each in identities}
        self.owned = {"acme": ["acme.example"], "other": ["news@acme.example"]}
        self.restarted = []
        self.samples = {}

    def names(self):
        return sorted(self.identities)

    def of_tenant(self, tenant):
        return self.owned.get(tenant)

    def tenants(self):
        return frozenset(self.owned)

    def users(self, domain):
        return sum(any(name.rpartition("@")[2] == domain for name in names) for names in self.owned.values())

    def sample(self, domain):
        return self.samples.get(domain, NOTHING_SEEN)

    def read(self, name):
        return self.identities.get(name)

    def restart_mail_from(self, name):
        self.restarted.append(name)
        return bool(self.identities[name].mail_from)


@pytest.fixture
def with_ses(monkeypatch):
    def put(ses):
        monkeypatch.setattr("sesguard.cli.posture.with_guard", lambda where, work: work(None, None))
        monkeypatch.setattr("sesguard.cli.posture.identities_of", lambda guard: ses)
        return ses

    return put


def test_the_identities_of_a_tenant_are_judged_by_what_ses_says_of_them(ask, with_ses):
    with_ses(Ses(an_identity(), an_identity("news@acme.example")))
    code, out, _ = ask(a_domain(dmarc="v=DMARC1; p=reject"), "--tenant", "acme", "--json")
    (domain,) = json.loads(out)["domains"]
    assert (code, domain["authentication"], domain["effect"]) == (0, "domain_dkim", "accepted")
    assert "2 tenants send from acme.example" in json.dumps(domain["strategies"])
    code, out, _ = ask(a_domain(dmarc="v=DMARC1; p=reject"), "--tenant", "other", "--json")
    (domain,) = json.loads(out)["domains"]
    assert (code, domain["authentication"], domain["effect"]) == (4, "address_only", "refused")
    assert "news@" not in out


def test_all_identities_are_a_line_each_and_a_key_that_is_gone_comes_with_its_record(ask, with_ses):
    with_ses(Ses(an_identity()))
    code, out, _ = ask(a_domain(dmarc="v=DMARC1; p=reject", dkim=False), "--all", "--records")
    assert code == 4
    assert "tokena._domainkey.acme.example. 1800 IN CNAME tokena.dkim.amazonses.com." in out.splitlines()


def test_a_mail_from_that_failed_is_started_anew(ask, with_ses):
    ses = with_ses(Ses(an_identity(mail_from="bounce.acme.example", mail_from_status="FAILED")))
    ask(a_domain(), "acme.example", "--restart-mail-from")
    assert ses.restarted == ["acme.example"]
    with_ses(Ses(an_identity()))
    code, _, err = ask(a_domain(), "acme.example", "--restart-mail-from")
    assert (code, err) == (1, "sesguard: acme.example has no MAIL FROM domain in SES\n")


def test_mail_that_cannot_be_left_with_one_click_is_said_of_those_who_want_that(ask, with_ses):
    ses = Ses(an_identity())
    ses.samples["acme.example"] = OneClickSample(200, 3)
    with_ses(ses)
    _, out, _ = ask(a_domain(), "--tenant", "acme", "--json")
    (domain,) = json.loads(out)["domains"]
    (finding,) = [each for each in domain["findings"] if each["code"] == "mail.no_one_click"]
    assert "Of 200 sampled mails 3 can be left with one click" in finding["says"]
    assert [each["name"] for each in domain["bulk_senders"] if "one_click" in each["lacks"]] == ["Gmail", "Yahoo"]
