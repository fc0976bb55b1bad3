"""Which files a backtest reads: those that are named, and all below a folder or a prefix in S3."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import cast

from sesguard.backtest.ports import ObjectStore
from sesguard.errors import why_unread

STDIN = "-"
_S3 = "s3://"


class UnreadableFileError(Exception):
    """A file or folder cannot be read at all; ``str()`` names it and says why."""

    def __init__(self, path: str, problem: Exception | str) -> None:
        what = problem if isinstance(problem, str) else why_unread(problem)
        super().__init__(f"{path[:300]!r}: {what}")


def is_in_s3(path: str) -> bool:
    """Whether a path names an object or prefix in S3."""
    return path.startswith(_S3)


def files_below(paths: list[str], store: ObjectStore | None = None) -> list[str]:
    """The files that ``paths`` name: folders with all that is below them, by name, hidden files left out.

    Raises UnreadableFileError for a path that is not there, and for a folder or prefix without files.
    """
    files: list[str] = []
    for path in paths:
        if is_in_s3(path):
            found = _below_prefix(path, store)
        elif not path:
            raise UnreadableFileError(path, "names no file")
        elif path != STDIN and is_folder(path):
            found = sorted(str(file) for file in Path(path).rglob("*") if _counts(file, Path(path)))
        elif path == STDIN or os.access(path, os.R_OK):
            found = [path]
        else:
            raise UnreadableFileError(path, _why_not(path))
        if not found:
            raise UnreadableFileError(path, "no files in this folder")
        files += found
    return files


def is_folder(path: str) -> bool:
    """Whether there is a folder; not where a file system could not even have one of that name."""
    try:
        return Path(path).is_dir()
    except OSError:  # longer than a name can be: the text of an event, perhaps
        return False


def _why_not(path: str) -> str:
    try:
        return "cannot be read" if Path(path).exists() else "no such file or folder"
    except OSError as error:
        return why_unread(error)


@contextmanager
def opened(name: str, store: ObjectStore | None = None) -> Iterator[BufferedReader]:
    """Open a file, the standard input, or an object of S3. Raises OSError."""
    if name == STDIN:
        yield cast("BufferedReader", sys.stdin.buffer)
    elif is_in_s3(name) and store is not None:
        with store.open(name) as file:
            yield cast("BufferedReader", file)
    else:
        with Path(name).open("rb") as file:
            yield file


def _below_prefix(path: str, store: ObjectStore | None) -> list[str]:
    if store is None:
        raise UnreadableFileError(path, "an address in S3 cannot be read here: copy it to a folder first")
    hidden = (name for name in store.below(path) if not name.rpartition("/")[2].startswith("."))
    return [name for name in hidden if not name.endswith("/")]


def _counts(file: Path, folder: Path) -> bool:
    return file.is_file() and not any(part.startswith(".") for part in file.relative_to(folder).parts)
