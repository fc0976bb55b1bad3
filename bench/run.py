"""Every measurement, one table of ratios with their spread, and JSON: `make bench`, or `make bench PART=bill`.

A part is a module of bench, run in a process of its own, so often as its spread wants; what it prints is kept beside.
Ratios and counts are worth reading on any machine, seconds only on one that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

OUT: Final = Path(__file__).resolve().parents[1] / "build" / "bench"


class Part(NamedTuple):
    """words: module and arguments. numbers: what is read from what it prints, by name: a pattern with one group."""

    words: Sequence[str]
    numbers: Mapping[str, str]
    runs: int = 3


PARTS: Final = {
    "ingest": Part(
        ["bench.ingest"],
        {
            "ingest, 10 streams, × json.loads": r"of 10 streams[^\0]*?ingest is ([\d.]+) × as fast as json",
            "ingest, 10,000 streams, × json.loads": r"of 10,000 streams[^\0]*?ingest is ([\d.]+) × as fast as json",
        },
    ),
    "cold": Part(["bench.cold", "--rounds", "5"], {"cold start of ingest, ms": r"ingest +([\d.]+) ±"}, 1),
    "bill": Part(
        ["bench.bill", "--growth", str(OUT / "bill.svg")],
        {"bill, 1 M mails by 1,000 streams, % of SES": r"1,000,000 mails a day(?: +[\d.]+%){3} +([\d.]+)%"},
        1,
    ),
    "look": Part(
        ["bench.look"],
        {
            "a look at 10 M mails a day, read units": r"10,000,000 +(\d+) ",
            "a look at 10 M mails a day, ms of a core": r"10,000,000 +\d+ +([\d.]+)",
            "ten such streams, 31 unsettled days, MB": r"unsettled days take (-?\d+) MB",
        },
    ),
    "sweep": Part(
        ["bench.sweep"],
        {
            "a sweep of 500 streams, s": r"each other:[^\0]*?1,769 MB +([\d.]+)",
            "the first of a day, s": r"first of a day:[^\0]*?1,769 MB +([\d.]+)",
        },
    ),
    "backtest": Part(
        ["bench.backtest"],
        {
            "backtest, × json.loads' time": r"sesguard backtest +[\d,]+ lines/s +([\d.]+)",
            "backtest of even mail, lines/s": r"evenly spread over [\d,]+ streams ([\d,]+) lines/s",
            "backtest of even mail, × json.loads' time": r"evenly spread.* ([\d.]+) × json",
            "backtest of 250,000 lines, MB": r"streams take (\d+) MB",
        },
        1,
    ),
    "onboard": Part(["bench.onboard"], {"onboarding, % of one call a second": r"([\d.]+)% of one call a second"}, 1),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all, if none is named")
    wanted = parser.parse_args().parts or list(PARTS)
    OUT.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[float]] = {}
    failed = []
    for name in wanted:
        for _ in range(PARTS[name].runs):
            printed = _run(name)
            if printed is None:
                failed.append(name)
                break
            for number, pattern in PARTS[name].numbers.items():
                if match := re.search(pattern, printed):
                    found.setdefault(number, []).append(float(match.group(1).replace(",", "")))
                else:
                    failed.append(f"{name}: {number} was not printed")
        _keep(found, failed)
    print(f"\n{'':48}  middle  from … to")
    for number, values in found.items():
        print(f"{number:48} {statistics.median(values):7.2f}  {min(values):.2f} … {max(values):.2f}")
    print(f"written: {OUT / 'bench.json'}" + "".join(f"\nFAILED {each}" for each in failed))
    return 1 if failed else 0


def _keep(found: Mapping[str, Sequence[float]], failed: Sequence[str]) -> None:
    """Write what is known so far: a later part may be broken off."""
    when, python = datetime.now(UTC).isoformat(), sys.version.split()[0]
    document = {"at": when, "python": python, "numbers": found, "failed": failed}
    (OUT / "bench.json").write_text(json.dumps(document, indent=2), encoding="utf-8")


def _run(name: str) -> str | None:
    """Run a part once, show and keep what it prints; None where it failed."""
    words = [sys.executable, "-m", *PARTS[name].words]
    done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603  # our own code
    print(f"== {name}\n{done.stdout}{done.stderr if done.returncode else ''}", flush=True)
    (OUT / f"{name}.txt").write_text(done.stdout, encoding="utf-8")
    return None if done.returncode else done.stdout


if __name__ == "__main__":
    sys.exit(main())
