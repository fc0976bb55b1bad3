"""Counts by the time of sending: buckets, restart, and what is forgotten."""

from __future__ import annotations

from sesguard.detection.breakdown import DAY
from sesguard.detection.columns import DELIVERED, DELIVERED_EVENTBRIDGE, SENT, SENT_EVENTBRIDGE, volume_of
from sesguard.detection.history import History
from sesguard.detection.rows import HOUR, DayTotals, boundaries
from sesguard.detection.volume import judge

NOW = 40 * DAY + 5 * HOUR + 17


def volume(history: History, now: int = NOW) -> int:
    return sum(row[1] for row in history.rows(now))


def bounces(history: History, now: int = NOW) -> int:
    return sum(row[2] for row in history.rows(now))


def a_history(*minutes: int) -> History:
    history = History()
    for minute in minutes:
        history.add(minute, SENT, 1)
    return history


def test_recent_mail_is_weighed_by_the_minute_then_by_the_hour_then_by_the_day() -> None:
    two_hours, three_days = NOW - 2 * HOUR, NOW - 3 * DAY
    history = a_history(NOW, two_hours, two_hours - HOUR, three_days, three_days - DAY)
    assert [row[0] for row in history.rows(NOW)] == [
        NOW,
        two_hours,
        (two_hours - HOUR) // HOUR * HOUR,
        three_days // HOUR * HOUR,
        (three_days - DAY) // DAY * DAY,
    ]


def test_every_mail_of_a_month_is_in_exactly_one_row() -> None:
    history = a_history(*range(NOW - 30 * DAY, NOW + 1, 7))
    assert volume(history) == len(range(NOW - 30 * DAY, NOW + 1, 7))


def test_no_mail_is_in_two_rows_when_the_clock_is_young() -> None:
    """Records may count their time from zero, where the reach of hours and days ends before the beginning."""
    for now in (0, 10, 3 * HOUR, DAY, 3 * DAY + 100, 4 * DAY + 1):
        history = a_history(*range(now // 2, now + 1))
        assert volume(history, now) == now - now // 2 + 1, now


def test_mail_of_more_than_a_month_ago_does_not_weigh() -> None:
    assert volume(a_history(NOW - 32 * DAY)) == 0
    assert volume(a_history(NOW // DAY * DAY - 30 * DAY)) == 1


def test_volume_is_the_larger_of_sends_and_deliveries_with_bounces() -> None:
    assert volume_of([10, 4, 0, 0, 2, 0]) == 10
    assert volume_of([0, 4, 0, 0, 2, 1]) == 6


def test_a_stream_that_publishes_by_both_paths_is_not_doubled() -> None:
    history = History()
    for column in (SENT, SENT_EVENTBRIDGE, DELIVERED, DELIVERED_EVENTBRIDGE):
        history.add(NOW, column, 100)
    assert volume(history) == 100


def test_volume_that_rests_on_deliveries_says_so() -> None:
    delivered, sent = History(), History()
    delivered.add(NOW, DELIVERED, 5)
    sent.add(NOW, SENT, 5)
    assert delivered.by_deliveries()
    assert not sent.by_deliveries()


def test_after_a_restart_only_mail_sent_since_then_weighs() -> None:
    history = a_history(NOW - 10, NOW - 5)
    history.add_bounces(NOW - 5, 1, "a.example")
    history.restart(NOW - 3)
    history.add(NOW - 4, SENT, 7)  # came late, of mail sent before
    history.add_bounces(NOW - 4, 3, "a.example")
    history.add(NOW - 3, SENT, 2)
    assert (volume(history), bounces(history)) == (2, 0)
    assert history.weighed_volume(NOW) == 2
    assert history.bounce_domains.totals(0) == {}


def test_what_was_sent_before_a_restart_earns_no_credit() -> None:
    history = a_history(NOW - 40, NOW - 20)
    history.restart(NOW)
    assert history.weighed_volume(NOW) == 0


def test_pruning_changes_nothing_that_can_still_weigh() -> None:
    history = a_history(*range(NOW - 34 * DAY, NOW, 11))
    history.add_bounces(NOW - 5 * DAY, 30, "dead.example")
    before = [history.rows(now) for now in (NOW, NOW + 90, NOW + DAY)]
    history.prune(NOW)
    assert [history.rows(now) for now in (NOW, NOW + 90, NOW + DAY)] == before


def test_a_complaint_that_comes_after_its_hour_is_forgotten_has_the_volume_of_its_day() -> None:
    """As the guard reads it from its records, which forget nothing: nothing is unknown, no volume is made up."""
    mails = [(NOW - 5 * DAY, 400), (NOW - 4 * DAY, 20), (NOW, 20)]
    for late in (NOW - 4 * DAY, NOW - 2 * DAY):
        history = History()
        for minute, count in [*mails, (late, 1)]:
            history.add(minute, SENT, count)
        history.prune(NOW)
        history.add_complaints(late, 1, "gmail.com")
        rows, unknown = judge(history.rows(NOW), boundaries(NOW)[1])
        assert unknown is None
        assert sum(row[1] for row in rows) == 441
        assert sum(row[3] for row in rows) == 1


def test_an_outcome_of_a_gap_is_one_though_its_minute_is_forgotten() -> None:
    history = a_history(NOW - 5 * DAY, NOW - 30 * HOUR, NOW)
    history.prune(NOW)
    history.add_complaints(NOW - 27 * HOUR, 1, "gmail.com")
    assert [row[6:] for row in history.rows(NOW) if row[3]] == [(0, 1)]


def test_bounces_that_come_late_are_part_of_the_volume_where_only_deliveries_are_published() -> None:
    history = History()
    history.add(NOW - 2 * DAY, DELIVERED, 10)
    history.prune(NOW)
    history.add_bounces(NOW - 2 * DAY, 3, "a.example")
    assert volume(history) == 13


def test_a_settled_day_stands_for_its_mail() -> None:
    history = History()
    whole = DayTotals(volume=500, bounces=7, complaints=1, forgiven=2, published=480)
    history.add_day(NOW // DAY - 10, whole)
    assert history.rows(NOW) == [((NOW // DAY - 10) * DAY, 500, 5, 1, 7, 480, 0, 0)]
    assert history.day_totals(NOW // DAY - 10) == whole


def test_a_day_comes_to_what_its_mail_came_to() -> None:
    history, day = a_history(NOW, NOW, NOW - 90), NOW // DAY
    history.add_bounces(NOW - 5, 60, "dead.example")
    history.add_complaints(NOW, 1, "")
    assert history.day_totals(day) == DayTotals(volume=63, bounces=60, complaints=1, forgiven=50, published=3)
    assert history.day_totals(day - 1) == DayTotals(0, 0, 0, 0, 0)


def test_a_day_in_which_one_path_gives_way_to_another_counts_whole() -> None:
    """The larger of each minute, then the sum: not the larger of two halves."""
    switched = History()
    for minute in range(NOW - 200, NOW):
        switched.add(minute, SENT if minute < NOW - 100 else SENT_EVENTBRIDGE, 10)
    for later in (0, 4 * DAY):
        assert volume(switched, NOW + later) == 2_000


def test_what_comes_late_joins_its_minute_whatever_path_it_comes_by() -> None:
    history = a_history(NOW, NOW)
    history.add(NOW, DELIVERED, 1)
    history.add_bounces(NOW, 1, "a.example")
    history.add(NOW, DELIVERED_EVENTBRIDGE, 2)
    assert volume(history) == 3


def test_a_clump_is_forgiven_in_minutes_hours_and_days_alike() -> None:
    for minute in (NOW, NOW - DAY, NOW - 10 * DAY):
        history = a_history(minute)
        history.add_bounces(minute, 60, "dead.example")
        assert bounces(history) == 10
        assert history.forgiven_from(0) == 50
