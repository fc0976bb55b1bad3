"""What is wrong with a domain or an identity, each thing with what to do and the records to publish."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from sesguard.posture.bulk_senders import is_freemail
from sesguard.posture.dkim import ADVISED_BITS, DkimState
from sesguard.posture.facts import DomainFacts, keys_are_gone
from sesguard.posture.handling import Urgency
from sesguard.posture.identity import SesIdentity
from sesguard.posture.publish import PublishRecord, dkim_records, dmarc_record, mail_from_records
from sesguard.posture.senders import NOTHING_SEEN, OneClickSample
from sesguard.posture.spf import SpfStatus
from sesguard.text import one_line

STARTED_ANEW = "SES looks for it for 72 hours and then never again, so it has to be started anew"
"""https://docs.aws.amazon.com/ses/latest/dg/mail-from.html"""

NO_DEFAULT_SET: Final = "identity.no_default_set"


class PostureFinding(NamedTuple):
    """One thing. code: what it is, for programs. records: to publish, as far as they are known."""

    code: str
    urgency: Urgency
    says: str
    do: str = ""
    records: tuple[PublishRecord, ...] = ()


def find(
    facts: DomainFacts, identity: SesIdentity | None, sample: OneClickSample = NOTHING_SEEN
) -> list[PostureFinding]:
    """Find everything, the most urgent first. sample: of the domain's mail."""
    found = [*_of_domain(facts), *_of_dmarc(facts), *_of_spf(facts), *_of_unsubscribing(sample)]
    if identity is not None:
        own = identity.domain == facts.domain  # else that of a domain above it, of which all this is said
        found += [*(_of_identity(identity) if own else ()), *_of_dkim(facts, identity), *_of_mail_from(facts, identity)]
    order = list(Urgency)
    return sorted((_harmless(each) for each in found), key=lambda each: -order.index(each.urgency))


def _harmless(finding: PostureFinding) -> PostureFinding:
    """What is said may quote DNS, which anybody writes."""
    return finding._replace(says=one_line(finding.says, 600), do=one_line(finding.do, 400))


def _of_domain(facts: DomainFacts) -> Iterator[PostureFinding]:
    if facts.exists is False:
        yield PostureFinding(
            "domain.missing",
            Urgency.NOW,
            f"{facts.domain} does not exist (NXDOMAIN).",
            "Register it, or mend its zone.",
        )
    elif facts.receives is False:
        yield PostureFinding(
            "domain.takes_no_mail",
            Urgency.SOON,
            f"{facts.domain} takes no mail, so replies bounce; receivers trust such senders less.",
            "Publish an MX record, or send with a Reply-To that works.",
        )
    if is_freemail(facts.domain):
        yield PostureFinding(
            "domain.freemail",
            Urgency.NOW,
            f"{facts.domain} is a freemail provider's: nobody else can authenticate mail that is from it.",
            "Send from a domain of the tenant's or the platform's, with that address as Reply-To.",
        )
    if facts.unanswered:
        more = f" and {len(facts.unanswered) - 3} more" if len(facts.unanswered) > 3 else ""
        yield PostureFinding(
            "dns.unanswered",
            Urgency.SOON,
            f'DNS did not answer: {"; ".join(facts.unanswered[:3])}{more}. That is not "no record".',
            "Look again; if it stays so, mend the zone's servers or its DNSSEC.",
        )
    if facts.bimi:
        yield PostureFinding("bimi.present", Urgency.NONE, "There is a BIMI record: it shows a logo beside the mail.")


def _of_dmarc(facts: DomainFacts) -> Iterator[PostureFinding]:
    dmarc = facts.dmarc
    for domain in dmarc.several:
        yield PostureFinding(
            "dmarc.several",
            Urgency.NOW,
            f"_dmarc.{domain} has several DMARC records, and receivers discard all of them.",
            "Delete all but one.",
        )
    if dmarc.record is None and not dmarc.unanswered:
        says = f"There is no DMARC record at _dmarc.{facts.domain} or above it."
        if facts.misplaced:
            says += f" One stands at {facts.domain} itself, where nobody looks."
        yield PostureFinding("dmarc.absent", Urgency.SOON, says, "Publish one.", (dmarc_record(facts.domain),))
    elif facts.misplaced:
        yield PostureFinding(
            "dmarc.misplaced",
            Urgency.NONE,
            f"A DMARC record stands at {facts.domain} itself, where nobody looks.",
            "Delete it.",
        )
    for remark in dmarc.record.remarks if dmarc.record is not None else ():
        yield PostureFinding("dmarc.remark", Urgency.NONE, f"_dmarc.{dmarc.record.domain}: {remark}.")  # type: ignore[union-attr]  # checked


def _of_spf(facts: DomainFacts) -> Iterator[PostureFinding]:
    for problem in facts.spf.problems:
        yield PostureFinding(
            "spf.invalid", Urgency.SOON, f"The SPF record of {facts.domain} is void: {problem}.", "Mend the record."
        )


def _of_unsubscribing(sample: OneClickSample) -> Iterator[PostureFinding]:
    if sample.holds is False:
        yield PostureFinding(
            "mail.no_one_click",
            Urgency.NONE,
            f"Of {sample.mails} sampled mails {sample.one_click} can be left with one click (RFC 8058). Gmail and "
            "Yahoo want that of all marketing mail; receipts and the like need none.",
            "Send marketing mail with List-Unsubscribe (an https address) and List-Unsubscribe-Post: "
            "List-Unsubscribe=One-Click.",
        )


def _of_identity(identity: SesIdentity) -> Iterator[PostureFinding]:
    if not identity.verified:
        how = identity.verification or "not verified"
        yield PostureFinding(
            "identity.unverified",
            Urgency.NOW,
            f"SES does not send for {_shown(identity)}: its verification is {how}.",
            f"Publish its records; {STARTED_ANEW}." if not identity.is_address else "Verify it in SES.",
            tuple(dkim_records(identity)),
        )
    if not identity.default_set:
        yield PostureFinding(
            NO_DEFAULT_SET,
            Urgency.SOON,
            f"{_shown(identity)} has no default configuration set: mail that names none is counted nowhere.",
            "Name it in the registry, or set its default configuration set in SES.",
        )


def _of_dkim(facts: DomainFacts, identity: SesIdentity) -> Iterator[PostureFinding]:
    records = tuple(dkim_records(identity))
    if not identity.dkim_signing and not identity.is_address:
        yield PostureFinding(
            "dkim.off",
            Urgency.NOW,
            f"SES does not sign for {identity.domain}.",
            "Turn on Easy DKIM.",
            records,
        )
    wanted = {record.name: record for record in records}
    gone = keys_are_gone(facts)
    for key in facts.dkim:
        if key.state in (DkimState.PRESENT, DkimState.UNKNOWN):
            continue
        why = f" ({key.why})" if key.why else ""
        yield PostureFinding(
            f"dkim.{key.state}",
            Urgency.NOW,
            f"The DKIM record {key.name} is {key.state}{why}"
            + (", so nothing that SES signs can be verified." if gone else ", and SES may sign with it at any time."),
            "Publish it again.",
            (wanted[key.name],) if key.name in wanted else (),
        )
    short = [key for key in facts.dkim if key.state is DkimState.PRESENT and 0 < key.bits < ADVISED_BITS]
    if short:
        yield PostureFinding(
            "dkim.short",
            Urgency.NONE,
            f"The DKIM key of {identity.domain} has {short[0].bits} bits; {ADVISED_BITS} are advised (RFC 8301).",
            "Ask SES for a key of 2048 bits.",
        )
    if identity.dkim_signing and identity.dkim_status in ("FAILED", "TEMPORARY_FAILURE", "NOT_STARTED"):
        yield PostureFinding(
            "dkim.ses_status",
            Urgency.NOW,
            f"SES calls the DKIM of {identity.domain} {identity.dkim_status}.",
            f"Publish its records; {STARTED_ANEW}.",
            records,
        )


def _of_mail_from(facts: DomainFacts, identity: SesIdentity) -> Iterator[PostureFinding]:
    if not identity.mail_from:
        if not identity.is_address:
            yield PostureFinding(
                "mail_from.absent",
                Urgency.NONE,
                "There is no custom MAIL FROM domain, so SPF passes for amazonses.com, which aligns with nobody.",
                "A subdomain such as the one below makes SPF speak for the domain, too.",
                tuple(mail_from_records(identity)),
            )
        return
    records = tuple(mail_from_records(identity))
    if identity.mail_from_status in ("FAILED", "TEMPORARY_FAILURE"):
        then = (
            "SES refuses the mail"
            if identity.rejects_without_mx
            else "SES sends as amazonses.com, which aligns with nobody"
        )
        yield PostureFinding(
            "mail_from.failed",
            Urgency.NOW if identity.rejects_without_mx else Urgency.SOON,
            f"SES calls the MAIL FROM domain {identity.mail_from} {identity.mail_from_status}: {then}.",
            f"Publish its records; {STARTED_ANEW}: sesguard posture {identity.domain} --restart-mail-from",
            records,
        )
    mail_from = facts.mail_from
    if mail_from is not None and mail_from.has_mx is False:
        yield PostureFinding(
            "mail_from.no_mx",
            Urgency.NOW if identity.rejects_without_mx else Urgency.SOON,
            f"The MX record of {identity.mail_from} does not lead to SES.",
            "Publish it, and no other MX there.",
            records[:1],
        )
    if mail_from is not None and mail_from.spf.status is SpfStatus.ABSENT:
        yield PostureFinding(
            "mail_from.no_spf", Urgency.SOON, f"{identity.mail_from} has no SPF record.", "Publish it.", records[1:]
        )
    elif mail_from is not None and mail_from.spf.status is SpfStatus.INVALID:
        problems = "; ".join(mail_from.spf.problems[:3])
        yield PostureFinding(
            "mail_from.spf",
            Urgency.SOON,
            f"The SPF record of {identity.mail_from} is void: {problems}.",
            "Mend it.",
            records[1:],
        )
    elif mail_from is not None and mail_from.spf.status is SpfStatus.VALID and not mail_from.spf.allows_ses:
        yield PostureFinding(
            "mail_from.spf",
            Urgency.SOON,
            f"The SPF record of {identity.mail_from} does not include amazonses.com.",
            "Add include:amazonses.com.",
            records[1:],
        )


def _shown(identity: SesIdentity) -> str:
    """A domain as it is; of an address, which may be a person's, the domain alone."""
    return f"an address at {identity.domain}" if identity.is_address else identity.domain
