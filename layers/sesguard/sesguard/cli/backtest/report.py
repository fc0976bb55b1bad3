"""What a replay prints: here as JSON, one object a line; for people in ``backtest_text``."""

from __future__ import annotations

import json
import sys
from typing import Any, Protocol

import msgspec

from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.replay import Replay
from sesguard.backtest.rivals import RIVALS
from sesguard.backtest.sentences import as_dict
from sesguard.backtest.summary import GUARD, Summary, total


class ReadInputs(Protocol):
    """What was read of a replay's inputs, whichever engine read it."""

    read: int
    broken: int
    broken_files: int
    skipped: int
    unattributed: int

    def size(self) -> int: ...


class Report(Protocol):
    """Hears of every decision as it falls, and in the end of what it comes to."""

    def decision(self, decided: Decided) -> None: ...

    def end(self, found: list[Summary], inputs: ReadInputs, replay: Replay) -> None: ...


class JsonReport:
    """One JSON object a line, in ASCII."""

    def __init__(self, terms: ReplayTerms) -> None:
        self._terms = terms

    def decision(self, decided: Decided) -> None:
        _print(as_dict(decided, self._terms.policy))

    def end(self, found: list[Summary], inputs: ReadInputs, replay: Replay) -> None:
        for summary in found:
            numbers = {name: getattr(summary, name) for name in _RECORDED} | msgspec.to_builtins(summary.guard)
            line = {"stream": summary.stream, "action": "summary", "summary": numbers}
            if len(summary.detectors) > 1:
                line["compare"] = {key: msgspec.to_builtins(outcome) for key, outcome in summary.detectors.items()}
            _print(line)
        totals: dict[str, Any] = {
            "streams": len(found),
            "moments": replay.moments,
            "duplicates": replay.duplicates,
            "broken": inputs.broken,
            "broken_files": inputs.broken_files,
            "unattributed": inputs.unattributed,
            "provider_failures": [failure._asdict() for failure in replay.failures],
        }
        for key in [GUARD, *(rival.key for rival in RIVALS)] if replay.rivals else [GUARD]:
            totals[key] = msgspec.to_builtins(total([summary.detectors[key] for summary in found]))
        _print({"action": "total", "total": totals})


_RECORDED = (
    "mails",
    "bounces",
    "complaints",
    "bad_mails",
    "warnings",
    "holds",
    "off_seconds",
    "status",
    "tenant",
    "set_aside",
)


def _print(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
