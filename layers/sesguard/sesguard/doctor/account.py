"""Checks of the SES account, and of whether anybody hears the guard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from email.utils import parseaddr
from typing import Final

from sesguard.doctor.check import Check, Deployment, Finding, Severity
from sesguard.doctor.facts import IdentityFacts

QUOTA_WARNS: Final = 0.7
QUOTA_FULL: Final = 0.9
"""Shares of the daily quota: of which the operator is warned, and from which it may not last the day."""
CLOCK_WARNS: Final = timedelta(seconds=60)
"""AWS refuses what is signed more than five minutes off; the guard counts by the minute.
https://docs.aws.amazon.com/IAM/latest/UserGuide/signing-elements.html
"""
_ACCOUNT: Final = frozenset({"ses:GetAccount"})


def _sandbox(at: Deployment) -> Iterator[Finding]:
    if not at.ses.account().production:
        limit = at.ses.account().max_24_hours
        yield Finding(at.home.account, f"is in the SES sandbox: {limit:,.0f} mails a day, to verified addresses only")


def _quota(at: Deployment) -> Iterator[Finding]:
    account = at.ses.account()
    if account.used >= QUOTA_WARNS:
        severity = Severity.ERROR if account.used >= QUOTA_FULL else Severity.WARNING
        said = f"{account.sent_24_hours:,.0f} of {account.max_24_hours:,.0f} mails ({account.used:.0%})"
        yield Finding("daily quota", f"{said} are sent within 24 hours", severity=severity)


def _enforcement(at: Deployment) -> Iterator[Finding]:
    account = at.ses.account()
    if account.enforcement not in ("HEALTHY", ""):
        yield Finding(at.home.account, f"SES has it as {account.enforcement}")
    if not account.sending:
        yield Finding(at.home.account, "sending is off for the whole account")


def _notice_sender(at: Deployment) -> Iterator[Finding]:
    sender = parseaddr(at.home.parameters.get("NoticeSender", ""))[1]
    if not sender:
        yield Finding("NoticeSender", "is empty: owners hear of nothing by mail", severity=Severity.WARNING)
        return
    domain = sender.rpartition("@")[2]
    found = at.ses.identity(sender) or _parents_identity(at, domain)
    if found is None:
        yield Finding("NoticeSender", f"neither its address nor its domain {domain} is an identity of SES here")
    elif not found.verified:
        yield Finding("NoticeSender", f"SES has not verified {found.name}: no notice is sent by mail")
    name = at.home.outputs.get("NoticeConfigurationSetName", "")
    notices = at.ses.one_set(name)
    if notices is None:
        yield Finding(name or "NoticeConfigurationSet", "the set of the guard's own mail is gone", "deploy again")
    elif not notices.sending:
        remedy = f"aws sesv2 put-configuration-set-sending-options --configuration-set-name {name} --sending-enabled"
        yield Finding(name, "the set of the guard's own mail is off: no notice is sent by mail", remedy)


def _parents_identity(at: Deployment, domain: str) -> IdentityFacts | None:
    """The identity of a domain or of the nearest domain above it, with two labels at least.

    https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html
    """
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        found = at.ses.identity(".".join(labels[start:]))
        if found is not None:
            return found
    return None


def _operator(at: Deployment) -> Iterator[Finding]:
    topic = at.home.outputs.get("OperatorTopicArn", "")
    subscriptions = at.messaging.subscriptions(topic)
    waiting = sum(not each.confirmed for each in subscriptions)
    if waiting:
        yield Finding(
            "OperatorTopic",
            f"{waiting} of {len(subscriptions)} subscriptions wait to be confirmed: they hear nothing",
            "open the link in SNS's mail; without one, subscribe again",
        )
    if not subscriptions:
        yield Finding("OperatorTopic", "nobody is subscribed: no operator hears of anything")


def _clock(at: Deployment) -> Iterator[Finding]:
    account = at.ses.account()
    if account.answered is None or account.asked is None:
        return
    apart = account.asked - account.answered
    if abs(apart) >= CLOCK_WARNS:
        way = "ahead of" if apart > timedelta() else "behind"
        yield Finding("this machine's clock", f"is {abs(apart).total_seconds():,.0f} s {way} AWS's")


ACCOUNT_CHECKS: Final = (
    Check(
        id="SG01",
        name="sandbox",
        title="the account may send to anybody",
        why="In the sandbox SES refuses mail to addresses that are not verified, notices to owners among it.",
        remedy="ask for production access: SES console, Account dashboard",
        severity=Severity.WARNING,
        actions=_ACCOUNT,
        find=_sandbox,
    ),
    Check(
        id="SG02",
        name="quota",
        title="the daily quota lasts",
        why="Over the quota SES refuses the mail of every tenant, and the guard's own notices.",
        remedy="ask for more: Service Quotas, Amazon SES, Sending quota",
        severity=Severity.WARNING,
        actions=_ACCOUNT,
        find=_quota,
    ),
    Check(
        id="SG03",
        name="enforcement",
        title="SES has nothing against the account",
        why="Under review SES gives a time to mend things; what it has stopped, only SES starts.",
        remedy="answer SES's mail on the case; sesguard status names the streams that weigh most",
        severity=Severity.ERROR,
        actions=_ACCOUNT,
        find=_enforcement,
    ),
    Check(
        id="SG04",
        name="notice-sender",
        title="owners can be told by mail",
        why="An owner who does not hear of a pause mends nothing.",
        remedy="verify the address or its domain in SES, and name it in NoticeSender",
        severity=Severity.ERROR,
        actions=frozenset(
            {"ses:GetEmailIdentity", "ses:GetConfigurationSet", "ses:GetConfigurationSetEventDestinations"}
        ),
        find=_notice_sender,
    ),
    Check(
        id="SG05",
        name="operator",
        title="an operator hears of what goes wrong",
        why="The guard's own alarms, and what waits for an operator, go to this topic and nowhere else.",
        remedy="set OperatorEmail, or subscribe an address, a chat or a pager to OperatorTopicArn",
        severity=Severity.ERROR,
        actions=frozenset({"sns:ListSubscriptionsByTopic"}),
        find=_operator,
    ),
    Check(
        id="SG06",
        name="clock",
        title="this machine's clock is AWS's",
        why="AWS refuses what is signed five minutes off; ages and waits on the screen are wrong by as much.",
        remedy="let the machine keep its time by NTP",
        severity=Severity.WARNING,
        actions=_ACCOUNT,
        find=_clock,
    ),
)
