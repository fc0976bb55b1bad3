"""Behind a validating resolver (unbound): what DNSSEC shows to be forged, and a server that is lame, are no answer."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import dns.dnssec
import dns.zone
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from dns.dnssectypes import Algorithm

from sesguard.aws.dns import DnsResolver
from sesguard.posture.answer import AnswerStatus
from sesguard.posture.dmarc import DmarcPolicy, find_policy

ZONE: Final = """
@ 300 IN SOA ns admin 1 3600 600 86400 300
@ 300 IN NS ns
ns 300 IN A 127.0.0.1
_dmarc 300 IN TXT "v=DMARC1; p=none"
_dmarc.forged 300 IN TXT "v=DMARC1; p=quarantine"
"""
LAME: Final = "lame.example"
_STARTING_SECONDS: Final = 30
_SERVER: Final = """
server:
  interface: 127.0.0.1@{port}
  directory: "{folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  do-ip6: no
  num-threads: 1
  module-config: "{modules}"
remote-control:
  control-enable: no
"""


def unbound() -> str:
    found = shutil.which("unbound") or shutil.which("/usr/sbin/unbound")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no unbound: apt-get install unbound")
        pytest.skip("there is no unbound: apt-get install unbound")
    return found


@contextmanager
def running(folder: Path, name: str, port: int, config: str) -> Iterator[None]:
    path = folder / f"{name}.conf"
    path.write_text(config, encoding="utf-8")
    with subprocess.Popen([unbound(), "-d", "-c", str(path)], stderr=subprocess.PIPE) as process:  # noqa: S603  # ours
        try:
            until = time.monotonic() + _STARTING_SECONDS
            while True:
                assert process.poll() is None, process.stderr.read() if process.stderr else ""
                with socket.socket() as tried:
                    if tried.connect_ex(("127.0.0.1", port)) == 0:
                        break
                assert time.monotonic() < until, f"{name} does not answer"
                time.sleep(0.05)
            yield
        finally:
            process.terminate()


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def signed(text: str) -> tuple[str, str]:
    """A zone with its signatures, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = dns.dnssec.make_dnskey(key.public_key(), Algorithm.ECDSAP256SHA256, flags=257)
    zone = dns.zone.from_text(text, origin="acme.example.", relativize=False)
    dns.dnssec.sign_zone(zone, keys=[(key, public)], lifetime=86_400)
    return zone.to_text(relativize=False), f"acme.example. IN DNSKEY {public.to_text()}"


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsResolver]:
    folder = tmp_path_factory.mktemp("unbound")
    zone, key = signed(ZONE)
    forged = zone.replace("p=quarantine", "p=reject")
    assert forged != zone
    (folder / "acme.zone").write_text(forged, encoding="utf-8")
    authority, validating = free_port(), free_port()
    holds = 'auth-zone:\n  name: "acme.example."\n  zonefile: "acme.zone"\n  for-downstream: yes\n  for-upstream: no\n'
    server = _SERVER.format(port=authority, folder=folder, modules="iterator") + holds
    asks = "".join(
        f'stub-zone:\n  name: "{name}."\n  stub-addr: 127.0.0.1@{authority}\n' for name in ("acme.example", LAME)
    )
    anchor = f'server:\n  trust-anchor: "{key}"\n'
    validator = _SERVER.format(port=validating, folder=folder, modules="validator iterator") + anchor + asks
    with running(folder, "authority", authority, server), running(folder, "validator", validating, validator):
        yield DnsResolver(["127.0.0.1"], validating, lifetime=20.0)


def test_a_record_whose_signature_holds_is_found(resolver: DnsResolver) -> None:
    assert find_policy("acme.example", resolver).policy is DmarcPolicy.NONE


def test_a_forged_record_is_no_answer_and_no_policy(resolver: DnsResolver) -> None:
    assert resolver.look_up("_dmarc.forged.acme.example", "TXT").status is AnswerStatus.SERVFAIL
    assert find_policy("forged.acme.example", resolver).policy is DmarcPolicy.UNKNOWN


def test_that_there_is_none_is_believed_where_it_is_signed(resolver: DnsResolver) -> None:
    assert resolver.look_up("_dmarc.other.acme.example", "TXT").status is AnswerStatus.NO_NAME


def test_a_lame_server_is_no_answer(resolver: DnsResolver) -> None:
    assert not resolver.look_up(f"_dmarc.{LAME}", "TXT").definite
