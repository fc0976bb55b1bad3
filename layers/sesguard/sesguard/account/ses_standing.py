"""What SES says of the whole account: its standing, how much of the day's quota is used, which domains are verified.

The guard can undo none of it.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html (EnforcementStatus)
https://docs.aws.amazon.com/ses/latest/dg/faqs-enforcement.html
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from sesguard.account.ports import StandingStore, VerifiedDomains, VerifiedDomainsStore
from sesguard.account.quota import AccountNow, level_of
from sesguard.bus.events import operator_notice
from sesguard.errors import SesguardError
from sesguard.pausing.journal import StandingEntry, head_of
from sesguard.pausing.outbox import PausingDeps
from sesguard.stream import StreamId
from sesguard.text import one_line

EVERY_MINUTES: Final = 5
"""Between two looks, of which each takes one of the 60 control calls that SES takes a minute."""
VERIFIED_MINUTE: Final = 7  # of each hour: not when everybody's schedules run
HEALTHY: Final = "HEALTHY"
_MEANS: Final = {
    HEALTHY: "The account is in good standing again.",
    "PROBATION": "SES has put the account under review. Look for its mail, and answer it: it names a time.",
    "SHUTDOWN": "SES has stopped all mail of the account. Nothing that the guard does changes that: write to SES.",
}

_log = logging.getLogger(__name__)


def look_at_account(deps: PausingDeps, store: StandingStore, home: StreamId, now: datetime) -> str:
    """Look every few minutes; a change is put on record of ``home`` and told to the operator, once.

    home: the account and region, as a stream without a configuration set. Returns what the standing has changed to, ""
    for no change. Raises nothing: the next look is a few minutes away.
    """
    if int(now.timestamp() // 60) % EVERY_MINUTES:
        return ""
    try:
        return _look(deps, store, home, now)
    except SesguardError as error:
        _log.warning("standing of account %s: %s", home, error)
        return ""


def _look(deps: PausingDeps, store: StandingStore, home: StreamId, now: datetime) -> str:
    account = store.ask()
    changed = _look_at_status(deps, store, account, home, now)
    _look_at_quota(deps, store, account, home, now)
    return changed


def _look_at_quota(deps: PausingDeps, store: StandingStore, account: AccountNow, home: StreamId, now: datetime) -> None:
    """Tell the operator of each level of the daily quota that is reached, once until it is calm again."""
    told = store.quota_told()
    level = level_of(account.used, told)
    if level == told:
        return
    if level > told:
        subject = f"{level:.0%} of the day's SES quota is used"
        text = (
            f"Account {home.account} in {home.region} has sent {account.sent_24_hours:,.0f} of the "
            f"{account.max_24_hours:,.0f} mails that SES takes within 24 hours ({account.used:.0%}). Over that SES "
            "refuses the mail of every tenant, and the guard's own notices. To ask for more: Service Quotas, Amazon "
            "SES, Sending quota."
        )
        deps.bus.publish([operator_notice(subject, text, f"quota/{home}/{level}/{now:%Y-%m-%dT%H}", now)])
    store.note_quota(level)


def _look_at_status(deps: PausingDeps, store: StandingStore, account: AccountNow, home: StreamId, now: datetime) -> str:
    before, after = store.known() or HEALTHY, one_line(account.status, 40)
    if after in ("", before):
        return ""
    text = (
        f"The standing of account {home.account} in {home.region} was {before} and is {after}. {_MEANS.get(after, '')}"
    )
    key = f"enforcement/{home}/{before}/{after}/{now:%Y-%m-%dT%H}"
    deps.bus.publish([operator_notice(f"The SES account is {after}", text.strip(), key, now)])
    record = deps.streams.load(home)
    entry = StandingEntry(*head_of(StandingEntry, record, now), status=after, before=before)
    deps.streams.save(record, (entry,))
    store.note(after)
    return after


def keep_verified(domains: VerifiedDomains, store: VerifiedDomainsStore, home: StreamId, now: datetime) -> None:
    """Put on record once an hour which domains are verified in the account: SES's rate leaves out hard bounces there.

    Raises nothing: an hour later is soon.
    """
    if now.minute != VERIFIED_MINUTE:
        return
    try:
        store.note_verified(home, domains.verified_domains())
    except SesguardError as error:
        _log.warning("verified domains not read: %s", error)
