"""Where a stream's mail goes, by a sample of its Send events: names under which a sampled mail is counted."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from sesguard.detection.providers import provider_of, serves_the_public
from sesguard.detection.reporting import reports
from sesguard.detection.rows import HOUR

SLOT: Final = 10
"""Minutes of a slot of sending."""
SAMPLED: Final = "g"
REPORTING: Final = "h"
BY_PROVIDER: Final = "p"
OTHERS: Final = "other"
TAKEN: Final = "m#"
"""Before a receiving domain that serves its own people: what it is sent tells a customer's dead server from a list."""
_LONGEST_TAKEN: Final = 100
"""Of a domain's name: what is kept of a batch has to fit into one item, whatever is sent to."""


def names_of(domain: str, minute: int) -> tuple[str, ...]:
    """What a mail to ``domain`` sent in epoch ``minute`` counts under within its hour.

    All sampled mails; those to providers that send complaints back; by slot those of each provider's group; and those
    to a domain that serves no public.
    """
    return _names(domain, minute % HOUR // SLOT)


@lru_cache(maxsize=16_384)
def _names(domain: str, slot: int) -> tuple[str, ...]:
    by_provider = f"{BY_PROVIDER}{slot}{provider_of(domain) or OTHERS}"
    names = (SAMPLED, REPORTING, by_provider) if reports(domain) else (SAMPLED, by_provider)
    own = len(domain) <= _LONGEST_TAKEN and not serves_the_public(domain)
    return (*names, TAKEN + domain) if own else names
