"""A flood to the operator: what is told at once, and what is held back for a digest.

An event's fate is decided once, in the same write as the record of the flood, so that it is either told at once or in
exactly one digest, whatever comes twice. Whoever wakes a digest is asked before it is opened: after a crash nothing is
held that nobody would send.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sesguard.channels.flood import KEPT_BACK, admit, closed
from sesguard.errors import ConflictError
from sesguard.ports.telling import Floods, Waker

_TRIES: Final = 8


def held_back(floods: Floods, waker: Waker, event: str, body: str, now: datetime) -> bool:
    """Whether ``event`` waits for a digest instead of being told at once. Raises AwsError or ConflictError."""
    for _ in range(_TRIES):
        decided = floods.decided(event)
        if decided is not None:
            return decided != ""
        flood, version = floods.load()
        admitted = admit(flood, event, now)
        if admitted.wake:
            waker.wake(admitted.digest, KEPT_BACK)
        try:
            floods.decide(version, admitted.after, event, admitted.digest, body)
        except ConflictError:
            continue
        return admitted.digest != ""
    raise ConflictError("the record of the flood")


def close(floods: Floods, digest: str) -> bool:
    """Let nothing more into a digest; whether there is anything in it. Raises AwsError or ConflictError."""
    for _ in range(_TRIES):
        flood, version = floods.load()
        after = closed(flood, digest)
        try:
            if after != flood:
                floods.save(version, after)
        except ConflictError:
            continue
        return bool(floods.held(digest))
    raise ConflictError("the record of the flood")
