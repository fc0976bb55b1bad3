"""The console's pages by their paths."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from nicegui import ui

from sesguard.cli.console.account_page import account_page
from sesguard.cli.console.fleet_page import FleetView
from sesguard.cli.console.guard_page import guard_page
from sesguard.cli.console.incident_page import incident_page
from sesguard.cli.console.session import ConsoleSession
from sesguard.cli.console.stream_page import stream_page
from sesguard.stream import StreamId

_STYLE: Final = Path(__file__).with_name("console.css")
_PATIENCE_SECONDS: Final = 60.0


def register(session: ConsoleSession) -> None:
    """Tell NiceGUI of every page."""
    ui.add_css(_STYLE.read_text(encoding="utf-8"), shared=True)

    @ui.page("/")
    def fleet() -> None:
        FleetView(session).build()

    @ui.page("/stream/{account}/{region}/{configuration_set:path}", response_timeout=_PATIENCE_SECONDS)
    async def stream(account: str, region: str, configuration_set: str) -> None:
        await stream_page(session, StreamId(account, region, configuration_set))

    @ui.page("/incident/{account}/{region}/{configuration_set:path}/{incident}", response_timeout=_PATIENCE_SECONDS)
    async def incident(account: str, region: str, configuration_set: str, incident: str) -> None:
        await incident_page(session, StreamId(account, region, configuration_set), incident)

    @ui.page("/account", response_timeout=_PATIENCE_SECONDS)
    async def account(guard: str = "") -> None:
        await account_page(session, session.chosen(guard))

    @ui.page("/guard", response_timeout=_PATIENCE_SECONDS)
    async def guard(guard: str = "") -> None:
        await guard_page(session, session.chosen(guard))
