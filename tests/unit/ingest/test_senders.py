"""Whose outcome an event is, by the identity that its mail was sent from."""

from __future__ import annotations

import json
import zlib
from hashlib import sha256
from typing import Any

import msgspec
import pytest

from sesguard.aws.counts.senders import EVERY, DynamoSenders
from sesguard.ingest.senders import NOBODY_KNOWN, Senders, attribute
from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import read
from sesguard.ses_events.observation import Observation
from sesguard.stream import StreamId
from sesguard.tenants.sender import RegisteredSender
from tests.fakes.clock import MINUTE, NOW
from tests.fakes.tables import TABLES, in_memory
from tests.ses_events import ACCOUNT, REGION, Event, a_bounce, a_bounced, a_complaint, a_legacy, a_mail

HOME = StreamId(ACCOUNT, REGION, "")
ACME = HOME._replace(configuration_set="acme-news")
KNOWN = Senders(
    frozenset({"acme.example"}),
    {
        "acme.example": RegisteredSender("acme", "acme-news"),
        "sales@shared.example": RegisteredSender("acme", "acme-news"),
        "mallory.example": RegisteredSender("mallory", "mallory-news"),
    },
    {"acme-news": "acme", "acme-receipts": "acme", "mallory-news": "mallory"},
)


def seen(event: Event) -> Observation:
    found = read(json.dumps(event), Context())
    assert isinstance(found, Observation)
    return found


def sent_from(identity: str, **fields: object) -> Event:
    return a_mail(sourceArn=f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{identity}", **fields)


@pytest.mark.parametrize("build", [a_bounce, a_complaint])
def test_an_untagged_notification_goes_to_the_stream_of_its_identity(build: object) -> None:
    tagged, untagged = seen(build()), seen(a_legacy(build()))  # type: ignore[operator]  # builders of events
    assert not untagged.stream.attributed
    attributed = attribute(untagged, KNOWN)
    assert attributed.stream == tagged.stream == ACME
    assert attributed.identity == tagged.identity
    assert attribute(untagged, NOBODY_KNOWN) == untagged


def test_outcomes_of_mail_from_another_tenants_identity_are_told_apart() -> None:
    framed = attribute(seen(a_bounce(mail=sent_from("mallory.example"))), KNOWN)
    assert framed.foreign
    assert framed.stream == ACME
    own = attribute(seen(a_bounce(mail=sent_from("acme.example", configuration_set="acme-receipts"))), KNOWN)
    assert not own.foreign
    assert not attribute(seen(a_bounce(mail=sent_from("stranger.example"))), KNOWN).foreign


def test_an_address_belongs_to_its_domain_unless_it_is_an_identity_itself() -> None:
    assert attribute(seen(a_bounce(mail=sent_from("ceo@mallory.example"))), KNOWN).foreign
    assert not attribute(seen(a_bounce(mail=sent_from("sales@shared.example"))), KNOWN).foreign


def test_bounces_at_verified_domains_are_counted_beside_the_others() -> None:
    bounced = a_bounced("a@acme.example"), a_bounced("b@mail.acme.example"), a_bounced("c@other.example")
    counted = attribute(seen(a_bounce(*bounced)), KNOWN)
    assert (counted.count, counted.at_own_domains) == (1, 2)
    assert counted.domains == (("other.example", 1),)
    alone = attribute(seen(a_bounce(a_bounced("a@ACME.example"))), KNOWN)
    assert (alone.count, alone.at_own_domains, alone.domains) == (0, 1, ())
    assert attribute(seen(a_bounce(a_bounced("a@notacme.example"))), KNOWN).at_own_domains == 0


def test_what_is_put_on_record_is_read_back_and_read_anew_every_ten_minutes() -> None:
    client = in_memory()
    store = DynamoSenders(client, TABLES.cohorts)  # type: ignore[arg-type]  # stands in for the client
    assert store.load(HOME, NOW) == NOBODY_KNOWN
    store.note_verified(HOME, KNOWN.verified)
    store.note_registry(HOME, KNOWN.identities, KNOWN.sets)
    assert store.load(HOME, NOW + EVERY - MINUTE) == NOBODY_KNOWN
    assert store.load(HOME, NOW + EVERY) == KNOWN


def a_registry(streams: int) -> tuple[dict[str, RegisteredSender], dict[str, str]]:
    """Identities and sets, under names that do not compress: those of platforms are often random."""
    word = lambda kind, n: sha256(f"{kind}{n}".encode()).hexdigest()[:32]  # noqa: E731
    sets = {word("set", n): word("tenant", n) for n in range(streams)}
    return {f"{word('domain', n)}.example": RegisteredSender(sets[name], name) for n, name in enumerate(sets)}, sets


@pytest.mark.parametrize("streams", [10_000, 50_000])
def test_the_registry_of_a_whole_region_fits_and_is_read_back(streams: int) -> None:
    """10,000 configuration sets and identities, which SES allows in a region, and more than anybody's."""
    client = in_memory()  # which takes no item of more than 400 KB
    store = DynamoSenders(client, TABLES.cohorts)  # type: ignore[arg-type]  # stands in for the client
    identities, sets = a_registry(streams)
    store.note_verified(HOME, identities)
    store.note_registry(HOME, identities, sets)
    assert store.load(HOME, NOW) == Senders(frozenset(identities), identities, sets)


def test_a_registry_that_has_become_small_again_is_read_without_what_was_beside_it() -> None:
    client = in_memory()
    store = DynamoSenders(client, TABLES.cohorts)  # type: ignore[arg-type]  # stands in for the client
    store.note_registry(HOME, *a_registry(10_000))
    store.note_registry(HOME, KNOWN.identities, KNOWN.sets)
    assert store.load(HOME, NOW) == msgspec.structs.replace(KNOWN, verified=frozenset())


def test_whoever_reads_while_it_grows_reads_again() -> None:
    """Else it would take tenants for unknown for ten minutes: their names are in no part that it has read."""
    client = in_memory()
    store = DynamoSenders(client, TABLES.cohorts)  # type: ignore[arg-type]  # stands in for the client
    store.note_registry(HOME, *a_registry(10_000))
    between_parts = client.tables[TABLES.cohorts].copy()
    identities, sets = a_registry(20_000)
    store.note_registry(HOME, identities, sets)
    written = client.tables[TABLES.cohorts]
    last_part = (str(HOME), "d#senders#sets#01")
    client.tables[TABLES.cohorts] = between_parts | {last_part: written[last_part]}
    read = client.query

    def query(**request: Any) -> dict[str, Any]:
        found = read(**request)
        client.tables[TABLES.cohorts] = written
        return found

    client.query = query  # type: ignore[method-assign]
    assert store.load(HOME, NOW) == Senders(frozenset(), identities, sets)


def test_an_identity_whose_set_is_not_on_record_yet_is_not_known_yet() -> None:
    client = in_memory()
    store = DynamoSenders(client, TABLES.cohorts)  # type: ignore[arg-type]  # stands in for the client
    store.note_registry(HOME, {"acme.example": RegisteredSender("acme", "acme-news")}, {})
    assert store.load(HOME, NOW) == NOBODY_KNOWN


@pytest.mark.parametrize("key", ["d#senders", "d#senders#identities", "d#senders#sets"])
@pytest.mark.parametrize("value", [{"B": b"junk"}, {"B": zlib.compress(b'{"acme.example": [1]}')}, {"S": "newer"}])
def test_what_this_version_cannot_read_of_senders_is_as_if_it_were_not_there(key: str, value: object) -> None:
    """A newer version may have written it before a rollback: all outcomes of the account would wait for it."""
    client = in_memory()
    store = DynamoSenders(client, TABLES.cohorts)  # type: ignore[arg-type]  # a twin of the client
    store.note_verified(HOME, KNOWN.verified)
    store.note_registry(HOME, KNOWN.identities, KNOWN.sets)
    item = client.tables[TABLES.cohorts][str(HOME), key]
    (name,) = item.keys() - {"stream", "cohort", "parts"}
    item[name] = value
    found = store.load(HOME, NOW)
    assert (found.verified == KNOWN.verified) == (key != "d#senders")
    assert (found.sets == KNOWN.sets) == (key != "d#senders#sets")
    assert (found.identities == KNOWN.identities) == (key == "d#senders")
