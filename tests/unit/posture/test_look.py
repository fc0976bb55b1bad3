"""Looking at domains: all of them in pieces, changes told once to whom they belong, refused mail answered at once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from sesguard.bus.events import iso
from sesguard.errors import AwsError
from sesguard.posture.changes import ConfirmationRule, PostureRecord
from sesguard.posture.look import CHUNK, look
from sesguard.posture.looking import LookDeps, NamedResolver
from sesguard.posture.messages import LookRequest, UnreadableRequestError, read_request, written_request
from sesguard.posture.owner import IdentityOwner, owners_of
from sesguard.posture.senders import OneClickSample, SenderDomain
from sesguard.tenants.model import StreamEntry, TenantEntry
from tests.fakes.dns_server import SERVFAIL
from tests.fakes.schemas import check_event
from tests.unit.posture.zones import TOKENS, a_domain, an_identity

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = timedelta(seconds=601)
ACCOUNT, REGION = "111122223333", "eu-west-1"


class Seen:
    """The port SendersSeen."""

    def __init__(self):
        self.domains = []

    def read(self, now):
        return self.domains


class Memory:
    """The ports of a look, in memory."""

    def __init__(self, identities=(), owners=None, *, busy=False):
        self.identities = {each.name: each for each in identities}
        self.owned = owners or {}
        self.records = {}
        self.requests = []
        self.reported = []
        self.seen = Seen()
        self.lacking = set()
        self.tenants_of_sets = {"acme-news": "acme", "shop-news": "shop"}
        self.events = []
        self.read_names = []
        self.busy = busy
        self.fails_at = None

    def begin(self, patience_seconds=0.0):
        return not self.busy

    def end(self):
        pass

    def names(self):
        return list(self.identities)

    def read(self, name):
        if name == self.fails_at:
            raise AwsError("GetEmailIdentity", "InternalFailure", retryable=True)
        self.read_names.append(name)
        return self.identities.get(name)

    def note_without_default_set(self, name, *, lacks):
        (self.lacking.add if lacks else self.lacking.discard)(name)

    def without_default_set(self):
        return frozenset(self.lacking)

    def all(self):
        return self.owned

    def tenants(self):
        return self.tenants_of_sets

    def load(self, names):
        return {name: self.records[name] for name in names if name in self.records}

    def save(self, record):
        decoded = msgspec.json.decode(msgspec.json.encode(record), type=PostureRecord)
        assert decoded == record
        self.records[record.name] = record

    def send(self, request, domain="", *, refused=False, at=None):
        if domain:
            self.reported.append((str(request), domain, refused))
        else:
            self.requests.append(request)

    @property
    def refusals(self):
        return self

    def publish(self, events):
        for event in events:
            check_event(event)
        self.events += events


def deps(memory, *resolvers):
    named = [NamedResolver(name, each, each) for name, each in zip("abc", resolvers, strict=False)]
    return LookDeps(
        account=ACCOUNT,
        region=REGION,
        identities=memory,
        owners=memory,
        store=memory,
        queue=memory,
        bus=memory,
        senders=memory.seen,
        refusals=memory,
        resolvers=named,
        rule=ConfirmationRule(),
    )


def request(*names, **more):
    return written_request(LookRequest(names=names, **more))


def refused(configuration_set="acme-news", tenant="acme"):
    detail = {
        "id": "e" * 32,
        "at": iso(AT),
        "stream": {"account": ACCOUNT, "region": REGION, "configuration_set": configuration_set},
        "tenant": tenant,
        "incident": "i",
        "reason": "bounces",
        "mode": "enforce",
        "outcome": "paused",
        "evidence": {"cause": "authentication"},
        "strikes": 1,
        "acknowledge": True,
    }
    return json.dumps({"source": "sesguard", "detail-type": "Tenant Paused", "detail": detail})


ACME = {"acme.example": IdentityOwner("acme", ("acme-news",))}


def test_all_are_divided_into_messages_and_those_that_ses_was_not_asked_for_lately_apart():
    memory = Memory([an_identity(f"d{number}.example") for number in range(120)])
    memory.records["d0.example"] = PostureRecord(name="d0.example", ses_at=AT - timedelta(days=1))
    memory.records["d1.example"] = PostureRecord(name="d1.example", ses_at=AT - timedelta(days=8))
    look(deps(memory), written_request(LookRequest(all=True)), AT)
    fresh = [each for each in memory.requests if not each.refresh]
    stale = [each for each in memory.requests if each.refresh]
    assert [each.names for each in fresh] == [("d0.example",)]
    assert sum(len(each.names) for each in stale) == 119
    assert max(len(each.names) for each in stale) == CHUNK


def test_however_many_there_are_the_records_of_no_more_than_a_message_are_held_at_once():
    memory = Memory([an_identity(f"d{number}.example") for number in range(120)])
    asked: list[int] = []

    def load(names):
        asked.append(len(names))
        return {}

    memory.load = load
    look(deps(memory), written_request(LookRequest(all=True)), AT)
    assert asked == [50, 50, 20]


def test_who_finds_ses_busy_comes_back_later():
    memory = Memory([an_identity()], busy=True)
    look(deps(memory), request("acme.example", refresh=True), AT)
    (again,) = memory.requests
    assert (again.names, again.refresh, again.after_seconds) == (("acme.example",), True, 60)


def test_a_look_that_broke_off_goes_on_where_it_was(serving):
    names = [f"d{number}.example" for number in range(5)]
    memory = Memory([an_identity(name) for name in names])
    memory.fails_at = "d3.example"
    each = deps(memory, serving({}))
    with pytest.raises(AwsError):
        look(each, request(*names, refresh=True), AT)
    memory.fails_at = None
    look(each, request(*names, refresh=True), AT + timedelta(seconds=30))
    assert memory.read_names == names  # each once


def test_a_record_that_is_gone_is_told_once_with_what_to_publish_after_a_second_resolver_saw_it(serving):
    good, gone = a_domain(dmarc="v=DMARC1; p=reject"), a_domain(dmarc="v=DMARC1; p=reject", dkim=False)
    memory = Memory([an_identity()], ACME)
    look(deps(memory, serving(good)), request("acme.example", refresh=True), AT)
    each = deps(memory, serving(gone), serving(gone))
    look(each, request("acme.example"), AT + LATER)
    assert memory.events == []
    (again,) = memory.requests
    assert (again.resolver, again.after_seconds) == (1, 601)
    look(each, written_request(again), AT + 2 * LATER)
    (event,) = memory.events
    detail = event["detail"]
    assert (detail["tenant"], detail["occasion"], detail["domain"]) == ("acme", "worse", "acme.example")
    assert [record["name"] for record in detail["records"]] == [f"{token}._domainkey.acme.example" for token in TOKENS]
    look(each, request("acme.example"), AT + 3 * LATER)
    assert len(memory.events) == 1


def test_one_resolver_that_lies_changes_nothing(serving):
    memory = Memory([an_identity()], ACME)
    good = serving(a_domain())
    look(deps(memory, good), request("acme.example", refresh=True), AT)
    each = deps(memory, serving(a_domain(dkim=False)), good)
    look(each, request("acme.example"), AT + LATER)
    look(each, written_request(memory.requests[0]), AT + 2 * LATER)
    assert memory.events == []
    assert memory.records["acme.example"].pending == {}


def test_recovery_is_told_too(serving):
    memory = Memory([an_identity()], ACME)
    look(deps(memory, serving(a_domain(dkim=False))), request("acme.example", refresh=True), AT)
    each = deps(memory, serving(a_domain()), serving(a_domain()))
    look(each, request("acme.example"), AT + LATER)
    look(each, written_request(memory.requests[0]), AT + 2 * LATER)
    assert [event["detail"]["occasion"] for event in memory.events] == ["better"]


def test_refused_mail_of_a_stream_names_the_record_that_is_missing(serving):
    memory = Memory([an_identity()], ACME)
    look(deps(memory, serving(a_domain(dmarc="v=DMARC1; p=reject", dkim=False))), refused(), AT)
    (event,) = memory.events
    assert event["detail"]["occasion"] == "refused"
    assert "tokena._domainkey.acme.example" in event["detail"]["findings"][0]["says"]
    assert event["detail"]["records"][0]["line"].endswith("CNAME tokena.dkim.amazonses.com.")
    assert event["detail"]["tenant"] == "acme"


def test_refused_mail_of_a_domain_in_order_is_told_that_its_records_are_right(serving):
    memory = Memory([an_identity()], ACME)
    look(deps(memory, serving(a_domain(dmarc="v=DMARC1; p=reject"))), refused(), AT)
    assert memory.events[0]["detail"]["occasion"] == "records_right"
    assert memory.events[0]["detail"]["records"] == []


def test_refused_mail_is_answered_by_what_dns_says_now_even_while_ses_is_busy(serving):
    memory = Memory([], ACME, busy=True)
    memory.records["acme.example"] = PostureRecord(name="acme.example", identity=an_identity(), ses_at=AT)
    look(deps(memory, serving(a_domain(dkim=False))), refused(), AT)
    assert memory.events[0]["detail"]["occasion"] == "refused"
    assert memory.read_names == []


def test_refused_mail_with_dns_that_does_not_answer_blames_nobody(serving):
    zone = dict.fromkeys(a_domain(), SERVFAIL)
    memory = Memory([an_identity()], ACME)
    look(deps(memory, serving({**zone, ("_dmarc.example", "TXT"): SERVFAIL})), refused(), AT)
    assert memory.events[0]["detail"]["occasion"] == "unanswered"


def test_refused_mail_of_a_stream_without_identities_says_so():
    memory = Memory()
    look(deps(memory, None), refused("other"), AT)
    assert "names no identity" in memory.events[0]["detail"]["lines"][0]


def test_a_warning_and_its_pause_are_one_event_until_the_answer_is_another(serving):
    memory = Memory([an_identity()], ACME)
    each = deps(memory, serving(a_domain(dkim=False)))
    look(each, refused(), AT)
    look(each, refused(), AT + timedelta(seconds=9))
    assert len({event["detail"]["id"] for event in memory.events}) == 1
    look(deps(memory, serving(a_domain())), refused(), AT + timedelta(hours=1))
    assert len({event["detail"]["id"] for event in memory.events}) == 2


def test_an_identity_that_is_no_domain_holds_up_no_other(serving):
    memory = Memory([an_identity("acme.example"), an_identity("localhost")])
    report = look(deps(memory, serving(a_domain())), request("localhost", "acme.example", refresh=True), AT)
    assert (report.looked_at, report.unusable) == (1, ["localhost"])


def test_an_address_whose_domain_signs_is_known_to_be_signed_for(serving):
    memory = Memory([an_identity("acme.example"), an_identity("news@acme.example")])
    each = deps(memory, serving(a_domain(dmarc="v=DMARC1; p=reject")))
    look(each, request("acme.example", "news@acme.example", refresh=True), AT)
    assert memory.records["news@acme.example"].effect == "accepted"


def test_no_event_holds_an_address(serving):
    memory = Memory([an_identity("owner.name@acme.example")], {"owner.name@acme.example": ACME["acme.example"]})
    look(deps(memory, serving(a_domain(dmarc="v=DMARC1; p=reject"))), refused(), AT)
    assert "owner.name" not in json.dumps(memory.events)


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"posture": 1}', '{"source":"aws.ses","detail-type":"x","detail":{}}']
)
def test_a_message_that_asks_for_nothing_is_a_dead_letter(body):
    with pytest.raises(UnreadableRequestError):
        read_request(body)


def test_owners_are_those_of_this_account_and_region():
    def stream(region, name):
        return StreamEntry(account=ACCOUNT, region=region, configuration_set=name, identities=("acme.example",))

    tenant = TenantEntry(id="acme", streams=(stream(REGION, "a"), stream(REGION, "b"), stream("us-east-1", "c")))
    assert owners_of([tenant], ACCOUNT, REGION) == {"acme.example": IdentityOwner("acme", ("a", "b"))}


REJECTED = {"dmarc": "v=DMARC1; p=reject", "dkim": False}


def refused_for_certain(serving, owners=ACME):
    """Acme's domain, whose refusal has been seen twice."""
    memory = Memory([an_identity()], owners)
    each = deps(memory, serving(a_domain(**REJECTED)), serving(a_domain(**REJECTED)))
    look(each, request("acme.example", refresh=True), AT)
    look(each, written_request(memory.requests[0]), AT + LATER)
    return memory, each


def test_streams_of_a_domain_whose_mail_is_going_to_be_refused_are_reported_once_that_is_believed(serving):
    memory = Memory([an_identity()], ACME)
    each = deps(memory, serving(a_domain(**REJECTED)), serving(a_domain(**REJECTED)))
    look(each, request("acme.example", refresh=True), AT)
    assert memory.reported == []
    look(each, written_request(memory.requests[0]), AT + LATER)
    assert memory.reported == [(f"{ACCOUNT}/{REGION}/acme-news", "acme.example", True)]


def test_it_is_reported_again_with_each_look_and_told_no_more(serving):
    memory, each = refused_for_certain(serving)
    look(each, request("acme.example"), AT + timedelta(days=1))
    assert len(memory.reported) == 2
    assert len(memory.events) == 1


def test_that_it_is_over_is_reported_once(serving):
    memory, _ = refused_for_certain(serving)
    good = a_domain(dmarc="v=DMARC1; p=reject")
    each = deps(memory, serving(good), serving(good))
    memory.requests.clear()
    look(each, request("acme.example"), AT + timedelta(days=1))
    look(each, written_request(memory.requests[0]), AT + timedelta(days=1) + LATER)
    look(each, request("acme.example"), AT + timedelta(days=2))
    assert [refused for _, _, refused in memory.reported[1:]] == [True, False]


def test_whoever_comes_to_send_from_a_refused_domain_is_told_as_well(serving):
    memory, each = refused_for_certain(serving, owners={})
    assert memory.events[0]["detail"]["tenant"] == ""
    memory.owned = ACME
    for day in (1, 2):
        look(each, request("acme.example"), AT + timedelta(days=day))
    assert [event["detail"]["tenant"] for event in memory.events] == ["", "acme"]


def test_a_report_names_no_address(serving):
    name = "owner.name@acme.example"
    memory = Memory([an_identity(name)], {name: ACME["acme.example"]})
    each = deps(memory, serving(a_domain(**REJECTED)), serving(a_domain(**REJECTED)))
    look(each, request(name, refresh=True), AT)
    look(each, written_request(memory.requests[0]), AT + LATER)
    assert [domain for _, domain, _ in memory.reported] == ["acme.example"]


def test_deferred_mail_of_a_stream_is_answered_like_refused_mail(serving):
    memory = Memory([an_identity()], ACME)
    body = request(refused=f"{ACCOUNT}/{REGION}/acme-news", tenant="acme", incident="deferred/x/2026-11-26")
    each = deps(memory, serving(a_domain(dkim=False)))
    for _ in range(2):
        look(each, body, AT)
    assert {event["detail"]["occasion"] for event in memory.events} == {"refused"}
    assert len({event["detail"]["id"] for event in memory.events}) == 1


def test_a_request_for_what_is_no_stream_is_a_dead_letter():
    with pytest.raises(UnreadableRequestError):
        look(deps(Memory(), None), request(refused="nonsense"), AT)


def seen_domain(domain, configuration_set="acme-news", mails=0, one_click=0):
    return SenderDomain(domain, configuration_set, OneClickSample(mails, one_click))


def test_domains_that_are_seen_in_mail_alone_are_looked_at_too_and_those_of_identities_once():
    memory = Memory([an_identity(), an_identity("owner@shop.example")], ACME)
    memory.seen.domains = [seen_domain(name) for name in ("acme.example", "news.acme.example", "shop.example")]
    look(deps(memory), written_request(LookRequest(all=True)), AT)
    names = sorted(name for each in memory.requests for name in each.names)
    assert names == ["acme.example", "news.acme.example", "owner@shop.example"]


def test_a_domain_below_an_identity_is_judged_by_that_identity(serving):
    memory = Memory([an_identity()], ACME)
    zone = a_domain(dmarc="v=DMARC1; p=reject; adkim=s; aspf=s")
    memory.seen.domains = [seen_domain("news.acme.example")]
    each = deps(memory, serving(zone), serving(zone))
    look(each, request("news.acme.example", refresh=True), AT)
    record = memory.records["news.acme.example"]
    assert record.identity.name == "acme.example"
    assert record.effect == "refused"  # strict alignment wants the very domain
    assert "verified" not in record.aspects
    look(each, written_request(memory.requests[0]), AT + LATER)
    assert memory.reported == [(f"{ACCOUNT}/{REGION}/acme-news", "news.acme.example", True)]
    assert [event["detail"]["tenant"] for event in memory.events] == ["acme"]


def test_a_domain_that_no_identity_is_above_is_told_to_the_operator_alone(serving):
    memory = Memory([], ACME)
    memory.seen.domains = [seen_domain("mallory.example")]
    zones = [a_domain("mallory.example", dmarc="v=DMARC1; p=none"), a_domain("mallory.example")]
    each = deps(
        memory,
        *(
            serving({**zone, ("_dmarc.mallory.example", "TXT"): [text]})
            for zone, text in zip(zones, ["v=DMARC1; p=none", "v=DMARC1; p=reject"], strict=True)
        ),
    )
    look(each, request("mallory.example", refresh=True), AT)
    for turn in (1, 2):
        look(each, request("mallory.example", resolver=1), AT + turn * LATER)
    assert [event["detail"]["tenant"] for event in memory.events] == [""] * len(memory.events)
    assert memory.reported == []


@pytest.mark.parametrize(("one_click", "found"), [(10, True), (17, True), (18, False), (20, False)])
def test_mail_that_cannot_be_left_with_one_click_is_found_by_its_share(serving, one_click, found):
    memory = Memory([an_identity()], ACME)
    memory.seen.domains = [seen_domain("acme.example", mails=20, one_click=one_click)]
    look(deps(memory, serving(a_domain())), request("acme.example", refresh=True), AT)
    assert ("mail.no_one_click" in memory.records["acme.example"].findings) is found


def test_too_little_mail_says_nothing_of_one_click(serving):
    memory = Memory([an_identity()], ACME)
    memory.seen.domains = [seen_domain("acme.example", mails=19)]
    look(deps(memory, serving(a_domain())), request("acme.example", refresh=True), AT)
    assert "mail.no_one_click" not in memory.records["acme.example"].findings


def test_identities_without_a_default_set_are_listed_until_they_have_one_or_are_gone(serving):
    memory = Memory([an_identity(default_set=""), an_identity("shop.example", default_set="")])
    each = deps(memory, serving({**a_domain(), **a_domain("shop.example")}))
    look(each, request("acme.example", "shop.example", refresh=True), AT)
    assert memory.lacking == {"acme.example", "shop.example"}
    memory.identities = {"acme.example": an_identity(default_set="acme-news")}
    look(each, written_request(LookRequest(all=True)), AT + timedelta(days=7))
    assert memory.lacking == {"acme.example"}
    look(each, request("acme.example", refresh=True), AT + timedelta(days=7))
    assert memory.lacking == set()


def test_refused_mail_is_answered_for_what_it_is_seen_to_be_from_below_the_identities_too(serving):
    memory = Memory([an_identity()], ACME)
    memory.seen.domains = [seen_domain("news.acme.example"), seen_domain("mallory.example")]
    zone = a_domain(dmarc="v=DMARC1; p=reject; adkim=s; aspf=s")
    look(deps(memory, serving(zone)), refused(), AT)
    assert set(memory.records) == {"acme.example", "news.acme.example"}
    assert memory.events[0]["detail"]["occasion"] == "refused"
