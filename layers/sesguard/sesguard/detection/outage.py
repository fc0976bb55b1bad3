"""A look across streams: a mailbox provider that refuses everybody's mail is nobody's fault.

Established senders are witnesses. Where more of them at once are refused by one provider than chance or a handful of
bad senders explains, and fare as ever elsewhere, the provider is declared failing; then each stream is excused as much
of what bounced there as the other streams had bounce there too. What exceeds that weighs as ever, and so do all other
domains and all complaints. In the detector study (2026-11), with 16 and more streams none of the good was paused,
declared after four minutes; six of 32 that turned bad at once were never excused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import sqrt
from statistics import median
from typing import NamedTuple

import msgspec

from sesguard.detection.evidence import evidence
from sesguard.detection.mail_by_provider import MailByProvider, first_slot
from sesguard.detection.outage_rule import OutageRule


class ProviderFailure(NamedTuple):
    """A provider that is declared failing, as the operator hears of it. Minutes are epoch minutes.

    hits of active: witnesses that are refused, of those that send there. refused: the median share of mail refused.
    """

    provider: str
    declared: int
    hits: int
    active: int
    refused: float


class SetAside(NamedTuple):
    """What of a stream's slot at a failing provider does not weigh: a share of its bounces and mails there.

    bounces, mails: how many that share is.
    """

    provider: str
    start: int
    share: float
    mails: float
    bounces: float = 0.0


class ProviderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one provider, as it is kept between two looks of different processes.

    failure: while it is declared failing. suspected: since which epoch minute. failing: slots of ten minutes in which
    it failed. given_up: it has failed for as long as anybody is excused, and a person has to decide.
    """

    failure: ProviderFailure | None = None
    suspected: int | None = None
    failing: tuple[int, ...] = ()
    given_up: bool = False


class _State:
    """What is known of one provider."""

    def __init__(self, record: ProviderRecord = ProviderRecord()) -> None:  # noqa: B008 - it is frozen
        self.failure = record.failure
        self.suspected = record.suspected
        self.refused: frozenset[str] = frozenset()  # witnesses or not
        self.failing = set(record.failing)
        self.given_up = record.given_up

    def record(self) -> ProviderRecord:
        return ProviderRecord(
            failure=self.failure,
            suspected=self.suspected,
            failing=tuple(sorted(self.failing)),
            given_up=self.given_up,
        )


class OutageWatch:
    """Counts mail by provider for any number of streams, and says which providers are failing.

    unhealthy_since: since which epoch minute a stream has been watched, paused or on probation; None for healthy ones.
    tenant_of: whose a stream is, "" for nobody's, who stands alone. A tenant is one witness, however many streams it
    has, and what it is excused is by the others' streams: nobody makes an outage, or deepens one, with streams of his.
    """

    def __init__(
        self,
        unhealthy_since: Callable[[str], int | None],
        tenant_of: Callable[[str], str] = lambda _: "",
    ) -> None:
        self.rule = OutageRule()
        self._tenant_of = tenant_of
        self._unhealthy_since = unhealthy_since
        self._streams: dict[str, MailByProvider] = {}
        self._providers: dict[str, _State] = {}

    def add(self, stream: str, provider: str, minute: int, *, mails: float = 0, bounces: float = 0) -> None:
        """Count mails sent to a provider ("" for none of them) in epoch ``minute``, and hard bounces of them there."""
        mail = self._streams.get(stream)
        if mail is None:
            mail = self._streams[stream] = MailByProvider(self.rule)
        mail.add(provider, minute, mails, bounces)
        if bounces and provider:
            self._providers.setdefault(provider, _State())

    def restore(self, records: Mapping[str, ProviderRecord]) -> None:
        """Go on from what was known of each provider before."""
        self._providers |= {provider: _State(record) for provider, record in records.items()}

    def records(self) -> dict[str, ProviderRecord]:
        """What is known of each provider by now."""
        return {provider: state.record() for provider, state in self._providers.items()}

    def _owner(self, stream: str) -> str:
        """The tenant's name, told apart from any stream's; a stream of nobody's is its own."""
        return f"\n{tenant}" if (tenant := self._tenant_of(stream)) else stream

    @property
    def busy(self) -> bool:
        """Whether a provider is failing or suspected, so that time alone changes something."""
        return any(state.failing or state.suspected is not None for state in self._providers.values())

    def look(self, now: int) -> list[ProviderFailure]:
        """Look for hits at epoch minute ``now``. Returns the providers that are newly declared failing."""
        last = now // self.rule.slot
        window = range(last - self.rule.window + 1, last + 1)
        declared = []
        for provider, state in self._providers.items():
            before = state.failure
            self._judge(provider, state, window, now)
            if state.failure is not None:
                state.failing.update(window)
                if before is None:
                    declared.append(state.failure)
        return declared

    def failures(self) -> list[ProviderFailure]:
        """The providers that are declared failing now."""
        return [state.failure for state in self._providers.values() if state.failure is not None]

    def excuses(self, stream: str, now: int) -> bool:
        """Whether a pause of ``stream`` should wait: it is one of several that one provider refuses just now."""
        return any(
            state.suspected is not None and now - state.suspected < self.rule.wait and stream in state.refused
            for state in self._providers.values()
        )

    def set_aside(self, now: int) -> Iterator[tuple[str, list[SetAside]]]:
        """By stream, what does not weigh of slots that late bounces may still join. Others stay as told before."""
        first = (now - self.rule.late) // self.rule.slot
        found: dict[str, list[SetAside]] = {}
        for provider, state in self._providers.items():
            for slot in sorted(slot for slot in state.failing if slot >= first):
                for stream, aside in self._aside(provider, slot):
                    found.setdefault(stream, []).append(aside)
        yield from found.items()

    def prune(self, now: int) -> None:
        """Forget slots that no window or late bounce can reach, and days of more than a month ago."""
        for mail in self._streams.values():
            mail.prune(now)
        first = first_slot(now, self.rule)
        for state in self._providers.values():
            state.failing = {slot for slot in state.failing if slot >= first}

    def _judge(self, provider: str, state: _State, window: range, now: int) -> None:
        rule = self.rule
        began = state.failure.declared - rule.window * rule.slot if state.failure else window[0] * rule.slot
        active, hits = self._witnesses(provider, state, window, now, began)
        weight = evidence(active, len(hits), rule.by_chance)
        suspicious = len(hits) >= rule.suspect_hits and weight >= rule.suspect_bound
        state.suspected = (now if state.suspected is None else state.suspected) if suspicious else None
        if state.failure is None:
            if len(hits) < rule.stay_hits:
                state.given_up = False
            if len(hits) >= rule.declare_hits and weight >= rule.declare_bound and not state.given_up:
                state.failure = ProviderFailure(provider, now, len(hits), active, median(hits.values()))
        elif now - state.failure.declared >= rule.longest:
            state.failure, state.given_up = None, True
        elif len(hits) < rule.stay_hits or len(hits) < rule.stay_share * active:
            state.failure = None

    def _witnesses(
        self, provider: str, state: _State, window: range, now: int, began: int
    ) -> tuple[int, dict[str, float]]:
        """How many witnesses send to the provider, and those that are refused, with the share that is: by owner."""
        rule = self.rule
        active, shares, refused = set[str](), dict[str, list[float]](), set[str]()
        recent = range(now - max(rule.spans) + 1, now + 1)
        for stream, mail in self._streams.items():
            if not mail.is_active(provider, recent):
                continue
            usual = mail.usual_rate(provider, {*window, *state.failing})
            share = mail.refused(provider, now, rule.witness_rate if usual is None else usual)
            if share is not None:
                refused.add(stream)
            since = self._unhealthy_since(stream)
            if usual is None or usual > rule.witness_rate or (since is not None and since < began):
                continue
            owner = self._owner(stream)
            active.add(owner)
            if share is not None:
                shares.setdefault(owner, []).append(share)
        state.refused = frozenset(refused)
        return len(active), {owner: median(its) for owner, its in shares.items()}

    def _aside(self, provider: str, slot: int) -> Iterator[tuple[str, SetAside]]:
        rule = self.rule
        found: Mapping[str, tuple[float, float]] = {
            stream: mail.of_slot(provider, slot) for stream, mail in self._streams.items() if provider in mail
        }
        rates = {
            stream: min(1.0, bounces / mails)
            for stream, (mails, bounces) in found.items()
            if mails >= rule.active and self._streams[stream].normal_elsewhere(provider, slots=(slot,))
        }
        by_owner: dict[str, list[float]] = {}
        for stream, rate in rates.items():
            by_owner.setdefault(self._owner(stream), []).append(rate)
        typical = {owner: median(its) for owner, its in by_owner.items()}
        for stream, (mails, bounces) in found.items():
            owner = self._owner(stream)
            others = [rate for other, rate in typical.items() if other != owner]
            if bounces and len(others) >= rule.least_others:
                usual = median(others)
                most = usual * mails + rule.deviations * sqrt(usual * (1 - usual) * mails) + 1
                share = min(1.0, most / bounces)
                yield stream, SetAside(provider, slot * rule.slot, share, mails * share, bounces * share)
