"""From files to moments: counts and SES events, plain or gzipped, and whole folders, in the order in which they lie."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, cast

from sesguard.backtest.count_lines import read_line
from sesguard.backtest.moment import SeenMoment
from sesguard.backtest.recorded import Skipped, noise, read_event
from sesguard.backtest.unusable import UnusableError
from sesguard.ses_events.context import Context
from sesguard.ses_events.documents import UNREADABLE, RawMessage, messages

if TYPE_CHECKING:
    from io import BufferedReader

STDIN = "-"
_REPORT_EVERY = 2_048  # messages between two words on progress


class UnreadableFileError(Exception):
    """A file or folder cannot be read at all; ``str()`` names it and says why."""

    def __init__(self, path: str, problem: BaseException | str) -> None:
        what = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
        super().__init__(f"{path!r}: {what}")


def files_below(paths: list[str]) -> list[str]:
    """The files that ``paths`` name: folders with all that is below them, by name, hidden files left out.

    Raises UnreadableFileError for a path that is not there, and for a folder without files.
    """
    files: list[str] = []
    for path in paths:
        if path != STDIN and Path(path).is_dir():
            found = sorted(str(file) for file in Path(path).rglob("*") if _counts(file, Path(path)))
            if not found:
                raise UnreadableFileError(path, "no files in this folder")
            files += found
        elif path == STDIN or os.access(path, os.R_OK):
            files.append(path)
        else:
            problem = "cannot be read" if Path(path).exists() else "no such file or folder"
            raise UnreadableFileError(path, problem)
    return files


def _counts(file: Path, folder: Path) -> bool:
    return file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)


class Inputs:
    """Reads the moments of several files.

    complain: called for each message that cannot be used, with file, line and what is wrong with it.
    progress: called now and then with the bytes read so far, compressed as they lie.
    """

    def __init__(
        self,
        files: list[str],
        context: Context,
        complain: Callable[[str, int, str], None],
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.read = self.broken = self.skipped = self.unattributed = 0
        self._files, self._context = files, context
        self._complain, self._progress = complain, progress
        self._events_first = False

    def size(self) -> int:
        """Bytes of all the files."""
        return sum(Path(file).stat().st_size for file in self._files if file != STDIN)

    def moments(self) -> Iterator[SeenMoment]:
        """Every moment of every file. Raises UnreadableFileError."""
        before = 0
        for name in self._files:
            stdin = name == STDIN
            try:
                with nullcontext(cast("BufferedReader", sys.stdin.buffer)) if stdin else Path(name).open("rb") as file:
                    for message in messages(file):
                        self.read += 1
                        if not stdin and self.read % _REPORT_EVERY == 0:
                            self._progress(before + file.tell())
                        moment = self._moment(name, message)
                        if moment is not None:
                            yield moment
                    before += 0 if stdin else file.tell()
            except UNREADABLE as problem:
                raise UnreadableFileError(name, problem) from None
            self._progress(before)

    def _moment(self, name: str, message: RawMessage) -> SeenMoment | None:
        try:
            found = self._event_or_counts(message) if self._events_first else self._counts_or_event(message)
        except UnusableError as problem:
            self.broken += 1
            where = "" if message.record is None else f"record {message.record}: "
            self._complain(name, message.line, f"{where}{problem}")
            return None
        if isinstance(found, SeenMoment):
            return found
        self.skipped += 1
        self.unattributed += found.unattributed
        return None

    def _counts_or_event(self, message: RawMessage) -> SeenMoment | Skipped:
        body = message.body if isinstance(message.body, bytes) else message.body.encode("utf-8", "surrogatepass")
        try:
            moment = read_line(body)
        except UnusableError:
            if noise(message.body, self._context):
                return Skipped(unattributed=False)
            raise
        if moment is not None:
            return moment
        event = read_event(message.body, self._context_of(message))
        self._events_first = True  # what follows is most likely of the same kind
        return event

    def _event_or_counts(self, message: RawMessage) -> SeenMoment | Skipped:
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
