"""How strongly k bad outcomes of n say that a sender's true rate is over a limit."""

from __future__ import annotations

from math import log

BOUNCES, COMPLAINTS = "bounces", "complaints"


def evidence(n: float, k: float, limit: float) -> float:
    """Natural-log evidence, ``n * KL(k/n || limit)`` where ``k/n`` is over the limit, else 0.

    ``exp(-evidence)`` bounds the chance of k or more bad outcomes of n for a sender whose true rate is the limit
    (Chernoff's bound in Hoeffding's form, doi:10.1080/01621459.1963.10500830, theorem 1).

    n: mails, with any credit already added; k: bad outcomes, 0 <= k <= n; limit: a fraction, 0 < limit < 1.
    """
    if k <= n * limit:
        return 0.0
    if k >= n:
        return k * log(1 / limit)
    return k * log(k / (n * limit)) + (n - k) * log((n - k) / (n * (1 - limit)))
