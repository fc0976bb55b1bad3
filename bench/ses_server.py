"""SES v2 over HTTP, in a process of its own, as far as onboarding asks it; takes one control call a second and no more.

Operations and their parameters are read from botocore's own model of the service, so that the real client speaks to it.
GET /counts tells how many calls came, and how many of them too early.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from botocore.loaders import Loader

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from bench.skipping import Clock

WAY: Final = 0.005, 0.030
"""Seconds that a call is on its way, and its answer: from one to the other, evenly spread."""

Request = dict[str, Any]
_EXISTS: Final = ("AlreadyExistsException", 400)
_GONE: Final = ("NotFoundException", 404)
_EARLY: Final = ("TooManyRequestsException", 429)
Failure = tuple[str, int]


class Refused(Exception):  # noqa: N818  # an answer
    def __init__(self, failure: Failure) -> None:
        super().__init__(failure[0])
        self.failure = failure


class Ses:
    """The state of one account and region, for what is made new and looked at again."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = float("-inf")
        self.calls: Counter[str] = Counter()
        self.early = 0
        self.sets: dict[str, Request] = {}
        self.defaults: dict[str, str] = {}
        model = Loader().load_service_model("sesv2", "service-2")
        self._routes = [
            (it["http"]["method"], re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", it["http"]["requestUri"])), name)
            for name, it in model["operations"].items()
        ]

    def answer(self, method: str, path: str, body: bytes) -> Request:
        """Raises Refused."""
        now = self._clock.now()
        if now - self._last < 1.0:
            self.early += 1
            raise Refused(_EARLY)
        self._last = now
        for verb, pattern, name in self._routes:
            found = pattern.fullmatch(path) if verb == method else None
            if found:
                self.calls[name] += 1
                request = {**json.loads(body or b"{}"), **{key: unquote(it) for key, it in found.groupdict().items()}}
                done: Request = getattr(self, name)(request)
                return done
        raise Refused(_GONE)

    def CreateConfigurationSet(self, request: Request) -> Request:  # noqa: N802  # SES's names, from here on
        if request["ConfigurationSetName"] in self.sets:
            raise Refused(_EXISTS)
        self.sets[request["ConfigurationSetName"]] = {**request, "events": {}}
        return {}

    def GetConfigurationSet(self, request: Request) -> Request:  # noqa: N802
        return {name: value for name, value in self._set(request).items() if name != "events"}

    def CreateConfigurationSetEventDestination(self, request: Request) -> Request:  # noqa: N802
        events = self._set(request)["events"]
        if request["EventDestinationName"] in events:
            raise Refused(_EXISTS)
        events[request["EventDestinationName"]] = request["EventDestination"]
        return {}

    def GetConfigurationSetEventDestinations(self, request: Request) -> Request:  # noqa: N802
        return {"EventDestinations": [{"Name": name, **each} for name, each in self._set(request)["events"].items()]}

    def GetEmailIdentity(self, request: Request) -> Request:  # noqa: N802
        default = self.defaults.get(request["EmailIdentity"])
        return {"ConfigurationSetName": default} if default else {}

    def PutEmailIdentityConfigurationSetAttributes(self, request: Request) -> Request:  # noqa: N802
        self.defaults[request["EmailIdentity"]] = request["ConfigurationSetName"]
        return {}

    def _set(self, request: Request) -> Request:
        try:
            found: Request = self.sets[request["ConfigurationSetName"]]
        except KeyError:
            raise Refused(_GONE) from None
        return found


class _Server(ThreadingMixIn, HTTPServer):
    daemon_threads = True


def _handler(ses: Ses, clock: Clock) -> type[BaseHTTPRequestHandler]:
    way = random.Random(5)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _speak(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path
            status, headers, answer = 200, {}, {}
            try:
                if path == "/counts":
                    answer = {"calls": dict(ses.calls), "early": ses.early, "sets": len(ses.sets)}
                else:
                    clock.sleep(way.uniform(*WAY))
                    answer = ses.answer(self.command, path, body)
                    clock.sleep(way.uniform(*WAY))
            except Refused as refused:
                code, status = refused.failure
                headers = {"x-amzn-ErrorType": code}
            text = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Type": "application/json", "Content-Length": len(text)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = _speak  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None: ...  # says nothing

    return Handler


def serve(clock: Clock, ready: Connection) -> None:
    """Serve for ever; the URL goes through ``ready``."""
    server = _Server(("127.0.0.1", 0), _handler(Ses(clock), clock))
    host, port = server.server_address[:2]
    ready.send(f"http://{host!s}:{port}")
    server.serve_forever()
