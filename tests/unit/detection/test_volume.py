"""What may be weighed: volume that was never seen is unknown, not nothing."""

from __future__ import annotations

import pytest

from sesguard.detection.breakdown import DAY
from sesguard.detection.columns import BOUNCED, COMPLAINED, DELIVERED, SENT, SENT_EVENTBRIDGE
from sesguard.detection.headroom import headroom
from sesguard.detection.history import History
from sesguard.detection.rows import HOUR
from sesguard.detection.volume import TOLD_AFTER
from sesguard.detection.weigh import Verdict, weigh
from sesguard.policy import Policy

NOW = 29_919_434 // DAY * DAY + 20 * HOUR
LIMITS = Policy().limits(probation=False)


def weighed(history: History, now: int = NOW) -> Verdict:
    return weigh(history, LIMITS, now)


def steady(history: History, first: int, last: int, an_hour: int = 1_000, bounces: int = 0) -> None:
    for hour in range(first // HOUR, last // HOUR):
        history.add(hour * HOUR + 7, SENT, an_hour)
        if bounces:
            history.add_bounces(hour * HOUR + 7, bounces, f"{hour % 50}.example")


def test_bounces_of_a_stream_that_publishes_no_volume_weigh_nothing_and_are_known() -> None:
    history = History()
    for number in range(900):
        history.add_bounces(NOW - 40 * DAY // 10 + number, 1, f"d{number}.example")
    for number in range(40):
        history.add_complaints(NOW - number * HOUR, 1, "yahoo.com")
    verdict = weighed(history)
    assert verdict.risk == 0
    assert verdict.unknown is not None
    assert (verdict.unknown.bounces, verdict.unknown.complaints) == (900, 40)
    assert not verdict.unknown.publishes


@pytest.mark.parametrize("later", [0, 2 * HOUR, DAY, 4 * DAY, 12 * DAY])
def test_mail_from_before_the_first_volume_does_not_weigh_now_or_when_its_hours_have_become_days(later: int) -> None:
    """The guard is switched on eleven hours into a campaign of 60,000 mails of which 1 % bounce."""
    begun, switched_on = NOW - 11 * HOUR, NOW
    history = History()
    for minute in range(begun, switched_on, 5):
        history.add_bounces(minute, 5, f"{minute % 997}.example")
        history.add_complaints(minute, 1, "yahoo.com")
    steady(history, switched_on, switched_on + 2 * HOUR, 500, 5)
    for after in range(1, later // DAY):
        steady(history, switched_on + after * DAY, switched_on + after * DAY + HOUR, 100)
    verdict = weighed(history, switched_on + 2 * HOUR + later)
    assert verdict.risk == 0
    assert verdict.unknown is not None
    assert verdict.unknown.left_out >= 600


def test_a_gap_in_the_volume_of_a_stream_is_judged_by_its_volume_of_before() -> None:
    def after_a_gap(bounces_an_hour: int) -> Verdict:
        history = History()
        steady(history, NOW - 10 * DAY, NOW - 6 * HOUR, 1_000, 10)
        for hour in range(6):
            for number in range(bounces_an_hour):
                history.add_bounces(NOW - hour * HOUR - 30, 1, f"{number}.example")
        return weighed(history)

    assert after_a_gap(10).risk == 0, "as many as ever"
    assert after_a_gap(400).risk >= 1, "40 % of what it sends"


def test_before_a_stream_has_sent_for_a_whole_day_a_gap_does_not_weigh_and_is_told() -> None:
    """Send events for some hours of its first day, then none: nobody knows what it sends on a day."""

    def after_a_gap(begins: int) -> Verdict:
        history = History()
        steady(history, begins, NOW - 3 * HOUR, 1_000, 5)
        for number in range(900):
            history.add_bounces(NOW - 3 * HOUR + number % 179, 1, f"x{number}.example")
        return weighed(history)

    new = after_a_gap(NOW - 8 * HOUR)
    assert new.risk == 0
    assert new.unknown is not None
    assert new.unknown.left_out == 900
    assert new.unknown.lasting
    assert after_a_gap(NOW - 4 * DAY).risk >= 1


def test_a_hole_of_minutes_in_a_campaign_is_judged_by_what_it_sent_before() -> None:
    """Somebody takes the Send events off and puts them back within the hour."""

    def risk(bad_in_hole: int) -> float:
        history = History()
        for day in range(4):
            start = NOW - day * DAY - 100
            for minute in range(100):
                hole = not day and 30 <= minute < 70
                history.add(start + minute, SENT, 0 if hole else 100)
                bounces = bad_in_hole if hole else 3
                for number in range(bounces):
                    history.add_bounces(start + minute, 1, f"{day}-{minute}-{number}.example")
        return weighed(history).risk

    assert risk(3) == 0, "as many as ever: 120 bounces of mail that nobody counted"
    assert risk(60) >= 1


def test_one_lost_event_covers_no_bad_list() -> None:
    history = History()
    for days in (9, 8):
        steady(history, NOW - days * DAY, NOW - days * DAY + HOUR, 60_000, 100)
    for minute in range(60):
        history.add(NOW - 90 + minute, SENT, 4)
        history.add_bounces(NOW - 90 + minute, 1, f"{minute}.example")
    assert weighed(history).risk > 1
    history.add_bounces(NOW - 20, 1, "lost.example")
    assert weighed(history).risk > 1


@pytest.mark.parametrize("late", [2 * HOUR, 19 * HOUR, 30 * HOUR, 2 * DAY, 4 * DAY, 6 * DAY])
@pytest.mark.parametrize("pruned", [True, False])
def test_mail_from_before_the_first_event_of_its_hour_never_weighs(late: int, *, pruned: bool) -> None:
    """A guard is switched on in the last minutes of an honest campaign; complaints go on coming for days."""
    begins = NOW - late
    history, day = History(), begins // DAY
    for minute in range(5):
        history.add(begins + minute, SENT, 200)
    if pruned:
        history.prune(NOW)
    for number in range(30):
        history.add_complaints(begins - 1 - number % 40, 1, "yahoo.com")
        history.add_bounces(begins - 1 - number % 40, 1, f"{number}.example")
    assert weighed(history).risk == 0
    again = History()
    again.add_day(day, history.day_totals(day))
    later = weigh(again, LIMITS, NOW + 5 * DAY)
    assert later.risk == 0
    assert later.unknown is not None
    assert later.unknown.left_out == 60


def test_a_minute_without_volume_within_an_hour_that_has_some_weighs_as_ever() -> None:
    """An event on its way; and of mail that all bounces there is no delivery."""
    history = History()
    for minute in range(60):
        history.add(NOW - 90 + minute, DELIVERED, 1) if minute % 10 == 0 else None
        history.add_bounces(NOW - 90 + minute, 2, f"{minute}.example")
    assert weighed(history).risk >= 1


@pytest.mark.parametrize(("hours", "lasting"), [(1, False), (2 + TOLD_AFTER // HOUR, True)])
def test_bounces_without_volume_for_hours_on_a_stream_that_publishes_are_told(hours: int, *, lasting: bool) -> None:
    history = History()
    steady(history, NOW - 5 * DAY, NOW - 8 * HOUR)
    for hour in range(hours):
        history.add_bounces(NOW - hour * HOUR - 1, 1, "a.example")
    unknown = weighed(history).unknown
    assert unknown is not None
    assert unknown.lasting is lasting


@pytest.mark.parametrize("change", [NOW - 4 * DAY - 3 * HOUR, NOW - 9 * HOUR - 31, NOW - 61])
@pytest.mark.parametrize("before", [SENT, DELIVERED, SENT_EVENTBRIDGE])
def test_a_change_of_path_in_the_middle_loses_no_volume(change: int, before: int) -> None:
    mixed, plain = History(), History()
    for minute in range(NOW - 6 * DAY, NOW, 30):
        mixed.add(minute, before if minute < change else SENT, 40)
        plain.add(minute, SENT, 40)
    assert [row[1] for row in mixed.rows(NOW)] == [row[1] for row in plain.rows(NOW)]
    assert mixed.weighed_volume(NOW) == plain.weighed_volume(NOW)


def test_complaints_are_weighed_against_mail_to_providers_that_send_them_back() -> None:
    """80 % at Gmail, and 0.3 % complaints of the rest: 0.06 % of all."""

    def risk(sampled: int, reporting: int) -> float:
        history = History()
        for hour in range(24 * 5):
            history.add(NOW - hour * HOUR - 1, SENT, 5_000)
            history.add(NOW - hour * HOUR - 1, COMPLAINED, 3)
        history.add_sample(NOW // DAY, sampled, reporting)
        return weighed(history).risk

    assert risk(0, 0) < 0.1, "nothing is known of where the mail goes"
    assert risk(37_500, 7_500) >= 1
    assert risk(37_500, 37_500) < 0.1


def test_there_is_no_headroom_where_volume_is_unknown() -> None:
    history = History()
    history.add(NOW - 1, BOUNCED, 3)
    assert headroom(history, LIMITS, NOW)[1:] == (0, 0)


def test_rolled_up_hours_and_days_read_as_their_minutes_do() -> None:
    whole, rolled = History(), History()
    for minute in range(NOW - 3 * DAY, NOW - 3 * HOUR, 11):
        whole.add(minute, SENT if minute // HOUR % 5 else DELIVERED, minute % 7 + 1)
        if minute % 3 == 0:
            whole.add(minute, BOUNCED, 2)
        if minute // HOUR % 4 == 0 and minute % 2:
            whole.add(minute + 5, COMPLAINED, 1)
    for hour in range((NOW - 3 * DAY) // HOUR, NOW // HOUR):
        rolled.add_hour(hour, whole.hour_totals(hour))
    assert rolled.rows(NOW) == whole.rows(NOW)
    assert rolled.days(NOW) == whole.days(NOW)
    by_day = History()
    for day in range(NOW // DAY - 3, NOW // DAY + 1):
        by_day.add_day(day, whole.day_totals(day))
    assert by_day.days(NOW) == whole.days(NOW)
