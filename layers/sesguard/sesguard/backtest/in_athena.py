"""Summing the lake to counts in Athena before they are replayed: a year of all tenants in one query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from sesguard.backtest.moment import SeenMoment, UnusableError
from sesguard.backtest.summed import CountRow, moments_of
from sesguard.lake.counts_query import UNUSABLE, whole_query

_TABLE = re.compile(r"[a-z0-9_]{1,255}\.[a-z0-9_]{1,255}")


class AthenaInputs:
    """The moments of the lake's ``table`` (``database.table``), of the days ``since`` to ``until``.

    rows: runs a query and gives its rows as texts. complain: as of :class:`sesguard.backtest.inputs.Inputs`. Raises
    UnusableError for a name that can be no table's.
    """

    def __init__(
        self,
        rows: Callable[[str], Iterable[list[str]]],
        table: str,
        grain: int,
        since: date | None = None,
        until: date | None = None,
        complain: Callable[[str, int, str], None] = lambda *_: None,
    ) -> None:
        if not _TABLE.fullmatch(table):
            message = f"{table!r}: expected DATABASE.TABLE, of lower-case letters, digits and _"
            raise UnusableError(message)
        self._rows, self._table, self._grain, self._complain = rows, table, grain, complain
        self._relation = relation_of(table, since, until)
        self.read = self.broken = self.broken_files = self.skipped = self.unattributed = 0

    def size(self) -> int:
        """Bytes that are read here: none."""
        return 0

    def query(self) -> str:
        """The one query that is run."""
        return whole_query(self._relation, self._grain)

    def moments(self) -> Iterator[SeenMoment]:
        """Run the query and give the moments in order."""
        return moments_of(self._counted())

    def _counted(self) -> Iterator[CountRow]:
        for stream, seen, sent, kind, name, n in self._rows(self.query()):
            self.read += int(n)
            if kind == UNUSABLE:
                self.broken += int(n)
                self._complain(
                    self._table, 0, f"{int(n):,} records count for something that is not known, or at no time"
                )
                continue
            yield CountRow(stream, float(seen), float(sent), kind, name or None, int(n))


def relation_of(table: str, since: date | None, until: date | None) -> str:
    """The days of a table, which lie in partitions of ``day``; what a record leaves out is empty."""
    days = [f"day >= '{since}'"] if since else []
    days += [f"day <= '{until}'"] if until else []
    where = f" where {' and '.join(days)}" if days else ""
    return f"""(select event, counts_for, via, account, region, configuration_set, sent_at, seen_at,
  coalesce(identity, '') as identity, coalesce(codes, array['']) as codes,
  case when cardinality(domains) > 0 then domains else array[''] end as domains
  from {table}{where}) as lake"""  # noqa: S608 - the name was checked, and dates are dates
