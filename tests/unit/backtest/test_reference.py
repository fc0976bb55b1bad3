"""The detector against the study: its vectors, and its labelled sample of traffic with what the reference did on it."""

from __future__ import annotations

import gzip
import json
from functools import cache
from math import exp, log
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from sesguard.backtest.count_lines import read_line
from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.guarded import GuardedStream
from sesguard.backtest.moment import SeenMoment, Send
from sesguard.backtest.order import in_order
from sesguard.backtest.replay import Replay
from sesguard.detection.breakdown import DAY
from sesguard.detection.evidence import evidence
from sesguard.detection.maturity import mature_share
from sesguard.detection.weigh import credit, worst_days, worst_recent
from sesguard.pausing.decision import Action
from sesguard.policy import Policy

STUDY = Path(__file__).resolve().parents[2] / "data" / "detector"


@cache
def labels() -> dict[str, dict[str, Any]]:
    return {label["stream"]: label for label in json.loads((STUDY / "labels.json").read_text())}


@cache
def moments() -> list[SeenMoment]:
    with gzip.open(STUDY / "traffic.jsonl.gz") as lines:
        return list(in_order(moment for line in lines if (moment := read_line(line)) is not None))


@cache
def replayed() -> tuple[dict[str, list[Decided]], dict[str, GuardedStream]]:
    """The whole sample under the default policy, with 60 s between looks and 60 s until mail is refused."""
    replay = Replay(ReplayTerms(Policy(), latency=60.0, every=60.0))
    decided: dict[str, list[Decided]] = {stream: [] for stream in labels()}
    for decision in replay.run(moments()):
        decided[decision.stream].append(decision)
    return decided, replay.streams


def streams_that_must(what: str) -> list[str]:
    return [stream for stream, label in labels().items() if label["must"] == what]


def pauses(stream: str) -> list[Decided]:
    return [decision for decision in replayed()[0][stream] if decision.action in (Action.PAUSE, Action.HOLD)]


def accepted(stream: str, start: float) -> int:
    """Mails of the stream that went out from second ``start`` on."""
    closed = replayed()[1][stream].closed
    rows = (row for moment in moments() if moment.stream == stream for row in moment.rows if isinstance(row, Send))
    return sum(row.count for row in rows if row.sent >= start and not closed.refuses(row.sent))


def test_evidence_is_the_references_to_a_billionth() -> None:
    vectors = json.loads((STUDY / "vectors.json").read_text())
    assert len(vectors) > 50
    for vector in vectors:
        found = evidence(vector["n"], vector["k"], vector["limit"])
        assert found == pytest.approx(vector["evidence"], rel=1e-9, abs=1e-9), vector


def next_vectors() -> dict[str, Any]:
    vectors: dict[str, Any] = json.loads((STUDY / "vectors-next.json").read_text())
    return vectors


def test_credit_and_maturity_are_the_references_to_a_billionth() -> None:
    limits = Policy().limits(probation=False)
    for rate, volume, expected in next_vectors()["credit"]:
        assert credit(limits, rate, volume) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    for age, expected in next_vectors()["matured"]:
        assert mature_share(age, limits.maturity) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_runs_of_days_weigh_as_in_the_reference_to_a_billionth() -> None:
    limits = Policy().limits(probation=False)
    for vector in next_vectors()["days"]:
        last = len(vector["days"]) - 1
        rows = [((last - i) * DAY, n, k, 0, k, n) for i, (n, k) in enumerate(reversed(vector["days"]))]
        recent = worst_recent(rows, limits, vector["volume"], last * DAY)
        days = worst_days([row for row in rows if row[1]], limits, last * DAY)
        assert (recent.risk if recent else 0) == pytest.approx(vector["short"], rel=1e-9, abs=1e-9)
        assert (days.risk if days else 0) == pytest.approx(vector["long"], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("stream", streams_that_must("not be paused"))
def test_a_good_stream_is_never_paused(stream: str) -> None:
    assert not pauses(stream)


@pytest.mark.parametrize("stream", streams_that_must("be paused"))
def test_a_bad_stream_is_paused_no_more_often_than_by_the_reference(stream: str) -> None:
    """The reference is the detector before this one. One stream it never paused; this one does."""
    most = labels()[stream]["reference"]["pauses"]
    assert 1 <= len(pauses(stream)) <= max(1, most)


# All mail of these is bad from `bad_from` on: what leaks can be counted from the traffic as the reference counts it.
ALL_BAD = [f"stream-{number}" for number in (16, 19, 20, 23, 24, 25, 26)]


def shares_of_the_reference() -> dict[str, float]:
    """By stream, what leaked of it against what the reference let through."""
    leaked = {stream: accepted(stream, labels()[stream]["bad_from"][0]) for stream in ALL_BAD}
    return {stream: mails / labels()[stream]["reference"]["bad_mails_leaked"] for stream, mails in leaked.items()}


def test_where_all_mail_is_bad_less_of_it_leaks_than_in_the_reference() -> None:
    assert exp(mean(map(log, shares_of_the_reference().values()))) < 0.95


@pytest.mark.parametrize("stream", ALL_BAD)
def test_no_stream_leaks_much_more_than_in_the_reference(stream: str) -> None:
    assert shares_of_the_reference()[stream] <= 1.1


def test_a_stream_that_was_cleaned_up_comes_back() -> None:
    actions = [decision.action for decision in replayed()[0]["stream-28"]]
    assert [it for it in actions if it is not Action.WARN] == [Action.PAUSE, Action.RESUME, Action.RECOVER]
    assert labels()["stream-28"]["what"].startswith("bad, then cleaned up")


def test_a_stream_that_never_cleans_up_is_held_at_its_fourth_strike() -> None:
    assert [decision.action for decision in pauses("stream-30")] == [*[Action.PAUSE] * 3, Action.HOLD]
