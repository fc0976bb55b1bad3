"""From files to moments: counts and SES events, however packed, in the order in which they lie."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sesguard.backtest.count_lines import read_line
from sesguard.backtest.files import STDIN, is_in_s3, opened
from sesguard.backtest.lake_lines import read_lake_line
from sesguard.backtest.moment import SeenMoment, UnusableError
from sesguard.backtest.ports import ObjectStore
from sesguard.backtest.recorded import Skipped, noise, read_event
from sesguard.backtest.ses_exports import read_export
from sesguard.errors import why_unread
from sesguard.ses_events.context import Context
from sesguard.ses_events.messages import RawMessage, messages
from sesguard.ses_events.unpacked import UNREADABLE
from sesguard.ses_events.within import events_within

MOST_COMPLAINTS = 100
"""Messages of one file that are named: a foreign file would name every one of its lines."""

_REPORT_EVERY = 2_048  # messages between two words on progress


class Inputs:
    """Reads the moments of several files. What cannot be read is named and left out, and the rest goes on.

    complain: called for each message that cannot be used, and each file that breaks off or holds nothing of use, with
        file, line (0: the whole file) and what is wrong with it. Of one file at most MOST_COMPLAINTS are named.
    progress: called now and then with the bytes read so far, compressed as they lie.
    broken: messages that cannot be used; broken_files: files that break off, or hold nothing of use.
    """

    def __init__(
        self,
        files: list[str],
        context: Context,
        complain: Callable[[str, int, str], None],
        progress: Callable[[int], None] = lambda _: None,
        store: ObjectStore | None = None,
    ) -> None:
        self.read = self.broken = self.broken_files = self.skipped = self.unattributed = 0
        self._files, self._context, self._store = files, context, store
        self._complain, self._progress = complain, progress
        self._events_first = False
        self._found = 0  # events and lines of counts in this file

    def size(self) -> int:
        """Bytes of all the local files."""
        return sum(Path(file).stat().st_size for file in self._files if file != STDIN and not is_in_s3(file))

    def moments(self) -> Iterator[SeenMoment]:
        """Every moment of every file."""
        before = 0
        for name in self._files:
            self._found, before_file = 0, self.broken
            try:
                with opened(name, self._store) as file:
                    for message in messages(file):
                        self.read += 1
                        if name != STDIN and self.read % _REPORT_EVERY == 0:
                            self._progress(before + file.tell())
                        yield from self._moments(name, message, before_file)
                    before += 0 if name == STDIN else file.tell()
            except UNREADABLE as problem:
                self.broken_files += 1
                rest = f"; the {self._found:,} messages before that are used" if self._found else ""
                self._complain(name, 0, f"{why_unread(problem)}{rest}")
            else:
                self._end(name, before_file)
            self._progress(before)

    def _end(self, name: str, before: int) -> None:
        unnamed = self.broken - before - MOST_COMPLAINTS
        if unnamed > 0:
            self._complain(name, 0, f"and {unnamed:,} more messages that cannot be used")
        if not self._found:
            self.broken_files += 1
            self._complain(name, 0, "not one SES event or line of counts in it")

    def _moments(self, name: str, message: RawMessage, before: int) -> Iterable[SeenMoment]:
        try:
            found = self._event_or_counts(message) if self._events_first else self._counts_or_event(message)
        except UnusableError as problem:
            return self._moments_within(name, message, before, problem)
        return self._used(found)

    def _moments_within(
        self, name: str, message: RawMessage, before: int, problem: UnusableError
    ) -> Iterable[SeenMoment]:
        """The moments of the events in what is none itself; without any, and where some are left, that is named."""
        found, rest = events_within(message.body)
        moments: list[SeenMoment] = []
        for place, body in enumerate(found, start=1):
            inner = message._replace(record=message.record or place, body=body)
            try:
                moments += self._used(read_event(body, self._context_of(inner)))
            except UnusableError as its:
                self._name_broken(name, inner, before, its)
        if rest or not found:
            self._name_broken(name, message, before, problem)
        return moments

    def _name_broken(self, name: str, message: RawMessage, before: int, problem: UnusableError) -> None:
        self.broken += 1
        if self.broken - before <= MOST_COMPLAINTS:
            where = "" if message.record is None else f"record {message.record}: "
            self._complain(name, message.line, f"{where}{problem}")

    def _used(self, found: SeenMoment | list[SeenMoment] | Skipped) -> Iterable[SeenMoment]:
        if isinstance(found, Skipped):
            self.skipped += 1
            self.unattributed += found.unattributed
            self._found += found.event
            return ()
        self._found += 1
        return (found,) if isinstance(found, SeenMoment) else found

    def _counts_or_event(self, message: RawMessage) -> SeenMoment | list[SeenMoment] | Skipped:
        body = message.body if isinstance(message.body, bytes) else message.body.encode("utf-8", "surrogatepass")
        recorded = read_lake_line(body)
        if recorded is not None:
            return recorded
        try:
            moment = read_line(body)
        except UnusableError:
            if noise(message.body, self._context):
                return Skipped(unattributed=False, event=False)
            raise
        if moment is not None:
            return moment
        exported = read_export(body)
        if exported is not None:
            return exported
        event = read_event(message.body, self._context_of(message))
        self._events_first = True  # what follows is most likely of the same kind
        return event

    def _event_or_counts(self, message: RawMessage) -> SeenMoment | list[SeenMoment] | Skipped:
        try:
            return read_event(message.body, self._context_of(message))
        except UnusableError:
            self._events_first = False
            return self._counts_or_event(message)

    def _context_of(self, message: RawMessage) -> Context:
        if not message.account and not message.region:
            return self._context
        context = self._context
        return Context(message.account or context.account, message.region or context.region, context.count_simulator)
