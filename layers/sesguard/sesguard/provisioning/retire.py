"""Take the guard out of an account: what has to be undone before its stack is deleted, and what stays.

A stack that is deleted by itself leaves streams off with nobody to turn them on, event destinations that publish to a
topic that is gone, and the alarms that were made as streams needed them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from sesguard.errors import AwsError, ConflictError
from sesguard.pausing.journal import Word
from sesguard.pausing.operator_command import Answer, Order, operate
from sesguard.pausing.outbox import PausingDeps
from sesguard.pausing.record import StreamRecord
from sesguard.stream import StreamId

DESTINATION: Final = "sesguard"
"""What the guard's event destination is called in every set."""
ALARMS_A_CALL: Final = 100  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DeleteAlarms.html


class EventDestination(NamedTuple):
    """One event destination of a set. target: the ARN of the topic or bus that it publishes to."""

    configuration_set: str
    name: str
    target: str


class Retirement(Protocol):
    """What is looked at and undone in AWS. Everything raises AwsError."""

    def provisioned(self) -> Collection[str]:
        """Name the sets that were set up for tenants by this guard."""
        ...

    def destinations(self) -> Iterator[EventDestination]:
        """Read those of every set of the region, one control call a second; not those of the guard's own set."""
        ...

    def delete_destination(self, configuration_set: str) -> None:
        """Delete the guard's, if it is there."""
        ...

    def alarms(self) -> Sequence[str]:
        """Name the alarms that were made as streams needed them."""
        ...

    def delete_alarms(self, names: Sequence[str]) -> None:
        """Delete up to ALARMS_A_CALL."""
        ...

    def schedules(self) -> Sequence[str]:
        """Name the rules that start sweep and onboard each minute."""
        ...

    def stop(self, schedule: str) -> None:
        """Start nothing by it any more."""
        ...

    def tables(self) -> Sequence[str]:
        """Name the tables that outlive the stack."""
        ...


class WithThoseOff(StrEnum):
    """What becomes of streams that are off because of the guard."""

    RESUME = "resume"
    LEAVE_OFF = "leave_off"


@dataclass(frozen=True, slots=True)
class RetirePlan:
    """What there is to undo. others: destinations that somebody else made and that publish to the guard's topic."""

    schedules: Sequence[str]
    off: Sequence[StreamRecord]
    destinations: Sequence[str]
    others: Sequence[EventDestination]
    alarms: Sequence[str]
    tables: Sequence[str]

    @property
    def done(self) -> bool:
        """Whether nothing is left to undo."""
        return not (self.destinations or self.alarms)


class Step(NamedTuple):
    """One thing that was undone. problem: why it was not."""

    kind: str
    name: str
    problem: str = ""


def plan(aws: Retirement, deps: PausingDeps, targets: Collection[str]) -> RetirePlan:
    """Look at what there is. targets: where this guard's destinations publish to, and not another one's.

    Raises AwsError.
    """
    mine, others = [], []
    provisioned = aws.provisioned()
    for each in aws.destinations():
        if each.target not in targets:
            continue
        to_topic = ":sns:" in each.target
        if each.name == DESTINATION and (to_topic or each.configuration_set in provisioned):
            mine.append(each.configuration_set)
        elif to_topic:  # the default bus stays, and is everybody's: another guard's, too
            others.append(each)
    records = [deps.streams.load(stream) for stream in deps.streams.not_healthy()]
    return RetirePlan(
        schedules=aws.schedules(),
        off=[record for record in records if record.turned_off],
        destinations=mine,
        others=others,
        alarms=aws.alarms(),
        tables=aws.tables(),
    )


def carry_out(
    aws: Retirement, deps: PausingDeps, what: RetirePlan, with_those_off: WithThoseOff, word: Word, now: datetime
) -> Iterator[Step]:
    """Undo it, and say what was done. What fails stops nothing else; doing it again does what is left.

    Schedules first, so that nobody repairs what is undone; destinations before streams, so that nothing comes in any
    more that turns them off again; alarms last, as a resumed stream has one.
    """
    for name in what.schedules:
        yield _attempt("schedule", name, lambda name=name: aws.stop(name))  # type: ignore[misc]  # bound per turn
    for name in what.destinations:
        yield _attempt("destination", name, lambda name=name: aws.delete_destination(name))  # type: ignore[misc]  # as above
    if with_those_off is WithThoseOff.RESUME:
        for record in what.off:
            yield _resume(deps, record.stream, word, now)
    for start in range(0, len(what.alarms), ALARMS_A_CALL):
        names = what.alarms[start : start + ALARMS_A_CALL]
        step = _attempt("alarm", "", lambda names=names: aws.delete_alarms(names))  # type: ignore[misc]  # as above
        yield from (step._replace(name=name) for name in names)
    if with_those_off is WithThoseOff.RESUME:
        yield from _off_since(deps, {record.stream for record in what.off})


def _off_since(deps: PausingDeps, seen: Collection[StreamId]) -> Iterator[Step]:
    """Name those that what was under way has turned off since the look."""
    try:
        found = [deps.streams.load(stream) for stream in deps.streams.not_healthy() if stream not in seen]
    except AwsError as error:
        yield Step("stream", "any", f"whether one was turned off meanwhile is not known: {error}")
        return
    for record in found:
        if record.turned_off:
            yield Step("stream", str(record.stream), "was turned off meanwhile")


def _attempt(kind: str, name: str, work: Callable[[], None]) -> Step:
    try:
        work()
    except AwsError as error:
        return Step(kind, name, str(error))
    return Step(kind, name)


def _resume(deps: PausingDeps, stream: StreamId, word: Word, now: datetime) -> Step:
    try:
        for order in (Order.RELEASE, Order.RESUME):  # a hold has to end before
            answer = operate(deps, stream, order, word, now)
    except (AwsError, ConflictError) as error:
        return Step("stream", str(stream), str(error))
    still_due = answer.answer is Answer.DUE
    return Step("stream", str(stream), answer.problem or "SES has not turned it on yet" if still_due else "")
