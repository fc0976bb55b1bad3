"""Sample notices of every state, for looking at notices and for checking templates.

Each state comes in the variants that its words tell apart, and any of them with one text, such as a hostile one,
wherever text comes from outside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from sesguard.bus.details import AccountTotals, News, Transition
from sesguard.bus.events import OperatorNotice
from sesguard.cli.notices.sample_news import OCCASIONS, a_domain_posture, a_flood, an_account_at_risk
from sesguard.cli.notices.sample_transitions import AT, LINK, TRANSITIONS, a_transition
from sesguard.notices import compose
from sesguard.notices.message import NoticeText
from sesguard.notices.payloads import Digest
from sesguard.notices.states import NoticeState, state_of
from sesguard.notices.wording import Wording
from sesguard.notify.channel import TenantContacts


@dataclass(frozen=True, slots=True)
class Sample:
    """One notice to look at. ``name`` is its state and what sets it apart; ``news`` is what a webhook is told of."""

    name: str
    state: NoticeState
    news: News | Digest
    write: Callable[[Wording], NoticeText]


def samples(text: str = "") -> Iterator[Sample]:
    """Every sample; ``text`` stands in for all text from outside where it is given."""
    for name, audience, changes in TRANSITIONS:
        yield _of_stream(name, a_transition(text, **changes), text, audience)
    yield from _others(text)


def _of_stream(name: str, news: Transition, text: str, audience: str) -> Sample:
    tenant = TenantContacts(text or "acme", text or "Acme Ltd", ("owner@acme.example",))
    if audience == "operator":
        return Sample(
            name, state_of(news), news, lambda wording: compose.for_operator(news, "2 told: mail, slack", wording)
        )
    link = LINK if news.acknowledge and news.mode == "enforce" else ""
    return Sample(name, state_of(news), news, lambda wording: compose.for_owner(news, tenant.name, wording, link))


def _others(text: str) -> Iterator[Sample]:
    account = an_account_at_risk(text)
    quiet = msgspec.structs.replace(
        account,
        contributors=(),
        more_contributors=0,
        alarms=(),
        identities=None,
        mode="observe",
        unattributed=AccountTotals(0, 0, 0, 0.0, 0.0),
    )
    at_risk = NoticeState.ACCOUNT_AT_RISK
    yield Sample("account_at_risk", at_risk, account, lambda wording: compose.about_account(account, wording))
    yield Sample(f"{at_risk}, nobody to pause", at_risk, quiet, lambda wording: compose.about_account(quiet, wording))
    line = " ".join(text.split())  # an operator's notice is made of lines, and so may have as many as it likes
    lines = (
        line or "The alarm topic brought a message that names no stream of the guard's.",
        line or "Look at the alarm's action.",
    )
    notice = OperatorNotice("7" * 32, text or "An alarm message paused nobody", "\n".join(lines), AT)
    of_guard = NoticeState.OPERATOR_NOTICE
    yield Sample("operator_notice", of_guard, notice, lambda wording: compose.from_guard(notice, wording))
    to_owner = msgspec.structs.replace(notice, tenant=text or "acme")
    yield Sample(
        f"{of_guard}, to an owner",
        of_guard,
        to_owner,
        lambda wording: compose.from_guard(to_owner, wording, text or "Acme Ltd", owner=True),
    )
    yield from (_domain(text, name, audience) for name in OCCASIONS for audience in ("owner", "operator"))
    flood = a_flood(text)
    yield Sample(
        "digest", NoticeState.DIGEST, flood, lambda wording: compose.digest(flood.transitions, wording, flood.since)
    )


def _domain(text: str, occasion: str, audience: str) -> Sample:
    news = a_domain_posture(text, occasion)
    called = f"domain, {occasion}" + (", to the operator" if audience == "operator" else "")
    return Sample(
        "domain" if (occasion, audience) == ("refused", "owner") else called,
        NoticeState.DOMAIN,
        news,
        lambda wording: compose.about_domain(
            news, text or "Acme Ltd", "1 told: mail", wording, owner=audience == "owner"
        ),
    )
