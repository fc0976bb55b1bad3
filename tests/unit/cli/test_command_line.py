"""The command line as a whole: what it says of itself, of mistakes, and of what stands in a command's way.

Each test of an end runs the real command in a process of its own.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from sesguard import __version__
from sesguard.cli.commands import COMMANDS, GROUPS
from sesguard.cli.help_page import page_asked_for
from sesguard.cli.main import main
from tests.fakes.own_terminal import ended_on_a_terminal
from tests.fakes.servers import Server, says
from tests.fakes.signals import hear_ctrl_c

SESGUARD: Final = (sys.executable, "-m", "sesguard")
TRAFFIC: Final = Path(__file__).resolve().parents[3] / "examples" / "traffic.jsonl.gz"
WORDS: Final = [command.words for command in COMMANDS]


def run(*words: str, python: tuple[str, ...] = SESGUARD, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command with no AWS configuration but what ``environment`` says."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SESGUARD_"))}
    nothing = {"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent"}
    return subprocess.run(  # noqa: S603  # our own words
        [*python, *words],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**known, **nothing, "AWS_EC2_METADATA_DISABLED": "true", **environment},
    )


def a_module(folder: Path, name: str, code: str) -> dict[str, str]:
    """An environment in which ``import name`` runs ``code``."""
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)}


# ---- help, mistakes, completion


def test_alone_it_lists_the_commands(capsys):
    assert main([]) == 0
    printed = capsys.readouterr().out
    assert all(f"  {words.split()[0]} " in printed for words in WORDS if words != "stream show")


@pytest.mark.parametrize("group", [group.word for group in GROUPS])
def test_a_group_alone_lists_its_commands(group, capsys):
    assert main(group.split()) == 0
    printed = capsys.readouterr().out
    names = [words.removeprefix(f"{group} ").split()[0] for words in WORDS if words.startswith(f"{group} ")]
    assert all(f"  {name} " in printed for name in names)


@pytest.mark.parametrize("words", WORDS)
def test_every_command_says_what_it_takes_and_how_it_ends(words, capsys):
    assert main([*words.split(), "--help"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"Usage: sesguard {words}")
    assert "Exit code: 0" in printed
    assert max(map(len, printed.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["prase"], "sesguard: there is no command 'prase'; did you mean pause or parse?"),
        (["STATUS"], "sesguard: there is no command 'STATUS'; did you mean status?"),
        (["--hlep"], "sesguard: there is no option '--hlep'; did you mean --help?"),
        (["--vers"], "sesguard: there is no option '--vers'; did you mean --version or errors?"),
        (["-v"], "sesguard: there is no option '-v'"),
        (["help", "prase"], "sesguard: there is no command 'prase'; did you mean pause or parse?"),
        (["tenants", "help"], "sesguard tenants: there is no command 'help'; did you mean --help?"),
        (["status", "--JSON"], "sesguard status: there is no option --JSON; did you mean --json?"),
        (["tenants", "aply"], "sesguard tenants: there is no command 'aply'; did you mean apply?"),
        (["tenants", "aply", "--help"], "sesguard tenants: there is no command 'aply'; did you mean apply?"),
        (["backlog", "release", "x"], "sesguard backlog: release is called approve now: sesguard backlog approve"),
        (["backlog", "drop"], "sesguard backlog: drop is called dismiss now: sesguard backlog dismiss"),
        (["status", "--jsn"], "sesguard status: there is no option --jsn; did you mean --json?"),
        (["status", "--hlep"], "sesguard status: there is no option --hlep; did you mean --help?"),
        (["watch", "--interval", "3"], "sesguard watch: there is no option --interval"),
        (["status", "more", "-"], "sesguard status: nothing is known to do with 'more', '-'"),
        (["hold", "x", "--reson", "y"], "sesguard hold: there is no option --reson; did you mean --reason?"),
        (["hold", "x", "--reason"], "sesguard hold: --reason needs a value"),
        (["cost", "--month.year", "2026"], "sesguard cost: there is no option --month.year"),
        (["explain"], "sesguard explain: STREAM is missing"),
        (["stream", "acme"], "sesguard stream: there is no command 'acme'"),
    ],
)
def test_a_mistake_is_named_with_what_was_meant_and_the_usage_of_that_command(words, said, capsys):
    assert main(words) == 2
    printed = capsys.readouterr().err.splitlines()
    command = said.partition(":")[0]
    assert printed == [said, printed[1], f"{command} --help says more."]
    assert printed[1].startswith(f"Usage: {command} ")


def test_hostile_words_cannot_touch_the_screen(capsys):
    assert main(["\x1b[2Jstatus"]) == 2
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_options(shell, capsys):
    assert main(["completion", shell]) == 0
    printed = capsys.readouterr().out
    assert all(word in printed for word in ("backtest", "approve", "dry-run", "stack-name"))


@pytest.mark.parametrize(
    ("shell", "first", "rest"),
    [
        ("bash", '"--local"', "    1)\n"),
        ("zsh", "'--local[", "'1: :->cmds'"),
        ("fish", "__fish_use_subcommand -l local -d '", "# Subcommands for: accounts"),
    ],
)
def test_a_shell_knows_that_local_may_stand_before_the_command(shell, first, rest, capsys):
    """Without being told, zsh takes it for the command, and completes nothing after it."""
    assert main(["completion", shell]) == 0
    assert first in capsys.readouterr().out.partition(rest)[0]


def test_zsh_finds_its_function_in_the_file_that_help_names(capsys):
    """An autoloaded function has to be called as its file is, else nothing is completed."""
    assert main(["completion", "zsh"]) == 0
    script = capsys.readouterr().out
    assert main(["completion", "--help"]) == 0
    (named,) = re.findall(r'completion zsh > "\$\{fpath\[1\]\}/(\w+)"', capsys.readouterr().out)
    assert script.startswith(f"#compdef sesguard\n\n{named}() {{")


def test_zsh_offers_files_where_no_word_of_sesguard_fits(capsys):
    assert main(["completion", "zsh"]) == 0
    script = capsys.readouterr().out
    assert "'*:SES events\\: a file, a folder of them, or -:_files'" in script
    assert "'*--policy[TOML, JSON or YAML; the defaults where it says nothing]:policy:_files'" in script
    assert ":engine:(python duckdb athena)" in script


def test_no_other_shell_is_completed(capsys):
    assert main(["completion", "csh"]) == 2
    assert "csh" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", ["", "--help", "--version", "status --help", "tenants", "permissions -h", "--local drill --help"]
)
def test_help_loads_neither_a_command_nor_a_library(words):
    code = f"import sys; from sesguard.cli.main import main; main({words.split()!r}); print(*sys.modules)"
    loaded = set(run("-c", code, python=(sys.executable,)).stdout.splitlines()[-1].split())
    assert not {name for name in loaded if name.startswith(("boto", "matplotlib", "jinja2", "cyclopts", "rich"))}
    ours = {name for name in loaded if name.startswith("sesguard.")}
    assert ours == {"sesguard.cli", *(f"sesguard.cli.{module}" for module in ("main", "commands", "help_page"))}


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ("--help status", "status"),
        ("status --json -h", "status"),
        ("--local tenants smtp create --help", "tenants smtp create"),
        ("parse some.json --help other.json", "parse"),
        ("tenants smtp", "tenants smtp"),
        ("help", ""),
        ("help tenants smtp create", "tenants smtp create"),
        ("--local", ""),
    ],
)
def test_help_is_asked_for_anywhere_in_the_words_of_a_command(words, command, capsys):
    assert main(words.split()) == 0
    assert capsys.readouterr().out.startswith(f"Usage: sesguard {command}".rstrip() + " ")


@pytest.mark.parametrize(
    "words", [["status"], ["--local", "status"], ["tenants", "plan"], ["parse", "--", "-h"], ["prase"]]
)
def test_no_other_command_line_asks_for_help(words):
    assert page_asked_for(words) is None


def test_what_follows_two_dashes_asks_for_no_help(capsys):
    assert main(["parse", "--", "--help"]) == 2
    assert capsys.readouterr().err == 'sesguard parse: "--help": No such file or directory\n'


@pytest.mark.parametrize("words", ["--version", "--local --version", "status --version"])
def test_its_version_is_said_wherever_it_is_asked_for(words, capsys):
    assert main(words.split()) == 0
    assert capsys.readouterr().out == f"sesguard {__version__}\n"


def test_as_a_module_it_is_the_same():
    assert run("--version").stdout == f"sesguard {__version__}\n"


# ---- ends


def closed(channel: int, *words: str) -> subprocess.CompletedProcess[str]:
    code = f"import os; os.close({channel}); os.execv({sys.executable!r}, {[*SESGUARD, *words]!r})"
    return run("-c", code, python=(sys.executable,))


def test_a_closed_input_is_an_empty_one():
    done = closed(0, "parse", "-")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", 'sesguard parse: "-": not one SES event in it\n')


@pytest.mark.parametrize("words", ["--version", "status --help", "parse pyproject.toml", "notices preview"])
def test_a_closed_output_cannot_be_written_to(words):
    done = closed(1, *words.split())
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "sesguard: Bad file descriptor"


def test_with_no_channel_for_errors_the_code_still_says_it():
    assert closed(2, "parse", "no-such-file").returncode == 2


def test_what_is_typed_need_not_be_utf_8():
    code = "from sesguard.cli.main import main; import sys; main(['--version']); print(repr(sys.stdin.read()))"
    done = subprocess.run([sys.executable, "-c", code], input=b"caf\xe9", capture_output=True, check=True)  # noqa: S603
    assert done.stdout.decode().splitlines()[-1] == repr("caf\N{REPLACEMENT CHARACTER}")


def test_stopped_at_its_very_beginning_it_says_one_word(tmp_path):
    done = run("status", **a_module(tmp_path, "cyclopts", "raise KeyboardInterrupt"))
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stopped\n")


@pytest.mark.parametrize("words", [["status"], ["notices", "preview"], ["backtest", "x"], ["tenants", "list"]])
def test_stopped_while_a_command_is_imported_it_says_one_word(words, tmp_path):
    """What every command needs at first comes late: all imports of the command are before it."""
    done = run(*words, **a_module(tmp_path, "msgspec", "raise KeyboardInterrupt"))
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stopped\n")


def test_ctrl_c_in_the_first_second_of_a_command_ends_in_one_word(tmp_path):
    slow = a_module(tmp_path, "msgspec", "import time; print('importing', flush=True); time.sleep(600)")
    with subprocess.Popen(  # noqa: S603  # our own words
        [*SESGUARD, "status"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **slow},
        preexec_fn=hear_ctrl_c,  # the tests start no threads
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "importing\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    assert (process.returncode, said) == (130, "stopped\n")


def test_a_ctrl_c_that_python_ignores_comes_again():
    code = """
import signal, sys, weakref
from sesguard.cli import main

class Held: ...

def run(_):
    held = Held()
    noted = weakref.ref(held, lambda _: signal.raise_signal(signal.SIGINT))
    del held  # as imports do, with the locks of modules
    sys.stdin.read()
    return 0

main._run = run
sys.exit(main.main([]))
"""
    with subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_ctrl_c,  # the tests start no threads
    ) as process:
        assert process.wait(timeout=60) == 130
        assert process.stderr.read() == "stopped\n"


NAMING: Final = """
class Named:
    def __set_name__(self, owner, name):
        raise KeyboardInterrupt

class Owner:
    attribute = Named()
"""
TAKING_DOWN: Final = """
try:
    raise KeyboardInterrupt
finally:
    [].pop()
"""


@pytest.mark.parametrize("module", [NAMING, TAKING_DOWN])
def test_a_ctrl_c_that_becomes_an_error_is_none(module, tmp_path):
    """While a class names its attributes, or what was just begun is taken down."""
    done = run("status", **a_module(tmp_path, "msgspec", module))
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "stopped\n")


NOBODY_READS: Final = "import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, {channel});"


@pytest.mark.parametrize(
    "words",
    ["", "hold --help", "notices preview", f"parse {TRAFFIC}", f"backtest {TRAFFIC}", f"backtest --json {TRAFFIC}"],
)
def test_a_closed_pipe_ends_it_with_141_and_no_word(words):
    code = f"{NOBODY_READS.format(channel=1)} from sesguard.cli.main import main; sys.exit(main({words.split()!r}))"
    done = run("-c", code, python=(sys.executable,))
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize(("channel", "said"), [(1, "stopped\n"), (2, "")])
def test_stopped_it_ends_with_130_although_nobody_reads_what_was_printed_before(channel, said):
    code = f"""
{NOBODY_READS.format(channel=channel)}
from sesguard.cli import main

def run(_):
    print("begun")  # into a buffer, as to every pipe
    raise KeyboardInterrupt

main._run = run
sys.exit(main.main([]))
"""
    done = run("-c", code, python=(sys.executable,), PYTHONUNBUFFERED="")
    assert (done.returncode, done.stderr) == (130, said)


def test_what_fails_while_a_generator_is_closed_is_a_fault_like_any_other(tmp_path):
    module = """
def given():
    try:
        yield
    except GeneratorExit:
        raise KeyError("a fault")

generator = given()
next(generator)
generator.close()
"""
    done = run("status", **a_module(tmp_path, "msgspec", module), TMPDIR=str(tmp_path))
    assert done.returncode == 1
    assert "a fault of sesguard's own, KeyError" in done.stderr


def test_after_a_ctrl_c_the_terminal_has_its_cursor_again():
    program = """
import sys
from rich.console import Console
from sesguard.cli import main

def run(_):
    Console().show_cursor(False)
    sys.stdin.read()

main._run = run
sys.exit(main.main([]))
"""
    done = ended_on_a_terminal(program, "\x1b[?25l", b"\x03")
    assert done.code == 130
    assert done.printed.endswith("\x1b[?25hstopped\r\n")


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
@pytest.mark.parametrize("words", ["", "backtest --help", "notices preview"])
def test_a_terminal_without_a_letter_shows_another_and_the_command_goes_on(words, encoding):
    done = run(*words.split(), PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("package", ["cyclopts", "rich"])
def test_without_the_extra_it_says_in_a_line_what_to_install(package, tmp_path):
    missing = f"raise ModuleNotFoundError('No module named {package}', name='{package}')"
    done = run("status", **a_module(tmp_path, package, missing))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"sesguard: {package} is not installed: it comes with sesguard by pipx install, or pip\n"


def test_what_only_a_command_needs_is_named_too(tmp_path):
    missing = "raise ModuleNotFoundError('No module named botocore', name='botocore')"
    environment = a_module(tmp_path, "botocore", missing)
    assert run("--help", **environment).returncode == 0
    done = run("status", **environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "sesguard: botocore is not installed: it comes with sesguard by pipx install, or pip\n"


def test_too_little_memory_is_said_in_a_line(tmp_path):
    done = run("status", **a_module(tmp_path, "msgspec", "raise MemoryError"))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "sesguard: there is not enough memory\n")


@pytest.mark.parametrize("code", ["import nonsense_of_ours", "raise KeyError('\\x1b[31m')"])
def test_a_fault_of_ours_is_a_sentence_that_says_where_the_traceback_is(tmp_path, code):
    """And is not taken for a missing package."""
    done = run("status", **a_module(tmp_path, "msgspec", code), TMPDIR=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    (log,) = tmp_path.glob("sesguard-*.log")
    assert "Traceback" in log.read_text(encoding="utf-8")
    assert done.stderr.startswith("sesguard: a fault of sesguard's own, ")
    assert done.stderr.endswith(f"the traceback is in {log}\n")
    assert "\x1b" not in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    "words",
    [
        f"backtest {TRAFFIC} --policy",
        "tenants place /dev/null --accounts",
        "tenants place --accounts /dev/null",
        "status --accounts-file",
    ],
)
def test_of_a_file_without_end_no_more_is_read_than_fits(words, capsys):
    assert main([*words.split(), "/dev/zero"]) == 2
    assert "/dev/zero" in (said := capsys.readouterr().err)
    assert "has more than 67,108,864 bytes" in said


def test_a_name_longer_than_any_file_has_is_not_repeated_whole(capsys):
    for words in (["parse"], ["backtest"], ["notices", "check"], ["backtest", str(TRAFFIC), "--policy"]):
        assert main([*words, "x" * 100_000]) == 2
        said = capsys.readouterr().err
        assert said.endswith(": File name too long\n")
        assert len(said) < 400


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    "words", ["", "notices variables", "notices preview", f"parse {TRAFFIC}", f"backtest --json {TRAFFIC}"]
)
def test_an_output_that_cannot_be_written_is_said(words):
    code = (
        "import os, sys; os.dup2(os.open('/dev/full', os.O_WRONLY), 1);"
        f"from sesguard.cli.main import main; sys.exit(main({words.split()!r}))"
    )
    done = run("-c", code, python=(sys.executable,))
    assert (done.returncode, done.stderr) == (1, "sesguard: No space left on device\n")


# ---- what AWS's configuration lacks


KEYS: Final = {"AWS_ACCESS_KEY_ID": "111122223333", "AWS_SECRET_ACCESS_KEY": "local"}


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        ([], KEYS, "You must specify a region: say --region, or set AWS_REGION"),
        (["--profile", "nobody"], KEYS, "The config profile (nobody) could not be found: aws configure list-profiles"),
        (["--region", "eu-west-1"], {}, "there are no AWS credentials; use --profile, or sign in"),
        (["--region", "eu west"], KEYS, "eu west"),
        (["--endpoint-url", "", "--profile", ""], KEYS, "You must specify a region: say --region, or set AWS_REGION"),
        (["--region", "eu-west-1", "--endpoint-url", "nowhere"], KEYS, "nowhere"),
    ],
)
def test_what_is_not_configured_is_said_in_a_line_that_says_what_to_do(words, environment, said):
    done = run("status", *words, **environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("config", "code", "said"),
    [
        ("credential_process = /nonexistent/x", 2, "the AWS credentials cannot be read: '/nonexistent/x': No"),
        ("credential_process = echo nonsense", 2, "the AWS credentials cannot be read: Expecting value"),
        ("role_arn = arn:aws:iam::111122223333:role/x\nweb_identity_token_file = /nonexistent/x", 2, "cannot be read"),
        ("aws_access_key_id = x\naws_secret_access_key = \udcff", 2, "config"),
        ("sso_start_url = https://x.example/\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = y", 3,
         "sign in first: aws sso login"),
    ],
)  # fmt: skip
def test_credentials_that_cannot_be_had_are_said_in_a_line(config, code, said, tmp_path, monkeypatch, capsys):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "config").write_text(f"[default]\nregion = eu-west-1\n{config}\n", errors="surrogateescape")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["status"]) == code
    printed = capsys.readouterr().err
    assert said in printed
    assert printed.count("\n") == 1


def test_keys_that_sign_nothing_are_said_in_a_line():
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "\udcff"}
    done = run("status", "--region", "eu-west-1", "--endpoint-url", "http://127.0.0.1:9", **keys)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("the AWS credentials cannot be read or used as they are; see --profile\n")


@pytest.mark.parametrize("answer", [b"<html>Sign in to this network</html>", b"", b'{"a": [1, 2', b"<a/>"])
@pytest.mark.parametrize("words", ["status", "show acme-news", "tenants list"])
def test_what_answers_and_is_not_aws_is_said_in_a_line(words, answer, monkeypatch, capsys):
    """A proxy, the page of a network that wants a sign-in, a port of something else."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "111122223333")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    monkeypatch.setenv("NO_PROXY", "localhost")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with Server(says("200 OK", "Connection: close", body=answer)) as server:
        code = main([*words.split(), "--region", "eu-west-1", "--endpoint-url", server.origin])
    said = capsys.readouterr()
    assert (code, said.out) == (3, "")
    assert "what answers there is not AWS" in said.err
    assert said.err.count("\n") == 1
