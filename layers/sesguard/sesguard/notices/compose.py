"""Write notices: each function makes one Message of one piece of news. Pure; never raises for what the news holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sesguard.notices.account_view import of_account
from sesguard.notices.message import Message
from sesguard.notices.news import AccountAtRisk, OperatorNotice, Transition
from sesguard.notices.view import of_digest, of_guard, of_operator, of_owner
from sesguard.notices.wording import Wording
from sesguard.ports.telling import Tenant


def for_owner(news: Transition, tenant: Tenant, wording: Wording, link: str = "") -> Message:
    """Write to the owner of the stream. ``link``: the acknowledgement page's URL, "" for none."""
    return wording.write(of_owner(news, tenant, wording.brand, link))


def for_operator(news: Transition, told: str, wording: Wording) -> Message:
    """Write to the operator. ``told`` says who of the tenant is told."""
    return wording.write(of_operator(news, told, wording.brand))


def from_guard(news: OperatorNotice, wording: Wording) -> Message:
    """Write to the operator what the guard itself has to say."""
    return wording.write(of_guard(news, wording.brand))


def about_account(news: AccountAtRisk, wording: Wording) -> Message:
    """Write to the operator that an account nears the rates at which SES reviews it."""
    return wording.write(of_account(news, wording.brand))


def digest(transitions: Sequence[Transition], wording: Wording, since: datetime) -> Message:
    """Write to the operator of many transitions at once; the first came at ``since``."""
    return wording.write(of_digest(transitions, wording.brand, since))
