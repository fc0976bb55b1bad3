"""Runs every test, in two halves, and says at the end what failed, what was skipped and why, and what took longest.

The halves are spread differently: what computes on all cores; what waits for the local cloud
in three sessions, each with a cloud of its own. The second runs whatever the first said.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).resolve().parent.parent
REPORTS: Final = ROOT / ".localcloud" / "reports"
HALVES: Final = {
    "alone": ("-m", "not emulator and not cloud", "--numprocesses", "auto"),
    "in the local cloud": ("-m", "emulator or cloud", "--numprocesses", "3", "--dist", "loadfile"),
}
SLOWEST: Final = 10
INTERRUPTED: Final = 130


@dataclass(frozen=True)
class Test:
    """One test that was run. outcome: passed, failed or skipped. reason: the first line of why, "" where it passed."""

    name: str
    seconds: float
    outcome: str
    reason: str


def main(arguments: Sequence[str]) -> int:
    """Run both halves with ``arguments`` of pytest's added to each. Returns 0 where nothing failed."""
    began = time.monotonic()
    REPORTS.mkdir(parents=True, exist_ok=True)
    tests: list[Test] = []
    broken = []
    try:
        for half, selection in HALVES.items():
            print(f"tests {half}", flush=True)
            report = REPORTS / f"{half.replace(' ', '-')}.xml"
            report.unlink(missing_ok=True)
            code = _pytest(report, [*selection, *arguments])
            found = read_report(report) if report.exists() else []
            tests += found
            if code != 0 and not any(test.outcome == "failed" for test in found):
                broken.append(f"tests {half}: pytest ended with {code}")
    except KeyboardInterrupt:
        print("stopped")
        return INTERRUPTED
    print("\n".join(summary(tests, broken, time.monotonic() - began)), flush=True)
    return 1 if broken or any(test.outcome == "failed" for test in tests) else 0


def _pytest(report: Path, arguments: Sequence[str]) -> int:
    command = [sys.executable, "-m", "pytest", "--quiet", "-r", "N", f"--junit-xml={report}", *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 (our own arguments)


def read_report(report: Path) -> list[Test]:
    """The tests of a JUnit report as pytest writes it."""
    cases = ET.parse(report).getroot().iter("testcase")  # noqa: S314 (pytest wrote it)
    return [_test(case) for case in cases]


def _test(case: ET.Element) -> Test:
    name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name', '')}"
    seconds = float(case.get("time", "0"))
    for tag, outcome in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        found = case.find(tag)
        if found is not None:
            message = (found.get("message") or found.text or "").strip()
            return Test(name, seconds, outcome, message.partition("\n")[0])
    return Test(name, seconds, "passed", "")


def summary(tests: Sequence[Test], broken: Iterable[str], seconds: float) -> list[str]:
    """What to read at the end, line by line; the last says how many passed, failed and were skipped."""
    counts = {outcome: [test for test in tests if test.outcome == outcome] for outcome in ("failed", "skipped")}
    slowest = sorted(tests, key=lambda test: test.seconds, reverse=True)[:SLOWEST]
    lines = ["", f"the slowest {len(slowest)}:"]
    lines += [f"  {test.seconds:6.1f} s  {test.name}" for test in slowest]
    for outcome, found in counts.items():
        lines += [f"{outcome}:"] * bool(found) + [f"  {test.name}: {test.reason}" for test in found]
    lines += broken
    failed, skipped = len(counts["failed"]), len(counts["skipped"])
    lines.append(f"after {seconds:.0f} s:")
    return [*lines, f"{len(tests) - failed - skipped} passed, {failed} failed, {skipped} skipped"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
