"""Writing bounces and complaints exactly once: an event's marker and its counts go into one transaction.

The marker is put on condition that there is none. So whatever comes again (a duplicate, a batch after a crash, a call
whose answer was lost) finds the marker and counts nothing, and there is no moment at which one is written without the
other: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from sesguard.aws.counts.cohorts import (
    AT_OWN_DOMAINS,
    BOUNCES,
    CODES,
    COMPLAINTS,
    FROM_ANOTHERS_IDENTITY,
    NAMED,
    OUTCOMES,
    expiry,
    hour_text,
    touched,
)
from sesguard.aws.counts.volume_writes import touch
from sesguard.detection.rows import HOUR
from sesguard.detection.sample import SLOT
from sesguard.ingest.tally import Outcomes
from sesguard.ses_events.observation import CountsFor, Observation

MOST_NAMES_AN_EVENT = 50
"""Receiving domains and codes of one event that are counted by name: SES allows 50 recipients
(https://docs.aws.amazon.com/ses/latest/dg/quotas.html). Whatever is beyond counts without a name."""

# Of 100 actions in a transaction, beside the counts, the names of six slots, what is touched and what is taken back.
_MOST_MARKERS = 90
_MOST_NAMES = 120  # different ones: far from the 4 KB that an expression may have, with 12 characters a name

MOST_NAME_BYTES = 20_000
"""Length of all names that were added to the item of a slot, from which on it takes no more.

That many are some 800 bounces of one stream's mail of ten minutes. An item may have 400 KB, a name of a domain 253
bytes, and one partition 1,000 write units a second, of which such an item takes 40 with each write.
"""

MOST_BESIDE = 2
"""Events of a stream and hour that a process writes with their names beside the counts, before it writes names apart.

That many are all that most streams have, and one item is a third less to write than two. Of large streams the hour's
item stays under one write unit: it takes so many of each of ingest's ten processes.
"""
_LONGEST_BESIDE = 64  # bytes of names of such an event

Names = dict[str, int]


class Tables(NamedTuple):
    cohorts: str
    seen: str


class Adds(NamedTuple):
    """What an event adds: to the attributes of its hour, and by slot to those of its names.

    both: to those of its hour alone, counts and names in one; None where that cannot be.
    """

    totals: Names
    names: dict[int, Names]
    both: Names | None = None


class Chunk(NamedTuple):
    """Events of one stream and hour that are written together: identity -> what they add.

    moved: those that were counted as mail without a configuration set before, because somebody told of them without.
    beside: their names go beside their counts.
    """

    outcomes: Outcomes
    adds: dict[str, Adds]
    moved: frozenset[str] = frozenset()
    beside: bool = False

    def without(self, identities: set[str]) -> Chunk:
        return self._replace(adds={key: adds for key, adds in self.adds.items() if key not in identities})

    def moving(self, identities: set[str]) -> Chunk:
        return self._replace(moved=self.moved | identities)


def chunks(outcomes: Outcomes, *, beside: bool = False) -> Iterator[Chunk]:
    """Cut into transactions. beside: names are to go beside the counts, if they are few."""
    adds: dict[str, Adds] = {}
    used: set[tuple[int, str]] = set()
    few = beside and len(outcomes.events) <= MOST_BESIDE
    every = {identity: _adds(event, beside=few) for identity, event in outcomes.events.items()}
    if few and all(added.both is not None for added in every.values()):
        yield Chunk(outcomes, every, beside=True)
        return
    for identity, added in every.items():
        names = {(slot, name) for slot, names in added.names.items() for name in names}
        used |= names
        if adds and (len(adds) == _MOST_MARKERS or len(used) > _MOST_NAMES):
            yield Chunk(outcomes, adds)
            adds, used = {}, names
        adds[identity] = added
    if adds:
        yield Chunk(outcomes, adds)


def actions(chunk: Chunk, tables: Tables, *, named: bool, minute: int) -> list[dict[str, Any]]:
    """The actions of the transaction: the markers in the order of ``chunk.adds``, then what is counted.

    named: count names too, on condition that their items have room. minute: by the writer's clock, epoch minute.
    """
    outcomes = chunk.outcomes
    stream, hour = outcomes.stream, outcomes.hour
    markers = [_marker(tables.seen, identity, chunk) for identity in chunk.adds]
    counted = [_update(tables.cohorts, str(stream), OUTCOMES + hour_text(hour), _sum(chunk, chunk.adds), hour)]
    if named and not chunk.beside:
        counted += [_naming(tables.cohorts, chunk, slot) for slot in _slots(chunk)]
    counted += [{"Update": touch(tables.cohorts, stream, key, hour // 24)} for key in touched(hour, minute)]
    if moved := [identity for identity in chunk.adds if identity in chunk.moved]:
        home = str(stream._replace(configuration_set=""))
        back = {name: -count for name, count in _sum(chunk, moved).items()}
        counted.append(_update(tables.cohorts, home, OUTCOMES + hour_text(hour), back, hour))
    return [*markers, *counted]


def _marker(table: str, identity: str, chunk: Chunk) -> dict[str, Any]:
    """Put the marker of an event, with the set that it is counted for, unless it has been counted."""
    name = chunk.outcomes.stream.configuration_set
    put: dict[str, Any] = {
        "TableName": table,
        "Item": {"id": {"S": identity}, "set": {"S": name}, "expires": expiry(chunk.outcomes.hour // 24)},
        "ConditionExpression": "attribute_not_exists(id)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    if identity in chunk.moved:
        put |= {
            "ConditionExpression": "#set = :none",
            "ExpressionAttributeNames": {"#set": "set"},
            "ExpressionAttributeValues": {":none": {"S": ""}},
        }
    return {"Put": put}


def _sum(chunk: Chunk, identities: Iterable[str]) -> Names:
    sums: Names = {}
    for identity in identities:
        added = chunk.adds[identity]
        both = added.both if chunk.beside else None
        for name, count in (added.totals if both is None else both).items():
            sums[name] = sums.get(name, 0) + count
    return sums


def _slots(chunk: Chunk) -> list[int]:
    return sorted({slot for adds in chunk.adds.values() for slot in adds.names})


def _naming(table: str, chunk: Chunk, slot: int) -> dict[str, Any]:
    """Add the names of one slot, on condition that its item has room."""
    sums: Names = {}
    for adds in chunk.adds.values():
        for name, count in adds.names.get(slot, {}).items():
            sums[name] = sums.get(name, 0) + count
    outcomes = chunk.outcomes
    update = _update(
        table, str(outcomes.stream), names_key(outcomes.hour, slot), {**sums, "w": sum(map(len, sums))}, outcomes.hour
    )
    update["Update"]["ConditionExpression"] = "attribute_not_exists(w) OR w < :most"
    update["Update"]["ExpressionAttributeValues"][":most"] = {"N": str(MOST_NAME_BYTES)}
    return update


def names_key(hour: int, slot: int) -> str:
    """The sort key of the names of an epoch hour's slot."""
    return f"{NAMED}{hour_text(hour)}:{slot}"


def _update(table: str, stream: str, key: str, sums: Names, hour: int) -> dict[str, Any]:
    expression, names, values = _adding(len(sums))
    counts = {value: {"N": str(count)} for value, count in zip(values, sums.values(), strict=True)}
    return {
        "Update": {
            "TableName": table,
            "Key": {"stream": {"S": stream}, "cohort": {"S": key}},
            "UpdateExpression": expression,
            "ExpressionAttributeNames": dict(zip(names, sums, strict=True)),
            "ExpressionAttributeValues": {**counts, ":x": expiry(hour // 24)},
        }
    }


@cache
def _adding(count: int) -> tuple[str, list[str], list[str]]:
    """The expression that adds to so many attributes, and the placeholders of their names and of what is added."""
    names, values = [f"#{n}" for n in range(count)], [f":{n}" for n in range(count)]
    adds = ", ".join(map(" ".join, zip(names, values, strict=True)))
    return f"ADD {adds} SET expires = :x", names, values


def _adds(event: Observation, *, beside: bool) -> Adds:
    """What an event adds. beside: say what it adds with its names beside its counts, where that can be."""
    totals, names = _totals(event), _names(event)
    if not beside:
        return Adds(totals, names)
    if not names:
        return Adds(totals, names, totals)
    ((_, named),) = names.items()
    if sum(map(len, named)) > _LONGEST_BESIDE:
        return Adds(totals, names)
    kinds = BOUNCES, COMPLAINTS
    counted = sum(count for name, count in named.items() if name[0] in kinds)
    if counted != sum(count for name, count in totals.items() if name[0] in kinds):
        return Adds(totals, names)  # some have no name
    aside = {name: count for name, count in totals.items() if name[0] not in kinds}
    return Adds(totals, names, {**named, **aside})


def _totals(event: Observation) -> Names:
    """The attributes of its hour that an event adds to, with what it adds."""
    minute = f"{event.minute % HOUR:02}#"
    if event.foreign:
        return {FROM_ANOTHERS_IDENTITY + minute: event.count + event.at_own_domains}
    kind = BOUNCES if event.counts_for is CountsFor.HARD_BOUNCE else COMPLAINTS
    sums = {kind + minute: event.count, AT_OWN_DOMAINS + minute: event.at_own_domains}
    return {name: count for name, count in sums.items() if count}


def _names(event: Observation) -> dict[int, Names]:
    """The names that an event adds to, by slot."""
    names: Names = {}
    minute = event.minute % HOUR
    if event.foreign:
        return {}
    if event.counts_for is CountsFor.HARD_BOUNCE:
        for domain, count in event.domains[:MOST_NAMES_AN_EVENT]:
            names[f"{BOUNCES}{minute:02}#{domain}"] = count
        for code, count in event.codes[:MOST_NAMES_AN_EVENT]:
            names[CODES + code] = count
    elif len(event.domains) == 1 and event.domains[0][0]:  # counts once, so for a domain where it is the only one
        names[f"{COMPLAINTS}{minute:02}#{event.domains[0][0]}"] = 1
    return {minute // SLOT: names} if names else {}
