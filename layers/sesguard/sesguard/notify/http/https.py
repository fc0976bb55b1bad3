"""A call to somebody else's server, who may be slow, broken or malicious.

The host is resolved once, every address it has must be public, and the connection goes to one that was looked at, so
that a name cannot change its mind in between. No redirect is followed, no proxy is used, TLS is verified, and the whole
call ends in time however slowly the answer drips.
"""

from __future__ import annotations

import io
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from http.client import HTTPConnection, HTTPException
from typing import Any, Final, NamedTuple

from sesguard import __version__
from sesguard.errors import ChannelError
from sesguard.notify.back_off import retry_after
from sesguard.notify.http.public_ip import is_public
from sesguard.notify.http.url import Target, target

# https://docs.python.org/3/library/socket.html#socket.getaddrinfo
Resolved = Sequence[tuple[Any, ...]]
Resolve = Callable[[str, int], Resolved]

_DENIED: Final = frozenset({401, 403, 404, 410})
# Time-out, too early, too many: https://www.iana.org/assignments/http-status-codes
_PASSING: Final = frozenset({408, 425, 429})


class HttpLimits(NamedTuple):
    """Seconds to resolve and connect, seconds for the whole call, and how much of an answer is read."""

    connect: float = 3.0
    total: float = 10.0
    answer_bytes: int = 65_536


def look_up(host: str, port: int) -> Resolved:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Caller:
    """Posts to webhooks. trusted: origins whose addresses are not looked at, such as receivers within a VPC."""

    def __init__(
        self,
        trusted: frozenset[str] = frozenset(),
        *,
        limits: HttpLimits = HttpLimits(),  # noqa: B008  # it cannot be changed
        resolve: Resolve = look_up,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._trusted = trusted
        self._limits = limits
        self._resolve = resolve
        self._given_tls = tls

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._given_tls or ssl.create_default_context()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Post ``body`` and have it taken (2xx). Raises ChannelError, with nothing of the URL or the answer."""
        to = target(url, self._trusted)
        ends = _Ends(self._limits.total)
        try:
            with self._connected(to, ends) as line:
                status, wait = _exchange(line, to, body, headers, ends, self._limits.answer_bytes)
        except (OSError, HTTPException) as error:
            raise ChannelError(_trouble(error), retryable=True, unanswered=True) from None
        _judge(status, wait)

    def _connected(self, to: Target, ends: _Ends) -> socket.socket:
        """Connect to the first address that answers, all of them being public. The first bytes are TLS's."""
        until = _Ends(min(self._limits.connect, ends.left()))
        found = self._resolved(to, until)
        if not to.trusted and not all(is_public(str(address[0])) for *_, address in found):
            raise ChannelError("blocked: its host has an address that is not public")
        line = _first(found, until)
        if to.scheme == "http":
            return line
        try:
            line.settimeout(ends.left())
            return self._tls.wrap_socket(line, server_hostname=to.host)
        except BaseException:
            line.close()
            raise

    def _resolved(self, to: Target, until: _Ends) -> Resolved:
        """Resolve in another thread: the system's resolver knows no time limit of ours."""
        pool = ThreadPoolExecutor(1)
        try:
            found = pool.submit(self._resolve, to.host, to.port).result(until.left())
        except UnicodeError:  # a label of over 63 letters, for one
            found = ()
        finally:
            pool.shutdown(wait=False)
        if not found:
            raise ChannelError("its host has no address", retryable=True)
        return found


class _Ends:
    """A moment at which all has to be over."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until then. Raises TimeoutError where there are none."""
        seconds = self._at - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds


def _first(found: Resolved, until: _Ends) -> socket.socket:
    failed: OSError = OSError("no address")
    for family, kind, protocol, _, address in found:
        line = socket.socket(family, kind, protocol)
        try:
            line.settimeout(until.left())
            line.connect(address)
        except OSError as error:
            line.close()
            failed = error
        else:
            return line
    raise failed


class _Line:
    """As much of a socket as http.client uses, with every operation bounded by the end of the whole call."""

    def __init__(self, line: socket.socket, ends: _Ends) -> None:
        self._socket = line
        self._ends = ends

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self._socket.settimeout(self._ends.left())
            view = view[self._socket.send(view) :]

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._socket, self._ends))

    def close(self) -> None:
        """The socket is its owner's to close."""


class _Reader(io.RawIOBase):
    def __init__(self, line: socket.socket, ends: _Ends) -> None:
        self._socket = line
        self._ends = ends

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401  # a buffer has no type before Python 3.12
        self._socket.settimeout(self._ends.left())
        return self._socket.recv_into(buffer)


def _exchange(
    line: socket.socket, to: Target, body: bytes, headers: Mapping[str, str], ends: _Ends, most: int
) -> tuple[int, str]:
    """The answer's status and its Retry-After. Its body is read, within limits, and let go."""
    connection = HTTPConnection(to.host, to.port)
    connection.sock = _Line(line, ends)
    fixed = {"Host": to.authority, "User-Agent": f"sesguard/{__version__}", "Connection": "close"}
    connection.request("POST", to.path, body, {**headers, **fixed})
    answer = connection.getresponse()
    with suppress(OSError, HTTPException):  # it has taken the call or not, however its words end
        answer.read(most)
    return answer.status, answer.getheader("Retry-After", "")


def _trouble(error: OSError | HTTPException) -> str:
    match error:
        case TimeoutError():
            return "it does not answer in time"
        case ssl.SSLError():
            return f"TLS failed ({error.reason or type(error).__name__})"
        case socket.gaierror():
            return "its host cannot be resolved"
        case OSError():
            return f"no connection ({type(error).__name__})"
    return f"its answer is not HTTP ({type(error).__name__})"


def _judge(status: int, wait: str) -> None:
    if 200 <= status < 300:
        return
    said = f"HTTP {status}"
    if 300 <= status < 400:
        said += ": a redirect, which is not followed; name the final address"
        raise ChannelError(said)
    retryable = status >= 500 or status in _PASSING
    asked = retry_after(wait.strip(), datetime.now(UTC)) if retryable else None
    raise ChannelError(said, retryable=retryable, asked=asked, denied=status in _DENIED)
