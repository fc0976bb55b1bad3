"""The run from outside: Ctrl-C ends in one word, each step shows signs of life, and how to go on is said."""

from __future__ import annotations

import contextlib
import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from localcloud import demonstration, run, shell
from localcloud.alone import AlreadyRunningError, alone
from localcloud.cloud import EmulatorError
from localcloud.lateness import TOO_BUSY, TOO_SLOW_SECONDS, USUAL_SECONDS, Lateness, seconds_for_a_second
from localcloud.steps import Steps
from sesguard.cli import main as sesguard_main
from tests.fakes.own_terminal import CLOSED, ended_on_a_terminal
from tests.fakes.signals import hear_ctrl_c

ROOT = Path(__file__).resolve().parents[3]


def test_ctrl_c_ends_in_one_word_and_130(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demonstration, "demonstrate", interrupted)
    assert run.main([]) == 130
    assert capsys.readouterr().out == "stopped\n"


def run_that_hears_ctrl_c(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,  # the tests start no threads
    )


def assert_stopped_in_one_word(process: subprocess.Popen[str]) -> None:
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out.splitlines()[-1:], err) == (130, ["stopped"], "")


@pytest.mark.parametrize("call", [2, 1_000, 30_000, 90_000, 150_000])
def test_ctrl_c_while_the_run_is_imported_leaves_no_traceback(call):
    code = f"""
import signal, sys
from itertools import count
from localcloud import run

def interrupt(frame, event, _, calls=count(1)):
    if event == "call" and next(calls) == {call}:
        sys.setprofile(None)
        signal.raise_signal(signal.SIGINT)

sys.setprofile(interrupt)
sys.exit(run.main(["--plain"]))
"""
    with run_that_hears_ctrl_c(code) as process:
        assert_stopped_in_one_word(process)


def test_ctrl_c_while_the_emulator_starts_leaves_no_traceback():
    code = "import sys; from localcloud import run; sys.exit(run.main(['--plain']))"
    with run_that_hears_ctrl_c(code) as process:
        assert process.stdout.readline() == "sesguard in the local cloud\n"
        os.kill(process.pid, signal.SIGINT)
        assert_stopped_in_one_word(process)


def test_each_step_shows_that_it_goes_on_and_how_long_it_took():
    console = Console(file=io.StringIO(), width=80)
    with Steps(console, tell_every=0.01)("sam build"):
        time.sleep(0.1)
    lines = console.file.getvalue().splitlines()
    assert lines[0].startswith("sam build … 0 s")
    assert re.fullmatch(r"sam build +\d+\.\d s", lines[-1])


def test_what_to_paste_is_in_a_file_too(tmp_path):
    shell.write("http://127.0.0.1:4566", tmp_path / "deep" / "env", {})
    lines = (tmp_path / "deep" / "env").read_text().splitlines()
    assert lines == [
        "unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN",
        "export AWS_ENDPOINT_URL=http://127.0.0.1:4566",
        "export AWS_ACCESS_KEY_ID=111122223333",
        "export AWS_SECRET_ACCESS_KEY=local",
        "export AWS_REGION=us-east-1",
        "export AWS_DEFAULT_REGION=us-east-1",
    ]
    assert all(line in shell.how_to_go_on("http://127.0.0.1:4566") for line in lines)


def test_a_parameter_without_a_value_is_refused(capsys):
    with pytest.raises(SystemExit, match="2"):
        run.main(["DefaultMode"])
    assert "'DefaultMode' is no parameter of the template: expected NAME=VALUE" in capsys.readouterr().err


class Cloud:
    """Clients that nobody asks for anything."""

    def client(self, _):
        return None


def test_limits_stretch_with_the_slowest_message_one_on_its_way_included():
    lateness = Lateness(Cloud())
    assert lateness.stretched(60.0) == 60.0
    lateness._worst = 3 * USUAL_SECONDS
    assert lateness.stretched(60.0) == 180.0
    assert not lateness.too_slow
    lateness._sent_at = time.monotonic() - TOO_SLOW_SECONDS
    assert lateness.too_slow


def test_limits_stretch_with_how_little_of_a_core_there_is_for_a_while():
    lateness = Lateness(Cloud())
    for seconds in (1.0, 40.0, 1.0):
        lateness._note_share(seconds)
    assert lateness.stretched(60.0) == 60.0  # as yet an accident
    for _ in range(5):
        lateness._note_share(6.0)
    for _ in range(5):
        lateness._note_share(1.0)
    assert lateness.stretched(60.0) == 180.0


def test_a_machine_that_has_hardly_any_of_a_core_to_give_is_too_slow_to_say():
    lateness = Lateness(Cloud())
    for _ in range(5):
        lateness._note_share(TOO_BUSY)
    assert lateness.too_slow


def test_a_second_of_a_cores_work_takes_a_second_at_least():
    assert seconds_for_a_second(0.005) >= 1.0


ON_A_TERMINAL = """
import sys, threading
from localcloud import demonstration, run
from localcloud.view import Screen

stop = threading.Event()

def play(view):
    view.line(1.0, "Lead Shop: warn")
    stop.wait(60)
    return []

demonstration.demonstrate = lambda _: Screen(play, stop).outcome()
sys.exit(run.main([]))
"""


@pytest.mark.parametrize(
    ("how", "code"), [(b"\x03", 130), (signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_what_ends_the_screen_ends_in_one_word_and_leaves_the_terminal_as_it_was(how, code):
    ended = ended_on_a_terminal(ON_A_TERMINAL, "Lead Shop: warn", how)
    assert (ended.code, ended.restored) == (code, True)
    assert ended.printed.rstrip().endswith("stopped")
    assert "Traceback" not in ended.printed


def test_a_terminal_that_is_closed_ends_the_screen():
    assert ended_on_a_terminal(ON_A_TERMINAL, "Lead Shop: warn", CLOSED).code == 128 + signal.SIGHUP


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_who_is_told_to_end_does_so_in_one_word(number, code, monkeypatch, capsys):
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGHUP)}

    def told(_):
        signal.raise_signal(number)
        pytest.fail("it goes on")

    monkeypatch.setattr(demonstration, "demonstrate", told)
    try:
        assert run.main([]) == code
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    assert capsys.readouterr().out == "stopped\n"


def test_whoever_has_read_enough_ends_it(monkeypatch):
    def unread(_):
        raise BrokenPipeError

    dropped = []
    monkeypatch.setattr(demonstration, "demonstrate", unread)
    monkeypatch.setattr(sesguard_main, "drop_output", lambda: dropped.append(True))
    assert run.main([]) == 141
    assert dropped == [True]


def test_a_second_run_in_the_same_folder_is_told_which_is_up(tmp_path):
    another = alone(tmp_path / "run.lock")
    up = rf"is up here already \(process {os.getpid()}\)"
    with alone(tmp_path / "run.lock"), pytest.raises(AlreadyRunningError, match=up):
        another.__enter__()
    with alone(tmp_path / "run.lock"):
        assert (tmp_path / "run.lock").read_text() == f"{os.getpid()}\n"


def test_an_emulator_that_does_not_start_is_said_in_a_sentence(monkeypatch, capsys, tmp_path):
    log = tmp_path / "emulator.log"
    log.write_text("OSError: no space left on device")

    def broken():
        raise EmulatorError(log)

    monkeypatch.setattr(demonstration, "Emulator", broken)
    monkeypatch.setattr(demonstration, "alone", contextlib.nullcontext)
    assert demonstration.demonstrate([]) == 1
    assert "the emulator did not start" in capsys.readouterr().out


def test_what_is_given_with_a_parent_ends_with_it():
    program = """
import threading
from localcloud import with_parent
threading.Thread(target=with_parent._end_with_input, daemon=True).start()
print("on", flush=True)
threading.Event().wait(60)
"""
    with subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"on\n"
        process.stdin.close()
        assert process.wait(timeout=60) == -signal.SIGTERM
