"""What DNS said to one question. No answer is never "there is no record"."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class AnswerStatus(StrEnum):
    """How a question ended (RFC 1035, 4.1.1; RFC 2308)."""

    FOUND = "found"
    NO_DATA = "no data"  # the name is there, with no record of that type
    NO_NAME = "NXDOMAIN"  # neither the name nor anything below it is there (RFC 8020)
    SERVFAIL = "SERVFAIL"  # the server cannot say: lame, broken, or DNSSEC-bogus
    REFUSED = "REFUSED"
    TIMED_OUT = "time-out"
    BAD_ANSWER = "bad answer"  # a loop of CNAMEs, or no DNS message at all


DEFINITE: Final = frozenset({AnswerStatus.FOUND, AnswerStatus.NO_DATA, AnswerStatus.NO_NAME})


class DnsAnswer(NamedTuple):
    """records: TXT as one string each (its parts joined without anything between, RFC 7208, 3.3), others as text.

    canonical: the name at the end of CNAMEs, "" where there are none. ttl: seconds.
    """

    status: AnswerStatus
    records: tuple[str, ...] = ()
    canonical: str = ""
    ttl: int = 0

    @property
    def definite(self) -> bool:
        """Whether it says something about the domain; else it only says something about the question."""
        return self.status in DEFINITE

    @property
    def absent(self) -> bool:
        """Whether there is certainly no such record."""
        return self.status in (AnswerStatus.NO_DATA, AnswerStatus.NO_NAME)
