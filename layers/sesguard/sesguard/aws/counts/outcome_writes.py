"""Writing bounces and complaints exactly once: an event's marker and its counts go into one transaction.

The marker is put on condition that there is none. So whatever comes again (a duplicate, a batch after a crash, a call
whose answer was lost) finds the marker and counts nothing, and there is no moment at which one is written without the
other: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from sesguard.aws.counts.cohorts import BOUNCES, CODES, COMPLAINTS, OUTCOMES, expiry, hour_text
from sesguard.aws.counts.volume_writes import touch
from sesguard.detection.history import HOUR
from sesguard.ses_events.observation import CountsFor

if TYPE_CHECKING:
    from sesguard.ingest.tally import Outcomes
    from sesguard.ses_events.observation import Observation

MOST_NAMES_AN_EVENT = 50
"""Receiving domains and codes of one event that are counted by name: SES allows 50 recipients
(https://docs.aws.amazon.com/ses/latest/dg/quotas.html). Whatever is beyond counts without a name."""

_MOST_MARKERS = 98  # of 100 actions in a transaction, beside the counts and the touch of a settled day
_MOST_NAMES = 120  # different ones: far from the 4 KB that an expression may have, with 12 characters a name

MOST_NAME_BYTES = 100_000
"""Length of all names that were added to an outcome item, from which on it counts without names.

That many are some 4,000 bounces of one stream's mail of one hour. An item may have 400 KB, a name of a domain 253
bytes, and one partition 1,000 write units a second, of which such an item takes 200 with each write.
"""

Names = dict[str, int]


class Chunk(NamedTuple):
    """Events of one stream and hour that are written together: identity -> the attributes that they add to."""

    outcomes: Outcomes
    adds: dict[str, Names]

    def without(self, identities: set[str]) -> Chunk:
        return Chunk(self.outcomes, {key: names for key, names in self.adds.items() if key not in identities})


def chunks(outcomes: Outcomes) -> Iterator[Chunk]:
    """Cut into transactions."""
    adds: dict[str, Names] = {}
    used: set[str] = set()
    for identity, event in outcomes.events.items():
        names = _names(event)
        used.update(names)
        if adds and (len(adds) == _MOST_MARKERS or len(used) > _MOST_NAMES):
            yield Chunk(outcomes, adds)
            adds, used = {}, set(names)
        adds[identity] = names
    if adds:
        yield Chunk(outcomes, adds)


def actions(chunk: Chunk, cohorts: str, seen: str, *, named: bool, late: bool) -> list[dict[str, Any]]:
    """The actions of the transaction: the markers in the order of ``chunk.adds``, the counts, the touch if ``late``.

    named: count by receiving domain and status code, on condition that the item has room for names.
    """
    outcomes = chunk.outcomes
    day = outcomes.hour // 24
    expires = expiry(day)
    markers = [
        {
            "Put": {
                "TableName": seen,
                "Item": {"id": {"S": identity}, "expires": expires},
                "ConditionExpression": "attribute_not_exists(id)",
            }
        }
        for identity in chunk.adds
    ]
    sums: Names = {}
    for names in chunk.adds.values():
        for name, count in names.items():
            key = name if named else _nameless(name)
            sums[key] = sums.get(key, 0) + count
    update = _update(cohorts, outcomes, sums, named=named)
    touched = [{"Update": touch(cohorts, outcomes.stream, day)}] if late else []
    return [*markers, {"Update": update}, *touched]


def _update(table: str, outcomes: Outcomes, sums: Names, *, named: bool) -> dict[str, Any]:
    names = {f"#{n}": name for n, name in enumerate(sums)}
    values = {f":{n}": {"N": str(count)} for n, count in enumerate(sums.values())}
    adds = ", ".join(f"#{n} :{n}" for n in range(len(sums)))
    update: dict[str, Any] = {
        "TableName": table,
        "Key": {"stream": {"S": str(outcomes.stream)}, "cohort": {"S": OUTCOMES + hour_text(outcomes.hour)}},
        "UpdateExpression": f"ADD {adds} SET expires = :x",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {**values, ":x": expiry(outcomes.hour // 24)},
    }
    if named:
        update["UpdateExpression"] = f"ADD {adds}, w :w SET expires = :x"
        update["ConditionExpression"] = "attribute_not_exists(w) OR w < :most"
        update["ExpressionAttributeValues"][":w"] = {"N": str(sum(map(len, sums)))}
        update["ExpressionAttributeValues"][":most"] = {"N": str(MOST_NAME_BYTES)}
    return update


def _names(event: Observation) -> Names:
    """The attributes that an event adds to, with what it adds."""
    bounce = event.counts_for is CountsFor.HARD_BOUNCE
    prefix = f"{BOUNCES if bounce else COMPLAINTS}{event.minute % HOUR:02}#"
    if not bounce:  # counts once, so for a domain only where it is the only one
        return {prefix + (event.domains[0][0] if len(event.domains) == 1 else ""): 1}
    names: Names = {}
    named = event.domains[:MOST_NAMES_AN_EVENT]
    for domain, count in named:
        names[prefix + domain] = count
    if rest := event.count - sum(count for _, count in named):
        names[prefix] = names.get(prefix, 0) + rest
    for code, count in event.codes[:MOST_NAMES_AN_EVENT]:
        names[CODES + code] = count
    return names


def _nameless(name: str) -> str:
    return name[: name.index("#") + 1]
