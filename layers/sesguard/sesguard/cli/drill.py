"""Proves a deployment: sends mail to SES's mailbox simulator, and follows what becomes of it hop by hop.

It makes a configuration set of its own, sends 24 mails to the simulator (none reaches anybody; they are billed as
others are), and looks that each hop happens within its budget: counted, weighed, alarm, decision, bus, notice. With
--enforce the set is paused in truth, SES has to refuse mail, and it is resumed. No tenant's stream is touched, nobody
but the operator is told, and what is sent counts in nobody's rate. Everything is removed at the end, also on Ctrl-C;
what a drill that was killed has left, the next one removes. Two at a time are refused.

--json prints one object: drill, enforce, passed, hops (hop, means, milliseconds (null where it did not happen),
budget_milliseconds, passed, problem).

Exit code: 0 where every hop passed; 4 where one is late, did not happen, or something is left; 1 where another drill is
under way; 2 for a command line that cannot be used; 3 where AWS or the stack cannot be reached.
"""

from __future__ import annotations

import sys
import time
from typing import Annotated, Any, Final

from cyclopts import Parameter
from rich.console import Console
from rich.text import Text

from sesguard.cli.asking import agreed
from sesguard.cli.connect import ATTENTION, DONE, REFUSED, UsageError, with_guard
from sesguard.cli.options import HERE, Json, Where, Yes
from sesguard.cli.screen import console, plain, print_json
from sesguard.drill.hop import MEANS, HopResult
from sesguard.drill.run import DrillBusyError, DrillPlan, DrillStoppedError, run_drill
from sesguard.wiring.drill import drill_name, drill_stage, notice_sender, seconds_apart
from sesguard.wiring.operator import Guard

_MOST_TIMES: Final = 100.0


def run(
    *,
    sender: Annotated[
        str | None,
        Parameter(name="--from", metavar="ADDRESS", help="a verified address to send from (NoticeSender's)"),
    ] = None,
    enforce: Annotated[bool, Parameter(negative="", help="pause the drill's set in truth, and resume it")] = False,
    times: Annotated[
        float, Parameter(name="--budget-times", metavar="N", help="budgets N times as long, for a slow machine")
    ] = 1.0,
    yes: Yes = False,
    json: Json = False,
    where: Where = HERE,
) -> int:
    return with_guard(where, lambda guard, _: _drill(guard, sender, times, enforce=enforce, yes=yes, json=json))


def _drill(guard: Guard, sender: str | None, times: float, *, enforce: bool, yes: bool, json: bool) -> int:
    if not 1 <= times <= _MOST_TIMES:
        raise UsageError(f"--budget-times {times}: expected 1 to {_MOST_TIMES:.0f}")
    address = sender or notice_sender(guard)
    if "@" not in address:
        raise UsageError("--from ADDRESS is needed: the stack has no NoticeSender")
    question = f"Send 24 mails from {address} to the mailbox simulator?"
    if not agreed(question, yes=yes):
        return REFUSED
    name = drill_name()
    plan = DrillPlan(name=name, enforce=enforce, apart=seconds_apart(guard), times=times)
    screen = console()
    if not json:
        screen.print(Text.assemble(("sesguard drill ", "bold"), name))
    try:
        stage = drill_stage(guard, address)
        results = run_drill(
            stage, plan, time.monotonic, time.sleep, (lambda _: None) if json else lambda each: _show(screen, each)
        )
    except (DrillBusyError, DrillStoppedError) as error:
        print(f"sesguard: {error}", file=sys.stderr)
        return REFUSED if isinstance(error, DrillBusyError) else ATTENTION
    passed = all(each.passed for each in results)
    if json:
        print_json(as_dict(name, results, enforce=enforce))
    else:
        screen.print("every hop passed" if passed else Text("a hop failed: sesguard doctor", style="red"))
    return DONE if passed else ATTENTION


def _show(screen: Console, result: HopResult) -> None:
    took = f"{result.seconds * 1000:,.0f} ms" if result.seconds is not None else "–"
    line = f"{result.hop.value:9} {took:>10} of {result.budget * 1000:>8,.0f} ms  {MEANS[result.hop]}"
    style = "" if result.passed else "red"
    problem = f": {result.problem}" if result.problem else ""
    screen.print(Text.assemble(("✓ " if result.passed else "✗ ", style or "green"), (line, style), plain(problem)))


def as_dict(name: str, results: list[HopResult], *, enforce: bool) -> dict[str, Any]:
    """JSON-ready, with keys that stay."""
    return {
        "drill": name,
        "enforce": enforce,
        "passed": all(each.passed for each in results),
        "hops": [
            {
                "hop": each.hop.value,
                "means": MEANS[each.hop],
                "milliseconds": round(each.seconds * 1000) if each.seconds is not None else None,
                "budget_milliseconds": round(each.budget * 1000),
                "passed": each.passed,
                "problem": each.problem or None,
            }
            for each in results
        ],
    }
