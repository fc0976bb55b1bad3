"""The emulator of AWS with its gaps closed, in a process of its own, run by the Python of `.venv-cloud`.

    .venv-cloud/bin/python -m localcloud.emulator [--port N] [--bare] [--with-parent]

When it takes requests it says so with one line of JSON on standard output: {"endpoint": "http://127.0.0.1:PORT"}.
It listens on the loopback interface only, enforces IAM, and keeps everything in memory. It ends on SIGTERM and SIGINT;
with --with-parent also when its standard input closes, so that it never outlives whoever started it.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from localcloud.environment import isolate

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def main() -> None:
    options = _options()
    listening = socket.create_server(("127.0.0.1", options.port))
    port: int = listening.getsockname()[1]
    scratch = _scratch(options.data.absolute())
    _configure(port, scratch)
    try:
        asyncio.run(_serve(listening, gaps_closed=not options.bare, with_parent=options.with_parent))
    finally:
        _stop_workers()
        shutil.rmtree(scratch, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="localcloud.emulator", description="AWS, emulated on this machine.")
    parser.add_argument("--port", type=int, default=0, help="port of the loopback interface (a free one)")
    parser.add_argument("--bare", action="store_true", help="leave the gaps open, to see whether they are still there")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input closes")
    parser.add_argument("--data", type=Path, default=Path(".localcloud"), help="folder for scratch files")
    return parser.parse_args()


def _scratch(data: Path) -> Path:
    """A folder of this process, `run-PID`. Those of processes that were killed go first."""
    data.mkdir(parents=True, exist_ok=True)
    for left in data.glob("run-*"):
        try:
            os.kill(int(left.name.removeprefix("run-")), 0)
        except ProcessLookupError:
            shutil.rmtree(left, ignore_errors=True)
    scratch = data / f"run-{os.getpid()}"
    scratch.mkdir()
    return scratch


def _configure(port: int, scratch: Path) -> None:
    """The emulator reads its settings from the environment, when it is imported."""
    isolate()  # handlers inherit this environment
    os.environ.update(
        GATEWAY_PORT=str(port),
        BIND_HOST="127.0.0.1",
        MINISTACK_HOST="127.0.0.1",
        AUTH="true",
        PERSIST_STATE="0",
        LAMBDA_EXECUTOR="local",
        SFTP_ENABLED="0",
        IOT_MTLS_ENABLED="0",
        # No container is ever used; without this the emulator looks for left-over ones of its own at the start.
        DOCKER_HOST=f"unix://{scratch}/no-docker.sock",
        TMPDIR=str(scratch),
        STATE_DIR=str(scratch / "state"),
        S3_DATA_DIR=str(scratch / "s3"),
        LOG_LEVEL=os.environ.get("LOCALCLOUD_LOG_LEVEL", "WARNING"),
    )
    tempfile.tempdir = None  # read TMPDIR again


async def _serve(listening: socket.socket, *, gaps_closed: bool, with_parent: bool) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config
    from ministack.app import app

    from localcloud import front_door

    if gaps_closed:
        from localcloud import gaps

        gaps.install()
        gaps.start()

    async def announcing(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """The emulator, which says so when it has started."""

        async def tell(message: dict[str, Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                _announce(listening)

        await app(front_door.through(scope), receive, tell if scope["type"] == "lifespan" else send)

    config = Config()
    config.bind = [f"fd://{listening.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5
    config.loglevel = "WARNING"
    config.accesslog = None
    await serve(announcing, config, shutdown_trigger=_end(with_parent).wait)


def _announce(listening: socket.socket) -> None:
    host, port = listening.getsockname()
    print(json.dumps({"endpoint": f"http://{host}:{port}"}), flush=True)
    sys.stdout = sys.stderr


def _end(with_parent: bool) -> asyncio.Event:
    """Set when it is time to end."""
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end.set)
    if with_parent:

        def read() -> None:
            if not os.read(sys.stdin.fileno(), 1024):
                loop.remove_reader(sys.stdin.fileno())
                end.set()

        loop.add_reader(sys.stdin.fileno(), read)
    return end


def _stop_workers() -> None:
    """Handlers run in processes of their own, which end when their standard input closes; this does not wait for it."""
    runtime = sys.modules.get("ministack.core.lambda_runtime")
    if runtime is not None:
        runtime.reset()


if __name__ == "__main__":
    main()
