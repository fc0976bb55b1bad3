"""A replay is of the days that were asked for, and says where a folder holds two times that are far apart."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from sesguard.cli.main import main

DAY = 86_400
BEGIN = datetime(2026, 11, 25, tzinfo=UTC).timestamp()


def a_day(stream: str, at: float, bounces: int) -> str:
    rows: list[list[Any]] = [["send", at, 1_000], ["bounce", at, bounces, "x.example"]]
    return json.dumps({"stream": stream, "seen_at": at + 60, "rows": rows})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """This year a stream in good order; a year ago one that would have been paused."""
    (tmp_path / "this.jsonl").write_text("\n".join(a_day("good", BEGIN + hour * 3_600, 3) for hour in range(24)))
    (tmp_path / "last.jsonl").write_text("\n".join(a_day("bad", BEGIN - 365 * DAY + n * 600, 400) for n in range(5)))
    return tmp_path


@pytest.mark.parametrize("engine", ["python", "duckdb"])
def test_events_of_last_year_are_named_and_left_out_where_somebody_says_so(
    folder: Path, engine: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", "--engine", engine, "--json", str(folder)]) == 0
    said = capsys.readouterr()
    assert "nothing from 2025-11-25 to 2026-11-25" in said.err
    assert '"pause"' in said.out
    assert main(["backtest", "--engine", engine, "--json", str(folder), "--since", str(date(2026, 11, 25))]) == 0
    said = capsys.readouterr()
    assert "7,000 mails and outcomes lie outside of the days that were asked for" in said.err
    assert "nothing from" not in said.err
    assert '"pause"' not in said.out
    assert {json.loads(line).get("stream", "good") for line in said.out.splitlines()} == {"good"}


def test_the_last_day_is_one_that_counts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", "--json", str(folder), "--until", "2025-11-25"]) == 0
    said = capsys.readouterr()
    assert {json.loads(line).get("stream", "bad") for line in said.out.splitlines()} == {"bad"}
    assert f"{24 * 1_003:,} mails" in said.err


def test_a_time_of_nothing_is_no_success(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", str(folder), "--since", "2027-01-01"]) == 1
    assert "no mail of any stream" in capsys.readouterr().err
