"""What another policy would have done with the mail of a stream that is still kept: the backtest's own replay. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.moment import Row as SeenRow
from sesguard.backtest.moment import SeenBounces, SeenComplaints, SeenMoment, Send
from sesguard.backtest.replay import Replay
from sesguard.backtest.summary import Summary, summaries
from sesguard.detection.breakdown import DAY
from sesguard.detection.history import History
from sesguard.detection.rows import HOUR, boundaries
from sesguard.policy import Policy


class WhatIf(NamedTuple):
    """What a policy would have done. start: of the first mail that is kept; None where there is none.

    summary: None likewise. steps: warnings, pauses and resumes, oldest first: when, what and why, at what risk.
    """

    start: datetime | None
    summary: Summary | None
    steps: tuple[tuple[datetime, str, str, float], ...]


def what_if(history: History, policy: Policy, now: int) -> WhatIf:
    """Replay what a history keeps under ``policy``, as `sesguard backtest` does with what was recorded.

    history: whose own clump rule stays, as what it forgave is kept and where each bounce was is not. now: epoch minute.
    A bucket's outcomes are seen when it is over, as when they came in is not kept; the words of owner and operator are
    not in it.
    """
    moments = list(_moments(history, now))
    if not moments:
        return WhatIf(None, None, ())
    replay = Replay(ReplayTerms(policy))
    decided = list(replay.run(moments))
    (summary,) = summaries(replay)
    first = min(row.sent for moment in moments[:1] for row in moment.rows if isinstance(row, Send))
    return WhatIf(datetime.fromtimestamp(first, UTC), summary, tuple(_step(each) for each in decided))


def _step(decided: Decided) -> tuple[datetime, str, str, float]:
    at = datetime.fromtimestamp(decided.at, UTC)
    return at, decided.action.value, decided.reason.value, decided.verdict.risk


def _moments(history: History, now: int) -> Iterator[SeenMoment]:
    minutes_from, hours_from, _ = boundaries(now)
    for row in reversed(history.rows(now)):
        start, volume, bounces, complaints = row[:4]
        width = 1 if start >= minutes_from else HOUR if start >= hours_from else DAY
        sent = start * 60
        rows: list[SeenRow] = [Send(sent, max(0, round(volume)))]
        if bounces > 0:  # what clumps at one domain is out already: at none, nothing more of it is forgiven
            rows.append(SeenBounces(sent, round(bounces)))
        if complaints:
            rows.append(SeenComplaints(sent, complaints))
        yield SeenMoment("stream", float(min((start + width) * 60, now * 60 + 60)), rows)
