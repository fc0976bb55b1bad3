"""Runs the console: NiceGUI behind the loopback guard, on a socket of 127.0.0.1."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from nicegui import app as nicegui_app
from nicegui import ui

from sesguard.cli.console.account_page import account_page
from sesguard.cli.console.fleet_page import FleetView
from sesguard.cli.console.guard_page import guard_page
from sesguard.cli.console.incident_page import incident_page
from sesguard.cli.console.loopback import BrowserAccess, LoopbackGuard
from sesguard.cli.console.session import ConsoleSession
from sesguard.cli.console.stream_page import stream_page
from sesguard.cli.live.feed import EVERY_SECONDS
from sesguard.stream import StreamId

LOOPBACK = "127.0.0.1"
HTTP_404 = 404
_NO_SUCH_PAGE = """<!doctype html><html lang="en-US"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>No such page · sesguard</title><h1>There is no such page</h1>
<p><a href="/">Fleet</a>, <a href="/account">Account</a>, <a href="/guard">Guard</a></p></html>
"""  # noqa: E501  # of HTML


def serve_console(session: ConsoleSession, port: int = 0, ready: Callable[[str], object] | None = None) -> None:
    """Serve until it is interrupted. ready: is given the first link. Raises OSError where the port is taken."""
    listening = socket.create_server((LOOPBACK, port))
    access = BrowserAccess(listening.getsockname()[1], lambda link: print(f"Another link: {link}", flush=True))
    print(f"sesguard console of {_whose(session)}", flush=True)
    print(f"Open this link; it works once: {access.link}", flush=True)
    if ready is not None:
        ready(access.link)
    config = uvicorn.Config(
        LoopbackGuard(application(session), access),
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        ws_max_size=1_048_576,
        timeout_graceful_shutdown=1,
    )
    with listening:
        uvicorn.Server(config).run(sockets=[listening])


def _whose(session: ConsoleSession) -> str:
    if len(session.guards) > 1:
        return f"{len(session.guards)} guards"
    account, region, stack = next(iter(session.guards)).split("/")
    return f"{stack}, {account} {region}"


def application(session: ConsoleSession) -> FastAPI:
    """Make the application, which reads the fleet for as long as it is served."""

    @contextlib.asynccontextmanager
    async def reading(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_keep_reading(session))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    served = FastAPI(lifespan=reading, docs_url=None, redoc_url=None, openapi_url=None)
    register(session)
    for each in (served, nicegui_app):
        each.add_exception_handler(HTTP_404, _no_such_page)
    ui.run_with(
        served,
        title="sesguard",
        language="en-US",
        dark=None,
        tailwind=False,
        show_welcome_message=False,
        reconnect_timeout=30,
    )
    return served


def _no_such_page(_: Request, __: Exception) -> HTMLResponse:
    return HTMLResponse(_NO_SUCH_PAGE, HTTP_404)


async def _keep_reading(session: ConsoleSession) -> None:
    while True:
        await asyncio.to_thread(session.feed.read)
        await asyncio.to_thread(lambda: session.feed.who)
        await asyncio.sleep(EVERY_SECONDS)


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
