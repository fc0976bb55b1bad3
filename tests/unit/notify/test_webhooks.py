"""Calls to other people's servers: only where they may go, and no server can do harm by how it answers."""

from __future__ import annotations

import gzip
import ipaddress
import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sesguard.bus.events import OperatorNotice
from sesguard.errors import ChannelError
from sesguard.notices import compose
from sesguard.notices.wording import Wording
from sesguard.notify.channel import Channel, Kind
from sesguard.notify.delivery_ports import Notice
from sesguard.notify.http.https import Caller, HttpLimits, Resolved
from sesguard.notify.http.public_ip import is_public
from sesguard.notify.http.url import target
from sesguard.notify.http.webhooks import Hooks
from sesguard.notify.signature import headers
from tests.fakes.clock import NOW
from tests.fakes.servers import Answer, Server, certificate, says

QUICK = HttpLimits(connect=1.0, total=0.6, answer_bytes=1_000)
PUBLIC = "93.184.215.14"
BODY = b'{"id": "1"}'

OK = says("200 OK", body=b"ok")


def post(server: Server, **options: Any) -> None:
    Caller(frozenset({server.origin}), **{"limits": QUICK, **options}).post(f"{server.origin}/hook", BODY, {})


def refused(answer: Answer, **options: Any) -> ChannelError:
    with Server(answer) as server, pytest.raises(ChannelError) as raised:
        post(server, **options)
    assert server.origin not in str(raised.value)
    return raised.value


# ---- what comes back


@pytest.mark.parametrize("status", ["200 OK", "202 Accepted", "204 No Content"])
def test_a_call_that_is_taken_is_done(status):
    with Server(says(status)) as server:
        post(server)
    (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook HTTP/1.1\r\n")
    assert f"Host: localhost:{server.port}".encode() in head
    assert body == BODY


@pytest.mark.parametrize(
    ("status", "retryable", "denied"),
    [
        ("400 Bad Request", False, False),
        ("401 Unauthorized", False, True),
        ("403 Forbidden", False, True),
        ("404 Not Found", False, True),
        ("408 Request Timeout", True, False),
        ("410 Gone", False, True),
        ("413 Content Too Large", False, False),
        ("425 Too Early", True, False),
        ("429 Too Many Requests", True, False),
        ("500 Internal Server Error", True, False),
        ("503 Service Unavailable", True, False),
    ],
)
def test_a_refusal_says_whether_time_can_heal_it(status, retryable, denied):
    error = refused(says(status))
    assert (error.reason, error.retryable, error.denied) == (f"HTTP {status[:3]}", retryable, denied)


def test_who_has_too_much_says_for_how_long():
    assert refused(says("429 Too Many Requests", "Retry-After: 90")).asked == timedelta(seconds=90)
    in_years = refused(says("503 Service Unavailable", "Retry-After: Fri, 21 Nov 2121 18:02:00 GMT")).asked
    assert in_years is not None
    assert in_years > timedelta(days=365)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("to", ["http://169.254.169.254/latest/meta-data/", "http://localhost:{port}/", "/elsewhere"])
def test_no_redirect_is_followed(code, to):
    with Server(OK) as inner:
        error = refused(says(f"{code} Moved", f"Location: {to.format(port=inner.port)}"))
    assert "redirect" in error.reason
    assert not error.retryable
    assert inner.requests == []


# ---- servers that are slow, or worse


def waiting(line: socket.socket) -> None:
    with suppress(TimeoutError):
        line.recv(1)  # until the client is gone


def drip(what: bytes, line: socket.socket) -> None:
    for _ in range(1_000):
        line.sendall(what)
        time.sleep(0.05)


def flood(head: bytes, chunk: bytes, line: socket.socket) -> None:
    line.sendall(head)
    for _ in range(1_024):  # a gigabyte, or until the client is gone
        line.sendall(chunk)


MEGABYTE = b"x" * 1_048_576


@pytest.mark.parametrize(
    "answer",
    [waiting, partial(drip, b"H"), partial(drip, b"HTTP/1.1 100 Continue\r\n\r\n")],
    ids=["silent", "a drip", "ever to continue"],
)
def test_who_is_slow_is_left_when_the_time_is_over(answer):
    error = refused(answer)
    assert (error.reason, error.retryable) == ("it does not answer in time", True)


@pytest.mark.parametrize(
    "answer",
    [
        partial(flood, b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n", MEGABYTE),
        partial(flood, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + MEGABYTE + b"\r\n"),
        partial(flood, b"HTTP/1.1 200 OK\r\n\r\n", MEGABYTE),
        says("200 OK", "Content-Encoding: gzip", body=gzip.compress(MEGABYTE * 20)),
        says("200 OK", "Content-Length: 5"),
    ],
    ids=["a gigabyte", "in chunks", "without end", "a bomb", "fewer bytes than promised"],
)
def test_an_answer_is_read_within_limits_and_what_it_holds_is_no_matter(answer):
    with Server(answer) as server:
        post(server, limits=HttpLimits(total=5.0, answer_bytes=1_000))


def test_a_taken_call_is_taken_however_slowly_its_words_drip():
    def answer(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        drip(b"x", line)

    with Server(answer) as server:
        post(server)


@pytest.mark.parametrize(
    "answer",
    [
        partial(flood, b"HTTP/1.1 200 OK\r\n", b"X-Y: " + MEGABYTE),
        partial(flood, b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1_000),
        partial(flood, b"", MEGABYTE),
        lambda line: line.sendall(b"SSH-2.0-OpenSSH_9.9\r\n"),
        lambda line: None,
        partial(drip, b"X: y\r\n"),
        lambda line: line.sendall(b"HTTP/1.1 twohundred OK\r\n\r\n"),
    ],
    ids=["an endless header", "endless headers", "an endless status", "no HTTP", "nothing", "no status", "no number"],
)
def test_what_is_no_answer_is_a_failure_and_no_harm(answer):
    assert refused(answer, limits=HttpLimits(total=5.0)).retryable


def test_nobody_there_is_a_failure_that_may_pass():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    origin = f"http://localhost:{port}"
    with pytest.raises(ChannelError, match="no connection") as raised:
        Caller(frozenset({origin})).post(origin, BODY, {})
    assert raised.value.retryable


# ---- TLS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


def serving(file: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def trusting(file: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(file))


def over_tls(server: Server, **options: Any) -> None:
    origin = f"https://localhost:{server.port}"
    Caller(frozenset({origin}), **options).post(f"{origin}/hook", BODY, {})


def test_a_certificate_that_is_trusted_and_for_the_host_is_good(folder):
    file = certificate(folder)
    with Server(OK, serving(file)) as server:
        over_tls(server, tls=trusting(file))
    assert len(server.requests) == 1


@pytest.mark.parametrize("name", ["localhost", "other.example"], ids=["signed by itself", "for another host"])
def test_a_certificate_that_is_not_is_refused_before_a_word_is_said(folder, name):
    file = certificate(folder, name)
    with Server(OK, serving(file)) as server, pytest.raises(ChannelError, match="CERTIFICATE_VERIFY_FAILED"):
        over_tls(server, **({"tls": trusting(file)} if name != "localhost" else {}))
    assert server.requests == []


def test_what_speaks_no_tls_is_refused():
    with Server(OK) as server, pytest.raises(ChannelError, match=r"TLS failed|no connection|in time"):
        over_tls(server, limits=QUICK)


# ---- where a call may go


def resolving(*addresses: str) -> Callable[[str, int], Resolved]:
    def resolve(_: str, port: int) -> Resolved:
        families = (socket.AF_INET6 if ":" in each else socket.AF_INET for each in addresses)
        found = zip(families, addresses, strict=True)
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for family, address in found]

    return resolve


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Where connections went; none is made."""
    made: list[Any] = []

    def connect(_: socket.socket, address: Any) -> None:
        made.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    return made


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("169.254.169.254",),
        ("fd00:ec2::254",),
        ("10.0.0.1",),
        ("::1",),
        ("::ffff:169.254.169.254",),
        ("64:ff9b::a9fe:a9fe",),
        ("2002:7f00:1::",),
        (PUBLIC, "10.0.0.1"),
        ("fe80::1%eth0",),
    ],
)
def test_a_host_with_any_address_that_is_not_public_is_not_called(connections, addresses):
    with pytest.raises(ChannelError, match="not public") as raised:
        Caller(resolve=resolving(*addresses)).post("https://hooks.example/x", BODY, {})
    assert not raised.value.retryable
    assert connections == []


def test_the_name_is_looked_up_once_and_the_connection_goes_to_what_was_looked_at(connections):
    answers = iter([PUBLIC, "127.0.0.1", "127.0.0.1"])

    def rebinding(host: str, port: int) -> Resolved:
        return resolving(next(answers))(host, port)

    with pytest.raises(ChannelError, match="no connection"):
        Caller(resolve=rebinding).post("https://hooks.example/x", BODY, {})
    assert connections == [(PUBLIC, 443)]


def test_a_host_with_no_address_may_have_one_later():
    def unknown(*_: Any) -> Resolved:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(ChannelError, match="cannot be resolved") as raised:
        Caller(resolve=unknown).post("https://hooks.example/x", BODY, {})
    assert raised.value.retryable


def test_a_resolver_that_does_not_answer_is_left_when_the_time_is_over():
    def slow(*_: Any) -> Resolved:
        time.sleep(1)
        return ()

    with pytest.raises(ChannelError, match="in time"):
        Caller(resolve=slow, limits=HttpLimits(connect=0.05)).post("https://hooks.example/x", BODY, {})


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0"]
)
def test_this_machine_is_not_called_however_its_address_is_written(connections, host):
    with pytest.raises(ChannelError):
        Caller().post(f"https://{host}/x", BODY, {})
    assert connections == []


def test_no_proxy_of_the_environment_is_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with Server(OK) as server:
        post(server)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://hooks.example/x", "not https"),
        ("https://hooks.example:22/x", "port"),
        ("https://hooks.example:0/x", "port"),
        ("https://hooks.example:99999/x", "port"),
        ("https://user:secret@hooks.example/x", "without user"),
        ("https://hooks.example@127.0.0.1/x", "without user"),
        ("https://hooks.example\\@127.0.0.1/x", "without user"),
        ("https://hooks.example/x#fragment", "fragment"),
        ("https://hooks.example/x y", "plain ASCII"),
        ("https://hooks.example/x\r\nHost: other", "plain ASCII"),
        ("https://hööks.example/x", "plain ASCII"),
        ("https://hooks。example/x", "plain ASCII"),
        ("https://hooks.example%00.evil.example/x", "plain ASCII"),
        ("https://[fe80::1%25eth0]/x", "plain ASCII"),
        ("file:///etc/passwd", "https://"),
        ("gopher://hooks.example/x", "https://"),
        ("https:///x", "https://"),
        ("HTTPS://hooks.example/x", "https://"),
        ("", "https://"),
        (f"https://hooks.example/{'x' * 3_000}", "https://"),
    ],
)
def test_what_is_no_plain_https_url_is_not_called_and_not_repeated(url, words):
    with pytest.raises(ChannelError, match=words) as raised:
        Caller().post(url, BODY, {})
    assert not raised.value.retryable
    assert "example" not in str(raised.value)


def test_a_url_is_taken_apart_in_one_way_only():
    found = target("https://Hooks.Example:8443?a=b@c", frozenset())
    assert (found.host, found.port, found.path) == ("hooks.example", 8443, "/?a=b@c")
    assert found.authority == "hooks.example:8443"
    assert target("https://xn--hks-sna.example/x", frozenset()).authority == "xn--hks-sna.example"
    assert target("https://[2606:4700::1111]/", frozenset()).authority == "[2606:4700::1111]"


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        ("https://hooks.internal.example:9443/x", True),
        ("https://HOOKS.internal.example:9443/y?z", True),
        ("https://hooks.internal.example:9444/x", False),
        ("http://hooks.internal.example:9443/x", False),
        ("https://hooks.internal.example.evil.example:9443/x", False),
    ],
)
def test_a_trusted_origin_is_trusted_as_a_whole(url, trusted):
    origins = frozenset({"https://hooks.internal.example:9443"})
    if trusted:
        assert target(url, origins).trusted
    else:
        with pytest.raises(ChannelError, match="blocked"):
            target(url, origins)


# ---- what is public

NOT_PUBLIC = """
0.0.0.0 0.1.2.3 10.255.255.255 100.64.0.1 100.127.255.255 127.8.8.8 169.254.169.254 169.254.170.2 172.16.0.1
172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1 100::1
2001::1 2001:db8::1 2002:7f00:1::1 fc00::1 fd00:ec2::254 fd00:ec2::23 fe80::1 fec0::1 ff02::1 3fff::1 5f00::1
fe80::1%eth0 nonsense
""".split()
NET = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.255.255 172.32.0.0 198.17.255.255
198.20.0.0 223.255.255.255 2606:4700:4700::1111 2a00:1450:4001::1 ::ffff:8.8.8.8 64:ff9b::808:808
""".split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_reserved_for_anything_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", NET)
def test_what_is_given_out_is_public(address):
    assert is_public(address)


@given(st.ip_addresses())
def test_nothing_is_public_that_python_knows_to_be_private(address):
    if is_public(str(address)):
        within = getattr(address, "ipv4_mapped", None) or address
        assert within in ipaddress.ip_network("64:ff9b::/96") or within.is_global
        assert not within.is_multicast


# ---- Slack, Teams, webhooks

HOOK = Channel(Kind.WEBHOOK, "https://hooks.example/x", "ssm:/sesguard/hook")
CHAT = Channel(Kind.SLACK, "ssm:/sesguard/slack")
NEWS = OperatorNotice("e" * 32, "subject", "text")
NOTICE = Notice(compose.from_guard(NEWS, Wording.built_in()), NEWS)
REFUSED = ChannelError("HTTP 404", denied=True)


class Wire:
    """A caller that records, and refuses what it is told to; and secrets, of which fresh ones may differ."""

    def __init__(self, *answers: ChannelError | None, old: str = "old", fresh: str = "old") -> None:
        self.calls: list[tuple[str, bytes, dict[str, str]]] = []
        self.fetched = 0
        self._answers: Iterator[ChannelError | None] = iter(answers)
        self._old, self._fresh = old, fresh

    def post(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        self.calls.append((url, body, headers))
        error = next(self._answers, None)
        if error:
            raise error

    def read(self, reference: str, *, fresh: bool = False) -> str:
        self.fetched += fresh
        return f"https://{self._fresh if fresh else self._old}.example/{reference}"

    def send(self, channel: Channel) -> None:
        Hooks(self, self, lambda: NOW).send(channel, NOTICE)  # type: ignore[arg-type]  # as much of a caller as is used


def test_a_webhook_is_signed_and_names_the_event():
    wire = Wire()
    wire.send(HOOK)
    ((url, body, sent),) = wire.calls
    assert url == HOOK.address
    assert sent["webhook-id"] == json.loads(body)["id"] == NEWS.id
    assert sent == {"Content-Type": "application/json", **headers(NEWS.id, body, [wire.read(HOOK.secret)], NOW)}


def test_what_is_signed_says_for_whom_it_is_and_where_it_goes():
    wire = Wire()
    Hooks(wire, wire, lambda: NOW).send(HOOK, replace(NOTICE, tenant="acme"))  # type: ignore[arg-type]  # as below
    assert json.loads(wire.calls[0][1])["to"] == {"tenant": "acme", "url": HOOK.address}
    wire.send(HOOK)  # to the operator
    assert json.loads(wire.calls[1][1])["to"] == {"tenant": None, "url": HOOK.address}


def test_a_webhook_without_a_secret_is_not_signed():
    wire = Wire()
    wire.send(Channel(Kind.WEBHOOK, "https://hooks.example/x"))
    assert not {"webhook-signature", "Sesguard-Signature"} & wire.calls[0][2].keys()


@pytest.mark.parametrize("kind", [Kind.SLACK, Kind.TEAMS])
def test_the_url_of_a_chat_is_a_secret(kind):
    wire = Wire()
    wire.send(Channel(kind, CHAT.address))
    ((url, body, headers),) = wire.calls
    assert url == f"https://old.example/{CHAT.address}"
    assert json.loads(body)
    assert set(headers) == {"Content-Type"}


def test_where_a_call_is_denied_a_secret_that_was_changed_is_tried_once():
    wire = Wire(REFUSED, fresh="new")
    wire.send(CHAT)
    assert [url.split("/")[2] for url, _, _ in wire.calls] == ["old.example", "new.example"]
    wire = Wire(REFUSED, REFUSED, fresh="new")
    with pytest.raises(ChannelError):
        wire.send(CHAT)
    assert len(wire.calls) == 2


@pytest.mark.parametrize(
    ("error", "fetched"), [(REFUSED, 1), (ChannelError("HTTP 500", retryable=True), 0)], ids=["denied", "failing"]
)
def test_where_nothing_was_changed_nothing_is_tried_twice(error, fetched):
    wire = Wire(error)
    with pytest.raises(ChannelError):
        wire.send(CHAT)
    assert (len(wire.calls), wire.fetched) == (1, fetched)


def test_an_empty_secret_sends_nothing():
    wire = Wire()
    wire.read = lambda reference, *, fresh=False: "\n"  # type: ignore[method-assign]  # an empty one
    with pytest.raises(ChannelError, match="is empty"):
        wire.send(HOOK)
    assert wire.calls == []
