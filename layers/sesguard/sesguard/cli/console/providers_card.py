"""The card of the account page with each mailbox provider's rates, as SES's Virtual Deliverability Manager has them."""

from __future__ import annotations

from typing import Final

from sesguard.account.sums import REVIEW
from sesguard.cli.console.parts import Cell, card, table, tag
from sesguard.costs.prices import list_prices
from sesguard.detection.evidence import BOUNCES, COMPLAINTS
from sesguard.detection.figures import percent
from sesguard.fleet.account_page import AccountPage
from sesguard.fleet.provider_rates import ProviderMail

_NUMBERS: Final = ("mails", "delivered", "hard bounces", "soft bounces", "complaints")
_HOW_COUNTED: Final = (
    "The last {days} full days, as VDM counts: mail to one recipient each, without the account's suppression list; "
    "complaints are of what was delivered where SES has a feedback loop. So the numbers are not the guard's."
)
_OFF: Final = (
    "VDM (Virtual Deliverability Manager) is off, so SES does not say how each mailbox provider takes your mail. "
    "Turned on, it shows here what Gmail, Yahoo and others took, bounced and complained about, and a block by one of "
    "them that is lost in the rates of the whole account."
)


def providers_card(found: AccountPage) -> None:
    with card("By mailbox provider"):
        if found.standing is None:
            tag("div", "Not known.", "faint")
        elif not found.standing.vdm:
            tag("p", _OFF, "faint")
            tag("p", _what_it_costs(found), "faint")
        elif found.providers is not None:
            table(("provider", *_NUMBERS), [_row(it) for it in found.providers.rows], right=_NUMBERS)
            tag("p", _HOW_COUNTED.format(days=found.providers.days), "faint")


def _what_it_costs(found: AccountPage) -> str:
    to_turn_on = "To turn it on: aws sesv2 put-account-vdm-attributes --vdm-attributes VdmEnabled=ENABLED"
    plan = found.standing.plan if found.standing is not None else ""
    if plan not in ("", "NONE"):
        return f"It is part of the account's plan. {to_turn_on}"
    price = list_prices().price["ses_vdm"]
    mails = sum(day.sums.volume for day in found.days)
    sent = f": ${price.of(mails):,.2f} for the {mails:,} mails of the last 30 days" if mails else ""
    return f"It is part of SES's plans, and costs ${price.dollars:.2f} a thousand mails à la carte{sent}. {to_turn_on}"


def _row(it: ProviderMail) -> tuple[Cell, ...]:
    return (
        it.provider,
        f"{it.sent:,}" if it.sent is not None else "?",
        _rate(it.share(it.delivered)),
        _rate(it.share(it.bounces), REVIEW[BOUNCES]),
        _rate(it.share(it.soft_bounces)),
        _rate(it.complaint_rate, REVIEW[COMPLAINTS], unknown="none come back" if it.with_loop == 0 else "?"),
    )


def _rate(rate: float | None, review: float | None = None, *, unknown: str = "?") -> Cell:
    """A rate; marked from the line at which SES reviews an account."""
    if rate is None:
        return unknown
    return percent(rate), "bad" if review is not None and rate >= review else ""
