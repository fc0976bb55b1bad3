"""Every measurement, one table of ratios with their spread, and JSON: `make bench`, or `make bench PART=bill`.

A part is a module of bench, run in a process of its own, so often as its spread wants; what it prints is kept beside.
One that fails, or hangs, is told at the end, and the numbers of the others are kept. Ratios and counts are worth
reading on any machine, seconds only on one that does nothing else.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from bench.numbers import FOUND, OUT, Found, Number, machine, write
from bench.parts import PARTS

_LONGEST: Final = 900.0
"""Seconds that one run of a part may take, on a machine that is busy."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all of the shorter ones, if none is named")
    wanted = parser.parse_args().parts or [name for name, part in PARTS.items() if part.always]
    OUT.mkdir(parents=True, exist_ok=True)
    when = datetime.now(UTC).replace(microsecond=0).isoformat()
    found = Found(when, _commit(), machine(os.getloadavg()[0]), sys.version.split()[0])
    for name in wanted:
        began = time.monotonic()
        _measure(name, found)
        found.seconds[name] = round(time.monotonic() - began)
        write(FOUND, found)  # what is known so far: a later part may be broken off
    print(table(found.numbers))
    took = ", ".join(f"{name} {seconds} s" for name, seconds in found.seconds.items())
    print(f"{found.machine}; {took}\nwritten: {FOUND}")
    print("".join(f"FAILED {each}\n" for each in found.failed), end="")
    return 1 if found.failed else 0


def table(numbers: Mapping[str, Number]) -> str:
    """Lay out every number: the middle of what was found, from where to where that goes, and how far apart it is."""
    lines = [f"\n{'':54}{'middle':>10}{'from':>10}{'to':>10}{'apart':>8}"]
    for each in numbers.values():
        middle, low, high = statistics.median(each.values), min(each.values), max(each.values)
        apart = f"{(high - low) / middle:.0%}" if middle and len(each.values) > 1 else ""
        lines.append(f"{each.what:54}{middle:10,.2f}{low:10,.2f}{high:10,.2f}{apart:>8}")
    return "\n".join(lines)


def _measure(name: str, found: Found) -> None:
    """Run a part as often as it wants, and add what it printed to ``found``."""
    part = PARTS[name]
    for _ in range(part.runs):
        printed, problem = _run(name)
        if problem:
            found.failed.append(f"{name}: {problem}")
            return
        for key, wanted in part.numbers.items():
            values = [float(value.replace(",", "")) for value in re.findall(wanted.pattern, printed, re.MULTILINE)]
            if values:
                number = found.numbers.setdefault(key, Number(wanted.what, name, found.measured, found.commit))
                number.values += values
            else:
                found.failed.append(f"{name}: {wanted.what} was not printed")


def _run(name: str) -> tuple[str, str]:
    """Run a part once, show and keep what it prints; that, and what went wrong, empty where nothing did."""
    words = [sys.executable, "-m", *PARTS[name].words]
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_LONGEST)  # noqa: S603  # our own code
    except subprocess.TimeoutExpired:
        return "", f"took longer than {_LONGEST:.0f} s"
    print(f"== {name}\n{done.stdout}{done.stderr if done.returncode else ''}", flush=True)
    (OUT / f"{name}.txt").write_text(done.stdout, encoding="utf-8")
    return done.stdout, f"ended with {done.returncode}" if done.returncode else ""


def _commit() -> str:
    """The commit that is measured, with a plus where files were changed since; empty outside of a repository."""
    words = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603  # fixed words


if __name__ == "__main__":
    sys.exit(main())
