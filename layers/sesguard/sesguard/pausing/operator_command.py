"""An operator's word on a stream: hold, release, resume, and the owner's acknowledgement on the owner's behalf.

It goes the same way as an alarm: the one decision, the intent on record before anything is turned, the notices. On top
of that, the journal says who gave the word and why. An acknowledgement goes the owner's own way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sesguard.errors import AwsError
from sesguard.pausing.acknowledge import Taken, acknowledge
from sesguard.pausing.decision import Command, Operator, Reason, Signal
from sesguard.pausing.drift import repair
from sesguard.pausing.enforce import Result, act
from sesguard.pausing.journal import Word
from sesguard.pausing.outbox import NOWHERE, PausingDeps, complete
from sesguard.pausing.record import Sending, StreamRecord
from sesguard.pausing.state import Status
from sesguard.stream import StreamId


class Order(StrEnum):
    """What an operator can say."""

    HOLD = "hold"
    RELEASE = "release"
    RESUME = "resume"
    ACKNOWLEDGE = "acknowledge"


class Answer(StrEnum):
    """What became of an order."""

    DONE = "done"
    DUE = "due"  # decided and on record; SES has not done it yet, and the guard tries on every minute
    NOTHING_TO_DO = "nothing_to_do"
    UNKNOWN_STREAM = "unknown_stream"  # neither on record nor a configuration set of SES


@dataclass(frozen=True, slots=True)
class Operated:
    """An order's answer, and the stream before and after. ``problem``: the error for which something is still due."""

    answer: Answer
    before: StreamRecord
    after: StreamRecord
    result: Result | None = None
    problem: str = ""


SIGNALS: Final[Mapping[Order, Signal]] = {
    Order.HOLD: Operator(Command.HOLD),
    Order.RELEASE: Operator(Command.RELEASE),
    Order.RESUME: Operator(Command.RESUME),
}


def foresee(deps: PausingDeps, stream: StreamId, order: Order) -> Operated:
    """Say what ``order`` would come to (DONE where there is something to do), and do nothing. Raises AwsError."""
    before = deps.streams.load(stream)
    return Operated(_refusal(before, order, deps.switch.look(stream, before.target)) or Answer.DONE, before, before)


def operate(deps: PausingDeps, stream: StreamId, order: Order, word: Word, now: datetime) -> Operated:
    """Obey ``order``, in every mode.

    Raises AwsError where nothing could be decided, ConflictError where others kept writing to the stream; nothing has
    changed then. What fails after the decision is on record is no error: the answer is DUE.
    """
    before = deps.streams.load(stream)
    sending = deps.switch.look(stream, before.target)
    if (refusal := _refusal(before, order, sending)) is not None:
        return Operated(refusal, before, before)
    if order is Order.ACKNOWLEDGE:
        taken = acknowledge(deps.streams, stream, word, now)
        if taken is not Taken.DONE:
            return Operated(Answer.NOTHING_TO_DO, before, before)
        result = Result(stream, reason=Reason.ACKNOWLEDGED.value)
        return Operated(Answer.DONE, before, deps.streams.load(stream), result)
    if order is Order.RESUME and not before.state.off and (found := repair(before, sending, now)) is not None:
        # Turned off outside the guard, which takes that over as what there is to resume from.
        complete(deps, deps.streams.save(*found), now)
    try:
        result = act(deps, stream, SIGNALS[order], now, by=word.signature(order.value))
    except AwsError as error:
        after = deps.streams.load(stream)
        if after.state == before.state:
            raise
        answer = Answer.DUE if after.switch_due else Answer.DONE
        return Operated(answer, before, after, problem=str(error))
    return Operated(Answer.DONE, before, deps.streams.load(stream), result)


def _refusal(record: StreamRecord, order: Order, sending: Sending) -> Answer | None:
    """Why there is nothing to be done; None where there is something."""
    if sending in NOWHERE and (order is Order.HOLD or not record.known):
        return Answer.UNKNOWN_STREAM
    return Answer.NOTHING_TO_DO if _is_so(record, order, sending) else None


def _is_so(record: StreamRecord, order: Order, sending: Sending) -> bool:
    """Whether the order asks for what is already so, or for what there is nothing of."""
    state = record.state
    match order:
        case Order.HOLD:
            return state.status is Status.HELD and sending is Sending.OFF and not record.switch_due
        case Order.RELEASE:
            return state.status is not Status.HELD
        case Order.RESUME:
            return not state.off and sending is not Sending.OFF and not record.switch_due
        case Order.ACKNOWLEDGE:
            return not (state.off and state.acknowledge)
