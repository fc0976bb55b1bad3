"""Plays the scenario on the deployed guard, and watches until all that has to happen has, or no longer may."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from localcloud.cloud import Emulator
from localcloud.lateness import Lateness
from localcloud.life import DECISIONS, OUTLET, Life, is_on_its_way, is_right
from localcloud.mailbox import mailbox_on, mails_of_the_guard, received
from localcloud.player import Player, Probe, Tally
from localcloud.receiver import Receiver
from localcloud.scenario import LEADS, TENANTS, Tenant, sends
from localcloud.setting_up import PROBE_SENDER
from localcloud.summary import Result
from localcloud.view import Row, View
from localcloud.watcher import Event, Watcher

PROBES: Final = tuple(f"probe-{number:02d}" for number in range(12))
PROBE_EVERY: Final = 3.0  # seconds
# In the order in which they are onboarded, at one control call a second; who is paused comes first.
EVERYBODY: Final[tuple[Tenant, ...]] = (LEADS, OUTLET, *(tenant for tenant in TENANTS if tenant is not LEADS))
LAST_NEWS: Final = 45.0  # seconds after the last mail within which everything has to have happened
ONBOARDING: Final = 120.0  # seconds for all tenants
_LOOK_EVERY: Final = 0.7  # seconds

_STYLES: Final = {"warn": "yellow", "pause": "bold red", "hold": "bold red", "resume": "cyan", "recover": "green"}


@dataclass
class _Cast:
    """Everybody who sends, and who of them may."""

    players: Sequence[Player]
    probes: Sequence[Probe]
    life: Life
    may_begin: Mapping[str, threading.Event]
    probes_may_begin: threading.Event
    onboarded: list[Tenant] = field(default_factory=list)

    @property
    def tallies(self) -> dict[str, Tally]:
        senders: tuple[Player | Life, ...] = (*self.players, self.life)
        return {sender.tenant.id: sender.tally for sender in senders}

    def done(self) -> bool:
        return not any(thread.is_alive() for thread in (*self.players, *self.probes, self.life))

    def has_sent(self) -> bool:
        """Whether nothing is left to do but to wait for the guard."""
        senders: tuple[Player | Probe, ...] = (*self.players, *self.probes)
        return not self.life.is_alive() and all(sender.has_sent for sender in senders)

    def begin(self, tenants: Sequence[Tenant]) -> None:
        """Let those begin who are onboarded, and the probes where all are."""
        for tenant in tenants:
            self.onboarded.append(tenant)
            self.may_begin[tenant.id].set()
        if len(self.onboarded) == len(EVERYBODY):
            self.probes_may_begin.set()


class Play:
    """One run of the scenario. ``began``: the start of the run, in seconds of ``time.monotonic``. ``stop`` ends it.

    probes: the streams that say how long a pause takes.
    """

    def __init__(
        self,
        emulator: Emulator,
        outputs: Mapping[str, str],
        receiver: Receiver,
        lateness: Lateness,
        stop: threading.Event,
        began: float,
        probes: Sequence[str] = PROBES,
    ) -> None:
        self._probes = probes
        self._emulator, self._receiver, self._lateness, self.stop = emulator, receiver, lateness, stop
        self._began, self._onboarding_since = began, time.monotonic()
        self._watcher = Watcher(emulator, outputs)
        self._operator = mailbox_on(emulator, outputs["OperatorTopicArn"])
        self._cast = self._assemble()
        self._decided: list[Event] = []
        self._limit = LAST_NEWS
        self._gave_up: list[str] = []

    def _assemble(self) -> _Cast:
        may_begin = {tenant.id: threading.Event() for tenant in EVERYBODY}
        probes_may_begin = threading.Event()
        plan = sends()
        client, stop = self._emulator.client("sesv2"), self.stop  # one for all: making one takes a tenth of a second
        players = [Player(client, tenant, plan[tenant.id], may_begin[tenant.id], stop) for tenant in TENANTS]
        probes = [
            Probe(client, name, PROBE_SENDER, number * PROBE_EVERY, probes_may_begin, stop)
            for number, name in enumerate(self._probes)
        ]
        life = Life(self._emulator, client, self._watcher, self._lateness, may_begin[OUTLET.id], stop)
        return _Cast(players, probes, life, may_begin, probes_may_begin)

    def run(self, view: View) -> list[Row]:
        """Play it in ``view`` until it is over, or was stopped. Returns how each tenant stands at the end."""
        cast = self._cast
        for thread in (*cast.players, *cast.probes, cast.life):
            thread.start()
        try:
            self._watch(view)
            return self._rows()
        finally:
            self.stop.set()
            cast.begin([tenant for tenant in EVERYBODY if tenant not in cast.onboarded])

    def _watch(self, view: View) -> None:
        sent_at: float | None = None
        over = False
        view.show(self._now(), self._progress(), self._rows())  # at once: the first look at them all takes a moment
        while not over and not self.stop.is_set():
            self._onboard(view)
            # Asked before looking, so that what happened last is still looked at.
            sent_at = sent_at or (time.monotonic() if self._cast.has_sent() else None)
            over = self._all_happened() or self._is_late(sent_at)
            self._show(view)
            self.stop.wait(_LOOK_EVERY)

    def _is_late(self, sent_at: float | None) -> bool:
        """Whether what is still missing has had its time."""
        now = time.monotonic()
        if len(self._cast.onboarded) < len(EVERYBODY):
            limit = self._lateness.stretched(ONBOARDING)
            if now - self._onboarding_since > limit:
                self._gave_up = [f"{len(self._cast.onboarded)} of {len(EVERYBODY)} tenants onboarded in {limit:.0f} s"]
            return bool(self._gave_up)
        self._limit = self._lateness.stretched(LAST_NEWS)
        return sent_at is not None and now - sent_at > self._limit

    def _onboard(self, view: View) -> None:
        missing = [tenant for tenant in EVERYBODY if tenant not in self._cast.onboarded]
        new = self._watcher.onboarded(missing) if missing else []
        self._cast.begin(new)
        known = len(self._cast.onboarded) - len(new)
        for number, tenant in enumerate(new, known + 1):
            view.line(self._now(), f"{tenant.name}: onboarded, {number} of {len(EVERYBODY)}", "dim")

    def _all_happened(self) -> bool:
        mails = self._watcher.mails()
        told = all(tenant.owner in mails for tenant in EVERYBODY if tenant.paused)
        return self._cast.done() and told and bool(self._receiver.calls)

    def _show(self, view: View) -> None:
        names = {tenant.configuration_set: tenant.name for tenant in EVERYBODY}
        for event in self._watcher.news(list(names)):
            self._decided.append(event)
            text = f"{names[event.stream]}: {event.what}  {event.sentence}".rstrip()
            view.line(self._now(), text, _STYLES.get(event.what, ""))
        view.show(self._now(), self._progress(), self._rows())

    def _progress(self) -> str:
        paused = sum(probe.seconds is not None for probe in self._cast.probes)
        probes = f"{paused} of {len(self._probes)} probes paused, " if self._probes else ""
        onboarded = f"{len(self._cast.onboarded)} of {len(EVERYBODY)} onboarded, "
        return f"{onboarded}{probes}a message takes {self._lateness.latest:.1f} s"

    def _rows(self) -> list[Row]:
        return self._watcher.rows(EVERYBODY, self._cast.tallies, self._cast.onboarded)

    def _now(self) -> float:
        return time.monotonic() - self._began

    def result(self) -> Result:
        """What the run found."""
        life = self._cast.life
        lived = [event.what for event in self._decided if event.stream == OUTLET.configuration_set]
        wrong: list[str] = []
        waited = [*self._gave_up, *filter(None, [life.waited])]
        if not is_right(lived):
            decided = ", ".join(lived) or "nothing"
            sentence = f"decided on {OUTLET.name} should have been: {', '.join(DECISIONS)}; it was: {decided}"
            (waited if is_on_its_way(lived) else wrong).append(sentence)
        return Result(
            tallies=self._cast.tallies,
            began=self._began,
            mails=mails_of_the_guard(self._emulator.endpoint),
            operator=received(self._emulator, self._operator),
            spoken=life.spoken,
            link=life.link,
            calls=self._receiver.calls,
            probes=[probe.seconds for probe in self._cast.probes],
            waited=waited,
            wrong=wrong,
            late=self._lateness.worst,
            busiest=self._lateness.busiest,
            stretch=self._lateness.factor,
            too_slow=self._lateness.too_slow,
            limit=self._limit,
        )
