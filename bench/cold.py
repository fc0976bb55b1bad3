"""How long each function takes to start: imports and clients, over a bare interpreter.

python -m bench.cold

Each start is a process of its own; bare ones take turns with the functions, so that a busy machine slows all alike.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[1]
FUNCTIONS: Final = tuple(sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py")))
TEMPLATES: Final = [ROOT / "template.yaml", ROOT / "lake/template.yaml", ROOT / "central/template.yaml"]
_IMPORT: Final = "import sys; sys.path.insert(0, sys.argv[1]); import app"
_ARN: Final = "arn:aws:sns:eu-west-1:111122223333:topic"
_VALUES: Final = {
    "ALARM_TOPIC_ARN": _ARN, "OPERATOR_TOPIC_ARN": _ARN, "CENTRAL_TOPIC_ARN": _ARN,
    "COUNT_SIMULATOR": "false", "DASHBOARD": "true",
    "DEFAULT_MODE": "enforce", "SILENT_MINUTES": "10", "POWERTOOLS_LOG_LEVEL": "INFO", "PERSONAL_FIELDS": "hash",
    "HOURLY_PAUSES": "20", "HOURLY_PAUSES_SHARE": "0.05", "INCIDENT_RETENTION_DAYS": "400", "SHIELD_MODE": "observe",
    "SHIELD_BOUNCE_RATE": "0.04", "SHIELD_COMPLAINT_RATE": "0.0008", "LINK_DAYS": "30",
    "DEAD_LETTER_QUEUE_URLS": "https://sqs.example/dead", "TRUSTED_WEBHOOK_ORIGINS": "", "POSTURE_LOOKS": "2",
    "POSTURE_APART_SECONDS": "600", "POSTURE_RESOLVERS": "system,1.1.1.1",
}  # fmt: skip


class Cold(NamedTuple):
    """Milliseconds over a bare interpreter: the middle of all tries, and the spread between the quarters."""

    function: str
    median_ms: float
    spread_ms: float


def measure(rounds: int) -> list[Cold]:
    """Start every function so often, each beside a bare interpreter."""
    found: dict[str, list[float]] = {function: [] for function in FUNCTIONS}
    for _ in range(rounds):
        for function in FUNCTIONS:
            bare = _start("pass", function)
            found[function].append((_start(_IMPORT, function) - bare) * 1e3)
    return [Cold(name, statistics.median(each), _between_quarters(each)) for name, each in found.items()]


def _between_quarters(values: list[float]) -> float:
    if len(values) < 4:
        return max(values) - min(values)
    first, _, third = statistics.quantiles(values, n=4)
    return third - first


def _start(code: str, function: str) -> float:
    environment = dict.fromkeys(_variables(function), "guard@example.com") | _VALUES
    environment |= {
        "AWS_LAMBDA_FUNCTION_NAME": function, "AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "POWERTOOLS_SERVICE_NAME": function,
    }  # fmt: skip
    began = time.perf_counter()
    command = [sys.executable, "-c", code, str(ROOT / "functions" / function)]
    subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603  # our own code
    return time.perf_counter() - began


def _variables(function: str) -> list[str]:
    """The names of the function's variables, from the template."""
    for template in TEMPLATES:
        text = template.read_text(encoding="utf-8")
        if code := re.search(rf"CodeUri: (?:\.\./)?functions/{function}/?\n", text):
            block = re.search(r"Variables:\n((?:          .*\n)+)", text[code.end() :])
            assert block is not None
            return re.findall(r"^          (\w+):", block[1], re.MULTILINE)
    message = f"{function}: in no template"
    raise LookupError(message)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    found = measure(wanted.rounds)
    if wanted.json:
        print(json.dumps([each._asdict() for each in found]))
        return
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores; ms over a bare interpreter, {wanted.rounds} tries")
    for each in sorted(found, key=lambda cold: -cold.median_ms):
        print(f"  {each.function:10} {each.median_ms:6.0f} ± {each.spread_ms:.0f}")


if __name__ == "__main__":
    main()
