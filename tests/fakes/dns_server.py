"""A DNS server on the loopback interface, over UDP and TCP (dnslib), that answers as a recursive resolver does."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Final, Self

from dnslib import CNAME, MX, QTYPE, RCODE, RR, TXT, A, DNSRecord
from dnslib.dns import DNSError
from dnslib.server import BaseResolver, DNSHandler, DNSLogger, DNSServer

SERVFAIL: Final = "SERVFAIL"
REFUSED: Final = "REFUSED"
SILENT: Final = "never answers"
_CHAIN: Final = 20

Zone = dict[tuple[str, str], list[str] | str]
"""(name, type) to records, or one of the words above. TXT: parts of a record are joined by ``|``; MX: "10 host"."""


class ZoneResolver(BaseResolver):
    """Answers from a zone that may change under it. ``asked``: every question, in order."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.asked: list[tuple[str, str]] = []

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        name = str(request.q.qname).rstrip(".").lower()
        kind = QTYPE[request.q.qtype]
        self.asked.append((name, kind))
        reply = request.reply(aa=0, ra=1)
        for _ in range(_CHAIN):
            found = self._find(name, kind)
            if found == SILENT:
                raise DNSError(SILENT)
            if isinstance(found, str):
                reply.header.rcode = getattr(RCODE, found)
                return reply
            if found:
                for text in found:
                    reply.add_answer(_record(name, kind, text))
                return reply
            alias = self._find(name, "CNAME")
            if not alias:
                break
            if isinstance(alias, str):
                reply.header.rcode = getattr(RCODE, alias)
                return reply
            reply.add_answer(_record(name, "CNAME", alias[0]))
            name = alias[0]
        else:
            reply.header.rcode = RCODE.SERVFAIL  # as resolvers end a loop
            return reply
        if not self._exists(name):
            reply.header.rcode = RCODE.NXDOMAIN
        return reply

    def _find(self, name: str, kind: str) -> list[str] | str:
        if (name, kind) in self.zone:
            return self.zone[name, kind]
        if any(known == name for known, _ in self.zone):
            return []
        labels = name.split(".")
        for start in range(1, len(labels)):
            wildcard = ".".join(["*", *labels[start:]])
            if (wildcard, kind) in self.zone:
                return self.zone[wildcard, kind]
        return []

    def _exists(self, name: str) -> bool:
        below = f".{name}"
        return any(known == name or known.endswith(below) for known, _ in self.zone)


def _record(name: str, kind: str, text: str) -> RR:
    if kind == "TXT":
        parts = [part.encode() for whole in text.split("|") for part in _cut(whole)]
        return RR(name, QTYPE.TXT, rdata=TXT(parts), ttl=300)
    if kind == "MX":
        preference, host = text.split()
        return RR(name, QTYPE.MX, rdata=MX(host, int(preference)), ttl=300)
    data = {"CNAME": CNAME, "A": A}[kind](text)
    return RR(name, getattr(QTYPE, kind), rdata=data, ttl=300)


def _cut(text: str) -> list[str]:
    return [text[start : start + 255] for start in range(0, len(text), 255)] or [""]


class DnsServer:
    """Serves a zone on 127.0.0.1 at ``port``."""

    def __init__(self, zone: Zone) -> None:
        self.resolver = ZoneResolver(zone)
        self.port = _free_port()
        self._threads: list[threading.Thread] = []
        logger = DNSLogger(logf=lambda _: None)
        self._servers = [
            DNSServer(self.resolver, address="127.0.0.1", port=self.port, tcp=tcp, logger=logger)
            for tcp in (False, True)
        ]

    def __enter__(self) -> Self:
        for server in self._servers:
            thread = threading.Thread(target=server.server.serve_forever, args=(0.01,))
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server, thread in zip(self._servers, self._threads, strict=True):
            server.server.shutdown()
            server.server.server_close()
            thread.join()


def _free_port() -> int:
    """A port that is free for UDP and TCP."""
    for _ in range(50):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
            datagram.bind(("127.0.0.1", 0))
            port: int = datagram.getsockname()[1]
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream:
                try:
                    stream.bind(("127.0.0.1", port))
                except OSError:
                    continue
                return port
    raise OSError("no port is free for both")
