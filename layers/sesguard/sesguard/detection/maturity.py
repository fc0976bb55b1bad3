"""How much of a mail's complaints can have come in: people complain hours after they were sent something."""

from __future__ import annotations

from functools import lru_cache
from math import erf, log, sqrt

from sesguard.policy import Maturity


@lru_cache(maxsize=65_536)
def mature_share(age: int, maturity: Maturity) -> float:
    """The share of mail of this ``age`` in minutes that weighs against complaints."""
    if age <= 0:
        return maturity.least
    deviations = (log(age) - log(maturity.median)) / (maturity.sigma * sqrt(2))
    return max(maturity.least, 0.5 * (1 + erf(deviations)))
