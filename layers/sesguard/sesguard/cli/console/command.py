"""Serves the console: every stream, every incident and the account, on a page of this machine alone.

It prints a link that works once, and another one each time a link was used. The page listens on 127.0.0.1 only, reads
with your AWS credentials and acts with them, as the other commands do; nothing else of it is on the network, and it
keeps nothing on disk. Ctrl-C ends it.

--accounts shows the streams of all guards on one page, with account and region where those differ; a word on a stream
goes to its own guard, by the credentials of its account. A guard that cannot be read is named, and tried again.

Needs the extra: pipx install --force '.[console]' in sesguard's folder.

Exit code: 0; 2 for a command line that cannot be used, or where the extra is not installed; 3 where AWS or the stack
cannot be reached; 130 after Ctrl-C.
"""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from sesguard.cli.across import ONE, Across, find_guards, many_feed
from sesguard.cli.connect import DONE, UsageError, answered, with_guard
from sesguard.cli.live.feed import Feed
from sesguard.cli.options import HERE, Where
from sesguard.wiring.fleet import GuardFleet, account_facts, guard_facts
from sesguard.wiring.members import AwsMember
from sesguard.wiring.operator import Guard

if TYPE_CHECKING:
    from sesguard.cli.console.session import ConsoleGuard


def run(
    *,
    port: Annotated[
        int,
        Parameter(metavar="PORT", validator=Number(gte=0, lte=65_535), help="where to listen; 0 for any that is free"),
    ] = 0,
    read_only: Annotated[bool, Parameter(name="--read-only", help="take no word on streams, whoever asks")] = False,
    open_browser: Annotated[bool, Parameter(name="--open", help="open the link in the browser as well")] = False,
    across: Across = ONE,
    where: Where = HERE,
) -> int:
    if find_spec("nicegui") is None:
        return answered(where, _not_installed)

    def serve(feed: Feed, guards: Mapping[str, Callable[[], ConsoleGuard]]) -> int:
        from sesguard.cli.console.server import serve_console
        from sesguard.cli.console.session import ConsoleSession  # NiceGUI takes a second

        try:
            serve_console(ConsoleSession(feed, guards), port, ready=webbrowser.open if open_browser else None)
        except OSError as error:
            raise UsageError(f"port {port} cannot be listened on: {error.strerror or error}") from None
        return DONE

    def serve_one(guard: Guard, _: datetime) -> int:
        source = GuardFleet(guard)
        feed = Feed(source, guard.caller, read_only=read_only)
        return serve(feed, {source.place.name: lambda: _console_guard(guard)})

    def serve_many() -> int:
        guards = find_guards(where, across)
        feed = many_feed(guards, read_only=read_only)
        return serve(feed, {it.name: partial(_open, it) for it in guards.members})

    return answered(where, serve_many) if across.several else with_guard(where, serve_one)


def _not_installed() -> int:
    raise UsageError("the console is not installed: pipx install --force '.[console]' in sesguard's folder")


def _open(member: AwsMember) -> ConsoleGuard:
    return _console_guard(member.guard())


def _console_guard(guard: Guard) -> ConsoleGuard:
    from sesguard.cli.console.guard_questions import guard_questions
    from sesguard.cli.console.session import ConsoleGuard

    facts = account_facts(guard), guard_facts(guard)
    return ConsoleGuard(guard.stack, GuardFleet(guard), *facts, guard_questions(guard))
