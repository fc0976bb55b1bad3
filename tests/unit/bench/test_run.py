"""`make bench`: each part in a process of its own, one table, one file, and one that fails spoils no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import run
from bench.numbers import Number, read
from bench.parts import Part, Wanted

SAYS = "import sys; print('speed 2.5 × it'); sys.exit({code})"


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what is found is written; modules beside it can be run as parts."""
    monkeypatch.setattr(run, "OUT", tmp_path)
    monkeypatch.setattr(run, "FOUND", tmp_path / "bench.json")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def part(out: Path, name: str, code: int = 0, *, pattern: str = r"speed ([\d.]+)", always: bool = True) -> Part:
    (out / f"{name}.py").write_text(SAYS.format(code=code), encoding="utf-8")
    return Part([name], {name: Wanted(f"the speed of {name}", pattern)}, always=always)


def measure(monkeypatch: pytest.MonkeyPatch, parts: dict[str, Part], *words: str) -> int:
    monkeypatch.setattr(run, "PARTS", parts)
    monkeypatch.setattr("sys.argv", ["bench", *words])
    return run.main()


def test_every_run_of_a_part_is_a_value_of_its_numbers(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert measure(monkeypatch, {"good": part(out, "good")}) == 0
    number = read(out / "bench.json").numbers["good"]
    assert (number.what, number.part, number.values) == ("the speed of good", "good", [2.5, 2.5])
    assert (out / "good.txt").read_text(encoding="utf-8") == "speed 2.5 × it\n"


def test_a_part_that_fails_is_told_at_the_end_and_the_others_numbers_are_kept(
    out: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = {
        "bad": part(out, "bad", 3),
        "mute": part(out, "mute", pattern=r"volume ([\d.]+)"),
        "good": part(out, "good"),
    }
    assert measure(monkeypatch, parts) == 1
    found = read(out / "bench.json")
    assert list(found.numbers) == ["good"]
    assert found.failed == ["bad: ended with 3", *["mute: the speed of mute was not printed"] * 2]
    assert capsys.readouterr().out.endswith("".join(f"FAILED {each}\n" for each in found.failed))


def test_a_part_that_hangs_ends(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs = part(out, "hangs")
    (out / "hangs.py").write_text("import time; time.sleep(600)", encoding="utf-8")
    monkeypatch.setattr(run, "_LONGEST", 0.2)
    assert measure(monkeypatch, {"hangs": hangs}) == 1
    assert read(out / "bench.json").failed == ["hangs: took longer than 0 s"]


def test_a_long_part_runs_only_where_it_is_named(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"long": part(out, "long", always=False), "good": part(out, "good")}
    measure(monkeypatch, parts)
    assert list(read(out / "bench.json").numbers) == ["good"]
    measure(monkeypatch, parts, "long")
    assert list(read(out / "bench.json").numbers) == ["long"]


def test_the_table_says_how_far_apart_the_runs_were() -> None:
    numbers = {
        "a": Number("a look, ms", "look", "", values=[10.0, 12.0, 11.0]),
        "b": Number("MB", "look", "", values=[9]),
    }
    _, head, first, second = run.table(numbers).split("\n")
    assert head.split() == ["middle", "from", "to", "apart"]
    assert first.split()[-4:] == ["11.00", "10.00", "12.00", "18%"]
    assert second.split() == ["MB", "9.00", "9.00", "9.00"]
