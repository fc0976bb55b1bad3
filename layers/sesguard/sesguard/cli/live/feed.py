"""The fleet as live views show it: read again and again, and kept where a reading fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sesguard.cli.connect import in_words, now
from sesguard.cli.screen import StreamHome
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
    """What became of a command on one stream, in words.

    failed: nothing was changed because of an error. idle: nothing was, as there was nothing to do.
    """

    stream: StreamId
    text: str
    failed: bool = False
    idle: bool = False


class ReadOnlyError(SesguardError):
    """A command was given to a view that is to look only."""

    def __init__(self) -> None:
        super().__init__("this view is read-only: nothing was changed")


class Feed:
    """Reads the fleet, remembers what changed, and takes an operator's word. For several threads.

    problem: why the last reading failed, "" where it did not; the fleet is that of the last one that did not fail.
    home: what names of streams leave out.
    """

    def __init__(
        self,
        source: FleetSource,
        caller: Callable[[], str],
        *,
        read_only: bool = False,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._source = source
        self._prepare(source.place, caller, read_only=read_only, clock=clock)

    def _prepare(
        self, home: StreamHome, caller: Callable[[], str], *, read_only: bool, clock: Callable[[], datetime]
    ) -> None:
        self.home = home
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
                fleet = self._read()
            except SesguardError as error:
                self.problem = in_words(error)
                return []
            found = list(news(self.fleet, fleet)) if self.fleet is not None else []
            self.fleet, self.problem = fleet, ""
            self.news = [*self.news, *found][-MOST_NEWS:]
            return found

    def fleet_of(self, guard: str) -> Fleet | None:  # noqa: ARG002  # it is the only one
        """The fleet of the guard of that name, as it was read last; None where it never was."""
        return self.fleet

    def source_of(self, stream: StreamId) -> FleetSource:  # noqa: ARG002  # one guard has all
        """Whose guard's records are those of ``stream``. Raises SesguardError where it cannot be reached."""
        return self._source

    def caller_of(self, stream: StreamId) -> str:  # noqa: ARG002  # as above
        """Read by which ARN a word on ``stream`` is given. Raises SesguardError."""
        return self._caller()

    def _read(self) -> Fleet:
        return read_fleet(self._source, self.clock(), self.fleet)

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
            raise ValueError(f"{command!r}: expected one of {', '.join(COMMANDS)}")
        # Who gives it, by account and region; asked anew: it may be another by now.
        words: dict[tuple[str, str], Word] = {}
        return [self._give(command, stream, why, words) for stream in streams]

    def _give(self, command: str, stream: StreamId, why: str, words: dict[tuple[str, str], Word]) -> Done:
        at = self.clock()
        try:
            word = words.get(stream[:2]) or words.setdefault(stream[:2], Word(self.caller_of(stream), why))
            deps = self.source_of(stream).deps
            if command == APPROVE:
                taken = approve(deps, stream, word, at)
                return Done(stream, taken.outcome.value if taken is not None else "does not wait for approval")
            if command == DISMISS:
                return Done(stream, "dismissed" if dismiss(deps, stream, word, at) else "does not wait for approval")
            operated = operate(deps, stream, Order(command), word, at)
        except (SesguardError, ConflictError) as error:
            return Done(stream, f"nothing is changed: {in_words(error)}", failed=True)
        said = _ANSWERS[operated.answer].format(state=operated.after.state.status.value, command=command)
        return Done(stream, said, idle=operated.answer is Answer.NOTHING_TO_DO)


_ANSWERS: Final = {
    Answer.DONE: "{command}: done, it is {state}",
    Answer.DUE: "{command}: on record, and SES has yet to do it; the guard tries on every minute",
    Answer.NOTHING_TO_DO: "{command}: nothing to do, it is {state}",
    Answer.UNKNOWN_STREAM: "{command}: SES has no such configuration set",
}
