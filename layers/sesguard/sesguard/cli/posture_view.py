"""What ``sesguard posture`` shows. It quotes DNS, which anybody writes, so all of it goes through ``plain``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from sesguard.cli.screen import counted, plain, table, wrapped
from sesguard.cli.screen import facts as under_each_other
from sesguard.posture.assess import DomainAssessment
from sesguard.posture.bulk_senders import SAID
from sesguard.posture.dmarc import DmarcPolicy
from sesguard.posture.domain_name import shown_domain
from sesguard.posture.handling import OWNERS_RIGHT, Authentication, Urgency, handling
from sesguard.text import one_line

_STYLES: Final = {Urgency.NOW: "bold red", Urgency.SOON: "yellow", Urgency.NONE: "green"}
_WORDS: Final = {Urgency.NOW: "now", Urgency.SOON: "soon", Urgency.NONE: "well"}
_WAYS: Final = {
    Authentication.DOMAIN_DKIM: "domain verified, signs with DKIM",
    Authentication.ADDRESS_UNDER_DKIM: "address verified, its domain signs",
    Authentication.SPF_ONLY: "SPF of its MAIL FROM alone",
    Authentication.ADDRESS_ONLY: "address alone verified",
    Authentication.LEGACY_TXT: "domain verified without DKIM",
    Authentication.DKIM_BROKEN: "signs, and the key is not in DNS",
    Authentication.UNALIGNED: "signed for another domain",
    Authentication.UNVERIFIED: "not verified",
}
_WITHOUT_SES: Final = (
    Authentication.DOMAIN_DKIM,
    Authentication.ADDRESS_ONLY,
    Authentication.ADDRESS_UNDER_DKIM,
    Authentication.LEGACY_TXT,
)


def show(console: Console, of: DomainAssessment) -> None:
    """One domain in full."""
    console.print(Text(shown_domain(of.facts.domain), style="bold"))
    console.print(under_each_other(*_facts(of)))
    if of.identity is None and of.facts.dmarc.handled_as is not DmarcPolicy.UNKNOWN:
        _show_ways(console, of.facts.dmarc.handled_as)
    elif of.handling is not None:
        console.print(wrapped(of.handling.says, console.width))
        console.print(wrapped(of.handling.do, console.width))
    _show_findings(console, of)
    for strategy in of.strategies:
        if strategy.applies:
            console.print(wrapped(f"{strategy.says} Why: {strategy.why}.", console.width))
    _show_rules(console, of)
    _show_records(console, of)
    console.print(Text(OWNERS_RIGHT, style="dim"))
    console.print()


def show_all(console: Console, found: Sequence[DomainAssessment]) -> None:
    """Many domains, a line each, the most urgent first."""
    shown = table("domain", "policy", "authentication", "mail is", "act", "what is wrong")
    for of in sorted(found, key=lambda each: (-list(Urgency).index(each.urgency), each.facts.domain)):
        worst = next((each.says for each in of.findings if each.urgency is not Urgency.NONE), "")
        shown.add_row(
            plain(shown_domain(of.facts.domain)),
            of.facts.dmarc.handled_as.value,
            _WAYS[of.authentication] if of.authentication is not None else "",
            of.handling.effect.value.replace("_", " ") if of.handling is not None else "",
            Text(_WORDS[of.urgency], style=_STYLES[of.urgency]),
            plain(worst, 160),
        )
    console.print(shown)


def _facts(of: DomainAssessment) -> list[tuple[str, str | Text]]:
    facts, dmarc = of.facts, of.facts.dmarc
    rows: list[tuple[str, str | Text]] = []
    if of.identity is not None:
        rows.append(("identity", _WAYS[of.authentication] if of.authentication is not None else ""))
    test = (
        " (in test mode, so the policy below it is applied)"
        if dmarc.record is not None and dmarc.record.testing
        else ""
    )
    at = f", by _dmarc.{dmarc.record.domain}" if dmarc.record is not None else ""
    rows.append(("DMARC policy", f"{dmarc.policy.value}{at}{test}"))
    if dmarc.organizational != facts.domain:
        rows.append(("organizational domain", dmarc.organizational))
    if dmarc.record is not None:
        rows.append(("DMARC record", plain(dmarc.record.text, 300)))
    lookups = f", {counted(facts.spf.lookups, 'look-up')}" if facts.spf.text else ""
    rows.append(("SPF of the domain", f"{facts.spf.status.value}{lookups}"))
    if facts.spf.text:
        rows.append(("SPF record", plain(facts.spf.text, 300)))
    rows += [("DKIM key", f"{it.name}: {it.state.value}{f', {it.bits} bits' if it.bits else ''}") for it in facts.dkim]
    if facts.mail_from is not None:
        rows.append(("MAIL FROM", f"{facts.mail_from.domain}, SPF {facts.mail_from.spf.status.value}"))
    rows.append(("act", Text(_WORDS[of.urgency], style=_STYLES[of.urgency])))
    return rows


def _show_ways(console: Console, policy: DmarcPolicy) -> None:
    """What becomes of mail under the policy, by how the domain is verified in SES, which was not asked."""
    shown = table("if in SES", "mail is", "act", "because")
    for way in _WITHOUT_SES:
        cell = handling(way, policy)
        act = Text(_WORDS[cell.urgency], style=_STYLES[cell.urgency])
        shown.add_row(_WAYS[way], cell.effect.value.replace("_", " "), act, cell.says)
    console.print(shown)


def _show_findings(console: Console, of: DomainAssessment) -> None:
    if not of.findings:
        return
    shown = table("act", "what", "to do")
    for finding in of.findings:
        act = Text(_WORDS[finding.urgency], style=_STYLES[finding.urgency])
        shown.add_row(act, plain(finding.says, 600), plain(finding.do))
    console.print(shown)


def _show_rules(console: Console, of: DomainAssessment) -> None:
    for check in of.bulk_senders:
        if check.lacks:
            lacks = "; ".join(SAID[rule] for rule in check.lacks)
            console.print(
                wrapped(f"{check.rules.name} wants of bulk senders, and it is not so: {lacks}.", console.width)
            )


def _show_records(console: Console, of: DomainAssessment) -> None:
    if not of.records:
        return
    shown = table("name", "type", "value", "for")
    for record in of.records:
        shown.add_row(plain(record.name), record.kind, plain(record.value), record.why)
    console.print(shown)


def as_dict(of: DomainAssessment) -> dict[str, Any]:
    """The same for programs."""
    facts, cell = of.facts, of.handling
    return {
        "domain": facts.domain,
        "identity": of.identity.name if of.identity is not None and not of.identity.is_address else None,
        "policy": facts.dmarc.policy.value,
        "handled_as": facts.dmarc.handled_as.value,
        "organizational_domain": facts.dmarc.organizational,
        "authentication": of.authentication.value if of.authentication is not None else None,
        "dkim_aligned": of.dkim_aligned,
        "spf_aligned": of.spf_aligned,
        "effect": cell.effect.value if cell is not None else None,
        "urgency": of.urgency.value,
        "says": cell.says if cell is not None else None,
        "do": cell.do if cell is not None else None,
        "source": cell.source if cell is not None else None,
        "findings": [
            {"code": it.code, "urgency": it.urgency.value, "says": it.says, "do": it.do} for it in of.findings
        ],
        "strategies": [
            {"code": it.code, "applies": it.applies, "says": it.says, "why": it.why} for it in of.strategies
        ],
        "bulk_senders": [
            {
                "name": it.rules.name,
                "lacks": [rule.value for rule in it.lacks],
                "unknown": [rule.value for rule in it.unknown],
                "source": it.rules.source,
            }
            for it in of.bulk_senders
        ],
        "records": [{"name": it.name, "type": it.kind, "value": it.value} for it in of.records],
        "unanswered": [one_line(it, 300) for it in facts.unanswered],
    }
