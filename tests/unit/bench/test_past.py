"""The past that the bench makes up: as it would lie in the table, had such days been lived through."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.past import Past
from sesguard.aws.counts.cohorts import NAMED, OUTCOMES, VOLUME

STREAM = "111122223333/eu-west-1/acme-news"
SHARE = 0.02


def by_minute(past, kind, hour, letter):
    """What items of an hour count by the minute."""
    found = Counter()
    for item, _ in past.hour(kind, STREAM, hour):
        for name, value in item.items():
            if name[0] == letter and name[1:3].isdigit():
                found[int(name[1:3])] += int(value["N"])
    return found


@pytest.mark.parametrize("mails", [0.4, 4, 40, 40_000, 4_000_000])
def test_a_bounce_lies_in_the_minute_of_its_mail_whose_volume_is_known(mails):
    past = Past(mails, SHARE)
    for hour in range(500):
        assert by_minute(past, OUTCOMES, hour, "b").keys() <= by_minute(past, VOLUME, hour, "s").keys()


@pytest.mark.parametrize("mails", [4, 40, 4_000])
def test_of_the_mail_of_the_past_its_share_bounced_whatever_a_stream_sends(mails):
    past = Past(mails, SHARE)
    sent, bounced = (
        sum(by_minute(past, kind, hour, letter).total() for hour in range(10_000))
        for kind, letter in ((VOLUME, "s"), (OUTCOMES, "b"))
    )
    assert bounced == pytest.approx(sent * SHARE, rel=0.05)


def test_names_of_an_hours_first_two_bounces_lie_beside_their_counts_and_the_others_apart():
    past = Past(100, SHARE)
    for hour in range(100):
        every, apart = (by_minute(past, kind, hour, "b").total() for kind in (OUTCOMES, NAMED))
        assert apart == max(0, every - 2)
