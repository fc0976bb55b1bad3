"""The detector against the study: its vectors, and its labelled sample of traffic with what the reference did on it."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from sesguard.backtest.count_lines import read_line
from sesguard.backtest.guarded import Decided, GuardedStream, ReplayTerms
from sesguard.backtest.moment import SeenMoment, Send
from sesguard.backtest.order import in_order
from sesguard.backtest.replay import Replay
from sesguard.detection.evidence import evidence
from sesguard.pausing.decide import Action
from sesguard.policy import Policy

STUDY = Path(__file__).resolve().parents[4] / "shared" / "detector"
pytestmark = pytest.mark.skipif(not STUDY.is_dir(), reason=f"the study's vectors and sample are not at {STUDY}")

NEVER_PAUSED_BY_THE_REFERENCE = "stream-27"


@cache
def labels() -> dict[str, dict[str, Any]]:
    return {label["stream"]: label for label in json.loads((STUDY / "sample" / "labels.json").read_text())}


@cache
def moments() -> list[SeenMoment]:
    with gzip.open(STUDY / "sample" / "traffic.jsonl.gz") as lines:
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
    return [stream for stream, label in labels().items() if label["must"] == what] if STUDY.is_dir() else []


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


@pytest.mark.parametrize("stream", streams_that_must("not be paused"))
def test_a_good_stream_is_never_paused(stream: str) -> None:
    assert not pauses(stream)


@pytest.mark.parametrize("stream", streams_that_must("either"))
def test_what_may_go_either_way_goes_as_in_the_reference(stream: str) -> None:
    assert len(pauses(stream)) == labels()[stream]["reference"]["pauses"]


@pytest.mark.parametrize("stream", [s for s in streams_that_must("be paused") if s != NEVER_PAUSED_BY_THE_REFERENCE])
def test_a_bad_stream_is_paused_as_often_as_by_the_reference_and_no_later(stream: str) -> None:
    reference = labels()[stream]["reference"]
    assert len(pauses(stream)) == reference["pauses"]
    assert pauses(stream)[0].at <= reference["first_pause_at"]


# All mail of these is bad from `bad_from` on: what leaks can be counted from the traffic as the reference counts it.
@pytest.mark.parametrize("stream", [f"stream-{number}" for number in (16, 19, 20, 23, 24, 25, 26)])
def test_where_all_mail_is_bad_no_more_of_it_leaks_than_in_the_reference(stream: str) -> None:
    assert accepted(stream, labels()[stream]["bad_from"][0]) <= labels()[stream]["reference"]["bad_mails_leaked"]


@pytest.mark.parametrize("stream", [s for s in streams_that_must("be paused") if s != NEVER_PAUSED_BY_THE_REFERENCE])
def test_in_hindsight_no_more_leaks_than_the_mail_that_ran_beside_it_explains(stream: str) -> None:
    """The reference counts bad mail alone; a bad span holds the good mail of its minutes as well."""
    leaked = replayed()[1][stream].ledger.totals[0].leaked
    assert leaked <= labels()[stream]["reference"]["bad_mails_leaked"] * 1.05


def test_a_stream_that_was_cleaned_up_comes_back() -> None:
    actions = [decision.action for decision in replayed()[0]["stream-28"]]
    assert actions == [Action.PAUSE, Action.RESUME, Action.RECOVER]
    assert labels()["stream-28"]["what"].startswith("bad, then cleaned up")


def test_a_stream_that_never_cleans_up_is_held_at_its_fourth_strike() -> None:
    assert [decision.action for decision in pauses("stream-30")] == [*[Action.PAUSE] * 3, Action.HOLD]
