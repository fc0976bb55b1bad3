"""Everything that DNS says of a domain that mail is from, read through a resolver."""

from __future__ import annotations

from typing import Final, NamedTuple

from sesguard.posture.answer import AnswerStatus, DnsAnswer
from sesguard.posture.dkim import DkimKey, DkimState, check_key
from sesguard.posture.dmarc import DmarcLookup, find_policy, is_dmarc
from sesguard.posture.dns_ports import Resolver
from sesguard.posture.domain_name import is_under
from sesguard.posture.identity import SesIdentity
from sesguard.posture.spf import SpfCheck, check_spf
from sesguard.posture.tags import first_values

FEEDBACK_HOST: Final = "feedback-smtp."
"""MAIL FROM's MX leads to feedback-smtp.REGION.amazonses.com (https://docs.aws.amazon.com/ses/latest/dg/mail-from.html)."""


class MailFrom(NamedTuple):
    """A custom MAIL FROM domain. has_mx: whether bounces find SES there; None where nobody answered."""

    domain: str
    organizational: str
    has_mx: bool | None
    spf: SpfCheck


class DomainFacts(NamedTuple):
    """What DNS says. None where nobody answered; ``unanswered`` names what was asked then, and how it ended.

    receives: whether mail to the domain finds a server. misplaced: a DMARC record at the domain itself, which counts
    as none. bimi: the record, "" for none.
    """

    domain: str
    exists: bool | None
    receives: bool | None
    dmarc: DmarcLookup
    spf: SpfCheck
    misplaced: bool
    bimi: str
    dkim: tuple[DkimKey, ...] = ()
    mail_from: MailFrom | None = None
    unanswered: tuple[str, ...] = ()


def read_facts(domain: str, resolver: Resolver, identity: SesIdentity | None = None) -> DomainFacts:
    """Ask all there is to ask of ``domain``, which ``identity`` sends for; 8 to 40 questions."""
    asked = _Asking(resolver)
    at_domain = asked.look_up(domain, "TXT")
    mx = asked.look_up(domain, "MX")
    exists = mx.status is not AnswerStatus.NO_NAME if mx.definite else None
    signed_for = identity.domain if identity is not None else domain
    selectors = identity.dkim_tokens if identity is not None and identity.dkim_signing else ()
    facts = DomainFacts(
        domain=domain,
        exists=exists,
        receives=_receives(domain, mx, asked),
        dmarc=find_policy(domain, asked, exists=exists is not False),
        spf=check_spf(domain, asked),
        misplaced=any(is_dmarc(text) for text in at_domain.records),
        bimi=_bimi(asked.look_up(f"default._bimi.{domain}", "TXT")),
        dkim=tuple(check_key(selector, signed_for, asked) for selector in selectors),
        mail_from=_mail_from(identity, asked),
    )
    return facts._replace(unanswered=tuple(dict.fromkeys(asked.unanswered)))


class _Asking:
    """Passes questions on, and notes those that were not answered."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self.unanswered: list[str] = []

    def look_up(self, name: str, kind: str) -> DnsAnswer:
        answer = self._resolver.look_up(name, kind)
        if not answer.definite:
            self.unanswered.append(f"{kind} of {name}: {answer.status}")
        return answer


def _receives(domain: str, mx: DnsAnswer, asked: Resolver) -> bool | None:
    if mx.status is AnswerStatus.FOUND:
        return not all(record.split()[-1] == "." for record in mx.records)  # RFC 7505: it takes no mail
    if mx.status is not AnswerStatus.NO_DATA:
        return False if mx.absent else None
    return _there(asked.look_up(domain, "A"))  # RFC 5321, 5.1: the address itself


def _there(answer: DnsAnswer) -> bool | None:
    return answer.status is AnswerStatus.FOUND if answer.definite else None


def _bimi(answer: DnsAnswer) -> str:
    return next((text for text in answer.records if first_values(text).get("v") == "BIMI1"), "")


def _mail_from(identity: SesIdentity | None, asked: Resolver) -> MailFrom | None:
    if identity is None or not identity.mail_from:
        return None
    mx = asked.look_up(identity.mail_from, "MX")
    hosts = [record.split()[-1].lower() for record in mx.records]
    ours = any(host.startswith(FEEDBACK_HOST) and "amazonses.com" in host for host in hosts)
    organizational = find_policy(identity.mail_from, asked).organizational
    return MailFrom(
        identity.mail_from, organizational, ours if mx.definite else None, check_spf(identity.mail_from, asked)
    )


def spf_speaks(facts: DomainFacts, identity: SesIdentity) -> bool:
    """Whether SPF passes for the domain that the mail is from: a custom MAIL FROM that works, and aligns.

    Under strict alignment only where the mail is from the MAIL FROM domain itself. Without a custom one SPF passes
    for amazonses.com, which aligns with nobody's domain.
    """
    mail_from = facts.mail_from
    if mail_from is None or mail_from.has_mx is False or not mail_from.spf.allows_ses:
        return False
    if identity.mail_from_status not in ("", "SUCCESS"):  # SES falls back to amazonses.com, or refuses
        return False
    if facts.dmarc.record is not None and facts.dmarc.record.strict_spf:
        return mail_from.domain == facts.domain
    organizational = facts.dmarc.organizational
    return mail_from.organizational == organizational or (
        facts.dmarc.record is None and (is_under(mail_from.domain, facts.domain) or mail_from.domain == facts.domain)
    )


def keys_are_gone(facts: DomainFacts) -> bool:
    """Whether SES signs and none of its keys can be found: then no signature verifies."""
    states = {key.state for key in facts.dkim}
    return bool(states) and not states & {DkimState.PRESENT, DkimState.UNKNOWN}
