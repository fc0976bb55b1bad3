"""Functions of the local cloud as forks of a process that has imported AWS's library."""

import json
import os
import subprocess
import sys
from contextlib import suppress

import pytest

from localcloud.gaps.forked_workers import WORKER, Forked, ForkServer, brings

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="functions are forked on Linux only")

TELLS_WHAT_IT_SEES = """
import json, os, sys
print("noise", file=sys.stderr)
seen = {"said": sys.stdin.readline(), "environment": dict(os.environ), "folder": os.getcwd(), "arguments": sys.argv,
        "path": sys.path, "name": __name__, "open": sorted(map(int, os.listdir("/proc/self/fd")))[:-1]}
print(json.dumps(seen), flush=True)
sys.stdin.readline()
"""
TELLS_WHAT_IS_IMPORTED = """
import json, sys
before = "botocore" in sys.modules
import jmespath
print(json.dumps([before, jmespath.__file__]), flush=True)
"""
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "bufsize": 1}


@pytest.fixture(scope="module")
def server():
    server = ForkServer()
    yield server
    server.stop()


@pytest.fixture
def start(server, tmp_path):
    """Start a worker that runs a script, with variables of its own, as the emulator does."""
    code = tmp_path / "code"
    code.mkdir()

    def started(script, popen=server.popen, **variables):
        (tmp_path / WORKER).write_text(script)
        environment = {**os.environ, "COLOUR": "blue", **variables}
        return popen([sys.executable, str(tmp_path / WORKER)], cwd=str(code), env=environment, **PIPES)

    started.code = code
    return started


def ended(process, said=""):
    """What a process printed, given a line to read, and its errors, once it has ended by itself."""
    with suppress(BrokenPipeError):  # nobody reads it
        process.stdin.write(said + "\n")
        process.stdin.close()
    out, errors = process.stdout.read(), process.stderr.read()
    process.wait(timeout=60)
    forget(process)
    return out, errors


def forget(process):
    for stream in (process.stdin, process.stdout, process.stderr):
        with suppress(BrokenPipeError):  # what it did not read is in the buffer still
            stream.close()


def test_it_sees_what_an_interpreter_of_its_own_would_show_it(start):
    forked, said = ended(start(TELLS_WHAT_IT_SEES), "hello")
    plain, told = ended(start(TELLS_WHAT_IT_SEES, subprocess.Popen), "hello")
    assert json.loads(forked) == json.loads(plain)
    assert json.loads(forked)["said"] == "hello\n"
    assert said == told == "noise\n"


def test_aws_library_is_there_when_it_begins(start):
    before, _ = json.loads(ended(start(TELLS_WHAT_IS_IMPORTED))[0])
    assert before


def test_what_a_function_brings_itself_is_what_it_imports(start):
    (start.code / "jmespath.py").write_text("")
    script = f"import sys\nsys.path.insert(0, {str(start.code)!r})\n{TELLS_WHAT_IS_IMPORTED}"
    assert json.loads(ended(start(script))[0]) == [True, str(start.code / "jmespath.py")]


def test_a_function_that_brings_the_library_itself_starts_without(start):
    (start.code / "botocore").mkdir()
    before, _ = json.loads(ended(start(TELLS_WHAT_IS_IMPORTED))[0])
    assert not before


def test_a_function_that_sets_up_its_interpreter_has_one_of_its_own(start):
    before, _ = json.loads(ended(start(TELLS_WHAT_IS_IMPORTED, PYTHONHASHSEED="1"))[0])
    assert not before


def test_what_a_layer_brings_is_found_where_layers_have_it(tmp_path):
    for place in ("one/python/jmespath", "two/python/lib/python3.13/site-packages/urllib3", "two/python/mine"):
        (tmp_path / place).mkdir(parents=True)
    layers = os.pathsep.join([str(tmp_path / "one"), str(tmp_path / "two")])
    assert brings(tmp_path, {"_LAMBDA_LAYERS_DIRS": layers}) == {"jmespath", "urllib3"}


def test_functions_keep_what_they_do_to_the_library_to_themselves(start):
    script = "import botocore\nprint(getattr(botocore, 'mine', 'nothing'))\nbotocore.mine = 'changed'"
    assert [ended(start(script))[0] for _ in range(2)] == ["nothing\n"] * 2


def test_a_function_that_raises_ends_and_says_why(start):
    out, errors = ended(start("raise ValueError('bad')"))
    assert out == ""
    assert errors.endswith("ValueError: bad\n")


def test_a_function_can_be_ended(start):
    process = start("import time\nprint('begun', flush=True)\ntime.sleep(3600)")
    assert process.stdout.readline() == "begun\n"
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.01)
    process.terminate()
    process.wait(timeout=60)
    assert process.poll() is not None
    process.kill()  # nobody is there any more, and nobody else is hit
    forget(process)


def test_functions_end_with_the_server_and_the_next_has_another(start):
    server = ForkServer()
    process = start("import time\nprint('begun', flush=True)\ntime.sleep(3600)", server.popen)
    assert process.stdout.readline() == "begun\n"
    server.stop()
    assert process.poll() is not None
    forget(process)
    assert ended(start("print('again')", server.popen))[0] == "again\n"
    server.stop()


def test_a_function_starts_anew_where_the_server_does_not(start, monkeypatch, caplog):
    server = ForkServer()
    monkeypatch.setattr("localcloud.gaps.forked_workers.fork_server.__name__", "localcloud.no_such_module")
    assert ended(start("print('there')", server.popen))[0] == "there\n"
    assert "cannot be forked" in caplog.text
    server.stop()


def test_what_is_no_python_function_is_started_as_it_is(server):
    process = server.popen(["/bin/echo", "hello"], stdout=subprocess.PIPE, text=True)
    assert not isinstance(process, Forked)
    assert process.communicate() == ("hello\n", None)
