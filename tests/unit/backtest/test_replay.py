"""The closed loop: what is looked at when, what a pause refuses, and how a stream comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sesguard.backtest.count_lines import moment_of
from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.order import in_order
from sesguard.backtest.replay import Replay
from sesguard.pausing.decision import Action, Reason
from sesguard.pausing.state import Status
from sesguard.policy import Mode, Policy

T0 = 1_795_219_200  # 2026-11-21T00:00:00Z
HOUR = 3_600
DAY = 24 * HOUR


def at(second: float, *rows: list[Any], stream: str = "acme") -> dict[str, Any]:
    return {"stream": stream, "seen_at": T0 + second, "rows": [[r[0], T0 + r[1], *r[2:]] if r[1:] else r for r in rows]}


def bad_list(start: int, mails: int = 200, bounces: int = 15, stream: str = "acme") -> dict[str, Any]:
    """Mail of one minute, of which so much bounces at once. 15 of 200 pause nobody at first; 60 do."""
    return at(start + 60, ["send", start, mails], ["bounce", start, bounces, "gmail.com"], stream=stream)


def clean(start: int, mails: int, stream: str = "acme") -> dict[str, Any]:
    return at(start + 60, ["send", start, mails], stream=stream)


def replayed(
    *lines: dict[str, Any], latency: float = 60.0, every: float = 60.0, **policy: Any
) -> tuple[Replay, list[Decided]]:
    replay = Replay(ReplayTerms(Policy(**policy), latency, every))
    moments = (moment for line in lines if (moment := moment_of(line)) is not None)
    return replay, list(replay.run(in_order(moments)))


def told(decided: list[Decided]) -> list[tuple[Action, float]]:
    return [(it.action, it.at - T0) for it in decided]


def test_a_bad_list_is_paused_at_the_next_look_and_refused_after_the_latency() -> None:
    replay, decided = replayed(bad_list(0, bounces=60), clean(60, 50), clean(120, 70), clean(180, 90))
    assert told(decided) == [(Action.PAUSE, 60)]
    assert decided[0].effective_at == T0 + 120
    assert decided[0].reason is Reason.BOUNCES
    assert replay.streams["acme"].ledger.totals[0].refused == 70 + 90


def test_mail_sent_as_the_pause_takes_effect_is_refused_and_a_second_earlier_is_not() -> None:
    for sent, refused in ((119, 0), (120, 70)):
        replay, _ = replayed(bad_list(0, bounces=60), clean(sent, 70))
        assert replay.streams["acme"].ledger.totals[0].refused == refused


def test_what_becomes_visible_at_the_second_of_a_look_is_part_of_it_and_later_is_not() -> None:
    line = bad_list(0, bounces=60)
    for seen, look in ((60, 60), (60.5, 120), (119, 120), (120, 120)):
        _, decided = replayed({**line, "seen_at": T0 + seen})
        assert told(decided) == [(Action.PAUSE, look)]


def test_looks_come_as_often_as_asked() -> None:
    _, decided = replayed({**bad_list(0, bounces=60), "seen_at": T0 + 61}, every=10.0, latency=10.0)
    assert [(it.at - T0, it.effective_at - T0) for it in decided] == [(70, 80)]


@pytest.mark.parametrize("bounces", [25, 60], ids=["watched", "paused"])
def test_a_clock_that_jumps_to_the_end_of_the_century_and_back_brings_no_looks_of_its_own(bounces: int) -> None:
    lines = [bad_list(0, bounces=bounces), clean(DAY, 50), clean(2 * DAY, 50)]
    _, usual = replayed(*lines)
    moments = [moment_of(line) for line in (lines[0], clean(70 * 365 * DAY, 50), *lines[1:])]
    replay = Replay(ReplayTerms(Policy()), trace="")
    decided = list(replay.run(in_order(moment for moment in moments if moment is not None)))
    assert told(decided)[: len(usual)] == told(usual) != []
    assert len(replay.streams["acme"].risks or ()) < 100


def test_outcomes_of_refused_mail_never_happen() -> None:
    refused = at(4_000, ["send", 300, 1_000], ["bounce", 300, 900], ["complaint", 300, 9])
    replay, decided = replayed(bad_list(0, bounces=60), refused)
    totals = replay.streams["acme"].ledger.totals[0]
    assert (totals.refused, totals.spared_bounces, totals.spared_complaints) == (1_000, 900, 9)
    assert len(decided) == 1


def test_outcomes_of_mail_that_went_out_before_a_pause_do_happen() -> None:
    late = at(1_000, ["bounce", 0, 5], ["complaint", 0, 1])
    replay, _ = replayed(bad_list(0, bounces=60), late)
    assert replay.streams["acme"].ledger.totals[0].spared_bounces == 0


def test_a_pause_ends_by_itself_after_the_cool_down_where_nobodys_word_is_asked() -> None:
    mild = [bad_list(60 * n, mails=300, bounces=27) for n in range(8)]  # 9 %: under the 10 % that ask for a word
    replay, decided = replayed(*mild, clean(2 * HOUR, 10))
    assert [it.action for it in decided][-2:] == [Action.PAUSE, Action.RESUME]
    pause, resume = decided[-2:]
    assert resume.at - pause.at == HOUR
    assert resume.reason is Reason.COOLED_DOWN
    assert replay.streams["acme"].state.status is Status.PROBATION


def test_a_pause_for_a_bounce_rate_of_ten_per_cent_waits_for_the_owners_word() -> None:
    bad = bad_list(0, bounces=60)
    _, silent = replayed(bad, clean(2 * DAY, 10))
    _, spoken = replayed(bad, at(5 * HOUR + 1, ["acknowledge"]), clean(2 * DAY, 10))
    assert [it.action for it in silent] == [Action.PAUSE]
    assert told(spoken)[:2] == [(Action.PAUSE, 60), (Action.RESUME, 5 * HOUR + 60)]


def test_an_early_word_does_not_shorten_the_cool_down() -> None:
    _, decided = replayed(bad_list(0, bounces=60), at(100, ["acknowledge"]), clean(2 * HOUR, 10))
    assert told(decided)[:2] == [(Action.PAUSE, 60), (Action.RESUME, 60 + HOUR)]


def test_an_operator_resumes_at_once() -> None:
    replay, decided = replayed(bad_list(0, bounces=60), at(600, ["resume"]), clean(659, 5), clean(660, 7))
    assert told(decided) == [(Action.PAUSE, 60), (Action.RESUME, 600)]
    assert decided[1].reason is Reason.OPERATOR
    assert replay.streams["acme"].ledger.totals[0].refused == 5


def test_counting_restarts_at_the_resume() -> None:
    _, decided = replayed(
        bad_list(0, bounces=60),
        at(600, ["resume"]),
        at(700, ["bounce", 0, 100, "gmail.com"]),
        clean(800, 250),
        clean(2 * HOUR, 1),
    )
    assert [it.action for it in decided] == [Action.PAUSE, Action.RESUME, Action.RECOVER]


def test_probation_is_stricter_and_its_pause_is_longer() -> None:
    again = bad_list(1_000, mails=80, bounces=15)
    _, first_time = replayed(again)
    _, decided = replayed(bad_list(0, bounces=60), at(600, ["resume"]), again)
    assert first_time == [] or first_time[0].action is Action.WARN
    assert [it.action for it in decided] == [Action.PAUSE, Action.RESUME, Action.PAUSE]
    paused = decided[2].state
    assert paused.since is not None
    assert paused.cool_down_until == paused.since + timedelta(hours=2)


def test_probation_ends_after_an_hour_and_200_mails_and_not_before_both() -> None:
    resumed = (bad_list(0, bounces=60), at(600, ["resume"]))
    _, few = replayed(*resumed, clean(700, 199), clean(5 * HOUR, 0))
    _, enough = replayed(*resumed, clean(700, 200), clean(5 * HOUR, 0))
    _, late = replayed(*resumed, clean(700, 199), clean(3 * HOUR, 1))
    assert Action.RECOVER not in [it.action for it in few]
    assert told(enough)[-1] == (Action.RECOVER, 600 + HOUR)
    assert told(late)[-1] == (Action.RECOVER, 3 * HOUR + 60)


def test_the_fourth_strike_is_a_hold_that_no_time_ends() -> None:
    lines = []
    for number in range(4):
        lines += [bad_list(number * DAY, bounces=60), at(number * DAY + 600, ["acknowledge"])]
    replay, decided = replayed(*lines, clean(20 * DAY, 1))
    assert [it.action for it in decided].count(Action.PAUSE) == 3
    assert decided[-1].action is Action.HOLD
    assert replay.streams["acme"].state.status is Status.HELD


def test_a_stream_is_warned_before_and_calms_down_after_a_quiet_day() -> None:
    suspect = bad_list(0, mails=200, bounces=26)
    quiet = [clean(60 * n, 400) for n in range(1, 12)]
    _, decided = replayed(suspect, *quiet, clean(3 * DAY, 1))
    assert [it.action for it in decided] == [Action.WARN, Action.CALM]
    assert DAY <= decided[1].at - decided[0].at <= DAY + 2 * HOUR


def test_streams_do_not_touch_each_other() -> None:
    replay, decided = replayed(bad_list(0, bounces=60), clean(0, 200, stream="other"), clean(300, 10, stream="other"))
    assert {it.stream for it in decided} == {"acme"}
    assert replay.streams["other"].ledger.totals[0].refused == 0


def test_decisions_of_one_second_come_by_the_name_of_their_stream() -> None:
    names = ["zeta", "alpha", "mid"]
    _, decided = replayed(*(bad_list(0, bounces=60, stream=name) for name in names))
    assert [it.stream for it in decided] == sorted(names)


def test_in_observe_mode_everything_is_decided_and_nothing_refused() -> None:
    lines = (bad_list(0, bounces=60), clean(300, 50), at(2 * HOUR, ["acknowledge"]), clean(3 * HOUR, 1))
    watching, observed = replayed(*lines, mode=Mode.OBSERVE)
    _, enforced = replayed(*lines)
    assert told(observed) == told(enforced)
    assert watching.streams["acme"].ledger.totals[0].refused == 0
    assert watching.streams["acme"].off_seconds() == 0


def test_transient_bounces_count_for_nothing() -> None:
    replay, decided = replayed(at(60, ["send", 0, 100], ["transient", 0, 90]))
    assert decided == []
    assert replay.streams["acme"].ledger.bounces == 0


@pytest.mark.parametrize("chunk", [1, 7, 30])
def test_counts_in_many_small_lines_lead_to_the_same_decisions_as_in_one(chunk: int) -> None:
    whole = bad_list(0, bounces=60)
    parts = [at(60, ["send", 0, 200])] + [
        at(60, ["bounce", 0, min(chunk, 60 - n), "gmail.com"]) for n in range(0, 60, chunk)
    ]
    assert told(replayed(*parts)[1]) == told(replayed(whole)[1])
