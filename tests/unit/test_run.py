"""`make test`: each half is run whatever the other says, and the end says what there is to know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import run

REPORT = """<testsuites><testsuite>
<testcase classname="tests.unit.test_a" name="test_one[x]" time="0.5"/>
<testcase classname="tests.unit.test_a" name="test_two" time="2.5">
<failure message="assert 1 == 2&#10;more">…</failure></testcase>
<testcase classname="tests.unit.test_b" name="test_three" time="1"><error message="no fixture">…</error></testcase>
<testcase classname="tests.unit.test_b" name="test_four" time="0"><skipped message="no browser">…</skipped></testcase>
</testsuite></testsuites>"""


@pytest.fixture
def halves(monkeypatch, tmp_path):
    """What is asked of pytest; each half answers with its code and leaves a report, or none."""
    monkeypatch.setattr(run, "REPORTS", tmp_path)
    asked: list[str] = []
    answers: dict[str, tuple[int, str | None]] = {}

    def pytest_stand_in(report: Path, arguments: list[str], *, yielding: bool) -> int:
        half = arguments[1]
        asked.append(half)
        assert yielding == (half == "not emulator and not cloud")
        code, text = answers.get(half, (0, "<testsuites/>"))
        if text is not None:
            report.write_text(text)
        return code

    monkeypatch.setattr(run, "_pytest", pytest_stand_in)
    return asked, answers


def test_each_half_is_run_although_the_other_failed(halves, capsys):
    asked, answers = halves
    answers["not emulator and not cloud"] = (1, REPORT)
    assert run.main([]) == 1
    assert sorted(asked) == ["emulator or cloud", "not emulator and not cloud"]
    printed = capsys.readouterr().out.splitlines()
    assert printed[-1] == "1 passed, 2 failed, 1 skipped"
    assert "  tests/unit/test_a.py::test_two: assert 1 == 2" in printed
    assert "  tests/unit/test_b.py::test_three: no fixture" in printed
    assert "  tests/unit/test_b.py::test_four: no browser" in printed
    assert printed[printed.index("the slowest 4:") + 1].endswith("2.5 s  tests/unit/test_a.py::test_two")


def test_a_half_that_ended_without_a_failed_test_is_a_failure_too(halves, capsys):
    _, answers = halves
    answers["emulator or cloud"] = (3, None)
    assert run.main([]) == 1
    assert "tests in the local cloud: pytest ended with 3" in capsys.readouterr().out


def test_the_cloud_half_collects_the_files_that_are_marked_and_only_these():
    files = run.files_of_the_cloud()
    assert {"tests/cloud/test_guard.py", "tests/contract/test_ses.py", "tests/unit/aws/test_counts.py"} <= set(files)
    assert "tests/unit/pausing/test_sweep.py" not in files


def test_every_test_that_asks_for_the_local_cloud_is_in_a_file_that_is_marked():
    asks = re.compile(r"^def test_\w+\([^)]*\b(emulator|cloud|platform|aws|bare)\b", re.MULTILINE)
    folders = [run.ROOT / "tests" / name for name in ("cloud", "contract", "aws")]
    asking = [path for folder in folders for path in folder.rglob("test_*.py") if asks.search(path.read_text())]
    assert asking
    assert {str(path.relative_to(run.ROOT)) for path in asking} <= set(run.files_of_the_cloud())


def test_nothing_failed(halves):
    assert run.main([]) == 0


def test_ctrl_c_ends_in_one_word(halves, monkeypatch, capsys):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "_pytest", interrupted)
    assert run.main([]) == 130
    assert capsys.readouterr().out.splitlines()[-1] == "stopped"
