"""SES's limits for an account and region, and how tenants past them would be split over more accounts. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sesguard.tenants.model import StreamEntry, TenantEntry

# https://docs.aws.amazon.com/ses/latest/dg/quotas.html (read 2026-11-21). SES tenants may be raised on request.
SETS: Final = "configuration sets"
IDENTITIES: Final = "identities"
SES_TENANTS: Final = "SES tenants"
MOST: Final[Mapping[str, int]] = {SETS: 10_000, IDENTITIES: 10_000, SES_TENANTS: 10_000}
MAILS: Final = "mails a day"
"""The account's own quota of 24 hours, which SES says: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas.html"""
ADJUSTABLE: Final = frozenset({SES_TENANTS, MAILS})
MOST_POOLS: Final = 50
GUARDS_OWN: Final = 1
"""Configuration sets that a guard needs for its own mail in each account and region that it is deployed in."""


class Home(NamedTuple):
    """An account and region."""

    account: str
    region: str


class QuotaGroup(NamedTuple):
    """Tenants for one more account, and how many configuration sets they have there."""

    tenants: tuple[str, ...]
    sets: int


@dataclass(frozen=True, slots=True)
class Over:
    """``needs`` of ``what`` are more than ``most`` in ``home``. groups: whole tenants, each group for one more account.

    There are none where the quota can be raised. too_large: tenants that fit into no account, whatever is done.
    """

    home: Home
    what: str
    needs: int
    most: int
    groups: tuple[QuotaGroup, ...] = ()
    too_large: tuple[str, ...] = ()


@dataclass(slots=True)
class _Share:
    """What one tenant needs in one account and region."""

    tenant: str
    new: bool
    needs: Counter[str] = field(default_factory=Counter)


def needs_of(streams: Iterable[StreamEntry]) -> Counter[str]:
    """What a tenant's streams of one account and region take of SES's limits there."""
    entries = list(streams)
    needs = Counter({SETS: len(entries), IDENTITIES: sum(len(each.identities) for each in entries)})
    needs[SES_TENANTS] = len({each.ses_tenant for each in entries if each.ses_tenant})
    return needs


def fits(used: Mapping[str, float], needs: Mapping[str, float], room: Mapping[str, float]) -> bool:
    """Whether ``needs`` find room beside what is used."""
    return all(used.get(what, 0) + needs.get(what, 0) <= most for what, most in room.items())


def over_quota(
    tenants: Iterable[TenantEntry],
    existing: Mapping[Home, frozenset[str]],
    registered: frozenset[str],
) -> list[Over]:
    """Compare what all tenants need with SES's limits.

    existing: the configuration sets of an account and region that stay, as far as they are known. registered: tenants
    that are onboarded already, which are moved last.
    """
    shares: dict[Home, dict[str, _Share]] = {}
    named: dict[Home, set[str]] = {}
    for tenant in tenants:
        entries: dict[Home, list[StreamEntry]] = {}
        for entry in tenant.streams:
            entries.setdefault(Home(entry.account, entry.region), []).append(entry)
        for home, each in entries.items():
            share = _Share(tenant.id, tenant.id not in registered, needs_of(each))
            shares.setdefault(home, {})[tenant.id] = share
            named.setdefault(home, set()).update(entry.configuration_set for entry in each)
    found: list[Over] = []
    for home, of_home in sorted(shares.items()):
        foreign = len(existing.get(home, frozenset()) - named[home]) if home in existing else GUARDS_OWN
        found += _over(home, list(of_home.values()), Counter({SETS: foreign}))
    return found


def daily_mails(tenants: Iterable[TenantEntry], home: Home) -> int:
    """Add up the mails that the streams of an account and region are expected to send a day."""
    streams = (entry for tenant in tenants for entry in tenant.streams)
    return sum(entry.daily_mails for entry in streams if (entry.account, entry.region) == home)


def over_mails(needs: int, most: float, home: Home) -> list[Over]:
    """Compare the mails of a day with SES's quota. most: below 0 for no limit."""
    return [Over(home, MAILS, needs, int(most))] if 0 <= most < needs else []


def _over(home: Home, shares: list[_Share], foreign: Counter[str]) -> list[Over]:
    total = sum((share.needs for share in shares), start=Counter(foreign))
    exceeded = [what for what in MOST if total[what] > MOST[what]]
    hard = [what for what in exceeded if what not in ADJUSTABLE]
    if not hard:
        return [Over(home, what, total[what], MOST[what]) for what in exceeded]
    groups, too_large = _split(shares, total)
    return [Over(home, what, total[what], MOST[what], groups, too_large) for what in exceeded]


def _split(shares: Sequence[_Share], total: Counter[str]) -> tuple[tuple[QuotaGroup, ...], tuple[str, ...]]:
    """Whole tenants that move, and into how many accounts. What fits into no account is named and stays."""
    room = {what: most - (GUARDS_OWN if what == SETS else 0) for what, most in MOST.items()}
    too_large = {share.tenant for share in shares if any(share.needs[what] > room[what] for what in room)}
    moving: dict[str, _Share] = {}
    for what in (what for what in MOST if what not in ADJUSTABLE):
        staying = [share for share in shares if share.tenant not in too_large and share.tenant not in moving]
        moved = sum(share.needs[what] for share in moving.values())
        for share in _fewest(staying, what, total[what] - moved - MOST[what]):
            moving[share.tenant] = share
    return tuple(_packed(moving.values(), room)), tuple(sorted(too_large))


def _fewest(shares: Iterable[_Share], what: str, excess: int) -> list[_Share]:
    """As few as make up for the excess, and of these the smallest; those that are new before any that is onboarded."""
    chosen: list[_Share] = []
    for new in (True, False):
        some = sorted(
            (share for share in shares if share.new is new), key=lambda share: (share.needs[what], share.tenant)
        )
        while excess > 0 and some and some[-1].needs[what]:
            enough = bisect_left(some, excess, key=lambda share: share.needs[what])
            share = some.pop(min(enough, len(some) - 1))
            chosen.append(share)
            excess -= share.needs[what]
    return chosen


def _packed(shares: Iterable[_Share], room: Mapping[str, int]) -> list[QuotaGroup]:
    """Each into the first account in which it finds room, the largest first."""
    accounts: list[tuple[Counter[str], list[str]]] = []
    for share in sorted(shares, key=lambda share: (-share.needs[SETS], share.tenant)):
        for used, tenants in accounts:
            if fits(used, share.needs, room):
                used.update(share.needs)
                tenants.append(share.tenant)
                break
        else:
            accounts.append((Counter(share.needs), [share.tenant]))
    return [QuotaGroup(tuple(sorted(tenants)), used[SETS]) for used, tenants in accounts]
