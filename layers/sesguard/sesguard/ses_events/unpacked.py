"""Opening a file as text lines, however it is compressed: gzip, bzip2, xz, or the members of a zip or tar archive."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, EncodedFile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, BytesIO, RawIOBase
from typing import IO, Any, Final, Protocol, cast
from zipfile import BadZipFile, ZipFile

from sesguard.errors import SesguardError


class _Packed(Protocol):
    def read1(self, size: int, /) -> bytes: ...


class ForeignFileError(SesguardError):
    """A file holds something else than text; ``str()`` says what."""


UNREADABLE: Final = (
    *(OSError, EOFError, zlib.error, lzma.LZMAError, BadZipFile, tarfile.TarError, NotImplementedError),
    ForeignFileError,
)
"""What reading a file may raise: it is not there, its compression is broken or needs a password, it is no text."""

_LOOKED_AT: Final = 1_024  # bytes of a file that say what it is
_GZIP: Final = b"\x1f\x8b"
_BZIP2: Final = b"BZh"
_XZ: Final = b"\xfd7zXZ\x00"
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")  # the second: an archive without a member
_TAR: Final = slice(257, 262), b"ustar"  # https://www.gnu.org/software/tar/manual/html_node/Standard.html
_BEGINS: Final = (b"{", b"[", b'"')  # JSON
_MOST_LAYERS: Final = 3  # of compression in each other: an archive of gzipped files, sent gzipped
_FOREIGN: Final = {
    b"PAR1": "Parquet",
    b"ORC": "ORC",
    b"Obj\x01": "Avro",
    b"\x28\xb5\x2f\xfd": "compressed with zstd, which is not read: unpack it first",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"%PDF": "PDF",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"SQLite format 3": "a database",
}


def texts(file: BufferedReader, layers: int = _MOST_LAYERS) -> Iterator[IO[bytes]]:
    """Give what lies in ``file``, to be read one after the other: itself, unpacked, or each member of an archive.

    Raises one of UNREADABLE; where something breaks off, once what comes before has been read.
    """
    start = file.peek(_LOOKED_AT)[:_LOOKED_AT]
    if layers and start.startswith(_ZIP):
        yield from _members(file, layers - 1)
    elif layers and start[_TAR[0]] == _TAR[1]:
        yield from _members_of_tar(file, layers - 1)
    elif layers and (unpacked := _decompressed(file, start)) is not None:
        yield from _up_to_the_break(unpacked, layers - 1)
    elif (encoding := _wide(start)) is not None:
        yield cast("IO[bytes]", EncodedFile(file, "utf-8", encoding, "replace"))
    else:
        _refuse_foreign(start)
        yield file


def _wide(start: bytes) -> str | None:
    """The encoding of text that PowerShell has written: UTF-16, with its mark or without; None for anything else."""
    if start.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) and start[2:4] != b"\0\0":  # that is UTF-32
        return "utf-16"
    if start[1:2] == b"\0" and start[:1] in _BEGINS and start[2:3] != b"\0":
        return "utf-16-le"
    return "utf-16-be" if start[:1] == b"\0" and start[1:2] in _BEGINS and start[2:3] == b"\0" else None


def _members(file: BufferedReader, layers: int) -> Iterator[IO[bytes]]:
    broken = _BrokenMembers()
    with ZipFile(file if file.seekable() else BytesIO(file.read())) as archive:
        for member in archive.infolist():
            name = member.filename
            if member.is_dir() or name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("."):
                continue
            with broken.noted(name):
                if member.flag_bits & 1:
                    message = "needs a password"
                    raise ForeignFileError(message)
                with archive.open(member) as opened:
                    yield from _up_to_the_break(cast("_Packed", opened), layers)
    broken.tell()


def _members_of_tar(file: BufferedReader, layers: int) -> Iterator[IO[bytes]]:
    broken = _BrokenMembers()
    with tarfile.open(fileobj=file, mode="r|") as archive:
        for member in archive:
            hidden = member.name.rpartition("/")[2].startswith(".")
            if not hidden and (opened := archive.extractfile(member) if member.isfile() else None) is not None:
                with broken.noted(member.name):
                    yield from _up_to_the_break(cast("_Packed", opened), layers)
    broken.tell()


class _BrokenMembers:
    """Members of an archive that are foreign or break off: the others are read, then the first of them is named."""

    def __init__(self) -> None:
        self._first, self._many = "", 0

    @contextmanager
    def noted(self, name: str) -> Iterator[None]:
        try:
            yield
        except UNREADABLE as problem:
            self._first = self._first or f"{name!r}: {problem}"
            self._many += 1

    def tell(self) -> None:
        """Raise ForeignFileError where there were any."""
        if self._many:
            others = f", and {self._many - 1:,} more of its files" if self._many > 1 else ""
            message = f"{self._first}{others}"
            raise ForeignFileError(message)


class _Unbroken(RawIOBase):
    """Reads ``source`` up to where it breaks off, and holds what broke it, so that no buffer is lost to an error."""

    def __init__(self, source: _Packed) -> None:
        self.broken: BaseException | None = None
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:  # noqa: ANN401 - any buffer
        if self.broken is not None:
            return 0
        try:
            read = self._source.read1(len(into))
        except UNREADABLE as problem:
            self.broken = problem
            return 0
        into[: len(read)] = read
        return len(read)


def _up_to_the_break(source: _Packed, layers: int) -> Iterator[IO[bytes]]:
    raw = _Unbroken(source)
    yield from texts(BufferedReader(raw), layers)
    if raw.broken is not None:
        raise raw.broken


def _decompressed(file: BufferedReader, start: bytes) -> gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile | None:
    if start.startswith(_GZIP):
        return gzip.GzipFile(fileobj=file)
    if start.startswith(_BZIP2):
        return bz2.BZ2File(file)
    return lzma.LZMAFile(file) if start.startswith(_XZ) else None


def _refuse_foreign(start: bytes) -> None:
    """Raise ForeignFileError for what is no text."""
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            message = f"no SES events: {what}"
            raise ForeignFileError(message)
    if b"\0" in start and b'{"' not in start:
        message = "no SES events: binary data, or text in another encoding than UTF-8 and UTF-16"
        raise ForeignFileError(message)
