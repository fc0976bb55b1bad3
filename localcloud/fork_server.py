"""A process that has imported AWS's library, and forks those of functions, which then need not: most of a cold start.

Started by `localcloud.gaps.forked_workers`, with one end of a socket as its standard input, by the Python of
`.venv-cloud`. For each message it forks one process, which runs a script as `python SCRIPT` would, and answers with
its id and a handle of it. It ends when the other end of the socket closes.
"""

import gc
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Sequence
from functools import cache, partial
from typing import Any, Final, NoReturn

MOST_BYTES: Final = 262_144  # of a message: on AWS the variables of a function are 4 KB at most
STREAMS: Final = 3  # standard input, output and error
# Clients whose first making loads what all of them need, and whose descriptions are the largest.
_PREPARED: Final = ("dynamodb", "sqs", "sns", "cloudwatch", "events")


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: whoever started this ends it
    _prepare()
    gc.freeze()  # what is here now is shared with every process that is forked
    with socket.socket(fileno=os.dup(sys.stdin.fileno())) as asked:
        _serve(asked)


def _prepare() -> None:
    import boto3  # noqa: F401  # for functions
    from botocore.loaders import JSONFileLoader
    from botocore.session import Session

    # Each session reads the descriptions of services anew. Nobody changes them.
    read = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
    setattr(JSONFileLoader, "load_file", lambda _, path: read(path))  # noqa: B010  # mypy takes no assignment to a method
    session = Session()
    for service in _PREPARED:
        session.create_client(service, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")  # noqa: S106  # no secret


def _serve(asked: socket.socket) -> None:
    """Fork what is asked for, and collect what has ended, until nobody can ask any more."""
    children: dict[int, int] = {}  # by the handle of each
    with selectors.DefaultSelector() as ready:
        ready.register(asked, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fd in children:
                    ready.unregister(key.fd)
                    _collect(key.fd, children.pop(key.fd))
                    continue
                message, streams, _, _ = socket.recv_fds(asked, MOST_BYTES, STREAMS)
                if not message:
                    for handle, pid in children.items():
                        signal.pidfd_send_signal(handle, signal.SIGKILL)
                        _collect(handle, pid)
                    return
                pid = os.fork()
                if pid == 0:
                    ready.close()
                    asked.close()
                    for handle in children:
                        os.close(handle)
                    _run(streams, **json.loads(message))
                handle = os.pidfd_open(pid)
                children[handle] = pid
                ready.register(handle, selectors.EVENT_READ)
                socket.send_fds(asked, [str(pid).encode()], [handle])
                for stream in streams:
                    os.close(stream)


def _collect(handle: int, pid: int) -> None:
    os.waitpid(pid, 0)
    os.close(handle)


def _run(
    streams: Sequence[int], script: str, folder: str, environment: dict[str, str], forgotten: list[str]
) -> NoReturn:
    """Be `python SCRIPT`, then end. forgotten: packages that the function brings itself, to be imported anew."""
    code: Any = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115  # no paths, and for good
        sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115  # as above
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        for name in [name for name in sys.modules if name.partition(".")[0] in forgotten]:
            del sys.modules[name]
        sys.argv = [script]
        sys.path[0] = os.path.dirname(script)  # noqa: PTH120  # in the place of where this was started
        runpy.run_path(script, run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code or 0
    except BaseException:  # the interpreter's own last resort
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    main()
