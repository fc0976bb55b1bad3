"""Take the owner's word on what was fixed, from the page or through an operator.

State and journal are one write on the version that was read: of two words at once one is taken, and a crash leaves
either nothing or all of it. What the word sets free (the cool-down may be over) is for the sweep to do.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from sesguard.bus.events import Outcome
from sesguard.detection.weigh import Verdict
from sesguard.pausing.decide import decide
from sesguard.pausing.decision import Acknowledge, Reason
from sesguard.pausing.intent import intend
from sesguard.pausing.journal import Word
from sesguard.pausing.ports import Streams
from sesguard.pausing.saving import until_saved
from sesguard.stream import StreamId

COMMAND: Final = "acknowledge"


class Taken(StrEnum):
    """What became of a word."""

    DONE = "done"
    MEANWHILE = "meanwhile"  # the pause waited when this began, and somebody else's word was first
    NOTHING = "nothing"  # the pause waits for no word, or not any more


def acknowledge(streams: Streams, stream: StreamId, word: Word, now: datetime, pause: datetime | None = None) -> Taken:
    """Take ``word`` on the pause of ``stream`` that began at ``pause``; None: on whichever it is.

    Raises AwsError, or ConflictError where others kept writing to the stream; nothing has changed then.
    """
    waited = False

    def take() -> Taken:
        nonlocal waited
        record = streams.load(stream)
        unweighed = Verdict(int(now.timestamp() // 60), 0.0, None, None, 0)
        decision = decide(record.state, Acknowledge(pause), unweighed, record.policy, now)
        if decision.reason is not Reason.ACKNOWLEDGED:
            return Taken.MEANWHILE if waited and record.state.off else Taken.NOTHING
        waited = True
        streams.save(*intend(record, decision, Outcome.NOTED, {}, now, word.signature(COMMAND)))
        return Taken.DONE

    return until_saved(take)
