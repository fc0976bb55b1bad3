"""How mail fares at each mailbox provider, as SES's Virtual Deliverability Manager (VDM) counts it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

OTHERS, ALL = "all others", "all together"


class ProviderMail(NamedTuple):
    """Mails to one provider, or to OTHERS or ALL; None where SES did not say.

    with_loop: of what was delivered, to whom SES has a feedback loop, so that a complaint would come back.
    """

    provider: str
    sent: int | None
    delivered: int | None
    bounces: int | None
    soft_bounces: int | None
    complaints: int | None
    with_loop: int | None

    def share(self, part: int | None) -> float | None:
        """Of what was sent, as a fraction; None where that is not known."""
        return _fraction(part, self.sent)

    @property
    def complaint_rate(self) -> float | None:
        """Of what was delivered with a feedback loop, as SES reckons it; None where there is nothing to go by."""
        return _fraction(self.complaints, self.with_loop)


class ProvidersRead(NamedTuple):
    """A row for each provider that mail was sent to, then OTHERS where they are known, then ALL.

    days: of how many full UTC days. problems: what SES did not say, and why.
    """

    rows: tuple[ProviderMail, ...]
    days: int
    problems: tuple[str, ...] = ()


def arrange_providers(
    whole: ProviderMail, named: Sequence[ProviderMail], days: int, problems: Sequence[str]
) -> ProvidersRead:
    """Put the providers with mail in order, the most mail first. problems: with any, OTHERS are not known."""
    rows = sorted((it for it in named if it.sent != 0), key=lambda it: -(it.sent or 0))
    others = () if problems else (ProviderMail(OTHERS, *_rest(whole, named)),)
    return ProvidersRead((*rows, *(it for it in others if it.sent), whole), days, tuple(problems))


def _rest(whole: ProviderMail, named: Sequence[ProviderMail]) -> list[int | None]:
    """What is left of each number. SES's come at different times, so none is less than 0."""
    columns = zip(whole[1:], *(it[1:] for it in named), strict=True)
    return [None if None in column else max(0, column[0] - sum(column[1:])) for column in columns]


def _fraction(part: int | None, of: int | None) -> float | None:
    return min(1.0, part / of) if part is not None and of else None
