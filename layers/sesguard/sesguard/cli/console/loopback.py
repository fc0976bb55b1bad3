"""Who may talk to the console: this machine's browser that was given the link, and nobody else.

A server on the loopback interface is reached by every page that a browser has open, and by every user of the machine.
So each request and each socket has to name this very host and port (against DNS rebinding), come from the console's own
pages (against foreign sites), and bring a cookie that only the link gives. The key in the link works once.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qs

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# NiceGUI compiles its templates in the browser, hence 'unsafe-eval' (zauberzeug/nicegui#5345): what comes from outside
# is put into text alone, which tests/unit/cli/test_console.py holds the pages to.
CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "frame-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    )
)
HEADERS: Final = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)
_SITES: Final = frozenset({None, "none", "same-origin"})
_REFUSED: Final = b"Open the link that sesguard console has printed. Each link works once.\n"
_POLICY_VIOLATION: Final = 1008  # https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1


class BrowserAccess:
    """The secrets of one console. announce: is given each new link, as the one before has been used."""

    def __init__(self, port: int, announce: Callable[[str], None]) -> None:
        self.port = port
        self.hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self.cookie = f"sesguard_{port}"  # browsers do not keep cookies apart by port
        self._session = secrets.token_urlsafe(32)
        self._key = secrets.token_urlsafe(32)
        self._announce = announce

    @property
    def link(self) -> str:
        return f"http://127.0.0.1:{self.port}/?key={self._key}"

    def admit(self, key: str) -> str:
        """Exchange the link's key for the session's cookie; "" for any other key. The next link has another."""
        if not _same(key, self._key):
            return ""
        self._key = secrets.token_urlsafe(32)
        self._announce(self.link)
        return f"{self.cookie}={self._session}; HttpOnly; SameSite=Strict; Path=/"

    def knows(self, cookies: str) -> bool:
        """Whether a Cookie header brings the session."""
        try:
            found = SimpleCookie(cookies).get(self.cookie)
        except CookieError:
            return False
        return found is not None and _same(found.value, self._session)

    def is_own(self, headers: Mapping[str, str]) -> bool:
        """Whether a request names this host, and comes from the console's own pages or from nowhere."""
        origins = {None, *(f"http://{host}" for host in self.hosts)}
        return (
            headers.get("host") in self.hosts
            and headers.get("origin") in origins
            and headers.get("sec-fetch-site") in _SITES
        )


class LoopbackGuard:
    """Stands in front of the whole application, its sockets included."""

    def __init__(self, application: Application, access: BrowserAccess) -> None:
        self._application = application
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        headers = _headers(scope)
        own = headers is not None and self._access.is_own(headers)
        if own and headers is not None and self._access.knows(headers.get("cookie", "")):
            await self._serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        elif own and scope["method"] == "GET" and (cookie := self._access.admit(_key_in(scope))):
            await _answer(send, 303, b"", (b"location", b"/"), (b"set-cookie", cookie.encode()))
        else:
            await _answer(send, 403, _REFUSED)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request over, unless whoever asked has left already.

        engine.io, below NiceGUI, would look for the method of a request that it has not read then, and raise a KeyError
        that ends in the terminal: https://github.com/miguelgrinberg/python-engineio/issues/464
        """
        if scope["type"] == "http":
            first = await receive()
            if first["type"] == "http.disconnect":
                return
            receive = _beginning_with(first, receive)
        await self._application(scope, receive, _with_headers(send))


def _beginning_with(first: Message, receive: Receive) -> Receive:
    """What is received, once ``first`` has been taken out to look at it."""
    taken = [first]

    async def receiving() -> Message:
        return taken.pop() if taken else await receive()

    return receiving


def _headers(scope: Scope) -> dict[str, str] | None:
    """Headers by name; None where one that decides comes twice."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key = name.decode("latin1").lower()
        if key in found and key in {"host", "origin", "sec-fetch-site", "cookie"}:
            return None
        found[key] = value.decode("latin1")
    return found


def _key_in(scope: Scope) -> str:
    query: bytes = scope.get("query_string", b"")
    return parse_qs(query.decode("latin1")).get("key", [""])[0]


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *HEADERS]
        await send(message)

    return sending


async def _answer(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    kind = (b"content-type", b"text/plain; charset=utf-8")
    start = {
        "type": "http.response.start",
        "status": status,
        "headers": [kind, (b"cache-control", b"no-store"), *HEADERS, *headers],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})
