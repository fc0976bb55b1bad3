"""Summing events to counts in DuckDB before they are replayed: more than a process could hold, with bounded memory.

Lines of the lake are read by DuckDB itself. Everything else, and every file that DuckDB refuses, is read by the guard's
reader as in any replay, and only summed and put into order here.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING, Any

import msgspec

from sesguard.backtest.files import STDIN, is_in_s3, opened
from sesguard.backtest.inputs import Inputs
from sesguard.backtest.moment import CodedBounce, Counted, SeenBounces, SeenMoment
from sesguard.backtest.ports import ObjectStore
from sesguard.backtest.summed import CountRow, moments_of
from sesguard.errors import SesguardError, naming
from sesguard.lake.counts_query import USABLE, counts_query, outcomes_query, volume_query
from sesguard.lake.record import SIGN
from sesguard.ses_events.unpacked import UNREADABLE, texts
from sesguard.text import one_line

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "300MB"
_AT_ONCE = 64  # files that DuckDB reads in one statement; one of them that is broken has them all read anew
_ROWS_AT_ONCE = 50_000
_PATTERN = frozenset("*?[")  # in a name, to DuckDB: it would read other files, too
_COLUMNS = {
    "event": "VARCHAR",
    "counts_for": "VARCHAR",
    "via": "VARCHAR",
    "account": "VARCHAR",
    "region": "VARCHAR",
    "configuration_set": "VARCHAR",
    "sent_at": "DOUBLE",
    "seen_at": "DOUBLE",
    "identity": "VARCHAR",
    "domains": "VARCHAR[]",
    "codes": "VARCHAR[]",
}
"""Those of a lake record that are counted by. What a line leaves out is null."""

_RELATION = """(select event, counts_for, via, account, region, configuration_set, sent_at, seen_at,
  coalesce(identity, '') as identity, coalesce(codes, []) as codes,
  case when len(domains) > 0 then domains else [''] end as domains
  from batch) as lake"""


class OtherInputError(SesguardError):
    """An input that this engine cannot replay; ``str()`` says why, and what can."""


class SummedInputs:
    """The moments of ``inputs``' files, summed to ``grain`` seconds and in the order of becoming visible.

    Words of an owner or operator, which lines of counts may hold, are no counts: only the usual engine replays them.
    """

    def __init__(
        self,
        files: list[str],
        inputs_of: Callable[[list[str]], Inputs],
        grain: int,
        store: ObjectStore | None = None,
    ) -> None:
        self._files, self._inputs_of, self._grain, self._store = files, inputs_of, grain, store
        self._tenants: dict[str, str] = {}
        self.read = self.broken = self.broken_files = self.skipped = self.unattributed = 0

    def size(self) -> int:
        """Bytes of all the local files."""
        return self._inputs_of(self._files).size()

    def moments(self) -> Iterator[SeenMoment]:
        """Read every file, then give the moments. Raises OtherInputError, or OSError where the disk is full."""
        import duckdb

        try:
            yield from self._moments()
        except (duckdb.OperationalError, duckdb.FatalException) as error:  # its disk or its memory does not suffice
            raise OSError(one_line(str(error), 300)) from None

    def _moments(self) -> Iterator[SeenMoment]:
        import duckdb

        with tempfile.TemporaryDirectory(prefix="sesguard-") as folder, duckdb.connect(f"{folder}/counts.db") as found:
            found.execute(f"set memory_limit = '{MEMORY}'")
            found.execute("set preserve_insertion_order = false")
            found.execute(f"set temp_directory = '{folder}'")
            found.execute(_TABLES)
            self._load(found, Path(folder))
            counts = Path(folder) / "counts.csv"
            found.execute(_WRITE.format(counts_query("select * from volume", "select * from outcomes")), [str(counts)])
            found.close()  # what it held goes back, and the replay has the room
            for moment in moments_of(_rows(counts)):
                moment.tenant = self._tenants.get(moment.stream, "")
                yield moment

    def _load(self, found: DuckDBPyConnection, folder: Path) -> None:
        for start in range(0, len(self._files), _AT_ONCE):
            names = self._files[start : start + _AT_ONCE]
            with self._fetched(names, folder) as local:
                lake = [name for name in names if _is_of_the_lake(local[name])]
                careful = set(self._load_lake(found, lake, local))
            self._load_others(found, [name for name in names if name not in lake or name in careful], folder)

    @contextmanager
    def _fetched(self, names: list[str], folder: Path) -> Iterator[dict[str, str]]:
        """Where each file lies on this machine, under a name that DuckDB takes for one file and no pattern.

        Copies of objects in S3, and links, which go again afterwards.
        """
        local = {name: name for name in names}
        copies: list[Path] = []
        try:
            for place, name in enumerate(names):
                if not is_in_s3(name) and not _PATTERN & set(name):
                    continue
                copies.append(folder / f"{place}.json{'.gz' if name.lower().endswith('.gz') else ''}")
                local[name] = str(copies[-1])
                if not is_in_s3(name):
                    copies[-1].symlink_to(Path(name).resolve())
                    continue
                with suppress(*UNREADABLE), opened(name, self._store) as file, copies[-1].open("wb") as copy:
                    shutil.copyfileobj(file, copy)
            yield local
        finally:
            for path in copies:
                path.unlink(missing_ok=True)

    def _load_lake(self, found: DuckDBPyConnection, names: list[str], local: dict[str, str]) -> list[str]:
        """Let DuckDB sum files of the lake; give those that have to be read with more care."""
        if not names or self._sum_lake(found, [local[name] for name in names]):
            return []
        return [name for name in names if not self._sum_lake(found, [local[name]])]

    def _sum_lake(self, found: DuckDBPyConnection, names: list[str]) -> bool:
        import duckdb

        found.execute("begin")
        try:
            # a partition's name is text too: account=012345678901 is no number
            batch = found.read_json(names, columns=_COLUMNS, format="newline_delimited", hive_partitioning=False)
            batch.create_view("batch", replace=True)
            read, foreign, skipped, unattributed = _one(found, _CENSUS)
            if foreign:
                found.execute("rollback")
                return False
            found.execute(f"insert into volume {volume_query(_RELATION, self._grain)}")
            found.execute(f"insert into outcomes {outcomes_query(_RELATION, self._grain)}")
            found.execute("commit")
        except duckdb.Error:
            found.execute("rollback")
            return False
        self.read += read
        self.skipped += skipped + unattributed
        self.unattributed += unattributed
        return True

    def _load_others(self, found: DuckDBPyConnection, names: list[str], folder: Path) -> None:
        if not names:
            return
        inputs = self._inputs_of(names)
        sums: _Sums = {}
        outcomes: list[dict[str, Any]] = []

        def write() -> None:
            _write(found, folder, "volume", [dict(zip(_VOLUME, (*key, n), strict=True)) for key, n in sums.items()])
            _write(found, folder, "outcomes", outcomes)
            sums.clear()
            outcomes.clear()

        for moment in inputs.moments():
            self._add(moment, sums, outcomes)
            if len(sums) + len(outcomes) >= _ROWS_AT_ONCE:
                write()
        write()
        for name in ("read", "broken", "broken_files", "skipped", "unattributed"):
            setattr(self, name, getattr(self, name) + getattr(inputs, name))

    def _add(self, moment: SeenMoment, sums: _Sums, outcomes: list[dict[str, Any]]) -> None:
        """Sum the rows of a moment; what may come twice is kept, to be counted once in the end."""
        seen = -(-moment.seen_at // self._grain) * self._grain
        if moment.tenant:
            self._tenants[moment.stream] = moment.tenant
        if moment.identity:
            outcomes.append(self._outcome(moment, seen))
            return
        for row in moment.rows:
            if not isinstance(row, Counted):
                detail = "an owner's or operator's word in lines of counts: replay them without --engine duckdb"
                raise OtherInputError(detail)
            sent = row.sent // self._grain * self._grain
            for kind, name, count in _summed(row):
                key = moment.stream, seen, sent, kind, name
                sums[key] = sums.get(key, 0) + count

    def _outcome(self, moment: SeenMoment, seen: float) -> dict[str, Any]:
        rows = [row for row in moment.rows if isinstance(row, Counted)]
        return {
            "stream": moment.stream,
            "seen": seen,
            "sent": rows[0].sent // self._grain * self._grain,
            "kind": "bounce" if isinstance(rows[0], SeenBounces) else "complaint",
            "domains": [row.domain or "" for row in rows for _ in range(row.count)],
            "codes": [name for row in rows for kind, name, n in _summed(row) if kind == "code" for _ in range(n)],
            "identity": moment.identity,
            "visible": moment.seen_at,
        }


def _rows(counts: Path) -> Iterator[CountRow]:
    csv.field_size_limit(_LONGEST_NAME)
    with counts.open(encoding="utf-8", newline="") as file:
        for stream, seen, sent, kind, name, n in csv.reader(file):
            its = None if name == _NULL else intern(name)  # each of thousands of streams keeps the same domains
            yield CountRow(intern(stream), float(seen), float(sent), kind, its, int(n))


_Sums = dict[tuple[str, float, float, str, str | None], int]
_LONGEST_NAME = 1 << 25  # more than a line may have that DuckDB reads; whose it is, nobody knows
_NULL = "\\N"  # no name of a domain
_WRITE = f"copy ({{}}) to $1 (format csv, header false, nullstr '{_NULL}')"
_VOLUME = ("stream", "seen", "sent", "kind", "name", "n")
_TABLES = """
create table volume(stream varchar, seen double, sent double, kind varchar, name varchar, n bigint);
create table outcomes(stream varchar, seen double, sent double, kind varchar, domains varchar[], codes varchar[],
  identity varchar, visible double);
"""
_CENSUS = f"""
select count(*), count(*) filter (event is null or via is null or not {USABLE}),
  count(*) filter (counts_for = 'nothing'), count(*) filter (counts_for <> 'nothing' and configuration_set = '')
from batch
"""  # noqa: S608 - a condition of our own


def _one(found: DuckDBPyConnection, query: str) -> tuple[int, int, int, int]:
    row = found.execute(query).fetchone()
    assert row is not None  # noqa: S101 - an aggregate has one row
    return row[0], row[1], row[2], row[3]


def _summed(row: Counted) -> Iterator[tuple[str, str | None, int]]:
    """Kind, name and count of what a row says."""
    if row.column < 0:
        return
    if not isinstance(row, SeenBounces):
        yield str(row.__struct_config__.tag), row.domain, row.count
        return
    yield "bounce", row.domain, row.count
    if isinstance(row, CodedBounce):
        yield from (("code", code, count) for code, count in row.codes)
    elif row.code:
        yield "code", row.code, row.count


def _write(found: DuckDBPyConnection, folder: Path, table: str, rows: list[dict[str, Any]]) -> None:
    """Move rows into a table, through a file: a thousand times faster than one by one."""
    if not rows:
        return
    path = folder / f"{table}.json"
    with naming(path):
        path.write_bytes(b"\n".join(map(msgspec.json.encode, rows)))
    columns = {name: kind for name, kind, *_ in found.execute(f"describe {table}").fetchall()}
    read = found.read_json(str(path), columns=columns, format="newline_delimited")
    read.insert_into(table)
    path.unlink()


def _is_of_the_lake(name: str) -> bool:
    """Whether the first line of a file is one of the lake. What cannot be opened is not; its reader says why."""
    if name == STDIN:
        return False
    try:
        with opened(name) as file:
            for text in texts(file):
                return SIGN in text.readline(1_000_000)
    except UNREADABLE:
        return False
    return False
