"""One drill from its beginning to its end, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sesguard.drill.hop import BUDGET_SECONDS, Hop, HopResult
from sesguard.drill.ports import DrillStage
from sesguard.errors import SesguardError
from sesguard.ses_events.recipients import SIMULATOR

BOUNCES: Final = 20
"""Enough for a stream without a past (risk 1.5), and little of the 200 mails a day of a sandbox."""
COMPLAINTS: Final = 1
OTHERS: Final = ("success", "ooto", "suppressionlist", "complaint")
"""One mail each. suppressionlist bounces as SES's global list does, which counts as a bounce.
https://docs.aws.amazon.com/ses/latest/dg/send-an-email-from-console.html#send-email-simulator
"""
EVERY: Final = 0.5
"""Seconds between two looks."""
_SEEN: Final = (Hop.COUNTED, Hop.WEIGHED, Hop.ALARM, Hop.DECIDED, Hop.BUS, Hop.NOTICE)


class DrillBusyError(SesguardError):
    """Another drill is under way."""


class DrillStoppedError(SesguardError):
    """The drill cannot go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillPlan:
    """name: of its configuration set. apart: seconds between two mails. patience: budgets that a hop is waited for.

    times: by how much every budget is longer, for a slow machine.
    """

    name: str
    enforce: bool
    apart: float
    times: float = 1.0
    patience: float = 3.0

    def budget(self, hop: Hop) -> float:
        return BUDGET_SECONDS[hop] * self.times


def recipients() -> Iterator[str]:
    """Everybody whom a drill sends to: the simulator, with a label each, so that each mail has events of its own."""
    for kind in OTHERS:
        yield f"{kind}+drill@{SIMULATOR}"
    for number in range(BOUNCES):
        yield f"bounce+drill-{number}@{SIMULATOR}"


def run_drill(
    stage: DrillStage,
    plan: DrillPlan,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    tell: Callable[[HopResult], None] = lambda _: None,
) -> list[HopResult]:
    """Drill, tell of each hop as it happens, and clean up. clock: seconds that only go up.

    Raises DrillBusyError where another drill is under way, DrillStoppedError or AwsError where it cannot begin or
    go on; it has been cleaned then, too.
    """
    if not stage.take():
        raise DrillBusyError("another drill is under way, or one was stopped within the last half minute: try again")
    work = _Drill(stage, plan, clock, sleep, tell)
    try:
        left = stage.started()
        if left and (problems := stage.clean(left)):
            raise DrillStoppedError(f"what an earlier drill left cannot be removed: {'; '.join(problems)}")
        try:
            work.go()
        finally:
            work.clear()
    finally:
        stage.leave()
    return work.results


class _Drill:
    def __init__(
        self,
        stage: DrillStage,
        plan: DrillPlan,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        tell: Callable[[HopResult], None],
    ) -> None:
        self._stage = stage
        self._plan = plan
        self._clock = clock
        self._sleep = sleep
        self._tell = tell
        self._bounces = 0
        self.results: list[HopResult] = []

    def go(self) -> None:
        stage, plan = self._stage, self._plan
        stage.prepare(plan.name, enforce=plan.enforce)
        began = self._clock()
        for recipient in recipients():
            if not stage.send(plan.name, recipient):
                break  # paused before all was sent: faster than expected, and no fault
            self._bounces += recipient.startswith("bounce")
            self._hold()
            self._sleep(plan.apart)
        # What is sent takes as long as the account's rate has it; the budget is for SES's answers.
        self._note(Hop.ACCEPTED, max(0.0, self._clock() - began - plan.apart * (BOUNCES + len(OTHERS))))
        self._watch(_SEEN)
        if plan.enforce and all(each.seconds is not None for each in self.results):
            self._watch((Hop.REFUSED,))
            stage.resume(plan.name)
            self._watch((Hop.RESUMED,))

    def _watch(self, hops: Sequence[Hop]) -> None:
        """Wait for ``hops``, each for ``patience`` times its budget."""
        began, waiting = self._clock(), list(hops)
        while waiting:
            self._hold()
            for hop in list(waiting):
                passed = self._clock() - began
                if self._happened(hop):
                    self._note(hop, self._clock() - began)
                elif passed > self._plan.budget(hop) * self._plan.patience:
                    self._note(hop, None, "did not happen")
                else:
                    continue
                waiting.remove(hop)
            if waiting:
                self._sleep(EVERY)

    def _happened(self, hop: Hop) -> bool:
        if hop in (Hop.REFUSED, Hop.RESUMED):
            took = self._stage.send(self._plan.name, f"success+drill@{SIMULATOR}")
            return took is (hop is Hop.RESUMED)
        return self._stage.happened(self._plan.name, hop, self._bounces, COMPLAINTS)

    def _hold(self) -> None:
        if not self._stage.take():
            raise DrillStoppedError("another drill has begun")

    def clear(self) -> None:
        """Remove everything, and say how long that took and what is left."""
        began = self._clock()
        problems = self._stage.clean(self._plan.name)
        self._note(Hop.CLEARED, self._clock() - began, "; ".join(problems))

    def _note(self, hop: Hop, seconds: float | None, problem: str = "") -> None:
        budget = self._plan.budget(hop)
        if seconds is not None and seconds > budget and not problem:
            problem = "late"
        result = HopResult(hop, budget, seconds, problem)
        self.results.append(result)
        self._tell(result)
