"""What the operator reads when a whole account is at risk. All text from outside goes through :mod:`sesguard.plain`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sesguard.notices.news import AccountAtRisk, AccountContributor, AccountSums, IdentitiesLookedAt
from sesguard.notices.text import Notice
from sesguard.plain import ascii_line, one_line
from sesguard.weighing.explain import percent
from sesguard.weighing.weigh import COMPLAINTS

_NAME, _SUBJECT, _REASON = 64, 100, 300


def about_account(news: AccountAtRisk) -> Notice:
    """Write to the operator: the rates, who weighs most, and what pausing each would bring."""
    what = " and ".join(f"{_kind(kind)} rate {percent(_rate(news.total, kind))}" for kind in news.kinds)
    subject = f"[sesguard] The account nears SES's limits: {what}"
    where = f"{one_line(news.account, 12)} {one_line(news.region, 32)}"
    parts = [
        f"The SES account {where} nears the rates at which Amazon SES reviews it and may stop all of its mail.",
        _section("The account, by the guard's own counts", _rates(news)),
        _section(
            "Alarms that are up", (f"{one_line(it.name, 255)}: {one_line(it.reason, _REASON)}" for it in news.alarms)
        ),
        _section("Who weighs most", _contributors(news)),
        _section("Mail without a configuration set", _unattributed(news)),
        _section("What happens next", [_next(news)]),
        f"Incident {one_line(news.incident, _NAME)} of {where}. Sent by sesguard, once until this is over.",
    ]
    return Notice(ascii_line(subject, _SUBJECT), "\n\n".join(part for part in parts if part) + "\n")


def _rates(news: AccountAtRisk) -> Iterable[str]:
    for kind, line in sorted(news.lines.items()):
        yield (
            f"{_kind(kind).capitalize()} rate {percent(_rate(news.total, kind))} over {news.hours} h: "
            f"{_bad(news.total, kind):,} of {news.total.volume:,} mails. "
            f"At risk from {percent(line.at_risk)}, reviewed from {percent(line.review)}."
        )
    if news.going_on != news.total:
        rates = ", ".join(f"{_kind(kind)} rate {percent(_rate(news.going_on, kind))}" for kind in sorted(news.lines))
        yield f"Without the streams that are off already: {rates}."


def _contributors(news: AccountAtRisk) -> Iterable[str]:
    if not news.contributors:
        yield _NOBODY
    for number, each in enumerate(news.contributors, 1):
        yield f"{number}. {_contributor(each, news.kinds)}"
    if news.more_contributors:
        yield f"and {news.more_contributors:,} more."


def _contributor(each: AccountContributor, kinds: Iterable[str]) -> str:
    name = one_line(each.configuration_set, _NAME) if each.configuration_set else "mail without a configuration set"
    tenant = f" ({one_line(each.tenant, _NAME)})" if each.tenant else ""
    counts = ", ".join(f"{_bad(each.sums, kind):,} {kind}" for kind in kinds)
    projected = ", ".join(f"{_kind(kind)} rate {percent(_rate(each.projected, kind))}" for kind in kinds)
    after = f"paused, the account goes on at {projected}" if each.pausable else "the guard cannot pause it"
    return f"{name}{tenant}: {counts} of {each.sums.volume:,} mails; {after}."


def _unattributed(news: AccountAtRisk) -> Iterable[str]:
    sums = news.unattributed
    if sums.volume:
        bad = f"{sums.bounces:,} bounces and {sums.complaints:,} complaints"
        yield f"{bad} of {sums.volume:,} mails that the guard saw."
    yield _UNSEEN
    yield _identities(news.identities)


def _identities(seen: IdentitiesLookedAt | None) -> str:
    if seen is None:
        return "SES did not say which identities have no default configuration set."
    of = f"{seen.looked_at:,} of {seen.of:,}{' and more' if seen.more else ''}"
    if not seen.without_default_set:
        return f"Of the identities that may send, {of} were looked at: each has a default configuration set."
    names = ", ".join(one_line(name, 100) for name in seen.without_default_set)
    return f"Identities without a default configuration set ({of} looked at): {names}."


def _next(news: AccountAtRisk) -> str:
    wanted = ", ".join(one_line(each.configuration_set, _NAME) for each in news.contributors if each.pause)
    if not wanted:
        return "By the guard's own counts there is nobody to pause for it: look at the mail that it does not see."
    if news.mode == "enforce":
        return f"The guard pauses, as far as it may within an hour: {wanted}."
    return f"The shield is set to observe: nobody is paused for it. These would clear it: {wanted}."


def _kind(kind: str) -> str:
    return "complaint" if kind == COMPLAINTS else "bounce"


def _rate(sums: AccountSums, kind: str) -> float:
    return sums.complaint_rate if kind == COMPLAINTS else sums.bounce_rate


def _bad(sums: AccountSums, kind: str) -> int:
    return sums.complaints if kind == COMPLAINTS else sums.bounces


def _section(title: str, lines: Iterable[str]) -> str:
    text = "\n".join(f"  {line}" for line in lines)
    return f"{title}\n{text}" if text else ""


_NOBODY: Final = "No stream has more than its share, by the guard's own counts."
_UNSEEN: Final = (
    "Mail sent without one makes no events: SES counts it against the account, and the guard cannot see it."
)
