"""A drill: every hop is timed against its budget, and whatever happens, nothing is left behind."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sesguard.drill.hop import BUDGET_SECONDS, Hop, HopResult
from sesguard.drill.run import BOUNCES, DrillBusyError, DrillPlan, DrillStoppedError, recipients, run_drill
from sesguard.errors import AwsError

NAME = "sesguard-drill-1"
OBSERVED = (Hop.ACCEPTED, Hop.COUNTED, Hop.WEIGHED, Hop.ALARM, Hop.DECIDED, Hop.BUS, Hop.NOTICE, Hop.CLEARED)


class Stage:
    """A world in which hop n happens ``after[n]`` seconds after the mail was sent; time passes only by sleeping."""

    def __init__(self, **after: float) -> None:
        self.now = 0.0
        self.after = {hop: after.get(hop.value, 1.0) for hop in Hop}
        self.log: list[str] = []
        self.sent: list[str] = []
        self.left = ""
        self.free = True
        self.failing: dict[str, BaseException] = {}
        self.stuck: list[str] = []
        self.all_sent = 0.0
        self.off = False
        self.asked: list[tuple[int, int]] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def take(self) -> bool:
        return self.free

    def leave(self) -> None:
        self.log.append("leave")

    def started(self) -> str:
        return self.left

    def prepare(self, name: str, *, enforce: bool) -> None:
        self.log.append(f"prepare {name}{' enforce' if enforce else ''}")
        self._fail("prepare")

    def send(self, _: str, recipient: str) -> bool:
        self._fail("send")
        if self.off:
            return False
        self.sent.append(recipient)
        self.all_sent = self.now
        return True

    def happened(self, _: str, hop: Hop, bounces: int, complaints: int) -> bool:
        self.asked.append((bounces, complaints))
        self._fail(hop.value)
        done = self.now >= self.all_sent + self.after[hop]
        self.off |= done and hop is Hop.DECIDED
        return done

    def resume(self, _: str) -> None:
        self.log.append("resume")
        self.off = False

    def clean(self, name: str) -> Sequence[str]:
        self.log.append(f"clean {name}")
        return self.stuck

    def _fail(self, what: str) -> None:
        if what in self.failing:
            raise self.failing[what]


def drill(stage: Stage, *, enforce: bool = False, times: float = 1.0) -> dict[Hop, HopResult]:
    plan = DrillPlan(name=NAME, enforce=enforce, apart=1.0, times=times)
    results = run_drill(stage, plan, lambda: stage.now, stage.sleep)
    return {each.hop: each for each in results}


def test_every_hop_passes_in_the_order_of_the_flow() -> None:
    results = drill(Stage())
    assert tuple(results) == OBSERVED
    assert all(each.passed for each in results.values())


def test_a_drill_that_enforces_sees_mail_refused_and_taken_again() -> None:
    stage = Stage()
    results = drill(stage, enforce=True)
    assert set(results) == set(Hop)
    assert all(each.passed for each in results.values())
    assert stage.log == [f"prepare {NAME} enforce", "resume", f"clean {NAME}", "leave"]


@pytest.mark.parametrize("hop", OBSERVED[1:-1])
def test_a_hop_that_is_late_fails_and_how_long_it_took_is_said(hop: Hop) -> None:
    late = BUDGET_SECONDS[hop] + 5
    results = drill(Stage(**{hop.value: late}))
    assert [each.hop for each in results.values() if not each.passed] == [hop]
    assert results[hop].seconds == pytest.approx(late, abs=1)
    assert results[hop].problem == "late"
    assert drill(Stage(**{hop.value: late}), times=2)[hop].passed


@pytest.mark.parametrize("hop", OBSERVED[1:-1])
def test_a_hop_that_does_not_happen_fails_the_rest_is_seen_and_all_is_cleaned(hop: Hop) -> None:
    stage = Stage(**{hop.value: 1e9})
    results = drill(stage, enforce=True)
    assert [each.hop for each in results.values() if not each.passed] == [hop]
    assert results[hop].seconds is None
    assert Hop.REFUSED not in results  # what was not decided cannot refuse anything
    assert stage.log[-2:] == [f"clean {NAME}", "leave"]


@pytest.mark.parametrize("what", ["prepare", "send", "counted", "notice"])
@pytest.mark.parametrize("failure", [AwsError("Call", "AccessDenied", retryable=False), KeyboardInterrupt()])
def test_whatever_stops_it_it_cleans_up(what: str, failure: BaseException) -> None:
    stage = Stage()
    stage.failing[what] = failure
    with pytest.raises(type(failure)):
        drill(stage)
    assert stage.log[-2:] == [f"clean {NAME}", "leave"]


def test_a_second_drill_beside_it_is_refused_and_touches_nothing() -> None:
    stage = Stage()
    stage.free = False
    with pytest.raises(DrillBusyError, match="under way"):
        drill(stage)
    assert stage.log == []
    assert stage.sent == []


def test_what_a_killed_drill_left_is_removed_first() -> None:
    stage = Stage()
    stage.left = "sesguard-drill-0"
    drill(stage)
    assert stage.log[:2] == ["clean sesguard-drill-0", f"prepare {NAME}"]


def test_where_that_cannot_be_removed_it_does_not_begin() -> None:
    stage = Stage()
    stage.left, stage.stuck = "sesguard-drill-0", ["queue: AccessDenied"]
    with pytest.raises(DrillStoppedError, match="queue: AccessDenied"):
        drill(stage)
    assert stage.log == ["clean sesguard-drill-0", "leave"]


def test_what_it_cannot_remove_itself_fails_the_last_hop() -> None:
    stage = Stage()
    stage.stuck = ["queue: AccessDenied"]
    assert not drill(stage)[Hop.CLEARED].passed


def test_it_sends_to_the_simulator_alone_with_a_label_each_and_within_a_sandbox() -> None:
    sent = list(recipients())
    assert {each.rpartition("@")[2] for each in sent} == {"simulator.amazonses.com"}
    kinds = {each.partition("+")[0] for each in sent}
    assert kinds == {"success", "bounce", "complaint", "suppressionlist", "ooto"}
    assert len(set(sent)) == len(sent) <= 50


def test_a_set_that_is_paused_before_all_is_sent_waits_for_the_bounces_that_were() -> None:
    class Quick(Stage):
        def send(self, name: str, recipient: str) -> bool:
            self.off = self.off or len(self.sent) == 10
            return super().send(name, recipient)

    stage = Quick()
    assert drill(stage, enforce=True)[Hop.COUNTED].passed
    assert {bounces for bounces, _ in stage.asked} == {6}
    assert BOUNCES > 6
