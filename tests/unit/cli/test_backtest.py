"""`sesguard backtest` as its users meet it: what it prints, what it says of bad input, how it exits."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.mail_streams import BAD, GOOD, lines_of
from sesguard.cli.backtest import text as text_report
from sesguard.cli.main import main

BAD_LIST = lines_of("bad list", BAD["bad list"], 1, stream="acme")
STEADY = lines_of("steady", GOOD["steady"], 1, stream="calm")
RELAPSE = lines_of("relapse", BAD["relapse"], 1, stream="again")


def written(folder: Path, lines: list[dict[str, Any]], name: str = "counts.jsonl") -> str:
    path = folder / name
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def in_json(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> list[dict[str, Any]]:
    assert main(["backtest", "--json", *arguments]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_has_a_line_for_each_decision_then_a_summary_for_each_stream(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *decisions, first, second, total = in_json(capsys, written(tmp_path, [*BAD_LIST, *STEADY]))
    assert [line["action"] for line in decisions] == ["warn", "pause"]
    pause = decisions[1]
    assert pause["stream"] == "acme"
    assert pause["effective_at"] == pause["at"] + 60
    assert pause["risk"] >= 1
    assert pause["reason"] == "bounces"
    assert pause["volume"] >= pause["bad"] > pause["volume"] * pause["limit"]
    assert pause["from"] < pause["to"]
    assert (first["action"], first["stream"], first["summary"]["pauses"]) == ("summary", "acme", 1)
    assert (second["stream"], second["summary"]["status"], second["summary"]["refused"]) == ("calm", "healthy", 0)
    assert total["total"]["guard"]["pauses"] == 1


def test_every_kind_of_decision_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    actions = {line["action"] for line in in_json(capsys, written(tmp_path, RELAPSE))}
    assert actions == {"warn", "pause", "resume", "recover", "summary", "total"}


def test_the_order_of_lines_and_files_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = in_json(capsys, written(tmp_path, [*BAD_LIST, *RELAPSE]))
    halves = [written(tmp_path, RELAPSE[::-1], "a.jsonl"), written(tmp_path, BAD_LIST[::-1], "b.jsonl")]
    assert in_json(capsys, *halves) == whole


def test_latency_and_the_time_between_looks_are_worth_leaked_mail(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, BAD_LIST)
    slow, fast = (
        in_json(capsys, path, "--latency", seconds, "--evaluate-every", seconds)[-1] for seconds in ("600", "60")
    )
    assert slow["total"]["guard"]["leaked"] > fast["total"]["guard"]["leaked"] > 0


def test_text_says_the_same_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["backtest", written(tmp_path, [*BAD_LIST, *STEADY])]) == 0
    text = capsys.readouterr().out
    assert "acme" in text
    assert "PAUSE" in text
    assert "hard bounce rate" in text
    assert "1 stream with nothing to tell" in text


def test_comparing_shows_each_detector_on_the_same_traffic(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, BAD_LIST)
    *_, summary, total = in_json(capsys, path, "--compare")
    assert list(summary["compare"]) == ["guard", "aws_recipe", "fixed_threshold"]
    assert summary["compare"]["guard"] == {key: summary["summary"][key] for key in summary["compare"]["guard"]}
    assert {"guard", "aws_recipe", "fixed_threshold"} <= total["total"].keys()
    assert main(["backtest", path, "--compare"]) == 0
    assert "AWS recipe" in capsys.readouterr().out


def test_a_policy_in_observe_mode_would_pause(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    policy = tmp_path / "watch.toml"
    policy.write_text('mode = "observe"\n')
    path = written(tmp_path, BAD_LIST)
    assert main(["backtest", path, "--policy", str(policy)]) == 0
    assert "would PAUSE" in capsys.readouterr().out
    lines = in_json(capsys, path, "--policy", str(policy))
    assert lines[0]["mode"] == "observe"
    assert lines[-1]["total"]["guard"]["refused"] == 0


def test_broken_lines_are_named_on_stderr_and_the_run_ends_with_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, [BAD_LIST[0], {"stream": "acme", "seen_at": 5, "rows": [["send", 9, 1]]}, *BAD_LIST[1:]])
    assert main(["backtest", "--json", path]) == 1
    out, err = capsys.readouterr()
    assert f"{path}:2: rows[0][1]: 9; expected a second of sending not after seen_at (5)" in err
    assert json.loads(out.splitlines()[-1])["total"]["broken"] == 1
    assert '"action": "pause"' in out


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["none.jsonl"], "'none.jsonl': no such file or folder"),
        (["{counts}", "--policy", "none.toml"], "'none.toml': No such file"),
        (["{counts}", "--policy", "{policy}"], "policy key 'bounce_limit': 5 is not allowed; expected a fraction"),
        (["{counts}", "--stream", "acme"], "--stream says what --plot draws"),
        (["{counts}", "--plot", "picture.bmp"], "expected a name that ends in .png, .svg"),
        (["{counts}", "--plot", "nowhere/picture.png"], "there is no folder 'nowhere'"),
        (["{counts}", "--plot", "folder.png"], "--plot 'folder.png': cannot be written"),
    ],
)
def test_what_makes_a_run_impossible_is_one_message_and_exit_2(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    problem: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.png").mkdir()
    policy = tmp_path / "policy.toml"
    policy.write_text("bounce_limit = 5\n")
    known = {"counts": written(tmp_path, BAD_LIST[:3]), "policy": str(policy)}
    assert main(["backtest", *(argument.format(**known) for argument in arguments)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert problem in err


def test_a_narrow_screen_has_more_tables_and_every_number_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = written(tmp_path, [*BAD_LIST, *RELAPSE])
    main(["backtest", name, "--compare"])
    wide = capsys.readouterr().out
    monkeypatch.setattr(text_report, "_WIDTH_OF_A_FILE", 80)
    main(["backtest", name, "--compare"])
    narrow = capsys.readouterr().out
    assert "…" not in narrow
    assert max(len(line) for line in narrow.splitlines() if "─" in line) <= 80
    assert sorted(re.findall(r"[\d,]+", wide)) == sorted(re.findall(r"[\d,]+", narrow))


@pytest.mark.parametrize(
    ("option", "value"), [("--latency", "-1"), ("--latency", "nan"), ("--latency", "soon"), ("--evaluate-every", "0")]
)
def test_seconds_that_are_none_are_refused(capsys: pytest.CaptureFixture[str], option: str, value: str) -> None:
    assert main(["backtest", "x.jsonl", option, value]) == 2
    assert f"'{value}': expected seconds from" in capsys.readouterr().err


def test_text_from_the_record_cannot_dress_up_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "a\x1b[2J\x1b]0;owned\x07[bold red]b\n\u202ec"
    lines = [{**line, "stream": hostile} for line in BAD_LIST]
    broken = {"stream": hostile, "seen_at": 1, "rows": [["\x1b[2J", 1, 1]]}
    assert main(["backtest", written(tmp_path, [*lines, broken])]) == 1
    out, err = capsys.readouterr()
    for text in (out, err):
        assert not any(letter in text for letter in "\x1b\x07\u202e")
    assert "[bold red]b" in out


def test_a_file_without_a_single_event_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert in_json(capsys, written(tmp_path, []), code=1)[0]["total"]["streams"] == 0
    assert main(["backtest", written(tmp_path, [])]) == 1
    assert "counts.jsonl: not one SES event or line of counts in it" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["picture.png", "picture.svg"])
def test_one_stream_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    picture = tmp_path / name
    path = written(tmp_path, [*RELAPSE, *STEADY])
    assert main(["backtest", path, "--plot", str(picture), "--stream", "again"]) == 0
    start = picture.read_bytes()[:200]
    assert start.startswith(b"\x89PNG") if name.endswith("png") else b"<?xml" in start


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_picture_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = tmp_path / "picture.svg"
    picture.symlink_to("/dev/full")
    assert main(["backtest", written(tmp_path, STEADY), "--plot", str(picture)]) == 1
    assert capsys.readouterr().err == f"sesguard: {str(picture)!r}: No space left on device\n"


def test_the_only_stream_needs_no_name_and_of_several_one_has_to_be_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = str(tmp_path / "picture.png")
    assert main(["backtest", written(tmp_path, STEADY), "--plot", picture]) == 0
    both = written(tmp_path, [*RELAPSE, *STEADY])
    assert main(["backtest", both, "--plot", picture]) == 2
    assert "name it with --stream; the record has again, calm" in capsys.readouterr().err
    assert main(["backtest", both, "--plot", picture, "--stream", "acme"]) == 2
    assert "--stream 'acme': not in the record; it has again, calm" in capsys.readouterr().err
