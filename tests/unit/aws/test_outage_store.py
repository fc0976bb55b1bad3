"""Providers that refuse mail, as they lie in the table, and what is set aside of a stream's counts."""

from __future__ import annotations

import pytest

from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.outage_store import DynamoOutages, DynamoRefusals
from sesguard.aws.workers import Workers
from sesguard.detection.outage import ProviderFailure, ProviderRecord, SetAside
from sesguard.detection.weigh import weigh
from sesguard.ingest.tally import Tally
from sesguard.pausing.refused import Refused
from sesguard.policy import Policy
from sesguard.ses_events.observation import CountsFor, Observation, Via
from tests.fakes.account import HOME, stream
from tests.fakes.clock import DAY, MINUTE, NOW, minute_of
from tests.fakes.tables import TABLES

AT = minute_of(NOW) // 10 * 10
FAILING = ProviderRecord(failure=ProviderFailure("google", AT, 5, 9, 0.4), failing=(AT // 10,))


@pytest.fixture
def refusals(client) -> DynamoRefusals:
    return DynamoRefusals(client, TABLES.cohorts)


@pytest.fixture
def outages(client) -> DynamoOutages:
    return DynamoOutages(client, TABLES.cohorts, HOME)


def refused(name: str, tenant: str = "", provider: str = "google") -> Refused:
    return Refused(stream(name), tenant, provider)


def test_the_third_tenant_that_is_refused_makes_it_suspect_and_a_tenant_counts_once(refusals):
    assert not refusals.note(refused("a", "acme"), NOW)
    assert not refusals.note(refused("b", "acme"), NOW)
    assert not refusals.note(refused("c", "other"), NOW)
    assert not refusals.note(refused("d", "third", "yahoo"), NOW)
    assert refusals.note(refused("e"), NOW + 5 * MINUTE)


def test_what_is_older_than_half_an_hour_counts_no_more(refusals, outages):
    for name in "abc":
        refusals.note(refused(name), NOW)
    assert {it.stream for it in outages.refused(NOW + 5 * MINUTE)} == {stream("a"), stream("b"), stream("c")}
    assert outages.refused(NOW + 40 * MINUTE) == []


def test_the_same_refusal_twice_is_one(refusals, outages):
    refusals.note(refused("a", "acme"), NOW)
    refusals.note(refused("a", "acme"), NOW)
    assert outages.refused(NOW) == [refused("a", "acme")]


def test_of_a_provider_that_refuses_thousands_of_tenants_a_few_are_read(client):
    """Each stream that is refused asks: of 10,000 each would read all, and pauses be minutes apart."""
    read: list[int] = []

    class Reading:
        put_item = client.put_item

        def query(self, **request):
            page = client.query(**request)
            read.append(page["Count"])
            return page

    for number in range(120):
        for slot in (AT // 10 - 6, AT // 10):
            key = {"stream": {"S": str(HOME)}, "cohort": {"S": f"g#google#{slot:09d}#s{number}"}}
            client.put_item(TableName=TABLES.cohorts, Item={**key, "tenant": {"S": ""}})
    assert DynamoRefusals(Reading(), TABLES.cohorts).note(refused("one-more"), NOW)
    assert sum(read) <= 100


def test_a_provider_that_is_declared_failing_is_known_to_whoever_is_refused_next(refusals, outages):
    outages.keep("google", FAILING, NOW)
    assert outages.records() == {"google": FAILING}
    assert refusals.note(refused("a"), NOW)
    assert not refusals.note(refused("a", provider="yahoo"), NOW)


def test_a_record_that_this_version_cannot_read_is_begun_anew(client, outages):
    item = {"stream": {"S": str(HOME)}, "cohort": {"S": "h#google"}, "record": {"S": '{"failing": "x"}'}}
    client.put_item(TableName=TABLES.cohorts, Item=item)
    assert outages.records() == {}


def count(client, bounces: int, at) -> None:
    tally = Tally()
    minute = minute_of(at)
    send = Observation(
        stream=stream("a"), kind="send", counts_for=CountsFor.VOLUME, minute=minute, count=100, via=Via.SNS, why=""
    )
    tally.add(send, 0)
    for number in range(bounces):
        tally.add(
            Observation(
                stream=stream("a"),
                kind="bounce",
                counts_for=CountsFor.HARD_BOUNCE,
                minute=minute,
                count=1,
                via=Via.SNS,
                why="",
                identity=f"{minute}/{number}",
                domains=(("gmail.com", 1),),
            ),
            number + 1,
        )
    first, rest = tally.parts()
    assert DynamoCountsWriter(client, TABLES, Workers(1)).add([*first, *rest], at, lambda: True) == []


@pytest.mark.parametrize("later", [MINUTE, 5 * 60 * MINUTE, 6 * DAY])
def test_what_is_set_aside_does_not_weigh_by_the_minute_the_hour_or_the_day(client, outages, later):
    policy = Policy()
    count(client, 40, NOW)
    start = minute_of(NOW) // 10 * 10
    now = NOW + later
    counts = DynamoCounts(client, TABLES.cohorts)

    def risk() -> float:
        history = counts.history(stream("a"), now, None, policy)
        return weigh(history, policy.limits(probation=False), minute_of(now)).risk

    before = risk()
    assert before > 1
    outages.set_aside(stream("a"), [SetAside("google", start, 0.5, 20.0, 20.0)])
    assert 0 < risk() < before
    outages.set_aside(stream("a"), [SetAside("google", start, 1.0, 40.0, 40.0)])
    assert risk() == 0
