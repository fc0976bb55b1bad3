"""Shows whether domains are fit to send: what mailbox providers do with their mail, why, and which records to publish.

Domains are looked up in DNS alone, without AWS and without a guard: DMARC by RFC 9989, SPF, MX, BIMI. With --tenant or
--all, or with --ses, SES is asked for the identities, too: whether they are verified and sign, their DKIM keys and
their MAIL FROM domain; that takes a second each. --restart-mail-from has SES look for the records of a MAIL FROM domain
again, which it gives up after 72 hours.

What is wrong is said as receivers see it, who discard what is faulty in a record and keep the rest; a linter is
stricter. No answer of DNS is not "no record": it is said as what it is.

--json prints one object: domains (domain, identity, policy, handled_as, organizational_domain, authentication,
dkim_aligned, spf_aligned, effect, urgency, says, do, source, findings (code, urgency, says, do), strategies (code,
applies, says, why), bulk_senders (name, lacks, unknown, source), records (name, type, value), unanswered).
--records prints the records to publish as lines of a zone file, --route53 as one change batch.

Exit code: 0 where nothing is urgent; 4 where something is wrong now; 1 for a tenant that is not there; 2 for what is no
domain, or a command line that cannot be used; 3 where DNS, AWS or the stack does not answer.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated, Final

from cyclopts import Parameter

from sesguard.cli.connect import (
    ATTENTION,
    DONE,
    REFUSED,
    UNREACHABLE,
    USAGE,
    UnknownTenantError,
    UsageError,
    with_guard,
)
from sesguard.cli.options import HERE, Json, Where
from sesguard.cli.posture_view import as_dict, show, show_all
from sesguard.cli.screen import console, print_json
from sesguard.posture.assess import DomainAssessment
from sesguard.posture.domain_name import DomainNameError, domain_name
from sesguard.posture.handling import Urgency
from sesguard.posture.publish import bind_lines, change_batch
from sesguard.text import one_line
from sesguard.wiring.operator import Guard
from sesguard.wiring.posture_look import Looker, NameServerError, OperatorIdentities, identities_of

_MOST_SHOWN: Final = 3
"""Domains that are shown in full; of more a line each."""


def run(
    *domains: Annotated[str, Parameter(name="DOMAIN", help="a domain that mail is from")],
    tenant: Annotated[str | None, Parameter(metavar="ID", help="the identities of a tenant of the registry")] = None,
    all_: Annotated[bool, Parameter(name="--all", negative="", help="all identities of SES")] = False,
    ses: Annotated[bool, Parameter(negative="", help="ask SES about the domains, too")] = False,
    restart_mail_from: Annotated[
        bool, Parameter(negative="", help="have SES look for the MAIL FROM records of these domains again")
    ] = False,
    records: Annotated[bool, Parameter(negative="", help="the records to publish, as lines of a zone file")] = False,
    route53: Annotated[bool, Parameter(negative="", help="the same, as a change batch of Route 53")] = False,
    resolver: Annotated[
        str, Parameter(metavar="ADDRESS", help="who is asked: system, or a name server's address (system)")
    ] = "system",
    json: Json = False,
    where: Where = HERE,
) -> int:
    try:
        looker = Looker(resolver)
        names = [domain_name(each) for each in domains]
        if sum((bool(names), tenant is not None, all_)) != 1:
            raise UsageError("name domains, or --tenant ID, or --all")
        if restart_mail_from and not names:
            raise UsageError("--restart-mail-from is of domains that are named")
    except (DomainNameError, NameServerError, UsageError) as error:
        print(f"sesguard: {one_line(str(error), 300)}", file=sys.stderr)
        return USAGE

    def out(found: Sequence[DomainAssessment]) -> int:
        return _print(found, json=json, records=records, route53=route53)

    if not (ses or restart_mail_from or tenant is not None or all_):
        return out([looker.look(name) for name in names])

    def with_ses(guard: Guard) -> int:
        seen = identities_of(guard)
        for name in names if restart_mail_from else ():
            if not seen.restart_mail_from(name):
                print(f"sesguard: {name} has no MAIL FROM domain in SES", file=sys.stderr)
                return REFUSED
        return out(_assess(looker, seen, _wanted(seen, names, tenant)))

    return with_guard(where, lambda guard, _: with_ses(guard))


def _wanted(seen: OperatorIdentities, names: Sequence[str], tenant: str | None) -> Sequence[str]:
    if names:
        return names
    if tenant is None:
        return seen.names()
    found = seen.of_tenant(tenant)
    if found is None:
        raise UnknownTenantError(tenant, seen.tenants())
    return found


def _assess(looker: Looker, seen: OperatorIdentities, names: Sequence[str]) -> list[DomainAssessment]:
    found = []
    for name in names:
        try:
            domain = domain_name(name.rpartition("@")[2])
        except DomainNameError as error:
            print(f"sesguard: {one_line(str(error), 300)}", file=sys.stderr)
            continue
        found.append(looker.look(domain, seen.read(name), seen.users(domain), seen.sample(domain)))
    return found


def _print(found: Sequence[DomainAssessment], *, json: bool, records: bool, route53: bool) -> int:
    to_publish = list(dict.fromkeys(record for each in found for record in each.records))
    if records:
        print(bind_lines(to_publish))
    elif route53:
        print_json(change_batch(to_publish))
    elif json:
        print_json({"domains": [as_dict(each) for each in found]})
    elif len(found) <= _MOST_SHOWN:
        for each in found:
            show(console(), each)
    else:
        show_all(console(), found)
    return _exit_code(found)


def _exit_code(found: Sequence[DomainAssessment]) -> int:
    if not found:
        return REFUSED
    if all(_silent(each) for each in found):
        return UNREACHABLE
    return ATTENTION if any(each.urgency is Urgency.NOW for each in found) else DONE


def _silent(assessment: DomainAssessment) -> bool:
    """Whether DNS answered nothing of a domain."""
    facts = assessment.facts
    return facts.exists is None and bool(facts.unanswered) and facts.dmarc.record is None
