"""A stream's risk over time, and what another policy would have done with what is kept."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sesguard.detection.columns import SENT
from sesguard.detection.history import History
from sesguard.detection.weigh import weigh
from sesguard.fleet.series import WIDTHS, BucketWidth, risks
from sesguard.fleet.stream_page import read_detail, read_what_if
from sesguard.fleet.what_if import what_if
from sesguard.pausing.journal import DecisionEntry
from sesguard.policy import Policy, policy_from
from tests.fakes.clock import NOW
from tests.fakes.fleet import MemoryFleet, a_stream

MINUTE = int(NOW.timestamp() // 60)
HOURS_AGO = 60
DAYS_AGO = 1_440


def a_history(*campaigns: tuple[int, int, int]) -> History:
    """campaigns: minutes ago, mails, bounces at a domain each."""
    history = History()
    for ago, mails, bounces in campaigns:
        history.add(MINUTE - ago, SENT, mails)
        for number in range(bounces):
            history.add_bounces(MINUTE - ago, 1, f"domain-{ago}-{number}.example")
    return history


def risk_at(history: History, step: BucketWidth, ago: int) -> float:
    points = risks(history, Policy(), (), MINUTE, step)
    return min(points, key=lambda it: abs(it.at - (NOW - timedelta(minutes=ago)))).risk


@pytest.mark.parametrize("step", list(WIDTHS))
def test_the_last_of_the_points_is_the_risk_now(step):
    history = a_history((2 * DAYS_AGO, 5_000, 40), (90, 900, 12), (3, 400, 60))
    points = risks(history, Policy(), (), MINUTE, step)
    now = weigh(history, Policy().limits(probation=False), MINUTE).risk
    assert points[-1].risk == pytest.approx(now)
    assert now > 0.5


def test_before_a_bad_campaign_there_was_no_risk_and_good_mail_after_it_thins_it_out():
    history = a_history((20 * HOURS_AGO, 1_000, 5), (10 * HOURS_AGO, 800, 120), (2 * HOURS_AGO, 60_000, 90))
    before, then, now = (risk_at(history, BucketWidth.HOUR, ago * HOURS_AGO) for ago in (12, 9, 0))
    assert before == 0
    assert then > 1
    assert now < then


def test_nothing_that_was_sent_later_is_in_a_point():
    early = a_history((9 * HOURS_AGO, 800, 90))
    both = a_history((9 * HOURS_AGO, 800, 90), (30, 5_000, 1_000))
    assert risk_at(both, BucketWidth.HOUR, 5 * HOURS_AGO) == risk_at(early, BucketWidth.HOUR, 5 * HOURS_AGO)


def test_points_are_few_however_much_mail_there_is():
    history = a_history(*((ago, 100, 5) for ago in range(0, 3 * DAYS_AGO, 7)))
    assert all(len(risks(history, Policy(), (), MINUTE, step)) <= 180 for step in WIDTHS)


def test_since_a_resume_only_later_mail_weighs():
    history = a_history((9 * HOURS_AGO, 2_000, 300))
    resumed = NOW - timedelta(hours=4)
    entry = DecisionEntry(
        stream="s", at=resumed.isoformat(), incident="i", action="resume", reason="cool_down_over", to="probation"
    )
    points = risks(history, Policy(), [entry], MINUTE, BucketWidth.HOUR)
    assert max(it.risk for it in points if it.at <= resumed) > 1
    assert max(it.risk for it in points if it.at > resumed + timedelta(hours=1)) == 0


def test_a_strict_policy_pauses_what_a_generous_one_lets_through():
    history = a_history((6 * HOURS_AGO, 4_000, 160), (5 * HOURS_AGO, 4_000, 160), (4 * HOURS_AGO, 4_000, 170))
    generous = what_if(history, Policy(), MINUTE)
    strict = what_if(history, policy_from({"bounce_limit": 0.005}), MINUTE)
    assert generous.summary is not None
    assert strict.summary is not None
    assert (generous.summary.mails, generous.summary.bounces) == (12_000, 490)
    assert generous.summary.guard.pauses == 0
    assert strict.summary.guard.pauses >= 1
    assert strict.steps[0][0] < NOW


def test_nothing_kept_is_nothing_replayed():
    assert what_if(a_history(), Policy(), MINUTE).summary is None


def test_a_stream_that_nobody_knows_is_unknown_and_one_that_only_mailed_is_not():
    world = MemoryFleet()
    assert read_detail(world, a_stream("never-heard-of"), NOW).unknown
    world.memory.counts.sent(a_stream("mails-only"), NOW - timedelta(hours=1), 10)
    assert not read_detail(world, a_stream("mails-only"), NOW).unknown


def test_a_page_reads_its_history_once_and_its_journal_once_and_the_numbers_agree(monkeypatch):
    world = MemoryFleet()
    stream = a_stream("acme-news")
    world.memory.counts.sent(stream, NOW - timedelta(hours=1), 1_000, bounces=20, complaints=4)
    asked: list[str] = []

    def counted(reader, name, what):
        read = getattr(reader, name)

        def reading(*args, **named):
            asked.append(what(*args, **named))
            return read(*args, **named)

        monkeypatch.setattr(reader, name, reading)

    counted(world.memory.counts, "history", lambda *_, names=True: f"history, names: {names}")
    for name in ("of", "last"):
        counted(world.journal, name, lambda *_: "journal")
    detail = read_detail(world, stream, NOW)
    assert sorted(asked) == ["history, names: False", "history, names: True", "journal"]
    assert {each.bounces for each in detail.page.counts.values()} == {0, 20}
    assert detail.evidence.last == detail.page.status.decision


def test_what_is_worst_has_its_own_denominators():
    world = MemoryFleet()
    stream = a_stream("acme-news")
    world.memory.counts.sent(stream, NOW - timedelta(hours=1), 1_000, bounces=20, complaints=4)
    worst = {each.what: each for each in read_detail(world, stream, NOW).worst}
    assert worst["bounces at"].total == 20
    assert worst["complaints from"].counts == (("inbox.example", 4),)
    assert worst["bounces with"].total == 0
    assert read_what_if(world, stream, Policy(), NOW).summary is not None
