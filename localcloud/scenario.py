"""The scenario: six tenants of different character, and what each sends in about half a minute. Pure data.

A seventh, in `localcloud.life`, goes through a whole life beside them.

What becomes of a mail is decided by its recipient's address, see `localcloud.gaps.ses_world`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

SEED: Final = 20261121

_PROVIDERS: Final = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com")
_COMPANIES: Final = tuple(f"company-{number:02d}.example" for number in range(40))
_DEAD_DOMAIN: Final = "closed-factory.example"


@dataclass(frozen=True)
class Tenant:
    """A tenant of the platform with one stream.

    paused: whether the guard must pause it (True) or must not (False) for the run to be right.
    """

    id: str
    name: str
    configuration_set: str
    story: str
    paused: bool

    @property
    def owner(self) -> str:
        return f"owner@{self.id}.example"

    @property
    def sender(self) -> str:
        return f"{self.name} <news@{self.id}.example>"


@dataclass(frozen=True)
class Send:
    """One call of SendEmail: ``at`` seconds after the tenant may begin, to at most SES's 50 recipients."""

    at: float
    tenant: Tenant
    recipients: tuple[str, ...]


PLANET: Final = Tenant("daily-planet", "Daily Planet", "planet-news", "a healthy newsletter in blasts", False)
BAKERY: Final = Tenant("tiny-bakery", "Tiny Bakery", "bakery-orders", "13 mails, one bounces (7.7 %)", False)
FITNESS: Final = Tenant("fit-club", "Fit Club", "fit-club-mail", "one dead customer domain, 8 % bounces", False)
LEADS: Final = Tenant("lead-shop", "Lead Shop", "lead-shop-import", "imports a list, 18 % hard bounces", True)
HIJACKED: Final = Tenant("toy-store", "Toy Store", "toy-store-main", "quiet, then taken over: a burst", True)
COUPONS: Final = Tenant("coupon-club", "Coupon Club", "coupon-blast", "mails people who never asked: complaints", True)

TENANTS: Final = (LEADS, COUPONS, HIJACKED, PLANET, FITNESS, BAKERY)


def sends() -> dict[str, list[Send]]:
    """Everything that each tenant tries to send, by its id and in order of time: the same in every run."""
    chance = Random(SEED)  # noqa: S311 (a simulation's dice)
    parts = (_planet, _bakery, _fitness, _leads, _hijacked, _coupons)
    plan = [send for part in parts for send in part(chance)]
    return {tenant.id: [send for send in plan if send.tenant is tenant] for tenant in TENANTS}


def _planet(chance: Random) -> Iterator[Send]:
    for blast in (1.0, 13.0, 25.0):
        for number in range(40):
            yield Send(blast + number / 6, PLANET, _people(chance, 25, gone=0.008))


def _bakery(chance: Random) -> Iterator[Send]:
    for number in range(13):
        yield Send(1.0 + number * 2, BAKERY, _people(chance, 1, gone=1.0 if number == 4 else 0.0))


def _fitness(chance: Random) -> Iterator[Send]:
    for number in range(60):
        dead = tuple(f"gone-{number}-{seat}@{_DEAD_DOMAIN}" for seat in range(2))
        yield Send(1.0 + number / 2, FITNESS, _people(chance, 23, gone=0.004) + dead)


def _leads(chance: Random) -> Iterator[Send]:
    for number in range(160):
        yield Send(number / 4, LEADS, _people(chance, 15, gone=0.18))


def _hijacked(chance: Random) -> Iterator[Send]:
    for number in range(8):
        yield Send(1.0 + number * 2, HIJACKED, _people(chance, 3, gone=0.0))
    for number in range(80):
        yield Send(18.0 + number / 4, HIJACKED, _people(chance, 40, gone=0.3))


def _coupons(chance: Random) -> Iterator[Send]:
    for number in range(100):
        yield Send(1.0 + number * 0.3, COUPONS, _people(chance, 30, gone=0.005, angry=0.025))


def _people(chance: Random, number: int, *, gone: float, angry: float = 0.0) -> tuple[str, ...]:
    return tuple(_person(chance, seat, gone, angry) for seat in range(number))


def _person(chance: Random, seat: int, gone: float, angry: float) -> str:
    roll = chance.random()
    what = "gone-" if roll < gone else "angry-" if roll < gone + angry else ""
    domain = chance.choice(_PROVIDERS if chance.random() < 0.6 else _COMPANIES)
    return f"{what}{chance.randrange(10**6):06d}-{seat}@{domain}"
