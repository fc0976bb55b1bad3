"""Write notices: each function makes one NoticeText of one piece of news. Pure; whatever the news holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sesguard.bus.details import AccountAtRisk, DomainPosture, Transition
from sesguard.bus.events import OperatorNotice
from sesguard.notices.account_view import of_account
from sesguard.notices.brand import Brand
from sesguard.notices.message import NoticeText, Tone
from sesguard.notices.outside import Outside, UnbrokenText
from sesguard.notices.states import NoticeState
from sesguard.notices.variables import DnsRecord, DomainProblem, OfDomain, TenantNamed
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


_NAME, _DOMAIN, _LINE, _ZONE_LINE = 64, 300, 600, 900
_TONES: Final[dict[str, Tone]] = {"better": "good", "ready": "good", "refused": "bad"}


def of_domain(news: DomainPosture, tenant_name: str, brand: Brand, audience: str, told: str = "") -> OfDomain:
    """What the notice of a domain knows. tenant_name: "" for its id."""
    return OfDomain(
        state=NoticeState.DOMAIN,
        tone=_TONES.get(news.occasion, "warn"),
        audience=audience,
        at=news.at,
        brand=brand,
        domain=UnbrokenText.of(news.domain, _DOMAIN),
        tenant=TenantNamed(UnbrokenText.of(news.tenant, _NAME), UnbrokenText.of(tenant_name or news.tenant, _NAME)),
        occasion=UnbrokenText.of(news.occasion, _NAME),
        lines=tuple(Outside.of(line, _LINE) for line in news.lines),
        problems=tuple(
            DomainProblem(UnbrokenText.of(it.code, _NAME), Outside.of(it.says, _LINE), Outside.of(it.do, _LINE))
            for it in news.findings
        ),
        todo=tuple(Outside.of(line, _LINE) for line in news.todo),
        records=tuple(
            DnsRecord(
                UnbrokenText.of(it.name, _DOMAIN),
                UnbrokenText.of(it.type, 10),
                Outside.of(it.value, _LINE),
                Outside.of(it.line, _ZONE_LINE),
            )
            for it in news.records
        ),
        streams=tuple(UnbrokenText.of(name, _NAME) for name in news.configuration_sets),
        told=Outside.of(told, _LINE),
    )
