"""What receiving domains took of a stream's mail, kept as the log is folded, read where bounces clump."""

from __future__ import annotations

from datetime import timedelta
from zlib import crc32

import pytest

from sesguard.aws.counts.cohorts import day_text
from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.rollups import UNTOUCHED, day_request
from sesguard.aws.counts.taken_marks import MOST_DOMAINS, taken_of
from sesguard.aws.counts.volume_fold import VolumeFold
from sesguard.aws.counts.volume_log import log_request, new_key, packed, packed_taken
from sesguard.aws.workers import Workers
from sesguard.detection.rows import DayTotals
from sesguard.ingest.tally import Tally
from sesguard.ingest.volume import Volume
from sesguard.policy import Policy
from sesguard.ses_events.observation import CountsFor, Observation, Via
from tests.fakes.clock import DAY, HOUR, MINUTE, NOW, minute_of
from tests.fakes.tables import TABLES, items, kept_in
from tests.fakes.world import ACME

HOME = ACME._replace(configuration_set="")
TODAY = minute_of(NOW) // 1_440
SENT_A_DAY, REFUSED = 10_000, 2_000
"""A month of it is 310,000 mails, 2 % of which are 6,200: what may be forgiven a day at domains that took mail."""


@pytest.fixture(params=["memory", "moto"])
def client(request):
    with kept_in(request.param, request) as client:
        yield client


def writer(client, now=NOW):
    return DynamoCountsWriter(client, TABLES, Workers(1), home=HOME, clock=now.timestamp)


def sampled(domain, count, at=NOW, stream=ACME):
    return Observation("send", stream, minute_of(at), count, CountsFor.VOLUME, "", Via.SNS, domains=((domain, count),))


def log(client, *observations, now=NOW):
    tally = Tally()
    for number, seen in enumerate(observations):
        tally.add(seen, number)
    first, rest = tally.parts()
    assert writer(client, now).add([*first, *rest], now, lambda: True) == []


def fold(client, now, left=lambda: True):
    return VolumeFold(client, TABLES.cohorts, HOME, Workers(1)).fold(now, left)


def marks(client, stream=ACME):
    found = {item["cohort"]["S"]: item for item in items(client, stream) if item["cohort"]["S"].startswith("m#")}
    return {
        key: {name: int(value["N"]) for name, value in item.items() if "N" in value and name[1:].isdigit()}
        for key, item in found.items()
    }


def day_name(at=NOW):
    return f"d{at.day:02}"


def month(at=NOW):
    return at.strftime("%Y-%m")


def bounce(client, domain, count, at=NOW):
    tally = Tally()
    seen = Observation(
        "bounce", ACME, minute_of(at), count, CountsFor.HARD_BOUNCE, "", Via.SNS, f"{domain}{at}", ((domain, count),)
    )
    tally.add(seen, 0)
    first, rest = tally.parts()
    assert writer(client, NOW).add([*first, *rest], NOW, lambda: True) == []


def past(client, *, days=31, sample=SENT_A_DAY // 16, but=0):
    """Days of SENT_A_DAY mails each, rolled up, ``but`` one."""
    for day in sorted({*range(TODAY - days, TODAY)} - {but}):
        totals = DayTotals(SENT_A_DAY, 0, 0, 0, SENT_A_DAY, sampled=sample)
        client.put_item(**day_request(TABLES.cohorts, str(ACME), day, totals, UNTOUCHED, "10/200/0.02"))


def put(client, stream, key, **numbers):
    item = {name: {"N": str(number)} for name, number in numbers.items()}
    client.put_item(TableName=TABLES.cohorts, Item={"stream": {"S": str(stream)}, "cohort": {"S": key}, **item})


def say(client, stream, what, days, number):
    """Put on record what was folded of each day."""
    by_month: dict[str, dict[str, int]] = {}
    for day in days:
        text = day_text(day)
        by_month.setdefault(text[:7], {})[f"d{text[8:]}"] = number
    for name, numbers in by_month.items():
        put(client, stream, f"m#{what}#{name}", **numbers)


def counted(client):
    """Bounces of today that weigh: of SENT_A_DAY mails so far, REFUSED at customer.example."""
    log(client, Observation("send", ACME, minute_of(NOW - HOUR), SENT_A_DAY, CountsFor.VOLUME, "", Via.SNS))
    bounce(client, "customer.example", REFUSED, NOW - HOUR)
    history = DynamoCounts(client, TABLES.cohorts).history(ACME, NOW, None, Policy())
    return REFUSED - history.forgiven_from(TODAY * 1_440)


def test_where_a_sample_of_the_mail_went_is_added_to_the_month_of_its_domain_as_the_log_is_folded(client):
    log(client, sampled("customer.example", 7), sampled("gmail.com", 9), sampled("customer.example", 5))
    log(client, sampled("customer.example", 8, stream=ACME._replace(configuration_set="other")))
    assert marks(client) == {}
    fold(client, NOW + MINUTE * 31)
    assert marks(client) == {f"m#customer.example#{month()}": {day_name(): 12}}
    assert marks(client, HOME) == {f"m##{month()}": {day_name(): 1}}
    later = NOW + HOUR
    log(client, sampled("customer.example", 4, later), now=later)
    fold(client, later + MINUTE * 31)
    assert marks(client) == {f"m#customer.example#{month()}": {day_name(): 16}}


def test_a_fold_that_is_done_again_after_any_write_adds_to_no_domain_twice(client, monkeypatch):
    monkeypatch.setattr("sesguard.aws.counts.fold_writes.AT_ONCE", 1)
    seen = [sampled(f"customer-{number}.example", 10 + number) for number in range(4)]
    log(client, *seen)
    for writes in range(8):
        room = iter([True] * writes)
        fold(client, NOW + MINUTE * 31, lambda room=room: next(room, False))
    fold(client, NOW + MINUTE * 31)
    assert marks(client) == {f"m#customer-{n}.example#{month()}": {day_name(): 10 + n} for n in range(4)}


def test_few_mails_are_kept_by_chance_and_come_to_the_same_on_average():
    kept = 0
    for number in range(400):
        volume = Volume(ACME, minute_of(NOW) // 60, [0, 1, 0], {"m#customer.example": 1})
        key = new_key(int(NOW.timestamp() * 1_000))
        item = log_request("t", HOME, key, b"", packed_taken([volume]))["Item"]
        taken, _ = taken_of([item], number)
        kept += sum(count for it in taken for count in it.days.values())
    expected = 4 * sum(
        crc32(f"{number}/{ACME.configuration_set}/customer.example/{TODAY}".encode()) % 4 < 1 for number in range(400)
    )
    assert kept == expected
    assert 300 <= kept <= 500


def test_items_of_older_versions_are_folded_and_their_day_is_said_not_to_be_kept(client):
    volumes = [Volume(ACME, minute_of(NOW) // 60, [0, 3, 0])]
    for _, body in packed(volumes):
        client.put_item(**log_request(TABLES.cohorts, HOME, new_key(int(NOW.timestamp() * 1_000)), body))
    log(client, sampled("customer.example", 7))
    assert fold(client, NOW + MINUTE * 31).items == 2
    assert marks(client, HOME) == {f"m##{month()}": {day_name(): 1, f"x{NOW.day:02}": 1}}


def test_what_is_kept_for_that_adds_nothing_to_an_hour(client):
    log(client, sampled("customer.example", 7))
    late = NOW - timedelta(days=2)
    log(client, sampled("customer.example", 7, late))
    fold(client, NOW + MINUTE * 31)
    hours = [item for item in items(client, ACME) if item["cohort"]["S"].startswith("v#")]
    assert len(hours) == 2
    assert not any(name.startswith("m") for item in hours for name in item)


def test_every_domain_is_believed_until_a_month_is_on_record(client):
    past(client)
    say(client, HOME, "", range(TODAY - 29, TODAY), 1)
    assert counted(client) == 10


def test_a_domain_that_took_nothing_is_forgiven_no_more_than_any_once_a_month_is_on_record(client):
    past(client)
    say(client, HOME, "", range(TODAY - 30, TODAY), 1)
    assert counted(client) == REFUSED - 200


def test_a_domain_that_took_mail_in_the_month_before_is_forgiven_its_clump(client):
    past(client)
    say(client, HOME, "", range(TODAY - 30, TODAY), 1)
    say(client, ACME, "customer.example", range(TODAY - 30, TODAY - 20), 60)
    assert counted(client) == 10


def test_todays_mail_to_a_domain_says_nothing_of_what_it_took_before(client):
    past(client)
    say(client, HOME, "", range(TODAY - 30, TODAY), 1)
    say(client, ACME, "customer.example", [TODAY], 600)
    assert counted(client) == REFUSED - 200


def test_a_domain_that_refused_what_it_was_sent_has_taken_nothing(client):
    past(client)
    say(client, HOME, "", range(TODAY - 30, TODAY), 1)
    say(client, ACME, "customer.example", range(TODAY - 30, TODAY - 20), 20)
    for day in range(TODAY - 30, TODAY - 20):
        put(client, ACME, f"m#customer.example#{day_text(day)}", refused=300)
    assert counted(client) == REFUSED - 200


def test_a_day_of_an_older_version_leaves_every_domain_believed(client):
    past(client)
    say(client, HOME, "", range(TODAY - 30, TODAY), 1)
    text = day_text(TODAY - 6)
    item = next(it for it in items(client, HOME) if it["cohort"]["S"] == f"m##{text[:7]}")
    client.put_item(TableName=TABLES.cohorts, Item={**item, f"x{text[8:]}": {"N": "1"}})
    assert counted(client) == 10


def test_a_stream_whose_sends_are_not_published_leaves_every_domain_believed(client):
    past(client, sample=3)
    say(client, HOME, "", range(TODAY - 30, TODAY), 1)
    assert counted(client) == 10


def test_a_day_on_which_the_stream_sent_nothing_needs_no_record(client):
    past(client, days=20)
    say(client, HOME, "", range(TODAY - 20, TODAY), 1)
    assert counted(client) == REFUSED - 200


def test_nothing_is_read_of_it_where_it_cannot_matter(client):
    past(client, days=5)
    asked = []
    query = client.query

    def noted(**request):
        asked.append(request["ExpressionAttributeValues"].get(":first", {}).get("S", ""))
        return query(**request)

    client.query = noted
    bounce(client, "customer.example", 150, NOW - HOUR)
    DynamoCounts(client, TABLES.cohorts).history(ACME, NOW, None, Policy())
    assert asked
    assert not any(first.startswith("m#") for first in asked)


def test_as_a_day_is_rolled_up_it_is_noted_what_domains_refused_and_they_are_judged_by_their_past(client):
    day = TODAY - 5
    past(client, but=day)
    say(client, HOME, "", range(TODAY - 60, TODAY), 1)
    at = NOW - DAY * 5
    names = [f"customer-{number}.example" for number in range(MOST_DOMAINS + 5)]
    say(client, ACME, names[0], range(TODAY - 30, TODAY - 20), 60)
    log(client, sampled("gmail.com", SENT_A_DAY, at))
    for number, name in enumerate(names):
        bounce(client, name, 600 - number, at)
    history = DynamoCounts(client, TABLES.cohorts).history(ACME, NOW, None, Policy())
    found = [item for item in items(client, ACME) if item["cohort"]["S"].endswith(f"#{day_text(day)}")]
    refused = {item["cohort"]["S"]: item["refused"]["N"] for item in found if "refused" in item}
    assert len(refused) == MOST_DOMAINS
    assert refused[f"m#{names[0]}#{day_text(day)}"] == "600"
    # What the one took mail of is forgiven it, and 200 at most with all others.
    assert 590 <= history.forgiven_from(day * 1_440) <= 790
