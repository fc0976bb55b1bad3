"""`sesguard parse`: what it prints, what it never prints, and how it ends."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sesguard.cli.main import main
from tests.ses_events import a_bounce, a_bounced, a_mail, a_send, in_eventbridge, in_sns, in_sqs

if TYPE_CHECKING:
    from pathlib import Path

Line = dict[str, Any]


def parsed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[Line], str]:
    code = main(["parse", *arguments])
    out, err = capsys.readouterr()
    return code, [json.loads(line) for line in out.splitlines()], err


def written(folder: Path, *bodies: Any, name: str = "events.json") -> str:
    path = folder / name
    path.write_text("".join(body if isinstance(body, str) else json.dumps(body) + "\n" for body in bodies), "utf-8")
    return str(path)


def test_an_observation_is_one_object_with_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = written(tmp_path, in_sqs(a_send("a@x.example", "b@x.example")))
    code, lines, err = parsed(capsys, name)
    assert (code, err) == (0, "")
    assert lines == [
        {
            "file": name,
            "line": 1,
            "record": 1,
            "kind": "send",
            "account": "123456789012",
            "region": "eu-west-1",
            "configuration_set": "acme-news",
            "sent_at": "2026-11-20T09:14:00Z",
            "count": 2,
            "counts_for": "volume",
            "why": "recipients the mail was sent to",
        }
    ]


def test_what_is_unknown_is_null(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = written(tmp_path, a_send(mail=a_mail(configuration_set=None, sourceArn=None, sendingAccountId=None)))
    _, [line], _ = parsed(capsys, name)
    assert (line["account"], line["region"], line["configuration_set"]) == (None, None, None)
    _, [line], _ = parsed(capsys, name, "--account", "222222222222", "--region", "eu-south-1")
    assert (line["account"], line["region"]) == ("222222222222", "eu-south-1")


def test_the_queue_of_a_lambda_event_says_where_it_was_received(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mail = a_mail(sourceArn=None, sendingAccountId=None)
    name = written(tmp_path, in_sqs(a_send(mail=mail), account="333333333333", region="ap-south-1"))
    _, [line], _ = parsed(capsys, name, "--account", "222222222222")
    assert (line["account"], line["region"]) == ("333333333333", "ap-south-1")


def test_a_rejected_message_ends_with_one_and_the_others_are_still_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = parsed(capsys, written(tmp_path, a_bounce(), "{bad\n", in_eventbridge(a_send())))
    assert code == 1
    assert [line.get("kind") or line.get("rejected") for line in lines] == ["bounce", "not_json", "send"]


def test_an_ignored_message_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    greeting = in_sns("Successfully validated SNS topic for Amazon SES")
    code, [line, _], _ = parsed(capsys, written(tmp_path, greeting, a_send()))
    assert code == 0
    assert line["ignored"] == "topic_validated"
    assert line["detail"]


def test_a_file_without_one_event_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, err = parsed(capsys, written(tmp_path, in_sns("hello"), {"an": "object"}))
    assert (code, len(lines)) == (1, 2)
    assert "not one SES event" in err
    empty = tmp_path / "empty"
    empty.touch()
    assert parsed(capsys, str(empty))[0] == 1


def test_a_file_that_cannot_be_read_ends_with_two_and_the_others_are_still_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "cut.json.gz"
    cut.write_bytes(gzip.compress(json.dumps(a_send()).encode())[:-12])
    missing, good = str(tmp_path / "missing\x1b[31m"), written(tmp_path, a_send())
    empty = tmp_path / "empty"
    empty.mkdir()
    code, lines, err = parsed(capsys, missing, str(empty), str(cut), good)
    assert code == 2
    assert [line["file"] for line in lines] == [str(cut), good]  # what stands before the break is read
    assert len(err.splitlines()) == 3
    assert "cut.json.gz" in err
    assert "missing\\u001b[31m" in err
    assert "\x1b" not in err


@pytest.mark.parametrize("name", [json.dumps(a_send()) * 3, "x" * 5_000, ""])
def test_what_names_no_file_is_said_so(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An event itself in the place of its file; a variable of the shell that is not set."""
    code, lines, err = parsed(capsys, name)
    assert (code, lines) == (2, [])
    assert err.startswith("sesguard parse: ")
    assert len(err.splitlines()) == 1


def test_the_simulator_counts_where_it_is_let_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = written(tmp_path, a_bounce(a_bounced("bounce@simulator.amazonses.com")))
    assert parsed(capsys, name)[1][0]["counts_for"] == "nothing"
    assert parsed(capsys, name, "--count-simulator")[1][0]["counts_for"] == "hard_bounce"


def test_no_address_and_no_control_character_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nasty = "ada\x1b[31m@secret.example"
    events = [
        a_bounce(a_bounced(nasty, diagnostic=nasty), subtype=nasty),
        a_bounce(a_bounced(nasty), type_=nasty),
        a_send(mail=a_mail(configuration_set=nasty)),
        {"eventType": nasty, "mail": a_mail(nasty)},
        {"notificationType": nasty},
        {nasty: nasty},
        in_eventbridge(a_send(), **{"detail-type": nasty, "source": nasty}),
    ]
    main(["parse", written(tmp_path, *events, nasty)])
    out = capsys.readouterr().out
    assert len(out.splitlines()) == len(events) + 1
    assert "secret" not in out
    assert out.isascii()
    assert "\x1b" not in out


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "sesguard.cli.main", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=False)  # noqa: S603  # our own words


def test_the_standard_input_is_a_file_too() -> None:
    done = run("parse", "-", stdin=gzip.compress(json.dumps(a_send()).encode()))
    assert done.returncode == 0
    assert json.loads(done.stdout)["file"] == "-"


def test_a_command_line_that_makes_no_sense_ends_with_two() -> None:
    for arguments in (["parse"], ["parse", "--no-such-option", "x"], ["no-such-command"]):
        assert run(*arguments).returncode == 2


def test_a_folder_stands_for_the_files_below_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "events.json").write_text(json.dumps(a_send()))
    assert main(["parse", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["file"].endswith("deep/events.json")
    (tmp_path / "empty").mkdir()
    assert main(["parse", str(tmp_path / "empty")]) == 2
    assert "no files in this folder" in capsys.readouterr().err


def test_a_reader_that_has_seen_enough_is_no_failure_of_ours(tmp_path: Path) -> None:
    name = written(tmp_path, *[a_send()] * 5_000)
    command = [sys.executable, "-m", "sesguard.cli.main", "parse", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603  # our own words
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_parse_imports_neither_boto_nor_the_other_commands() -> None:
    code = "import sys; from sesguard.cli.main import main; main(['parse', '-']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], input=b"", capture_output=True, check=True)  # noqa: S603  # our own words
    loaded = set(done.stdout.decode().split())
    assert "sesguard.cli.parse" in loaded
    assert not {name for name in loaded if name.startswith(("boto", "matplotlib", "sesguard.aws", "sesguard.wiring"))}


def test_events_within_somebodys_own_documents_are_shown_with_their_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = written(tmp_path, {"log": [a_send("a@x.example"), {"of": json.dumps(a_send("b@x.example"))}]})
    code, lines, _ = parsed(capsys, name)
    assert code == 0
    assert [(line["line"], line["record"], line["kind"]) for line in lines] == [(1, 1, "send"), (1, 2, "send")]


def test_what_is_left_of_a_text_with_events_is_rejected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = json.dumps(a_send("a@x.example"), indent=1)
    code, lines, _ = parsed(capsys, written(tmp_path, f"note: {whole}\nnote: {whole[:-30]}"))
    assert code == 1
    assert [line.get("kind", line.get("rejected")) for line in lines] == ["send", "not_json"]
