"""What templates know of a domain. Pure; what is said quotes DNS, which anybody writes."""

from __future__ import annotations

from typing import Final

from sesguard.bus.details import DomainPosture
from sesguard.notices.brand import Brand
from sesguard.notices.message import Tone
from sesguard.notices.outside import Outside, UnbrokenText
from sesguard.notices.states import NoticeState
from sesguard.notices.variables import DnsRecord, DomainProblem, OfDomain, TenantNamed

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
