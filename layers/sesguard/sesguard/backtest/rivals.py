"""What else guards streams: the recipe that AWS publishes and a plain fixed threshold, on the same traffic.

Both are models. The recipe (https://aws.amazon.com/blogs/messaging-and-targeting/, "automatically pause sending", and
https://docs.aws.amazon.com/ses/latest/dg/monitoring-sender-reputation-pausing.html) is a CloudWatch alarm on SES's own
reputation metric. How SES smooths that metric is not published: here it is the rate over the last 10,000 mails as they
come in. A pause ends when an operator, four hours later, turns sending on again; the metric has had no data meanwhile,
so an alarm that is still over its threshold at the next check with new data pauses again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from sesguard.backtest.closed import Closed
from sesguard.backtest.decided import ReplayTerms
from sesguard.backtest.ledger import Ledger
from sesguard.backtest.moment import Counted, SeenMoment
from sesguard.detection.columns import BOUNCED, COMPLAINED, volume_of

BOUNCE_THRESHOLD, COMPLAINT_THRESHOLD = 0.05, 0.001
"""SES's review lines, at which the published recipe sets its alarms."""

OPERATOR_TAKES = 4 * 3_600
"""Seconds until an operator turns sending on again."""


class Window:
    """Sums of the most recent arrivals: at most ``mails`` of them, or of the last ``seconds``."""

    def __init__(self, *, mails: float = float("inf"), seconds: float = float("inf")) -> None:
        self.sums = [0] * 6
        self._mails, self._seconds = mails, seconds
        self._held: deque[tuple[float, list[int]]] = deque()

    def add(self, at: float, counts: list[int]) -> None:
        """Take what arrived at second ``at``, by column."""
        self._held.append((at, counts))
        self.sums = [a + b for a, b in zip(self.sums, counts, strict=True)]

    def trim(self, now: float) -> None:
        """Forget what is out of the window at ``now``."""
        while self._held:
            at, counts = self._held[0]
            rest = [a - b for a, b in zip(self.sums, counts, strict=True)]
            if now - at < self._seconds and volume_of(rest) < self._mails:
                return
            self._held.popleft()
            self.sums = rest


@dataclass(frozen=True, slots=True)
class Rival:
    """A detector to compare with. every: seconds between checks (None: as often as the guard looks).

    at_least_*: mails in the window below which a rate is not judged.
    """

    key: str
    title: str
    window: Callable[[], Window]
    every: float | None = None
    at_least_bounces: int = 1
    at_least_complaints: int = 1

    def alarms(self, sums: list[int]) -> bool:
        """Whether a rate is at its threshold."""
        mails = volume_of(sums)
        return (mails >= self.at_least_bounces and sums[BOUNCED] >= BOUNCE_THRESHOLD * mails) or (
            mails >= self.at_least_complaints and sums[COMPLAINED] >= COMPLAINT_THRESHOLD * mails
        )


RIVALS = (
    Rival("aws_recipe", "AWS recipe", lambda: Window(mails=10_000), every=300.0),
    Rival(
        "fixed_threshold",
        "fixed threshold",
        lambda: Window(seconds=3_600),
        at_least_bounces=100,
        at_least_complaints=1_000,
    ),
)


class RivalStream:
    """Replays one stream under a rival, as detector ``number`` of its ledger."""

    def __init__(self, number: int, rival: Rival, terms: ReplayTerms, ledger: Ledger) -> None:
        self.pauses = 0
        self.closed = Closed()
        self._number, self._rival, self._terms, self._ledger = number, rival, terms, ledger
        self._every = rival.every or terms.every
        self._window = rival.window()
        self._due: float | None = None
        self._back_at: float | None = None

    def take(self, moment: SeenMoment) -> None:
        """Count what became visible, once the check that was due before it is made."""
        if self._due is not None and self._due < moment.seen_at:
            self._check()
        counts = [0] * 6
        for row in moment.rows:
            if isinstance(row, Counted) and row.column >= 0:
                if self.closed and self.closed.refuses(row.sent):
                    self._ledger.refuse(self._number, int(row.sent // 60), row.column, row.count)
                else:
                    counts[row.column] += row.count
        if any(counts):
            self._window.add(moment.seen_at, counts)
            if self._due is None:
                self._due = ceil(moment.seen_at / self._every) * self._every

    def close(self) -> None:
        """Make the check that is still due."""
        if self._due is not None:
            self._check()

    def _check(self) -> None:
        at, self._due = self._due or 0.0, None
        if self._back_at is not None and at < self._back_at:
            return
        self._window.trim(at)
        if self._rival.alarms(self._window.sums):
            self.pauses += 1
            self._back_at = at + OPERATOR_TAKES
            self.closed.turn_off(at + self._terms.latency)
            self.closed.turn_on(self._back_at + self._terms.latency)
