"""The event ``Account At Risk``, see ``schemas/account-at-risk.json``. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sesguard.account.contributors import Assessment, RankedStream
from sesguard.account.identities import IdentitiesSeen
from sesguard.account.sums import KINDS, REVIEW, Lines, Sums
from sesguard.bus.events import VERSION, DetailType, Event, event_id, iso
from sesguard.detection.explain import percent
from sesguard.detection.weigh import COMPLAINTS
from sesguard.pausing.state import StreamState
from sesguard.policy import Mode
from sesguard.stream import StreamId

MOST_NAMED: Final = 20
HOURS: Final = 24


def account_at_risk(
    home: StreamId,
    state: StreamState,
    assessment: Assessment,
    kinds: Collection[str],
    lines: Lines,
    *,
    to_pause: Collection[RankedStream],
    tenants: Mapping[StreamId, str],
    unattributed: Sums,
    identities: IdentitiesSeen | None,
    mode: Mode,
    now: datetime,
) -> Event:
    """Make the event of an episode that begins in ``state``. tenants: of the contributors that are named."""
    named = [_contributor(each, tenants, to_pause) for each in assessment.contributors[:MOST_NAMED]]
    detail = {
        "version": VERSION,
        "id": event_id("account", str(home), state.incident),
        "at": iso(now),
        "account": home.account,
        "region": home.region,
        "incident": state.incident,
        "mode": mode.value,
        "hours": HOURS,
        "kinds": sorted(kinds),
        "lines": {kind: {"at_risk": lines.of(kind), "review": REVIEW[kind]} for kind in KINDS},
        "alarms": _alarms(state),
        "total": sums_fields(assessment.account),
        "going_on": sums_fields(assessment.going_on),
        "unattributed": sums_fields(unattributed),
        "contributors": named,
        "more_contributors": len(assessment.contributors) - len(named),
        "identities": _identities(identities),
    }
    return {"type": DetailType.ACCOUNT_AT_RISK.value, "detail": detail}


def sums_fields(sums: Sums) -> dict[str, Any]:
    """Sums and their rates, as fractions."""
    rates = {f"{kind[:-1]}_rate": round(sums.rate(kind), 6) for kind in KINDS}
    return {**sums._asdict(), **rates}


def sentence(sums: Sums, kinds: Collection[str], lines: Lines) -> str:
    """The account's rates in one sentence."""
    parts = [
        f"{'complaint' if kind == COMPLAINTS else 'hard bounce'} rate {percent(sums.rate(kind))} within {HOURS} h "
        f"({sums.bad(kind):,} of {sums.volume:,} mails; at risk from {percent(lines.of(kind))}, reviewed by SES from "
        f"{percent(REVIEW[kind])})"
        for kind in sorted(kinds)
    ]
    return "the account's own counts: " + " and ".join(parts)


def _alarms(state: StreamState) -> list[dict[str, Any]]:
    return [
        {"name": name, "kinds": list(alarm.kinds), "since": iso(alarm.at), "reason": alarm.reason}
        for name, alarm in sorted(state.alarms.items())
        if alarm.up
    ]


def _contributor(
    each: RankedStream, tenants: Mapping[StreamId, str], to_pause: Collection[RankedStream]
) -> dict[str, Any]:
    return {
        "configuration_set": each.stream.configuration_set or None,
        "tenant": tenants.get(each.stream, ""),
        "pausable": each.pausable,
        "pause": each in to_pause,
        "sums": sums_fields(each.sums),
        "projected": sums_fields(each.projected),
    }


def _identities(seen: IdentitiesSeen | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {
        "without_default_set": list(seen.without_default_set),
        "looked_at": seen.looked_at,
        "of": seen.of,
        "more": seen.more,
    }
