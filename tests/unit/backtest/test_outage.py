"""A provider that fails is nobody's fault: streams of one record see each other."""

from __future__ import annotations

from random import Random

import pytest

from sesguard.backtest.decided import Decided, ReplayTerms
from sesguard.backtest.moment import SeenBounces, SeenMoment, Send
from sesguard.backtest.replay import Replay
from sesguard.pausing.decision import Action
from sesguard.policy import Policy

DAY, HOUR, MINUTE = 86_400, 3_600, 60
BEGINS = 40 * DAY
"""When two weeks of ordinary mail are over, and the hours begin that are told minute by minute."""
FAILS, MENDS, ENDS = BEGINS + HOUR, BEGINS + 3 * HOUR, BEGINS + 5 * HOUR


class Sender:
    """One stream. at_gmail, elsewhere: shares of its mail that are refused from ``bad_from`` to ``bad_until``."""

    def __init__(self, name: str, mails_a_day: int, seed: int) -> None:
        self.name, self.mails_a_day, self.random = name, mails_a_day, Random(f"{name} {seed}")  # noqa: S311 - traffic, no secret
        self.at_gmail = self.elsewhere = 0.01
        self.new = False
        self.bad_from = self.bad_until = 0.0

    def moments(self) -> list[SeenMoment]:
        before = [] if self.new else [BEGINS - (14 - day) * DAY for day in range(14)]
        found = [it for second in before for it in self._at(second, self.mails_a_day)]
        for second in range(BEGINS, ENDS, MINUTE):
            found += self._at(second, self._count(self.mails_a_day / 1_440))
        return found

    def _at(self, second: float, mails: int) -> list[SeenMoment]:
        bad = self.bad_from <= second < self.bad_until
        found = []
        for domain, share, refused in (("gmail.com", 0.45, self.at_gmail), ("", 0.55, self.elsewhere)):
            count = self._count(mails * share)
            bounces = min(count, self._count(count * (refused if bad else 0.01)))
            if count:
                found.append(SeenMoment(self.name, second + 1, [Send(second, count, domain or "customers.example")]))
            for number in range(bounces):
                at = domain or f"c{self.random.randrange(9_999)}-{number}.example"
                seen = second + 1 + self.random.expovariate(0.2)
                found.append(SeenMoment(self.name, seen, [SeenBounces(second, 1, at)]))
        return found

    def _count(self, mean: float) -> int:
        """Draw from a Poisson distribution."""
        if mean > 50:
            return max(0, round(self.random.gauss(mean, mean**0.5)))
        count, left = 0, self.random.expovariate(1.0)
        while left < mean:
            count, left = count + 1, left + self.random.expovariate(1.0)
        return count


def senders(count: int, seed: int) -> list[Sender]:
    return [Sender(f"s{n:02}", (200, 2_000, 20_000, 100_000)[n % 4], seed) for n in range(count)]


def failing(them: list[Sender], refused: float) -> list[Sender]:
    for sender in them:
        sender.at_gmail, sender.bad_from, sender.bad_until = refused, FAILS, MENDS
    return them


def replayed(them: list[Sender]) -> tuple[Replay, list[Decided]]:
    replay = Replay(ReplayTerms(Policy()))
    moments = sorted((it for sender in them for it in sender.moments()), key=lambda moment: moment.seen_at)
    return replay, list(replay.run(moments))


def paused(decided: list[Decided]) -> set[str]:
    return {it.stream for it in decided if it.action in (Action.PAUSE, Action.HOLD)}


@pytest.mark.parametrize(("refused", "seed"), [(0.3, 1), (0.9, 3)])
def test_under_a_provider_that_refuses_everybody_nobodys_mail_is_lost(refused: float, seed: int) -> None:
    them = failing(senders(16, seed), refused)
    them[6].new = True
    replay, decided = replayed(them)
    assert [failure.provider for failure in replay.failures] == ["google"]
    assert replay.failures[0].declared * MINUTE - FAILS <= 10 * MINUTE
    lost = sum(stream.ledger.totals[0].refused for stream in replay.streams.values())
    assert lost <= 0.02 * sum(stream.ledger.mails for stream in replay.streams.values())
    assert not [stream for stream in replay.streams.values() if stream.state.off or stream.state.strikes]
    assert paused(decided) <= {"s06"}


def test_a_bad_list_is_paused_while_a_provider_fails() -> None:
    them = failing(senders(16, 4), 0.5)
    them[5].elsewhere = 0.4
    _, decided = replayed(them)
    assert "s05" in paused(decided)


def test_six_of_32_that_turn_bad_at_once_are_not_excused() -> None:
    them = senders(32, 5)
    bad = them[2:32:5]
    for sender in bad:
        sender.mails_a_day = 20_000
        sender.at_gmail = sender.elsewhere = 0.3
        sender.bad_from, sender.bad_until = FAILS, ENDS
    replay, decided = replayed(them)
    assert replay.failures == []
    assert paused(decided) == {sender.name for sender in bad}


def test_a_single_sender_is_not_excused() -> None:
    _, decided = replayed(failing(senders(4, 6)[3:], 0.6))
    assert paused(decided) == {"s03"}


def test_a_quiet_day_declares_nothing() -> None:
    replay, decided = replayed(senders(16, 7))
    assert replay.failures == []
    assert not paused(decided)
