"""Runs the console: NiceGUI behind the loopback guard, on a socket of 127.0.0.1."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from nicegui import app as nicegui_app
from nicegui import ui

from sesguard.cli.console.loopback import BrowserAccess, LoopbackGuard
from sesguard.cli.console.pages import register
from sesguard.cli.console.session import ConsoleSession
from sesguard.cli.live.feed import EVERY_SECONDS

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
