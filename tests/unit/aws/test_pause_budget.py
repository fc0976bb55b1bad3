"""Room for automatic pauses as it lies in the table."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sesguard.aws.counts.counts import DynamoCounts
from sesguard.aws.counts.pause_budget import DynamoPauseBudget
from sesguard.errors import ConflictError
from sesguard.pausing.budget import Cap
from sesguard.policy import Policy
from sesguard.stream import StreamId
from tests.fakes.clock import HOUR, MINUTE, NOW, minute_of
from tests.fakes.tables import TABLES, items
from tests.fakes.world import ACME

HOME = StreamId(ACME.account, ACME.region, "")


def slots(client, least: int = 2, share: float = 0.0) -> DynamoPauseBudget:
    return DynamoPauseBudget(client, TABLES.cohorts, TABLES.seen, HOME, Cap(least, share))


def test_so_many_an_hour_have_room_and_the_next_has_none(client):
    assert [slots(client).claim(name, NOW).granted for name in "abc"] == [True, True, False]


def test_who_comes_again_after_a_crash_has_the_room_it_had(client):
    assert [slots(client).claim(name, NOW).granted for name in "abaab"] == [True] * 5


def test_an_hour_later_there_is_room(client):
    for name in "ab":
        slots(client).claim(name, NOW)
    assert slots(client).claim("c", NOW + HOUR).granted


def test_those_who_wait_share_the_time_that_names_the_episode(client):
    since = [slots(client, 0).claim(name, NOW + n * MINUTE).full_since for n, name in enumerate("abc")]
    assert since == [NOW, NOW, NOW]


@pytest.mark.parametrize(("streams", "granted"), [(4, False), (5, True)])
def test_more_streams_give_more_room(client, streams, granted):
    for number in range(streams):
        client.put_item(TableName=TABLES.seen, Item={"id": {"S": str(number)}})
    for name in "abc"[:2]:
        slots(client, share=0.6).claim(name, NOW)
    assert slots(client, share=0.6).claim("c", NOW).granted is granted


def test_the_claims_expire_and_are_no_ones_mail(client):
    slots(client).claim("a", NOW)
    (item,) = items(client, HOME)
    assert int(item["expires"]["N"]) == int((NOW + timedelta(hours=2)).timestamp())
    history = DynamoCounts(client, TABLES.cohorts).history(HOME, NOW, None, Policy())
    assert history.weighed_volume(minute_of(NOW)) == 0


@pytest.mark.parametrize(
    "item",
    [
        {"version": {"N": "3"}, "claims": {"S": "of a newer version"}},
        {"version": {"N": "3"}},
        {"claims": {"S": "{}"}},
        {"version": {"S": "three"}, "claims": {"S": "{}"}},
        {"version": {"N": "3"}, "claims": {"M": {}}},
    ],
)
def test_claims_that_cannot_be_read_stop_no_pause_and_are_counted_anew(client, item):
    client.put_item(TableName=TABLES.cohorts, Item={"stream": {"S": str(HOME)}, "cohort": {"S": "p#hour"}, **item})
    assert [slots(client).claim(name, NOW).granted for name in "abc"] == [True, True, False]


def test_whoever_never_gets_a_word_in_is_given_back_to_the_queue(client):
    class Outpaced:
        """Somebody else writes between every read and write."""

        def __getattr__(self, name):
            return getattr(client, name)

        def query(self, **request):
            answer = client.query(**request)
            slots(client, 1_000).claim(str(len(rivals)), NOW)
            rivals.append(answer)
            return answer

    rivals: list = []
    with pytest.raises(ConflictError):
        slots(Outpaced(), 1_000).claim("a", NOW)
