"""Serves the console: every stream, every incident and the account, on a page of this machine alone.

It prints a link that works once, and another one each time a link was used. The page listens on 127.0.0.1 only, reads
with your AWS credentials and acts with them, as the other commands do; nothing else of it is on the network, and it
keeps nothing on disk. Ctrl-C ends it.

Needs the extra: pipx install 'sesguard[console]'.

Exit code: 0; 2 for a command line that cannot be used, or where the extra is not installed; 3 where AWS or the stack
cannot be reached; 130 after Ctrl-C.
"""

from __future__ import annotations

import webbrowser
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from sesguard.cli.connect import DONE, UsageError, with_guard
from sesguard.cli.live.feed import Feed
from sesguard.cli.options import HERE, Where
from sesguard.wiring.fleet import GuardFleet, account_facts, guard_facts

if TYPE_CHECKING:
    from datetime import datetime

    from sesguard.wiring.operator import Guard


def run(
    *,
    port: Annotated[
        int,
        Parameter(metavar="PORT", validator=Number(gte=0, lte=65_535), help="where to listen; 0 for any that is free"),
    ] = 0,
    read_only: Annotated[bool, Parameter(name="--read-only", help="take no word on streams, whoever asks")] = False,
    open_browser: Annotated[bool, Parameter(name="--open", help="open the link in the browser as well")] = False,
    where: Where = HERE,
) -> int:
    """Serve it until Ctrl-C, and give the exit code."""

    def serve(guard: Guard, _: datetime) -> int:
        if find_spec("nicegui") is None:
            raise UsageError("the console is not installed: pipx install 'sesguard[console]'")
        from sesguard.cli.console.server import serve_console
        from sesguard.cli.console.session import ConsoleSession  # NiceGUI takes a second

        feed = Feed(GuardFleet(guard), guard.caller, read_only=read_only)
        session = ConsoleSession(feed, guard.stack, account_facts(guard), guard_facts(guard))
        try:
            serve_console(session, port, ready=webbrowser.open if open_browser else None)
        except OSError as error:
            message = f"port {port} cannot be listened on: {error.strerror or error}"
            raise UsageError(message) from None
        return DONE

    return with_guard(where, serve)
