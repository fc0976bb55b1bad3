"""Write notices: each function makes one NoticeText of one piece of news. Pure; whatever the news holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sesguard.bus.details import AccountAtRisk, DomainPosture, Transition
from sesguard.bus.events import OperatorNotice
from sesguard.notices.account_view import of_account
from sesguard.notices.domain_view import of_domain
from sesguard.notices.message import NoticeText
from sesguard.notices.view import of_digest, of_guard, of_operator, of_owner
from sesguard.notices.wording import Wording


def for_owner(news: Transition, tenant_name: str, wording: Wording, link: str = "") -> NoticeText:
    """Write to the owner of the stream. tenant_name: "" for its id. link: of the acknowledgement page, or ""."""
    return wording.write(of_owner(news, tenant_name, wording.brand, link))


def for_operator(news: Transition, told: str, wording: Wording) -> NoticeText:
    """Write to the operator. ``told`` says who of the tenant is told."""
    return wording.write(of_operator(news, told, wording.brand))


def from_guard(
    news: OperatorNotice, wording: Wording, tenant_name: str = "", told: str = "", *, owner: bool = False
) -> NoticeText:
    """Write what the guard itself has to say, to the operator or to an owner, as :func:`about_domain` does."""
    return wording.write(of_guard(news, tenant_name, wording.brand, "owner" if owner else "operator", told))


def about_account(news: AccountAtRisk, wording: Wording) -> NoticeText:
    """Write to the operator that an account nears the rates at which SES reviews it."""
    return wording.write(of_account(news, wording.brand))


def about_domain(news: DomainPosture, tenant_name: str, told: str, wording: Wording, *, owner: bool) -> NoticeText:
    """Write to the owner of a domain, or to the operator. ``told`` says to the operator who of the tenant is told."""
    return wording.write(of_domain(news, tenant_name, wording.brand, "owner" if owner else "operator", told))


def digest(transitions: Sequence[Transition], wording: Wording, since: datetime) -> NoticeText:
    """Write to the operator of many transitions at once; the first came at ``since``."""
    return wording.write(of_digest(transitions, wording.brand, since))
