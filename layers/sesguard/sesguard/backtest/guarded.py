"""One stream under the guard: the counting, weighing and deciding that run in Lambda, with time from the record."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from sesguard.backtest.closed import Closed
from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.ledger import DAYS_WAITED, Ledger
from sesguard.backtest.moment import (
    EPOCH,
    CodedBounce,
    Counted,
    Resume,
    SeenAcknowledgement,
    SeenBounces,
    SeenMoment,
    time_of,
)
from sesguard.detection.breakdown import DAY
from sesguard.detection.columns import (
    BOUNCED,
    COLUMNS_KEPT,
    COMPLAINED,
    DELIVERED,
    DELIVERED_EVENTBRIDGE,
    SENT,
    SENT_EVENTBRIDGE,
)
from sesguard.detection.explain import Explanation, explain
from sesguard.detection.headroom import Headroom, headroom
from sesguard.detection.history import History
from sesguard.detection.outage import OutageWatch, SetAside
from sesguard.detection.outage_rule import OutageRule
from sesguard.detection.providers import provider_of
from sesguard.detection.reporting import reports
from sesguard.detection.rows import HOUR, boundaries
from sesguard.detection.weigh import Verdict, weigh
from sesguard.pausing.decide import decide
from sesguard.pausing.decision import Acknowledge as Acknowledged
from sesguard.pausing.decision import Action, Alarm, Command, Decision, Excuse, Look, Operator, Reason, Signal
from sesguard.pausing.state import Status, StreamState, next_look
from sesguard.policy import Mode
from sesguard.signals.alarm_value import AlarmValue

_HOUR = 3_600
_WORDS: dict[type, Signal] = {SeenAcknowledgement: Acknowledged(), Resume: Operator(Command.RESUME)}


class GuardedStream:
    """Replays one stream, moment by moment.

    due: the second at which to look at it next, None while nothing asks for it.
    risks: second, risk and whether sending was off, of each look, where somebody asks for them. bad: hard bounces and
    complaints that came in of mail that went out.
    """

    def __init__(self, name: str, terms: ReplayTerms, ledger: Ledger, outages: OutageWatch | None = None) -> None:
        policy = terms.policy
        self.name = name
        self.tenant = ""
        self.past = 0  # mails of a month of its tenant's established streams, where that does well
        self.due: float | None = None
        self.risks: list[tuple[float, float, bool]] | None = None
        self.state = StreamState()
        self.history = History.under(policy)
        self.closed = Closed()
        self.ledger = ledger
        self.pauses = self.holds = self.warnings = 0
        self.set_aside: list[SetAside] = []
        self._outages = outages
        self._tells_where = self._sends = self._ever_off = False
        self._terms = terms
        self.bad = (0, 0)
        self._last = 0.0
        self._tidy_at = 0.0
        self._released = 0  # epoch minute; of mail sent before, the ledger alone has the columns
        self._columns_from = 0  # epoch hour; of mail sent before, they are forgotten
        self._restored: set[int] = set()  # epoch hours of which the history has them nevertheless
        self._headroom: Headroom | None = None
        self._new_bounces = self._new_complaints = 0
        self._limits = {probation: policy.limits(probation=probation) for probation in (False, True)}

    def take(self, moment: SeenMoment) -> list[Decided]:
        """Count what became visible, and hear what owner and operator said."""
        self._last = seen_at = moment.seen_at
        if moment.tenant:
            self.tenant = moment.tenant
        if seen_at >= self._tidy_at:
            self._tidy(seen_at)
        decided: list[Decided] = []
        bad = False
        for row in moment.rows:
            if isinstance(row, Counted):
                bad |= self._count(row)
            else:
                decided += self._signal(_WORDS[type(row)], seen_at)
        if (bad or self.state.status is Status.PROBATION) and not self.state.off:
            self._look_by(seen_at)
        return decided

    def look(self, at: float) -> list[Decided]:
        """Look at the evidence, and at what time has brought."""
        self.due = None
        if self._outages is not None and not self.state.off and self._outages.excuses(self.name, int(at // 60)):
            self._look_by(at + self._terms.every)
            return []
        if self._changes_nothing(at) or (self.state.off and not self.state.may_resume(time_of(at))):
            return []
        return self._signal(Alarm(AlarmValue.OK, time_of(at)) if self.state.off else Look(), at)

    def weigh(self, at: float) -> Verdict:
        """Weigh the stream as it stands."""
        past = self.past if self.state.counted_from is None else 0
        return weigh(self.history, self._limits[self.state.on_probation], int(at // 60), past)

    def off_seconds(self) -> float:
        """How long sending was off within the record."""
        return self.closed.seconds(self._last)

    def _count(self, row: Counted) -> bool:
        """Count one row; whether it is an outcome that is held against the sender."""
        column, count = row.column, row.count
        if column < 0 or not count:
            return False
        minute = int(row.sent // 60)
        if minute < self._released:
            self._restore(minute // HOUR)
        domain = row.domain or ""
        self.ledger.add(minute, column, count, domain)
        if self._ever_off and self.closed.refuses(row.sent):
            self.ledger.refuse(0, minute, column, count)
            return False
        if self._outages is not None and (self._tells_where or row.domain is not None):
            self._watch(self._outages, row, minute, domain)
        if column == BOUNCED:
            self.history.add_bounces(minute, count, domain)
            self._new_bounces += count
            self.bad = self.bad[0] + count, self.bad[1]
            if isinstance(row, CodedBounce) and minute >= self.history.since:
                for code, times in row.codes:
                    self.history.codes.add(minute, code, times)
            elif isinstance(row, SeenBounces) and row.code and minute >= self.history.since:
                self.history.codes.add(minute, row.code, count)
            return True
        if column == COMPLAINED:
            self.history.add_complaints(minute, count, domain)
            self._new_complaints += count
            self.bad = self.bad[0], self.bad[1] + count
            return True
        self.history.add(minute, column, count)
        return False

    def unhealthy_since(self) -> int | None:
        """The epoch minute since which the stream has been watched, paused or on probation; None while healthy."""
        if self.state.status is Status.HEALTHY or self.state.since is None:
            return None
        return int(self.state.since.timestamp() // 60)

    def excuse(self, found: Sequence[SetAside], at: float, rule: OutageRule) -> list[Decided]:
        """Take out of what weighs what is a failing provider's; undo a young pause that rested on it."""
        for it in found:
            self._restore(it.start // HOUR)
        changed = [it for it in found if self.history.set_aside(it.start, rule.slot, it.provider, it.share, it.mails)]
        if not changed:
            return []
        told = {(it.provider, it.start): it for it in [*self.set_aside, *changed]}
        self.set_aside = list(told.values())
        self._headroom = None
        since = self.state.since
        if not self.state.off:
            self._look_by(at)
        elif since is not None and at - since.timestamp() <= rule.undo_within * 60:
            return self._signal(Excuse(rule.undo_below), at)
        return []

    def _watch(self, outages: OutageWatch, row: Counted, minute: int, domain: str) -> None:
        """Count by provider, where the record says where mail goes to."""
        column, count = row.column, row.count
        if column == COMPLAINED:
            return
        bounced = column == BOUNCED
        if not bounced:
            if row.domain is not None:
                self._tells_where = True
            self._sends |= column in {SENT, SENT_EVENTBRIDGE}
        elif not self._tells_where:
            return
        if self._sends and column in {DELIVERED, DELIVERED_EVENTBRIDGE}:
            return  # these are of mail that was counted as it was sent
        mails, bounces = 0 if bounced and self._sends else count, count if bounced else 0
        outages.add(self.name, provider_of(domain), minute, mails=mails, bounces=bounces)
        if row.domain and not bounced:
            self.history.add_taken(minute // DAY, domain, count)
            self.history.add_sample(minute // DAY, count, count if reports(domain) else 0)

    def _signal(self, signal: Signal, at: float) -> list[Decided]:
        verdict = self.weigh(at)
        if self.risks is not None:
            self.risks.append((at, verdict.risk, self.state.off))
        return self.decide(signal, at, verdict)

    def decide(
        self, signal: Signal, at: float, verdict: Verdict, explanation: Explanation | None = None
    ) -> list[Decided]:
        """Decide by ``verdict``, which may be of several streams; ``explanation`` of it, where there is one."""
        decision = decide(self.state, signal, verdict, self._terms.policy, time_of(at))
        if decision.action is Action.NONE:
            explanation = None
        elif explanation is None:
            explanation = explain(verdict, self.history)
        self._follow(decision, at)
        self._look_again(at)
        self._measure(verdict, at)
        if explanation is None:
            return []
        effective_at = at + self._terms.latency
        return [
            Decided(
                self.name,
                at,
                effective_at,
                decision.action,
                decision.reason,
                verdict,
                explanation,
                self.state,
                self.tenant,
            )
        ]

    def _follow(self, decision: Decision, at: float) -> None:
        """Carry out what was decided. In observe mode mail goes on."""
        self.state = decision.state
        acts = self._terms.policy.mode is Mode.ENFORCE
        if decision.action in (Action.PAUSE, Action.HOLD):
            self.pauses += 1
            self.holds += decision.action is Action.HOLD
            if acts:
                self.closed.turn_off(at + self._terms.latency)
                self._ever_off = True
        elif decision.action is Action.RESUME:
            if decision.reason is not Reason.PROVIDER:
                self.history.restart(int(at // 60))
            self.closed.turn_on(at + self._terms.latency)
        elif decision.action is Action.WARN:
            self.warnings += 1

    def _look_again(self, at: float) -> None:
        """See to it that what time alone brings is not missed."""
        when = next_look(self.state, self._terms.policy)
        second = (when - EPOCH).total_seconds() if when is not None else None
        if self.state.off:
            if second is not None:
                self._look_by(max(second, at))
        elif self.state.status is not Status.HEALTHY:
            self._look_by(second if second is not None and at < second < at + _HOUR else at + _HOUR)

    def _measure(self, verdict: Verdict, at: float) -> None:
        """Find out how much a healthy stream can take until it has to be weighed again."""
        self._new_bounces = self._new_complaints = 0
        healthy = self.state.status is Status.HEALTHY and verdict.risk == 0 and self.risks is None
        self._headroom = headroom(self.history, self._limits[False], int(at // 60)) if healthy else None

    def _changes_nothing(self, at: float) -> bool:
        """Whether a look would surely find no risk at all in a stream that is healthy."""
        room = self._headroom
        return (
            room is not None
            and self._new_bounces <= room.bounces
            and self._new_complaints <= room.complaints
            and boundaries(int(at // 60)) == room.reach
        )

    def _look_by(self, second: float) -> None:
        tick = ceil(second / self._terms.every) * self._terms.every
        if self.due is None or tick < self.due:
            self.due = tick

    def _tidy(self, at: float) -> None:
        """Forget, once an hour, what can weigh no more."""
        self._tidy_at = at // _HOUR * _HOUR + _HOUR
        minute = int(at // 60)
        self.history.prune(minute)
        self._released, *_ = boundaries(minute)
        self._columns_from = (minute - COLUMNS_KEPT) // HOUR
        self.history.release_minutes(self._released)
        self._restored.clear()
        self.ledger.judge_before(minute - DAYS_WAITED * DAY)

    def _restore(self, hour: int) -> None:
        """Give the history the columns of an epoch hour, before something is added to one of them or set aside."""
        if self._columns_from <= hour < self._released // HOUR and hour not in self._restored:
            self._restored.add(hour)
            self.history.restore_minutes(self.ledger.accepted(0, hour))
