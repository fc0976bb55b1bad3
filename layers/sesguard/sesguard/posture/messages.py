"""What PostureQueue brings: look at everything, at some identities, or at those of a stream that is refused."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from sesguard.bus.details import Transition
from sesguard.bus.read import read
from sesguard.errors import SesguardError


class LookRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """all: make requests for all identities. names: look at these. refresh: ask SES for them, too.

    resolver: which one asks, by its place in the list, so that a second look is another's.
    refused: the stream, of ``tenant``, whose mail is refused as not authenticated; ``incident`` names the surge.
    """

    all: bool = False
    names: tuple[str, ...] = ()
    refresh: bool = False
    resolver: int = 0
    after_seconds: int = 0
    refused: str = ""
    tenant: str = ""
    incident: str = ""

    @property
    def delay(self) -> timedelta:
        return timedelta(seconds=self.after_seconds)


class _Body(msgspec.Struct, frozen=True):
    source: str = ""
    posture: LookRequest | None = None


class UnreadableRequestError(SesguardError):
    """A message of PostureQueue is none that this version knows."""


def read_request(body: str) -> LookRequest | Transition:
    """Read one message. Raises UnreadableRequestError; it then ends as a dead letter."""
    try:
        found = msgspec.json.decode(body, type=_Body)
        if found.posture is not None:
            return found.posture
        news = read(body) if found.source else None
    except msgspec.DecodeError as error:
        raise UnreadableRequestError(f"a message of PostureQueue cannot be read: {error}") from None
    if not isinstance(news, Transition):
        raise UnreadableRequestError('a message of PostureQueue asks for nothing; expected {"posture": …}')
    return news


def written_request(request: LookRequest) -> str:
    return msgspec.json.encode({"posture": request}).decode()
