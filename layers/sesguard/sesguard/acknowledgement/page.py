"""The acknowledgement page: opening it shows the pause, and only its button acknowledges.

Who comes back with a genuine link sees how the pause stands, and can change nothing. What is no genuine link, or one
to a pause after which there was another, gets one and the same answer. The record is read for genuine, unexpired
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
from sesguard.acknowledgement.request import Request, cleaned, problem, refusal, typed
from sesguard.acknowledgement.token import Claims, read
from sesguard.acknowledgement.view import PauseView, StandingView
from sesguard.errors import SesguardError
from sesguard.notices.brand import Brand
from sesguard.pausing.acknowledge import Taken, acknowledge
from sesguard.pausing.journal import Word
from sesguard.pausing.ports import Decisions, Streams

BY_LINK: Final = "owner, by link"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageDeps:
    """What the page needs. key: reads what links are signed with. brand: reads the platform's, raises nothing."""

    streams: Streams
    decisions: Decisions
    key: Callable[[], bytes]
    brand: Callable[[], Brand]


def answer(deps: PageDeps, request: Request, now: datetime) -> Response:
    """Answer one request. Raises nothing of the guard's own: what AWS refuses is an answer too."""
    brand = deps.brand()
    refused = refusal(request)
    if refused is not None:
        return pages.refused(refused, brand)
    try:
        return _answer(deps, request, now, brand)
    except SesguardError as error:
        _log.error("the page could not answer: %s", error)
        return pages.trouble(brand)


def _answer(deps: PageDeps, request: Request, now: datetime, brand: Brand) -> Response:
    claims = read(request.token, deps.key(), now)
    view = _sight(deps, claims, now) if claims is not None else None
    if claims is not None and view is None and not request.writes:
        return _standing(deps, claims, now, brand)
    if claims is None or view is None:
        return pages.unusable(brand)
    if not request.writes:
        return pages.incident(view, brand=brand)
    words = cleaned(typed(request.body) or "")
    wrong = problem(words)
    if wrong:
        return pages.incident(view, words, wrong, brand=brand)
    taken = acknowledge(deps.streams, claims.stream, Word(BY_LINK, words), now, claims.pause)
    return pages.unusable(brand) if taken is Taken.NOTHING else pages.thanks(view, brand=brand)


def _standing(deps: PageDeps, claims: Claims, now: datetime, brand: Brand) -> Response:
    """What became of the pause of a genuine token, to look at only; nothing of it where another one came since."""
    state = deps.streams.load(claims.stream).state
    if state.strikes[-1:] != (claims.pause,) or state.incident not in {claims.incident, ""}:
        return pages.unusable(brand)
    return pages.standing(StandingView.of(claims.stream, state, now), brand=brand)


def _sight(deps: PageDeps, claims: Claims, now: datetime) -> PauseView | None:
    """The pause of a genuine token; None where it does not wait for a word, or another one does."""
    record = deps.streams.load(claims.stream)
    if (record.state.unacknowledged, record.state.incident) != (claims.pause, claims.incident):
        return None
    return PauseView.of(record, claims.pause, deps.decisions.decided(claims.stream, claims.pause), now)
