"""Starting the emulator from another process, and clients that speak to it."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self, cast

import boto3
from botocore.config import Config

from localcloud.environment import isolated

ROOT: Final = Path(__file__).resolve().parent.parent
DATA: Final = ROOT / ".localcloud"
PYTHON: Final = ROOT / ".venv-cloud" / "bin" / "python"
# The emulator takes a 12-digit access key for the root user of that account.
ACCOUNT: Final = "111122223333"
REGION: Final = "us-east-1"


class EmulatorError(RuntimeError):
    """The emulator did not start. `log` is where it says why."""

    def __init__(self, log: Path) -> None:
        last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-5:])
        super().__init__(f"the emulator did not start; the end of {log}:\n{last}")
        self.log = log


class Emulator:
    """A running emulator, which ends with the context or with this process, whichever is first.

    `bare` leaves its gaps open. `log` takes what it and the handlers in it write.
    """

    def __init__(self, *, bare: bool = False, log: Path = DATA / "emulator.log", port: int = 0) -> None:
        self._arguments = ["--with-parent", "--port", str(port), *(["--bare"] if bare else [])]
        self._log = log
        self.endpoint = ""

    def __enter__(self) -> Self:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("w", encoding="utf-8") as log:
            # A session of its own, so that Ctrl-C at a terminal reaches us first and we end it in order.
            self._process = subprocess.Popen(  # noqa: S603 (our own program)
                [str(PYTHON), "-m", "localcloud.emulator", *self._arguments],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        announced = self._pipes[1].readline()
        if not announced:
            self.__exit__(None, None, None)
            raise EmulatorError(self._log)
        self.endpoint = json.loads(announced)["endpoint"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for_it, from_it = self._pipes
        for_it.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        from_it.close()

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        return cast("tuple[IO[bytes], IO[bytes]]", (self._process.stdin, self._process.stdout))

    @property
    def pid(self) -> int:
        return self._process.pid

    def client(self, service: str, *, account: str = ACCOUNT, region: str = REGION) -> Any:  # noqa: ANN401 (the types of boto3-stubs would need the service as a literal)
        """A boto3 client of `service` as the root user of `account`, with few retries, so that errors show."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # boto3-stubs knows services as literals only
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=account,
            aws_secret_access_key="local",  # noqa: S106 (nothing is secret in there)
            config=Config(retries={"total_max_attempts": 2}, tcp_keepalive=True, max_pool_connections=32),
        )

    def environment(self, *, account: str = ACCOUNT, region: str = REGION) -> Mapping[str, str]:
        """An environment for programs that speak to AWS as the root user of `account`, and nothing of the user."""
        return {
            **isolated(os.environ),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
        }
