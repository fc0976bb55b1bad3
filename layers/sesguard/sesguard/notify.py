"""Tell the owner and the operator what the guard did: each of them, each time once."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from sesguard.announcing import Outcome, iso
from sesguard.errors import AwsError
from sesguard.notices.account import about_account
from sesguard.notices.news import AccountAtRisk, News, OperatorNotice, Transition, read
from sesguard.notices.text import Notice, for_operator, for_owner, plain_notice
from sesguard.ports.streams import Journal
from sesguard.ports.telling import Mail, Once, OperatorLine, Tenant, Tenants

# What the owner has no part in is told to the operator alone.
OWNERS_BUSINESS: Final = frozenset(
    {Outcome.PAUSED, Outcome.RESUMED, Outcome.OBSERVED, Outcome.NOTED, Outcome.OFF_BY_AWS, Outcome.ON_BY_AWS}
)
# One address, in ASCII as SES wants it, with nothing in it that means something in a header.
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
_LONGEST_ADDRESS: Final = 320

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """What telling people needs."""

    tenants: Tenants
    mail: Mail
    operator: OperatorLine
    once: Once
    journal: Journal


def notify(channels: Channels, body: str) -> News | None:
    """Tell everybody whom one message of the guard's bus concerns. None for an event that this version does not know.

    A channel that fails holds up no other. Raises AwsError where one has to be tried again, msgspec.DecodeError for a
    body that is no event of the guard's.
    """
    news = read(body)
    if isinstance(news, OperatorNotice):
        notice = plain_notice(news.subject, news.text)
        channels.once.do(f"{news.id}/operator", partial(channels.operator.tell, *notice))
    elif isinstance(news, AccountAtRisk):
        channels.once.do(f"{news.id}/operator", partial(channels.operator.tell, *about_account(news)))
    elif isinstance(news, Transition):
        _tell(channels, news)
    return news


def _tell(channels: Channels, news: Transition) -> None:
    tenant, told = _owner(channels, news)
    failures: list[AwsError] = []
    for contact in tenant.contacts if tenant else ():
        failures += _mail(channels, news, contact, for_owner(news, tenant)) if tenant else []
    failures += _try(channels, news, "operator", partial(channels.operator.tell, *for_operator(news, told)))
    if failures:
        raise failures[0]


def _owner(channels: Channels, news: Transition) -> tuple[Tenant | None, str]:
    """Find whom to write to, with only usable contacts; and say it in words, for the operator."""
    if news.outcome not in OWNERS_BUSINESS and not (news.outcome == Outcome.LEFT and news.mode == "observe"):
        return None, "not told, as nothing was done"
    name = channels.tenants.tenant_of(news.stream) or news.tenant
    if not name:
        return None, "NOBODY IS TOLD: the stream has no tenant in StreamsTable"
    tenant = channels.tenants.find(name)
    if tenant is None:
        return None, "NOBODY IS TOLD: the stream's tenant is not in TenantsTable"
    usable = tuple(dict.fromkeys(contact for contact in tenant.contacts if _usable(contact)))
    if not usable:
        return None, f"NOBODY IS TOLD: the tenant has no usable contact ({len(tenant.contacts)} registered)"
    told = f"{len(usable)} told by mail"
    unusable = len(set(tenant.contacts)) - len(usable)
    return Tenant(name, tenant.name, usable), f"{told}, {unusable} not usable" if unusable else told


def _mail(channels: Channels, news: Transition, contact: str, notice: Notice) -> list[AwsError]:
    # The journal and the memory of what was sent name no address.
    channel = f"mail/{hashlib.sha256(contact.encode()).hexdigest()[:16]}"
    failures = _try(channels, news, channel, partial(channels.mail.send, contact, *notice))
    for_good = [failure for failure in failures if not failure.retryable]
    for failure in for_good:
        _log.error("SES refuses the owner's notice of %s for good: %s", news.stream, failure.code)
        text = (
            f'The owner of {news.stream} could not be told of "{news.kind}": {failure.operation} failed with '
            f"{failure.code}. Look at the sender and the configuration set of the guard's own mail."
        )
        refused = plain_notice("An owner could not be told", text)
        failures += _try(channels, news, f"{channel}/refused", partial(channels.operator.tell, *refused))
        failures.remove(failure)
    return failures


def _try(channels: Channels, news: Transition, channel: str, action: Callable[[], None]) -> list[AwsError]:
    """Use one channel once and put it on record; an error comes back instead of being raised."""
    try:
        channels.once.do(f"{news.id}/{channel}", action)
        channels.journal.note(news.stream, _entry(news, channel))
    except AwsError as error:
        return [error]
    return []


def _entry(news: Transition, channel: str) -> dict[str, str]:
    return {
        "at": f"{iso(news.at)}#notified#{news.id}#{channel}",
        "kind": "notified",
        "incident": news.incident,
        "event": news.id,
        "type": news.kind,
        "channel": channel,
    }


def _usable(contact: str) -> bool:
    return len(contact) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(contact) is not None
