"""The fleet as live views show it: read again and again, and kept where a reading fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sesguard.cli.connect import hint_for, now
from sesguard.errors import ConflictError, SesguardError
from sesguard.fleet.fleet import Fleet
from sesguard.fleet.news import FleetNews, news
from sesguard.fleet.ports import FleetSource
from sesguard.fleet.read import read_fleet
from sesguard.pausing.backlog_command import approve, dismiss
from sesguard.pausing.journal import Word
from sesguard.pausing.operator_command import Answer, Order, operate
from sesguard.stream import StreamId
from sesguard.text import one_line

EVERY_SECONDS: Final = 10.0
MOST_NEWS: Final = 500
LONGEST_REASON: Final = 1_000
APPROVE, DISMISS = "approve", "dismiss"
COMMANDS: Final = (*(order.value for order in Order), APPROVE, DISMISS)
"""What an operator can say in a live view: hold, release, resume, acknowledge; approve or dismiss a waiting pause."""


class Done(NamedTuple):
    """What became of a command on one stream, in words. failed: nothing was changed because of an error."""

    stream: StreamId
    text: str
    failed: bool = False


class ReadOnlyError(SesguardError):
    """A command was given to a view that is to look only."""

    def __init__(self) -> None:
        super().__init__("this view is read-only: nothing was changed")


class Feed:
    """Reads the fleet, remembers what changed, and takes an operator's word. For several threads.

    problem: why the last reading failed, "" where it did not; the fleet is that of the last one that did not fail.
    """

    def __init__(
        self,
        source: FleetSource,
        caller: Callable[[], str],
        *,
        read_only: bool = False,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self.source = source
        self.read_only = read_only
        self.fleet: Fleet | None = None
        self.problem = ""
        self.news: list[FleetNews] = []
        self.clock = clock
        self._caller = caller
        self._who = ""
        self._reading = threading.Lock()

    @property
    def who(self) -> str:
        """The ARN of the operator; "" as long as STS has not said."""
        if not self._who:
            try:
                self._who = self._caller()
            except SesguardError as error:
                self.problem = self.problem or one_line(str(error), 300)
        return self._who

    def read(self) -> list[FleetNews]:
        """Read once more; returns what is new. Raises nothing: ``problem`` says what went wrong."""
        with self._reading:
            try:
                fleet = read_fleet(self.source, self.clock(), self.fleet)
            except SesguardError as error:
                self.problem = f"{one_line(str(error), 300)}{hint_for(error)}"
                return []
            found = list(news(self.fleet, fleet)) if self.fleet is not None else []
            self.fleet, self.problem = fleet, ""
            self.news = [*self.news, *found][-MOST_NEWS:]
            return found

    def give(self, command: str, streams: Sequence[StreamId], reason: str) -> list[Done]:
        """Give ``command`` (one of COMMANDS) on each of ``streams``; one that fails stops no other.

        Raises ReadOnlyError, or ValueError where there is no reason or no such command.
        """
        if self.read_only:
            raise ReadOnlyError
        why = one_line(reason, LONGEST_REASON)
        if not why:
            raise ValueError("say why: the record keeps it")
        if command not in COMMANDS:
            message = f"{command!r}: expected one of {', '.join(COMMANDS)}"
            raise ValueError(message)
        try:
            word = Word(self._caller(), why)  # anew: credentials may be another's by now
        except SesguardError as error:
            return [Done(stream, f"nothing is changed: {error}", failed=True) for stream in streams]
        return [self._give(command, stream, word) for stream in streams]

    def _give(self, command: str, stream: StreamId, word: Word) -> Done:
        deps, at = self.source.deps, self.clock()
        try:
            if command == APPROVE:
                taken = approve(deps, stream, word, at)
                return Done(stream, taken.outcome.value if taken is not None else "does not wait for approval")
            if command == DISMISS:
                return Done(stream, "dismissed" if dismiss(deps, stream, word, at) else "does not wait for approval")
            operated = operate(deps, stream, Order(command), word, at)
        except (SesguardError, ConflictError) as error:
            return Done(stream, f"nothing is changed: {one_line(str(error), 300)}{hint_for(error)}", failed=True)
        return Done(stream, _ANSWERS[operated.answer].format(state=operated.after.state.status.value, command=command))


_ANSWERS: Final = {
    Answer.DONE: "{command}: done, it is {state}",
    Answer.DUE: "{command}: on record, and SES has yet to do it; the guard tries on every minute",
    Answer.NOTHING_TO_DO: "{command}: nothing to do, it is {state}",
    Answer.UNKNOWN_STREAM: "{command}: SES has no such configuration set",
}
