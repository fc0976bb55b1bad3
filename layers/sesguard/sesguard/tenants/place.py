"""Proposing an account for each new tenant: by room under SES's quotas, by volume, away from those it could harm. Pure.

SES judges an account as a whole, so who shares one shares its reputation. New and risky tenants are kept from those
with a clean record as far as there is room; what is placed stays where it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

import msgspec

from sesguard.tenants.model import TenantEntry
from sesguard.tenants.quotas import GUARDS_OWN, IDENTITIES, MOST, SETS, Home, fits, needs_of

DAILY: Final = "mails a day"
QUOTA_USED: Final = 0.8
"""Of a daily quota: SES refuses what is past it, and a tenant may send more one day than on most."""


class SendingRecord(StrEnum):
    """What is known of a tenant's mail so far."""

    CLEAN = "clean"
    NEW = "new"
    RISKY = "risky"


class Traits(NamedTuple):
    """A tenant's mails a day at most, and its record."""

    daily_mails: int = 0
    record: SendingRecord = SendingRecord.NEW


class Candidate(NamedTuple):
    """An account and region to place tenants in.

    daily_quota: recipients that SES lets it send a day. sets, identities: those in use by nobody of the file.
    meant_for: clean, or new for those that are new or risky; None where it takes any.
    """

    home: Home
    daily_quota: int
    sets: int = GUARDS_OWN
    identities: int = 0
    meant_for: SendingRecord | None = None


class Placement(NamedTuple):
    """Where a tenant goes, and why; ``home`` is None where it fits nowhere."""

    tenant: str
    home: Home | None
    why: str


@dataclass(slots=True)
class _Account:
    place: Candidate
    room: dict[str, float]
    used: Counter[str]
    mails: Counter[SendingRecord] = field(default_factory=Counter)
    tenants: Counter[SendingRecord] = field(default_factory=Counter)

    def take(self, needs: Mapping[str, int], traits: Traits) -> None:
        self.used.update(needs)
        self.tenants[traits.record] += 1
        self.mails[traits.record] += traits.daily_mails

    def left(self, what: str) -> float:
        """The share of its room that is left."""
        return 1 - self.used[what] / self.room[what] if self.room[what] > 0 else 0.0


def place(
    tenants: Sequence[TenantEntry],
    unplaced: Home,
    places: Iterable[Candidate],
    traits: Mapping[str, Traits],
) -> tuple[list[TenantEntry], list[Placement]]:
    """Place tenants whose streams are at ``unplaced``; give all as they then are, and a placement for each new one.

    Whole tenants go to one account, those with most mail first, so that the small fill what is left. A tenant that is
    partly placed keeps its place for the rest.
    """
    accounts = {each.home: _account(each) for each in places}
    for tenant in tenants:
        for home in {Home(each.account, each.region) for each in tenant.streams} - {unplaced}:
            if home in accounts:
                accounts[home].take(_needs(tenant, home, traits), traits.get(tenant.id, Traits()))
    placements: dict[str, Placement] = {}
    waiting = [tenant for tenant in tenants if any(_is_at(each, unplaced) for each in tenant.streams)]
    for tenant in sorted(waiting, key=lambda it: (-traits.get(it.id, Traits()).daily_mails, it.id)):
        placements[tenant.id] = _place_one(tenant, unplaced, accounts, traits)
    return [_moved(tenant, unplaced, placements) for tenant in tenants], [placements[key] for key in sorted(placements)]


def _account(place: Candidate) -> _Account:
    room: dict[str, float] = {**MOST, DAILY: place.daily_quota * QUOTA_USED}
    return _Account(place, room, Counter({SETS: place.sets, IDENTITIES: place.identities}))


def _needs(tenant: TenantEntry, home: Home, traits: Mapping[str, Traits]) -> Counter[str]:
    needs = needs_of(each for each in tenant.streams if _is_at(each, home))
    needs[DAILY] = traits.get(tenant.id, Traits()).daily_mails
    return needs


def _is_at(entry: object, home: Home) -> bool:
    return (getattr(entry, "account", None), getattr(entry, "region", None)) == tuple(home)


def _place_one(
    tenant: TenantEntry, unplaced: Home, accounts: Mapping[Home, _Account], traits: Mapping[str, Traits]
) -> Placement:
    its = traits.get(tenant.id, Traits())
    needs = _needs(tenant, unplaced, traits)
    already = {Home(each.account, each.region) for each in tenant.streams} - {unplaced}
    if already:
        return Placement(tenant.id, min(already), "its other streams are there")
    fitting = [account for account in accounts.values() if fits(account.used, needs, account.room)]
    if not fitting:
        return Placement(tenant.id, None, _lacks(needs, accounts.values()))
    chosen = min(fitting, key=lambda account: _rank(account, its))
    why = _why(chosen, its, len(fitting), len(accounts))
    chosen.take(needs, its)
    return Placement(tenant.id, chosen.place.home, why)


def _rank(account: _Account, its: Traits) -> tuple[float, float, float, Home]:
    """The lower the better: whom the account is meant for, who is there, how full it is."""
    meant = account.place.meant_for
    clean = its.record is SendingRecord.CLEAN
    unmeant = 0.0 if meant is None or (meant is SendingRecord.CLEAN) == clean else 1.0
    if meant is not None and not unmeant:
        unmeant = -1.0
    there = sum(account.tenants.values())
    others = account.tenants[SendingRecord.CLEAN] if not clean else there - account.tenants[SendingRecord.CLEAN]
    fullness = 1 - min(account.left(DAILY), account.left(SETS))
    return unmeant, others / there if there else 0.0, fullness, account.place.home


def _why(account: _Account, its: Traits, fitting: int, among: int) -> str:
    parts = [f"{its.record.value} record, {its.daily_mails:,} mails a day"]
    clean = account.tenants[SendingRecord.CLEAN]
    others = sum(account.tenants.values()) - clean
    if its.record is SendingRecord.CLEAN:
        parts.append(f"beside {clean:,} clean tenants and {others:,} others")
    else:
        parts.append(
            "away from tenants with a clean record" if not clean else f"beside {clean:,} clean tenants, as elsewhere"
        )
    if account.place.meant_for is not None:
        parts.append(f"the account is meant for {account.place.meant_for.value} ones")
    if fitting < among:
        parts.append(f"{fitting:,} of {among:,} accounts have room")
    parts.append(
        f"{account.left(DAILY):.0%} of its quota and {account.room[SETS] - account.used[SETS]:,.0f} sets were left"
    )
    return "; ".join(parts)


def _lacks(needs: Mapping[str, int], accounts: Iterable[_Account]) -> str:
    """What no account has enough of."""
    known = list(accounts)
    short = []
    for what in (*MOST, DAILY):
        left = max((max(0.0, each.room[what] - each.used[what]) for each in known), default=0.0)
        if needs.get(what, 0) > left:
            short.append(f"{what} ({needs[what]:,} needed, {left:,.0f} left)")
    return "fits into no account: " + (", ".join(short) or "each lacks something else") + "; add one"


def _moved(tenant: TenantEntry, unplaced: Home, placements: Mapping[str, Placement]) -> TenantEntry:
    found = placements.get(tenant.id)
    if found is None or found.home is None:
        return tenant
    account, region = found.home
    streams = tuple(
        msgspec.structs.replace(each, account=account, region=region) if _is_at(each, unplaced) else each
        for each in tenant.streams
    )
    return msgspec.structs.replace(tenant, streams=tuple(sorted(streams, key=lambda entry: entry.stream)))
