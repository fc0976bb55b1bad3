"""Servers on the loopback interface that answer as badly as anybody might."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Answer = Callable[[socket.socket], None]


class Server:
    """Reads a request and lets ``answer`` write to the connection. ``requests``: what came, heads and bodies."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self._answer = answer
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.origin = f"{'https' if tls else 'http'}://localhost:{self.port}"
        self._threads = [threading.Thread(target=self._serve)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._take, args=(line,))
            self._threads.append(thread)
            thread.start()

    def _take(self, line: socket.socket) -> None:
        with line, suppress(OSError):  # the client may be gone at any time
            line.settimeout(10)
            if self._tls:
                line = self._tls.wrap_socket(line, server_side=True)
            request = _request(line)
            self.requests.append(request)
            self.answer(request, line)
            line.close()

    def answer(self, request: bytes, line: socket.socket) -> None:  # others answer by it
        self._answer(line)


class Hooks(Server):
    """Answers each path as it was told to, one answer a request, and 200 when there is none left."""

    def __init__(self) -> None:
        super().__init__(says("200 OK", body=b"ok"))
        self.answers: dict[str, list[Answer]] = {}

    def answer(self, request: bytes, line: socket.socket) -> None:
        answers = self.answers.get(_path(request))
        (answers.pop(0) if answers else self._answer)(line)

    def calls(self, path: str) -> list[tuple[dict[str, str], bytes]]:
        """Headers and body of each request to a path."""
        return [_parted(each) for each in self.requests if _path(each) == path]


def _path(request: bytes) -> str:
    return request.split(b" ", 2)[1].decode()


def _parted(request: bytes) -> tuple[dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    pairs = (line.partition(": ") for line in head.decode().split("\r\n")[1:])
    return {name: value for name, _, value in pairs}, body


def _request(line: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(line)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(each.partition(b":")[2]) for each in head.split(b"\r\n") if each.lower().startswith(b"content-length:")
    )
    while len(body) < length:
        body += _more(line)
    return head + b"\r\n\r\n" + body


def _more(line: socket.socket) -> bytes:
    data = line.recv(65_536)
    if not data:
        raise ConnectionError
    return data


def says(status: str, *headers: str, body: bytes = b"") -> Answer:
    head = "\r\n".join([f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""])
    return lambda line: line.sendall(head.encode() + body)


def certificate(folder: Path, name: str = "localhost") -> Path:
    """A certificate for ``name``, signed by itself, with its key: one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{name}.pem"
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return file
