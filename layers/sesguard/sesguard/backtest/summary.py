"""What a replay comes to, stream by stream."""

from __future__ import annotations

import msgspec

from sesguard.backtest.ledger import Ledger
from sesguard.backtest.replay import Replay
from sesguard.backtest.rivals import RIVALS

GUARD = "guard"


class ReplayOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What one detector made of a stream's mail; :mod:`sesguard.backtest.ledger` says what a bad span is.

    pauses: how often it turned sending off. leaked: mails of bad spans that went out. refused: mails that did not go
    out. refused_clean: those of them outside bad spans. spared_*: bounces and complaints that never happened.
    """

    pauses: int
    leaked: int
    refused: int
    refused_clean: int
    spared_bounces: int
    spared_complaints: int


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One stream: what was recorded (mails, hard bounces, complaints, mails of bad spans), and what the guard did.

    holds: pauses that only an operator ends. off_seconds: how long sending was off within the stream's own record.
    set_aside: bounces of the last month that are a failing mailbox provider's. status: where it stands in the end.
    detectors: the guard's outcome and, compared, those of the rivals.
    """

    stream: str
    tenant: str
    mails: int
    bounces: int
    complaints: int
    bad_mails: int
    warnings: int
    holds: int
    off_seconds: float
    status: str
    set_aside: int
    detectors: dict[str, ReplayOutcome]

    @property
    def guard(self) -> ReplayOutcome:
        return self.detectors[GUARD]

    @property
    def eventful(self) -> bool:
        """Whether there is anything to tell: a warning, a pause by anyone, or a bad span."""
        return bool(self.warnings or self.bad_mails or any(outcome.pauses for outcome in self.detectors.values()))


def summaries(replay: Replay) -> list[Summary]:
    """One summary a stream, by name. The replay has ended."""
    return [_summary(replay, name) for name in sorted(replay.streams)]


def total(outcomes: list[ReplayOutcome]) -> ReplayOutcome:
    """The sums over several streams."""
    return ReplayOutcome(
        **{name: sum(getattr(it, name) for it in outcomes) for name in ReplayOutcome.__struct_fields__}
    )


def _summary(replay: Replay, name: str) -> Summary:
    stream = replay.streams[name]
    ledger = stream.ledger
    detectors = {GUARD: _outcome(ledger, 0, stream.pauses)}
    for number, (rival, played) in enumerate(zip(RIVALS, replay.rivals.get(name, ()), strict=False), start=1):
        detectors[rival.key] = _outcome(ledger, number, played.pauses)
    return Summary(
        stream=name,
        tenant=stream.tenant,
        set_aside=stream.history.set_aside_from(0),
        mails=ledger.mails,
        bounces=ledger.bounces,
        complaints=ledger.complaints,
        bad_mails=ledger.bad_mails,
        warnings=stream.warnings,
        holds=stream.holds,
        off_seconds=stream.off_seconds(),
        status=stream.state.status.value,
        detectors=detectors,
    )


def _outcome(ledger: Ledger, detector: int, pauses: int) -> ReplayOutcome:
    totals = ledger.totals[detector]
    return ReplayOutcome(
        pauses=pauses,
        leaked=totals.leaked,
        refused=totals.refused,
        refused_clean=totals.refused_clean,
        spared_bounces=totals.spared_bounces,
        spared_complaints=totals.spared_complaints,
    )
