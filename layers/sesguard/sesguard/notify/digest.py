"""A flood of notices to the operator: what is told at once, and what is held back for a digest.

An event's fate is decided once, in the same write as the record of the flood, so that it is either told at once or in
exactly one digest, whatever comes twice. Whoever wakes a digest is asked before it is opened: after a crash nothing is
held that nobody would send.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sesguard.notify.digest_policy import KEPT_BACK, admit, closed
from sesguard.notify.ports import Digests, Waker
from sesguard.pausing.saving import until_saved

_TRIES: Final = 8


def held_back(digests: Digests, waker: Waker, event: str, body: str, now: datetime) -> bool:
    """Whether ``event`` waits for a digest instead of being told at once. Raises AwsError or ConflictError."""

    def once() -> bool:
        decided = digests.decided(event)
        if decided is not None:
            return decided != ""
        state, version = digests.load()
        admitted = admit(state, event, now)
        if admitted.wake:
            waker.wake(admitted.digest, KEPT_BACK)
        digests.decide(version, admitted.after, event, admitted.digest, body)
        return admitted.digest != ""

    return until_saved(once, _TRIES)


def close(digests: Digests, digest: str) -> bool:
    """Let nothing more into a digest; whether there is anything in it. Raises AwsError or ConflictError."""

    def once() -> bool:
        state, version = digests.load()
        after = closed(state, digest)
        if after != state:
            digests.save(version, after)
        return bool(digests.held(digest))

    return until_saved(once, _TRIES)
