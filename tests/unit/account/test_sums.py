"""How near an account comes to SES's review lines, who brings it there, and what pausing each would bring."""

from __future__ import annotations

import pytest

from sesguard.account.contributors import assess, until_clear
from sesguard.account.sums import Lines, Sums, near
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from tests.fakes.account import HOME, stream

LINES = Lines()
BOTH = ("bounces", "complaints")


@pytest.mark.parametrize(
    ("sums", "kinds"),
    [
        (Sums(), set()),
        (Sums(100_000, 4_000), set()),
        (Sums(100_000, 4_200), set()),
        (Sums(100_000, 4_250), {"bounces"}),
        (Sums(100, 12), set()),
        (Sums(100, 40), {"bounces"}),
        (Sums(1_000, 0, 1), set()),
        (Sums(1_000, 0, 8), {"complaints"}),
        (Sums(100_000, 0, 80), set()),
        (Sums(100_000, 0, 120), {"complaints"}),
        (Sums(100_000, 10_000, 1_000), {"bounces", "complaints"}),
        (Sums(0, 300, 0), {"bounces"}),
    ],
)
def test_an_account_is_near_where_its_rate_is_over_the_line_by_more_than_chance(sums, kinds):
    assert near(sums, LINES) == kinds


def assessed(streams, kinds=("bounces",), **fields):
    return assess(streams, kinds, LINES, **{"off": (), "spared": (), **fields})


BAD, WORSE, GOOD = stream("bad"), stream("worse"), stream("good")
PLATFORM = {BAD: Sums(10_000, 1_000), WORSE: Sums(20_000, 3_000), GOOD: Sums(70_000, 500)}


def test_who_has_most_beyond_its_share_is_first_and_who_has_less_than_its_share_is_none():
    assert [each.stream for each in assessed(PLATFORM).contributors] == [WORSE, BAD]


def test_each_says_what_goes_on_once_it_and_those_before_it_are_paused():
    worse, bad = assessed(PLATFORM).contributors
    assert worse.projected == Sums(80_000, 1_500)
    assert bad.projected == Sums(70_000, 500)


def test_no_more_are_to_be_paused_than_it_takes():
    assessment = assessed(PLATFORM)
    assert [each.stream for each in until_clear(assessment, ["bounces"], LINES)] == [WORSE]


def test_a_large_stream_with_many_bounces_and_a_good_rate_is_no_contributor():
    assert assessed({GOOD: Sums(1_000_000, 30_000), BAD: Sums(500, 400)}).contributors[0].stream == BAD


def test_streams_that_are_off_bring_nothing_more():
    assessment = assessed(PLATFORM, off={WORSE})
    assert assessment.account == Sums(100_000, 4_500)
    assert assessment.going_on == Sums(80_000, 1_500)
    assert WORSE not in [each.stream for each in assessment.contributors]
    assert until_clear(assessment, ["bounces"], LINES) == []


@pytest.mark.parametrize("fields", [{}, {"spared": {WORSE}}], ids=["unattributed", "spared"])
def test_what_cannot_be_paused_is_named_and_projects_nothing(fields):
    who = WORSE if fields else HOME
    streams = {BAD: Sums(10_000, 3_500), who: Sums(20_000, 6_000), GOOD: Sums(70_000, 500)}
    first, second = assessed(streams, **fields).contributors
    assert (first.stream, first.pausable, first.projected) == (who, False, Sums(100_000, 10_000))
    assert (second.stream, second.pausable, second.projected) == (BAD, True, Sums(90_000, 6_500))


def test_where_no_pause_clears_it_all_that_help_are_to_be_paused():
    streams = {BAD: Sums(10_000, 3_500), HOME: Sums(20_000, 6_000)}
    assessment = assessed(streams)
    assert [each.stream for each in until_clear(assessment, ["bounces"], LINES)] == [BAD]


def test_with_both_kinds_at_risk_whoever_takes_the_larger_share_of_either_is_first():
    complained, bounced = stream("complained"), stream("bounced")
    streams = {
        complained: Sums(10_000, 0, 190),
        bounced: Sums(10_000, 2_000, 0),
        BAD: Sums(10_000, 2_500, 10),
        GOOD: Sums(70_000, 600, 0),
    }
    assessment = assessed(streams, BOTH)
    assert [each.stream for each in assessment.contributors] == [BAD, complained, bounced]
    assert [each.stream for each in until_clear(assessment, BOTH, LINES)] == [BAD, complained]


def test_whoever_adds_only_to_what_is_clear_by_then_is_not_to_be_paused():
    complained, bounced = stream("complained"), stream("bounced")
    streams = {
        BAD: Sums(10_000, 3_500, 0),
        bounced: Sums(10_000, 1_000, 0),
        complained: Sums(10_000, 0, 150),
        GOOD: Sums(70_000, 0, 0),
    }
    assessment = assessed(streams, BOTH)
    assert [each.stream for each in assessment.contributors] == [BAD, complained, bounced]
    assert [each.stream for each in until_clear(assessment, BOTH, LINES)] == [BAD, complained]


def test_where_nobody_is_over_its_line_contributors_are_named_by_their_share_of_what_counts() -> None:
    """SES's own alarm is up: by its rule the account is near its line, by the guard's counts it is not."""
    streams = {stream("a"): Sums(100_000, 0, 20), stream("b"): Sums(100_000, 0, 50), stream("c"): Sums(100_000, 9, 0)}
    named = assess(streams, {COMPLAINTS}, LINES, off=(), spared=()).contributors
    assert [each.stream.configuration_set for each in named] == ["b", "a"]


def test_complaints_are_held_against_mail_to_providers_that_send_them_back() -> None:
    gmail_heavy = Sums(100_000, 0, 60, unreported=80_000)
    assert gmail_heavy.rate(COMPLAINTS) == 0.003
    assert gmail_heavy.rate(BOUNCES) == 0
    assert near(gmail_heavy, LINES) == {COMPLAINTS}
    assert near(gmail_heavy._replace(unreported=0), LINES) == frozenset()
    streams = {stream("gmail-heavy"): gmail_heavy, stream("other"): Sums(100_000, 0, 0)}
    named = assess(streams, {COMPLAINTS}, LINES, off=(), spared=()).contributors
    assert [each.stream.configuration_set for each in named] == ["gmail-heavy"]
