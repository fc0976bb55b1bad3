"""The query that sums the lake's records to counts: one text for DuckDB and for Athena (Trino).

What is counted was decided by the guard's own reader when the record was written (:mod:`sesguard.lake.flatten`); the
query only sums. Times are rounded to a *grain*, of sending down and of becoming visible up: as long as it divides the
time between two looks and the time until a decision is in force, no mail changes the side of a decision, so that a
replay of the sums decides what a replay of the records does.
"""

from __future__ import annotations

from math import gcd
from typing import Final

from sesguard.lake.record import LATEST

MINUTE = 60
UNUSABLE: Final = "unusable"
"""The kind of a row that counts records which no engine can use, as they count for something that is not known."""

_STREAM = "account || '/' || region || '/' || configuration_set"
USABLE: Final = f"""coalesce(account is not null and region is not null and configuration_set is not null
    and sent_at >= 0 and seen_at >= sent_at and seen_at <= {LATEST}
    and (counts_for in ('hard_bounce', 'complaint', 'nothing')
      or counts_for = 'volume' and event in ('Send', 'Delivery') and via in ('sns', 'eventbridge')), false)"""
"""Whether a record is one that :func:`sesguard.backtest.lake_lines.read_lake_line` takes, or counts for nothing."""


def grain_of(latency: float, every: float) -> int:
    """Seconds that a replay's times may be rounded to. Raises ValueError where they are no whole seconds."""
    if latency != int(latency) or every != int(every):
        raise ValueError("summed counts are replayed in whole seconds: give --latency and --evaluate-every as such")
    return gcd(MINUTE, int(latency), int(every))


def volume_query(relation: str, grain: int) -> str:
    """Sum volume: columns stream, seen, sent, kind, name (a receiving domain) and n."""
    return f"""
select {_STREAM} as stream, {_seen(grain)} as seen, {_sent(grain)} as sent,
       {_kind("event")} as kind, domain as name, count(*) as n
from {relation} cross join unnest(domains) as t(domain)
where counts_for = 'volume' and configuration_set <> '' and {USABLE}
group by 1, 2, 3, 4, 5"""  # noqa: S608 - the relation is the program's own; grain is a number


def outcomes_query(relation: str, grain: int) -> str:
    """Give bounces and complaints, as often as they came, and what is unusable.

    Columns are stream, seen, sent, kind, domains, codes and identity.
    """
    return f"""
select {_STREAM} as stream, {_seen(grain)} as seen, {_sent(grain)} as sent,
       case when not {USABLE} then '{UNUSABLE}'
         when counts_for = 'complaint' then 'complaint' else 'bounce' end as kind,
       domains, codes, case when {USABLE} then identity else '' end as identity, seen_at as visible
from {relation}
where not {USABLE} or (counts_for in ('hard_bounce', 'complaint') and configuration_set <> '')"""  # noqa: S608 - as above


def counts_query(volume: str, outcomes: str) -> str:
    """Sum both, outcomes once each however often they came: columns as of volume, in order of becoming visible.

    Sends come first in a moment, as a replay meets them. The name of a ``code`` is a status code, of everything else a
    receiving domain. Of a complaint only the first domain counts: it is one, however many addresses it lists.
    """
    return f"""
with outcome as (
  select * from (
    select *, row_number() over (partition by identity order by visible) as copy from ({outcomes}) as every
  ) as numbered
  where copy = 1 or identity = ''
), counted as (
  {volume}
  union all
  select stream, seen, sent, kind, domain as name, 1 as n
  from outcome cross join unnest(domains) as t(domain) where kind = 'bounce'
  union all
  select stream, seen, sent, kind, domains[1] as name, 1 as n from outcome where kind = 'complaint'
  union all
  select stream, seen, sent, 'code' as kind, code as name, 1 as n
  from outcome cross join unnest(codes) as t(code) where kind = 'bounce'
  union all
  select '' as stream, 0.0 as seen, 0.0 as sent, kind, '' as name, 1 as n from outcome where kind = '{UNUSABLE}'
)
select stream, seen, sent, kind, name, sum(n) as n
from counted group by 1, 2, 3, 4, 5 order by seen, stream, kind desc, sent, name
"""  # noqa: S608 - made of the queries above


def whole_query(relation: str, grain: int) -> str:
    """The counts of a relation of lake records, in one query."""
    return counts_query(volume_query(relation, grain), outcomes_query(relation, grain))


def _seen(grain: int) -> str:
    """A double, so that no engine divides whole numbers: ceil of it is exact up to 2^53 seconds."""
    return f"ceil(seen_at / {grain}.0) * {grain}.0"


def _sent(grain: int) -> str:
    return f"floor(sent_at / {grain}.0) * {grain}.0"


def _kind(event: str) -> str:
    return f"lower({event}) || case when via = 'eventbridge' then '-eventbridge' else '' end"
