"""Runs every test, in two halves, and says at the end what failed, what was skipped and why, and what took longest.

The halves are spread differently: what computes on all cores; what waits for the local cloud in three sessions, each
with a cloud of its own. They run beside each other, as the second leaves the cores idle for a good part of its time;
the first takes what is left of them, so that the cloud is not slowed. Each runs whatever the other says.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

ROOT: Final = Path(__file__).resolve().parent.parent
REPORTS: Final = ROOT / ".localcloud" / "reports"
ALONE: Final = "alone"
# What a file's tests share, a browser or a sample that was computed, is made once. Files come in the order of
# tests/conftest.py.
_BY_FILE: Final = ("--dist", "loadfile", "--no-loadscope-reorder")
HALVES: Final = {
    "in the local cloud": ("-m", "emulator or cloud", "--numprocesses", "3", *_BY_FILE),
    ALONE: ("-m", "not emulator and not cloud", "--numprocesses", "auto", *_BY_FILE),
}
_MARKED: Final = re.compile(r"\bmark\.(emulator|cloud)\b")
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
    try:
        with ThreadPoolExecutor(len(HALVES)) as threads:
            ran = [threads.submit(_run, half, arguments) for half in HALVES]
            done = [each.result() for each in ran]
    except KeyboardInterrupt:
        print("stopped")
        return INTERRUPTED
    tests = [test for found, _ in done for test in found]
    broken = [problem for _, problem in done if problem]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = f"after {time.monotonic() - began:.0f} s, with {used.ru_utime + used.ru_stime:.0f} s of computing:"
    print("\n".join(summary(tests, broken, took)), flush=True)
    return 1 if broken or any(test.outcome == "failed" for test in tests) else 0


def _run(half: str, arguments: Sequence[str]) -> tuple[list[Test], str]:
    """Run one half: its tests, and what is wrong where none of them failed and pytest is not content; "" else."""
    began = time.monotonic()
    report = REPORTS / f"{half.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    print(f"tests {half}: begun", flush=True)
    selection = [*HALVES[half], *(arguments or ([] if half == ALONE else files_of_the_cloud()))]
    code = _pytest(report, selection, yielding=half == ALONE)
    print(f"\ntests {half}: ended after {time.monotonic() - began:.0f} s", flush=True)
    found = read_report(report) if report.exists() else []
    content = code == 0 or any(test.outcome == "failed" for test in found)
    return found, "" if content else f"tests {half}: pytest ended with {code}"


def files_of_the_cloud() -> list[str]:
    """The files that have tests in the local cloud: collecting all of them takes each session a third of a minute."""
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    return [str(path.relative_to(ROOT)) for path in files if _MARKED.search(path.read_text(encoding="utf-8"))]


def _pytest(report: Path, arguments: Sequence[str], *, yielding: bool) -> int:
    """Run pytest. yielding: it takes the cores only where nobody else does, and prints once it has ended."""
    nice = shutil.which("nice") if yielding else None
    command = [*([nice, "-n", "10"] if nice else []), sys.executable, "-m", "pytest"]
    command += ["--quiet", "-r", "N", f"--junit-xml={report}", *arguments]
    output = subprocess.PIPE if yielding else None
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=output, stderr=subprocess.STDOUT)  # noqa: S603 (our own arguments)
    if done.stdout:
        print(f"\n{done.stdout.decode(errors='replace')}", flush=True)
    return done.returncode


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


def summary(tests: Sequence[Test], broken: Iterable[str], took: str) -> list[str]:
    """What to read at the end, line by line; the last says how many passed, failed and were skipped."""
    counts = {outcome: [test for test in tests if test.outcome == outcome] for outcome in ("failed", "skipped")}
    slowest = sorted(tests, key=lambda test: test.seconds, reverse=True)[:SLOWEST]
    lines = ["", f"the slowest {len(slowest)}:"]
    lines += [f"  {test.seconds:6.1f} s  {test.name}" for test in slowest]
    for outcome, found in counts.items():
        lines += [f"{outcome}:"] * bool(found) + [f"  {test.name}: {test.reason}" for test in found]
    lines += broken
    failed, skipped = len(counts["failed"]), len(counts["skipped"])
    return [*lines, took, f"{len(tests) - failed - skipped} passed, {failed} failed, {skipped} skipped"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
