"""The event ``Account At Risk``, see ``schemas/account-at-risk.json``. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sesguard.account.contributors import Assessment, RankedStream
from sesguard.account.identities import IdentitiesSeen
from sesguard.account.sums import KINDS, REVIEW, Lines, Sums
from sesguard.bus.details import AccountAtRisk, AccountContributor, AccountTotals, AlarmUp, AtRisk, IdentitiesLookedAt
from sesguard.bus.events import DetailType, Event, event_id, event_of
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.detection.figures import percent
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
    detail = AccountAtRisk(
        id=event_id("account", str(home), state.incident),
        at=now,
        account=home.account,
        region=home.region,
        incident=state.incident,
        mode=mode.value,
        hours=HOURS,
        kinds=tuple(sorted(kinds)),
        lines={kind: AtRisk(at_risk=lines.of(kind), review=REVIEW[kind]) for kind in KINDS},
        alarms=_alarms(state),
        total=_totals(assessment.account),
        going_on=_totals(assessment.going_on),
        unattributed=_totals(unattributed),
        contributors=tuple(named),
        more_contributors=len(assessment.contributors) - len(named),
        identities=IdentitiesLookedAt(*identities) if identities else None,
    )
    return event_of(DetailType.ACCOUNT_AT_RISK, detail)


def _totals(sums: Sums) -> AccountTotals:
    """Sums and their rates, as fractions."""
    return AccountTotals(
        volume=sums.volume,
        bounces=sums.bounces,
        complaints=sums.complaints,
        bounce_rate=round(sums.rate(BOUNCES), 6),
        complaint_rate=round(sums.rate(COMPLAINTS), 6),
        unreported=sums.unreported,
    )


def sentence(sums: Sums, kinds: Collection[str], lines: Lines) -> str:
    """The account's rates in one sentence."""
    parts = [
        f"{'complaint' if kind == COMPLAINTS else 'hard bounce'} rate {percent(sums.rate(kind))} within {HOURS} h "
        f"({sums.bad(kind):,} of {sums.volume:,} mails; at risk from {percent(lines.of(kind))}, reviewed by SES from "
        f"{percent(REVIEW[kind])})"
        for kind in sorted(kinds)
    ]
    return "the account's own counts: " + " and ".join(parts)


def _alarms(state: StreamState) -> tuple[AlarmUp, ...]:
    return tuple(
        AlarmUp(name, tuple(alarm.kinds), alarm.at, alarm.reason)
        for name, alarm in sorted(state.alarms.items())
        if alarm.up
    )


def _contributor(
    each: RankedStream, tenants: Mapping[StreamId, str], to_pause: Collection[RankedStream]
) -> AccountContributor:
    return AccountContributor(
        configuration_set=each.stream.configuration_set or None,
        tenant=tenants.get(each.stream, ""),
        pausable=each.pausable,
        pause=each in to_pause,
        sums=_totals(each.sums),
        projected=_totals(each.projected),
    )
