"""What the operator is told one by one, and what is kept for a digest. Pure.

The first five transitions within ten minutes are told as they come; while more come than that, they are collected and
told together.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

AT_ONCE: Final = 5
WITHIN: Final = timedelta(minutes=10)
KEPT_BACK: Final = timedelta(seconds=90)
"""From the first that is held back to the digest."""
OVERDUE: Final = timedelta(minutes=15)
"""A digest that is open for so long has lost what was to wake it."""
MOST: Final = 1_000
"""Transitions in one digest; the next begins another."""


class DigestState(msgspec.Struct, frozen=True):
    """What came lately (the newest few), and the ``digest`` that is open: its id, when it began, how much is in it."""

    lately: tuple[datetime, ...] = ()
    digest: str = ""
    opened: datetime | None = None
    held: int = 0


class Admitted(msgspec.Struct, frozen=True):
    """What becomes of a transition: ``digest`` is the one that it is kept for, "" where it is told at once.

    ``wake``: somebody has to be asked to send that digest.
    """

    after: DigestState
    digest: str
    wake: bool = False


def admit(state: DigestState, event: str, now: datetime) -> Admitted:
    """Decide what becomes of ``event``, which has come now. What is told at once and what is held back both count."""
    recent = tuple(at for at in state.lately if now - at < WITHIN)
    lately = (*recent, now)[-AT_ONCE:]
    if state.digest and state.held < MOST:
        overdue = state.opened is None or now - state.opened >= OVERDUE
        after = DigestState(lately, state.digest, now if overdue else state.opened, state.held + 1)
        return Admitted(after, state.digest, wake=overdue)
    if state.digest or len(recent) >= AT_ONCE:
        return Admitted(DigestState(lately, event, now, 1), event, wake=True)
    return Admitted(DigestState(lately), "")


def closed(state: DigestState, digest: str) -> DigestState:
    """The same with ``digest`` closed: nothing is added to it any more."""
    return DigestState(state.lately) if state.digest == digest else state
