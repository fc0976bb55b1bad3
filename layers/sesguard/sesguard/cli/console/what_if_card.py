"""The card of the stream page in which an operator tries another policy on the days that are kept."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from typing import Any, Final

from nicegui import ui

from sesguard.cli.console.parts import action, card, facts, say, table, tag
from sesguard.cli.console.session import ConsoleSession
from sesguard.cli.screen import clock
from sesguard.detection.figures import percent
from sesguard.errors import SesguardError
from sesguard.fleet.ports import StreamSource
from sesguard.fleet.stream_page import read_what_if
from sesguard.fleet.what_if import WhatIf
from sesguard.policy import Policy, policy_from
from sesguard.stream import StreamId

_LIMITS: Final = {"bounce_limit": "bounce limit", "complaint_limit": "complaint limit", "chance": "chance"}
_OWN, _STACK, _BUILT_IN = "the stream's, as it is", "the stack's", "sesguard's default"
_MOST_STEPS: Final = 30


class WhatIfCard:
    """Nothing is read or replayed until somebody asks.

    source: of the stream's own guard. own: the policy that the stream is under.
    """

    def __init__(self, session: ConsoleSession, source: StreamSource, stream: StreamId, own: Policy) -> None:
        self._session, self._source, self._stream = session, source, stream
        self._policies = {_OWN: own, _STACK: source.policy, _BUILT_IN: Policy()}
        self._limits: dict[str, Any] = {}

    def build(self) -> None:
        """Put it on the page."""
        with card("What another policy would have done") as made:
            made.classes("whatif")
            tag("p", "Replays the mail of the last 31 days, as `sesguard backtest` does with what is recorded. Nothing "
                "is changed.", "faint")  # fmt: skip
            with ui.element("div").classes("tools"):
                self._choice = ui.select(list(self._policies), value=_OWN, label="Policy").props("outlined dense")
                for key, label in _LIMITS.items():
                    self._limits[key] = ui.input(label).props("outlined dense")
                action("Registered policies", self._fetch)
                action("Replay", self._replay, "go")
            self._found = ui.element("div").props("role=status")

    async def _fetch(self) -> None:
        """Add the registry's policies to the choice; a large registry takes a while, so only when asked."""
        try:
            named: Mapping[str, Policy] = await to_thread(self._source.policies)
        except SesguardError as error:
            self._say(f"Not read: {error}", "problem")
            return
        self._policies |= {f"registered: {say(name, 60)}": policy for name, policy in named.items()}
        self._choice.set_options(list(self._policies))
        self._say(f"Registered policies: {len(named):,}, now in the list.")

    async def _replay(self) -> None:
        typed = {key: field.value.strip() for key, field in self._limits.items() if field.value and field.value.strip()}
        try:
            policy = policy_from(
                {key: _number(value) for key, value in typed.items()}, self._policies[self._choice.value]
            )
            found = await to_thread(read_what_if, self._source, self._stream, policy, self._session.feed.clock())
        except SesguardError as error:
            self._say(str(error), "problem")
            return
        self._found.clear()
        with self._found:
            _show(found)

    def _say(self, text: str, classes: str = "faint") -> None:
        self._found.clear()
        with self._found:
            tag("div", text, classes)


def _number(text: str) -> object:
    """A number as somebody types it, per cent too; anything else as it is, which the policy's rules refuse."""
    try:
        return float(text.removesuffix("%")) / 100 if text.endswith("%") else float(text)
    except ValueError:
        return text


def _show(found: WhatIf) -> None:
    it = found.summary
    if it is None or found.start is None:
        tag("p", "No mail of this stream is kept.", "faint")
        return
    guard = it.guard
    share = percent(guard.refused / it.mails if it.mails else 0)
    held = f", {it.holds:,} of them until an operator resumes" if it.holds else ""
    spared = f"{guard.spared_bounces:,} bounces and {guard.spared_complaints:,} complaints among them"
    leaked = f"{guard.leaked:,} of {it.bad_mails:,} mails went out; {guard.refused_clean:,} refused mails were of none"
    facts(
        [
            ("since", clock(found.start)),
            ("mail", f"{it.mails:,}, {it.bounces:,} bounces, {it.complaints:,} complaints"),
            ("warnings", f"{it.warnings:,}"),
            ("pauses", f"{guard.pauses:,}{held}"),
            ("off for", f"{it.off_seconds / 3600:,.1f} h"),
            ("refused", f"{guard.refused:,} mails ({share}), {spared}"),
            ("of bad spans", leaked),
            ("in the end", it.status),
        ]
    )
    rows = [
        (clock(at), what.replace("_", " "), why.replace("_", " "), f"{risk:.2f}")
        for at, what, why, risk in found.steps[:_MOST_STEPS]
    ]
    table(("when", "what", "why", "risk"), rows, right=("risk",), empty="It would have warned and paused nobody.")
