"""DNS over the network: the port ``Resolver`` on dnspython, with a cache by TTL and a polite rate."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver

from sesguard.posture.answer import AnswerStatus, DnsAnswer
from sesguard.posture.dns_ports import Resolver
from sesguard.posture.nameservers import PORT

ACTIONS: Final = frozenset(set[str]())  # DNS is no AWS call
LIFETIME_SECONDS: Final = 6.0
"""Of one question with all its tries."""
_TRY_SECONDS: Final = 2.0
_PAYLOAD: Final = 1232
"""Octets over UDP, what DNS flag day 2020 advises: https://www.dnsflagday.net/2020/"""
_SHORTEST_TTL: Final = 60
_LONGEST_TTL: Final = 3_600


class DnsResolver:
    """Asks one or more name servers. nameservers: addresses, empty for the system's; port: other than 53 in tests."""

    def __init__(self, nameservers: Sequence[str] = (), port: int = PORT, lifetime: float = LIFETIME_SECONDS) -> None:
        self._resolver = dns.resolver.Resolver(configure=not nameservers)
        if nameservers:
            self._resolver.nameservers = list(nameservers)
            self._resolver.port = port
        self._resolver.timeout = min(_TRY_SECONDS, lifetime)
        self._resolver.lifetime = lifetime
        self._resolver.use_edns(0, 0, _PAYLOAD)
        self._resolver.search = []

    def look_up(self, name: str, kind: str) -> DnsAnswer:
        """Ask. An answer that does not fit into UDP comes over TCP."""
        try:
            full = dns.name.from_text(name)
            found = self._resolver.resolve(full, kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return DnsAnswer(AnswerStatus.NO_NAME)
        except dns.exception.Timeout:
            return DnsAnswer(AnswerStatus.TIMED_OUT)
        except dns.resolver.NoNameservers as error:
            return DnsAnswer(_refusal(error))
        except (dns.exception.DNSException, OSError, ValueError):  # loops of CNAMEs, names that are none, no network
            return DnsAnswer(AnswerStatus.BAD_ANSWER)
        canonical = found.canonical_name
        alias = canonical.to_text(omit_final_dot=True).lower() if canonical != full else ""
        if found.rrset is None:
            return DnsAnswer(AnswerStatus.NO_DATA, canonical=alias)
        records = tuple(_text(rdata) for rdata in found.rrset)
        return DnsAnswer(AnswerStatus.FOUND, records, alias, int(found.rrset.ttl))


def _text(rdata: object) -> str:
    strings = getattr(rdata, "strings", None)
    if strings is not None:
        return b"".join(strings).decode("utf-8", "replace")
    text = str(rdata)
    return text if text == "." or text.endswith(" .") else text.removesuffix(".")


def _refusal(error: dns.resolver.NoNameservers) -> AnswerStatus:
    """Tell why all servers failed: the last one's answer counts."""
    for *_, response in reversed(error.kwargs.get("errors", [])):
        if isinstance(response, dns.message.Message):
            if response.rcode() == dns.rcode.REFUSED:
                return AnswerStatus.REFUSED
            if response.rcode() == dns.rcode.SERVFAIL:
                return AnswerStatus.SERVFAIL
    return AnswerStatus.BAD_ANSWER


class CachedResolver:
    """Remembers definite answers by their TTL, from a minute to an hour; what failed is asked again.

    Safe among threads. apart: seconds between two questions to the resolver behind it, over all threads.
    """

    def __init__(
        self,
        resolver: Resolver,
        apart: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._resolver = resolver
        self._apart = apart
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0
        self._kept: dict[tuple[str, str], tuple[float, DnsAnswer]] = {}
        self.asked = 0

    def look_up(self, name: str, kind: str) -> DnsAnswer:
        """Answer from memory, or ask."""
        key = (name.lower(), kind)
        kept = self._kept.get(key)
        if kept is not None and kept[0] > self._clock():
            return kept[1]
        self._wait()
        answer = self._resolver.look_up(name, kind)
        if answer.definite:
            ttl = min(max(answer.ttl, _SHORTEST_TTL), _LONGEST_TTL)
            self._kept[key] = (self._clock() + ttl, answer)
        return answer

    def _wait(self) -> None:
        with self._lock:
            now = self._clock()
            at = max(now, self._next)
            self._next = at + self._apart
            self.asked += 1
        if at > now:
            self._sleep(at - now)
