"""The console over a world in memory, as a process of its own.

python -m tests.fakes.console STREAMS [--read-only] [--without-vdm] [--many]
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sesguard.account.sums import Sums
from sesguard.cli.console.guard_questions import GuardQuestions
from sesguard.cli.console.server import serve_console
from sesguard.cli.console.session import ConsoleGuard, ConsoleSession
from sesguard.cli.cost import MonthSoFar
from sesguard.cli.errors import LetterCause
from sesguard.cli.live.feed import Feed
from sesguard.cli.live.many_feed import ManyFeed
from sesguard.costs.bill import Bill, Line
from sesguard.costs.month import Month
from sesguard.costs.usage import MailCounts
from sesguard.errors import StackError
from sesguard.fleet.account_page import DaySums, Identity, IpPool, SesRates, Standing
from sesguard.fleet.fleet import GuardPlace
from sesguard.fleet.function_errors import ErrorCause, ErrorsRead
from sesguard.fleet.guard_page import FunctionNow, QueueNow
from sesguard.fleet.hours import HOURS, HourCounts, hour_at
from sesguard.fleet.provider_rates import ALL, OTHERS, ProviderMail, ProvidersRead
from sesguard.notices.wording import Wording
from sesguard.notify.channel import TenantContacts
from sesguard.pausing.decision import Alarm
from sesguard.pausing.enforce import act
from sesguard.pausing.journal import NotifiedEntry, UndeliveredEntry
from sesguard.pausing.record import Sending, StreamRecord, Waiting
from sesguard.pausing.state import StreamState
from sesguard.policy import Mode, Policy
from sesguard.posture.changes import PostureRecord
from sesguard.provisioning.progress import Failure, Progress
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId
from tests.fakes.fleet import MemoryFleet, a_stream, an_hour
from tests.fakes.guard import ALICE, STACK, OneByOne
from tests.fakes.member_guard import MemoryMember
from tests.fakes.states import held, probation, watched
from tests.fakes.world import ACME

HOSTILE: Final = "<img src=x onerror=document.title='owned'><b>{{7*7}}</b>"
"""A name that would like to be markup, script or a template."""
NASTY: Final = "=cmd|' /C calc'!A0\u202egnp.\u2066\x1b[31m\x00\r\n\t" + "w" * 10_000
"""A name that would like to be a formula, to be read backwards, to control a terminal, and to push all else aside."""
FORMULA: Final = "=cmd|' /C calc'!A0"
PAUSED, WAITING, CALM = "lead-shop-import", "coupon-blast", "planet-news"
OTHER_ACCOUNT: Final = "999988887777"
BOB: Final = "arn:aws:sts::999988887777:assumed-role/Operators/bob"


class Facts:
    """The ports AccountSource and GuardSource."""

    def __init__(self, now: datetime, *, vdm: bool = True) -> None:
        self.now = now
        self.random = random.Random(3)  # noqa: S311  # traffic, not secrets
        self.vdm = vdm

    def standing(self) -> Standing:
        return Standing("HEALTHY", True, True, 1_000_000, 90, 412_345, self.vdm, "PRO", "NONE")

    def ses_rates(self, now: datetime) -> Sequence[SesRates]:
        return [SesRates(now - timedelta(hours=6 * n), 0.021 + 0.0002 * (n % 9), 0.0003) for n in range(120)][::-1]

    def days(self, now: datetime) -> Sequence[DaySums]:
        day = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return [DaySums(day - timedelta(days=n), Sums(400_000, 7_000 + 400 * (n % 5), 90 + n, 0)) for n in range(30)][
            ::-1
        ]

    def identities(self) -> Sequence[Identity]:
        findings = ("dkim.missing", "identity.no_default_set", HOSTILE)
        gone = PostureRecord(name="shop.example", effect="refused", findings=findings, looked_at=self.now)
        return [
            Identity("shop.example", True, gone),
            Identity(HOSTILE, False),
            Identity(NASTY, False),
            Identity("news.example", True),
        ]

    def pools(self) -> Sequence[IpPool]:
        return [
            IpPool("marketing", False, (100, 100, 45)),
            IpPool(HOSTILE, False, ()),
            IpPool(NASTY, False, (7,)),
            IpPool("auto", True, ()),
        ]

    def providers(self, now: datetime) -> ProvidersRead:
        rows = (
            ProviderMail("Gmail", 210_000, 207_000, 900, 2_100, 0, 0),
            ProviderMail(HOSTILE, 90_000, 61_000, 5_400, 23_600, 120, 61_000),
            ProviderMail(NASTY, 80_000, 80_000, 0, 0, 0, 0),
            ProviderMail(OTHERS, 12_000, None, 60, 90, None, 9_000),
            ProviderMail(ALL, 312_000, 279_800, 6_360, 25_790, 120, 70_000),
        )
        return ProvidersRead(rows, 28, (f"Yahoo: {HOSTILE}", f"AOL: {NASTY}"))

    def queues(self, now: datetime) -> Sequence[QueueNow]:
        return [QueueNow("AlarmQueue", 3, 12.0), QueueNow("SesEventsQueue", 0), QueueNow("AlarmDeadLetters", 2, 999.0)]

    def functions(self, now: datetime) -> Sequence[FunctionNow]:
        return [FunctionNow("IngestFunction", 8_123, 0), FunctionNow("EnforceFunction", 12, 1)]

    def last_sweep(self, now: datetime) -> datetime | None:
        return now - timedelta(seconds=40)

    def in_line(self) -> int:
        return 45


class Platform(MemoryFleet):
    """``streams`` healthy streams, one of each other state, and hostile names wherever a name can be."""

    def __init__(self, streams: int, now: datetime) -> None:
        super().__init__()
        self.now = now
        self.random = random.Random(1)  # noqa: S311  # traffic, not secrets
        self.tenants.tenants[HOSTILE] = TenantContacts(HOSTILE, HOSTILE, ("x@example.com",))
        for number in range(streams):
            self._healthy(f"tenant-{number:05}-news", f"tenant-{number:05}")
        self._healthy(CALM, "planet")
        self.tenants.tenants[NASTY] = TenantContacts(NASTY, NASTY, ("y@example.com",))
        self._put(FORMULA, held(now - timedelta(days=3)), tenant=NASTY)
        self._put(HOSTILE, held(now - timedelta(days=2)), tenant=HOSTILE)
        self._put("fit-club-mail", watched(now - timedelta(minutes=40)), tenant="fit-club", mails=1_750, bounces=120)
        self._put("cup-of-news", probation(now - timedelta(hours=3)), tenant="cup", mails=900, bounces=4)
        waiting = Waiting(now - timedelta(minutes=9), "bounces", 2.4)
        self._put(
            WAITING, watched(now - timedelta(minutes=10)), tenant="coupons", mails=800, bounces=92, waiting=waiting
        )
        self._pause(PAUSED, "lead-shop")
        self.named_policies[HOSTILE] = Policy(bounce_limit=0.01)

    def wording(self) -> Wording:
        return Wording.with_own({}, {"name": HOSTILE})

    def _healthy(self, name: str, tenant: str) -> None:
        self.memory.switch.sets[a_stream(name)] = Sending.ON
        self.sets.append(name)
        self.registered[a_stream(name)] = tenant

    def _put(self, name: str, state: StreamState, mails: int = 0, bounces: int = 0, **changes: Any) -> None:
        stream = a_stream(name)
        self.memory.streams.records[stream] = StreamRecord(
            stream, 1, state, Policy(), **{"turned_off": state.off, **changes}
        )
        self.memory.switch.sets[stream] = Sending.OFF if state.off else Sending.ON
        self.sets.append(name)
        if mails:
            self._sent(stream, mails, bounces)

    def _pause(self, name: str, tenant: str) -> None:
        stream = a_stream(name)
        self.sets.append(name)
        self.memory.switch.sets[stream] = Sending.ON
        self.memory.streams.records[stream] = StreamRecord(stream, 1, StreamState(), Policy(), tenant=tenant)
        self._sent(stream, 4_000, 610)
        about = {"alarm": {"name": HOSTILE, "own": False, "reason": HOSTILE}}
        act(self.memory.deps, stream, Alarm(AlarmValue.ALARM, self.now), self.now - timedelta(minutes=12), about)
        self._tell(self.memory.bus.events[-1])

    def _tell(self, event: Mapping[str, Any]) -> None:
        """Put on record that the owner and the operator were told of an event, and that a chat could not be."""
        detail, note = event["detail"], self.memory.streams.note
        stream = "/".join(detail["stream"].values())
        for channel, failed in (("mail/0123456789abcdef", ""), ("slack/0123456789abcdef", HOSTILE), ("operator", "")):
            kind = "undelivered" if failed else "notified"
            head = stream, f"{detail['at']}#{kind}#{detail['id']}#{channel}", detail["incident"]
            told = {"event": detail["id"], "type": event["type"], "channel": channel}
            note(UndeliveredEntry(*head, **told, reason=failed) if failed else NotifiedEntry(*head, **told))

    def _sent(self, stream: StreamId, mails: int, bounces: int) -> None:
        for part in range(8):
            at = self.now - timedelta(minutes=14 + 7 * part)
            self.memory.counts.sent(stream, at, mails // 8, bounces=bounces // 8)

    def count(self, streams: Iterable[StreamId], now: datetime) -> Mapping[StreamId, HourCounts]:
        found = {}
        for stream in streams:
            volumes = tuple(self.random.randrange(40, 5_000) for _ in range(HOURS))
            bounces = round(sum(volumes) * self.random.random() ** 4 * 0.06)
            found[stream] = HourCounts(hour_at(now), volumes, bounces, round(bounces / 60), 0, now)
        return found

    def snapshot(self) -> Mapping[StreamId, HourCounts]:
        return self.count([a_stream(name) for name in self.sets], self.now - timedelta(minutes=20))


def asked(fleet: Platform) -> GuardQuestions:
    """What a guard answers, with hostile text wherever any may be."""

    def causes() -> Sequence[LetterCause]:
        return [LetterCause("AlarmDeadLetters", said, 2, "stays") for said in (HOSTILE, NASTY)]

    def errors(now: datetime) -> ErrorsRead:
        hour = now - timedelta(hours=1)
        return ErrorsRead(
            [ErrorCause("EnforceFunction", it, it, 12, hour, severe=True) for it in (HOSTILE, NASTY)], hour
        )

    def onboarding(now: datetime) -> Progress:
        failed = tuple(Failure(said, said, said, now - timedelta(hours=2)) for said in (HOSTILE, NASTY))
        return Progress(3, 1, 396, 0, failed, 1_600, 0.9, 9, domains=1)

    def cost(now: datetime) -> MonthSoFar:
        fleet._ask("cost")
        lines = {name: Line(MailCounts(120_000, 900, 30), 12.0, {"counting": 0.4}) for name in (HOSTILE, NASTY)}
        return MonthSoFar(Month.of(now), now, Bill(lines, Line(), 0.0, {"alarms": 1.5}), (HOSTILE, NASTY))

    return GuardQuestions(causes, errors, onboarding, cost)


def elsewhere(account: str) -> MemoryFleet:
    """The fleet of another account, with a stream of the same name as one at home."""
    fleet = MemoryFleet()
    fleet.place = GuardPlace("sesguard", account, ACME.region, Mode.OBSERVE)
    stream = StreamId(account, ACME.region, CALM)
    fleet.memory.switch.sets[stream] = Sending.ON
    fleet.sets, fleet.registered, fleet.sent = [CALM], {stream: "planet"}, {stream: an_hour(500, 2)}
    return fleet


def many(home: Platform, guard: ConsoleGuard, *, read_only: bool) -> ConsoleSession:
    """A console over three guards, of which one cannot be reached."""
    abroad = elsewhere(OTHER_ACCOUNT)
    members = (
        MemoryMember(home, ALICE),
        MemoryMember(abroad, BOB),
        MemoryMember(elsewhere("555555555555"), "", StackError("sesguard", HOSTILE)),
    )

    def opens(member: MemoryMember) -> Callable[[], ConsoleGuard]:
        def opened() -> ConsoleGuard:
            member.open()
            stack = replace(guard.stack, account=member.home.account)
            return guard._replace(source=member.fleet, stack=stack)

        return opened

    feed = ManyFeed(members, lambda: ALICE, OneByOne(), refused={}, read_only=read_only)
    return ConsoleSession(feed, {member.name: opens(member) for member in members})


def main(arguments: Sequence[str]) -> None:
    now = datetime.now(UTC)
    fleet = Platform(int(arguments[0]), now)
    read_only = "--read-only" in arguments
    facts = Facts(now, vdm="--without-vdm" not in arguments)
    guard = ConsoleGuard(STACK, fleet, facts, facts, asked(fleet))
    if "--many" in arguments:
        serve_console(many(fleet, guard, read_only=read_only))
    else:
        serve_console(
            ConsoleSession(Feed(fleet, lambda: ALICE, read_only=read_only), {fleet.place.name: lambda: guard})
        )


if __name__ == "__main__":
    main(sys.argv[1:])
