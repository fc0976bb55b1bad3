"""A tenant's webhook, which takes what the guard sends and checks whose it is, as the README shows."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self

from examples.verify_webhook import is_genuine

SECRET: Final = "a secret that only the tenant and the guard know"  # noqa: S105 (of the simulation)
SECRET_NAME: Final = "/sesguard/lead-shop/webhook-secret"  # noqa: S105 (a name)
URL_NAME: Final = "/sesguard/lead-shop/webhook-url"


@dataclass(frozen=True)
class Call:
    """One call: whether its signature is the guard's, and what it says."""

    genuine: bool
    news: dict[str, Any]


class Receiver:
    """Listens on a free port of the loopback interface while the context lasts. ``calls``: oldest first."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.origin = ""
        calls, receiver = self.calls, self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                genuine = is_genuine(body, dict(self.headers), SECRET, f"{receiver.origin}{self.path}")
                calls.append(Call(genuine, json.loads(body)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing on standard error."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="receiver", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
