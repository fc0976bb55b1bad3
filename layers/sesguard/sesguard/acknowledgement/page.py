"""The acknowledgement page: opening it shows the pause, and only its button acknowledges.

What is no genuine link to a pause that waits gets one and the same answer. The record is read for genuine, unexpired
tokens alone, so an answer may take longer for those. That tells their holder nothing that is not in the token, and
nobody else anything: to make a token that is read for, one has to have the key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sesguard.acknowledgement import pages
from sesguard.acknowledgement.pages import Response
from sesguard.acknowledgement.request import Request, refusal, typed
from sesguard.acknowledgement.sight import Sight
from sesguard.acknowledgement.token import Claims, read
from sesguard.acknowledgement.wording import cleaned, problem
from sesguard.acknowledging import Taken, acknowledge
from sesguard.errors import SesguardError
from sesguard.ports.streams import Decisions, Streams
from sesguard.word import Word

BY_LINK: Final = "owner, by link"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the page needs. key: reads the key that links are signed with."""

    streams: Streams
    decisions: Decisions
    key: Callable[[], bytes]


def answer(desk: Desk, request: Request, now: datetime) -> Response:
    """Answer one request. Raises nothing of the guard's own: what AWS refuses is an answer too."""
    refused = refusal(request)
    if refused is not None:
        return pages.refused(refused)
    try:
        return _answer(desk, request, now)
    except SesguardError as error:
        _log.error("the page could not answer: %s", error)
        return pages.trouble()


def _answer(desk: Desk, request: Request, now: datetime) -> Response:
    claims = read(request.token, desk.key(), now)
    sight = _sight(desk, claims, now) if claims is not None else None
    if claims is None or sight is None:
        return pages.unusable()
    if not request.writes:
        return pages.incident(sight)
    words = cleaned(typed(request.body) or "")
    wrong = problem(words)
    if wrong:
        return pages.incident(sight, words, wrong)
    taken = acknowledge(desk.streams, claims.stream, Word(BY_LINK, words), now, claims.pause)
    return pages.unusable() if taken is Taken.NOTHING else pages.thanks(sight)


def _sight(desk: Desk, claims: Claims, now: datetime) -> Sight | None:
    """The pause of a genuine token; None where it does not wait for a word, or another one does."""
    record = desk.streams.load(claims.stream)
    if (record.state.unacknowledged, record.state.incident) != (claims.pause, claims.incident):
        return None
    return Sight.of(record, claims.pause, desk.decisions.decided(claims.stream, claims.pause), now)
