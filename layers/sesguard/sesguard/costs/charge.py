"""What SES charges an account and region for a month's mail: à la carte, or by the plan that was chosen for it.

https://aws.amazon.com/ses/pricing/, https://docs.aws.amazon.com/ses/latest/dg/pricing-plans.html. By recipients alone:
what SES charges for attachments, dedicated addresses and everything else cannot be told from counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from sesguard.costs.prices import Prices


class SesPlan(StrEnum):
    A_LA_CARTE = "alacarte"
    ESSENTIALS = "essentials"
    PRO = "pro"
    ENTERPRISE = "enterprise"


_TIERS: Final = ((10_000_000, ""), (100_000_000, "_10m"), (None, "_100m"))
"""Of the plans: up to so many recipients a month the price of that suffix, then the next; by the price list."""

_FEES: Final = {SesPlan.PRO: "ses_pro_fee", SesPlan.ENTERPRISE: "ses_enterprise_fee"}
_INCLUDED_TENANTS: Final = {SesPlan.ENTERPRISE: 1_000}


class Charge(NamedTuple):
    """Dollars of a month: by recipients, for SES tenants, and the plan's fee, which is nobody's."""

    mail: float
    tenants: float
    fee: float

    @property
    def total(self) -> float:
        return self.mail + self.tenants + self.fee


def charge(plan: SesPlan, recipients: float, tenants: int, prices: Prices) -> Charge:
    """What SES charges under ``plan`` for so many recipients and SES tenants of one account and region."""
    mail = sum(prices.price[name].of(count) for name, count in _by_tier(plan, recipients))
    billed = max(0, tenants - _INCLUDED_TENANTS.get(plan, 0))
    fee = prices.price[_FEES[plan]].of(1) if plan in _FEES else 0.0
    return Charge(mail, prices.price["ses_tenant"].of(billed), fee)


def _by_tier(plan: SesPlan, recipients: float) -> Iterator[tuple[str, float]]:
    """The name of a price, and for how many recipients it holds."""
    if plan is SesPlan.A_LA_CARTE:
        yield "ses", recipients
        return
    below = 0.0
    for most, suffix in _TIERS:
        up_to = recipients if most is None else min(recipients, most)
        if up_to > below:
            yield f"ses_{plan.value}{suffix}", up_to - below
            below = up_to
