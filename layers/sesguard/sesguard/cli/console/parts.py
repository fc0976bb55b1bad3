"""What pages are made of. Text goes into text alone: nothing here, and no page, makes markup of what it is given."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

from nicegui import ui

from sesguard.cli.console.rows import SHAPES
from sesguard.cli.console.session import ConsoleGuard, ConsoleSession
from sesguard.cli.screen import age, plain
from sesguard.errors import SesguardError
from sesguard.fleet.fleet import Fleet
from sesguard.pausing.state import Status
from sesguard.policy import Mode

PAGES: Final = (("/", "Fleet"), ("/account", "Account"), ("/guard", "Guard"))
KEYS: Final = (
    ("/", "search"),
    ("j k", "down and up in the list"),
    ("Enter", "open the stream"),
    ("x", "select the stream"),
    ("h", "hold what is selected"),
    ("r", "resume what is selected"),
    ("a", "acknowledge what is selected"),
    ("g f, g a, g g", "go to Fleet, Account, Guard"),
    ("?", "these keys"),
)
COMMANDS: Final = {"h": "hold", "r": "resume", "a": "acknowledge"}
LONGEST: Final = 1_000
_LONGEST_CELL: Final = 240
_MOST_PROBLEMS: Final = 4
_MOST_NAMED: Final = 8
_LONG: Final = 32
_PRIMARY: Final = "#1f5fa8"  # white on it has a contrast of 6.4
Cell = str | tuple[str, str]
"""Text of a cell, or text and a class of console.css."""


def say(text: object, longest: int = LONGEST) -> str:
    """Text from anywhere as one harmless line."""
    return plain(str(text), longest).plain


def tag(name: str, text: object = "", classes: str = "") -> ui.element:
    """An element of HTML with text in it."""
    made = ui.element(name)
    if classes:
        made.classes(classes)
    if text != "":
        made._text = say(text)  # a text node, as ui.label has it
    return made


def pressed(event: Any) -> str:  # noqa: ANN401  # NiceGUI's
    """The key that went down, "" for any other event and beside Ctrl, Meta or Alt."""
    held = event.modifiers.ctrl or event.modifiers.meta or event.modifiers.alt
    return event.key.name if event.action.keydown and not held else ""


def state_chip(status: Status) -> ui.element:
    """A state in word, colour and shape."""
    return tag("span", f"{SHAPES[status]} {status}", f"state state-{status}")


def action(text: str, do: Callable[..., Any], kind: str = "") -> ui.button:
    """A button. kind: stop or go, where pressing it does either."""
    return ui.button(text, on_click=do, color=None).classes(f"act {kind}").props("no-caps unelevated")


@contextmanager
def card(title: str = "") -> Iterator[ui.element]:
    """A card with a heading."""
    with ui.element("section").classes("card") as made:
        if title:
            tag("h2", title)
        yield made


def facts(rows: Iterable[tuple[str, Cell]]) -> None:
    """Names and values under each other; values that are empty are left out."""
    with ui.element("dl").classes("facts"):
        for name, value in rows:
            text, classes = value if isinstance(value, tuple) else (value, "")
            if text:
                tag("dt", name)
                _cut("dd", text, classes)


def _cut(name: str, text: str, classes: str) -> None:
    """An element whose text leaves room for others; all of it shows where somebody points at it."""
    shown, whole = say(text, _LONGEST_CELL), say(text)
    made = tag(name, shown, classes)
    if shown != whole:
        made.props["title"] = whole


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], right: Sequence[str] = (), empty: str = "None."
) -> None:
    """A table of text."""
    rows = list(rows)
    if not rows:
        tag("div", empty, "faint")
        return
    with ui.element("div").classes("scroll").props("tabindex=0"), ui.element("table").classes("plain"):
        with ui.element("thead"), ui.element("tr"):
            for column in columns:
                tag("th", column, "n" if column in right else "").props("scope=col")
        with ui.element("tbody"):
            for row in rows:
                with ui.element("tr"):
                    for column, cell in zip(columns, row, strict=True):
                        text, classes = cell if isinstance(cell, tuple) else (cell, "")
                        long = "long" if len(text) > _LONG else ""
                        _cut("td", text, f"{classes} {'n' if column in right else long}")


@contextmanager
def page(session: ConsoleSession, title: str, here: str = "") -> Iterator[None]:
    """A page: the bar, its keys, what could not be read, and a main part with a heading."""
    ui.colors(primary=_PRIMARY)
    ui.page_title(f"{say(title, 80)} · sesguard")
    keys = _keys_dialog()
    with ui.header().classes("bar"):
        tag("span", "sesguard", "brand")
        with ui.element("nav").classes("links").props("aria-label=Pages"):
            for path, name in PAGES:
                link = ui.link(name, path)
                if path == here:
                    link.classes("here").props("aria-current=page")
        meta = ui.element("div").classes("meta")
        _switch(session)
        action("?", keys.open).props("aria-label='Keys'")
    with ui.element("main"):
        problems = ui.element("div").props("role=status")
        yield
    shown: list[Any] = [None]

    def refresh() -> None:
        fleet = session.feed.fleet
        now = session.feed.clock()
        found = fleet.problems if fleet is not None else ()
        state = (session.feed.problem, session.feed.who, found, age(fleet.now, now) if fleet is not None else "")
        if state == shown[0]:
            return
        shown[0] = state
        _fill_meta(session, meta)
        problems.clear()
        with problems:
            failed = (f"Not read: {session.feed.problem}",) if session.feed.problem else ()
            for problem in (*failed, *found)[:_MOST_PROBLEMS]:
                tag("div", problem, "problem")

    refresh()
    ui.timer(1.0, refresh)
    _go_by_keys(keys)


def choice(session: ConsoleSession, path: str, chosen: str) -> None:
    """Links to the same page of each other guard, where there are several."""
    if len(session.guards) < 2:
        return
    with ui.element("nav").classes("tools").props("aria-label=Guards"):
        for each in session.guards:
            link = ui.link(say(each, 200), f"{path}?guard={quote(each, safe='')}")
            if each == chosen:
                link.classes("here").props("aria-current=page")


async def open_guard(session: ConsoleSession, guard: str) -> tuple[ConsoleGuard, Fleet] | None:
    """Open a guard; None where it cannot be reached or was not read yet, which the page then says."""
    with reading():
        try:
            opened = await to_thread(session.guards[guard])
        except SesguardError as error:
            tag("div", f"Not read: {error}", "problem")
            return None
    fleet = session.feed.fleet_of(guard)
    if fleet is None:
        tag("div", "The streams are being read; this page can be opened in a moment.", "problem")
        return None
    return opened, fleet


@contextmanager
def reading() -> Iterator[None]:
    """Say that something is being read, for as long as it is."""
    said = tag("div", "Reading …", "faint").props("role=status")
    try:
        yield
    finally:
        if not said.is_deleted:  # as it is where the browser has left meanwhile
            said.delete()


def _fill_meta(session: ConsoleSession, meta: ui.element) -> None:
    fleet = session.feed.fleet
    meta.clear()
    with meta:
        if fleet is not None:
            tag("span", fleet.where)
            observe = fleet.modes == Mode.OBSERVE
            tag("span", "observe: nothing is paused" if observe else fleet.modes, "mode-observe" if observe else "")
        if session.feed.who:
            tag("span", session.feed.who.rpartition(":")[2])
        if fleet is not None:
            counted = f", oldest counts {age(fleet.oldest, session.feed.clock())} old" if fleet.oldest else ""
            tag("span", f"read {age(fleet.now, session.feed.clock())} ago{counted}")


def _switch(session: ConsoleSession) -> None:
    if session.locked:
        tag("span", "read-only", "state state-watched")
        return

    def turn(read_only: bool) -> None:
        session.feed.read_only = read_only

    switch = ui.switch("read-only", value=session.feed.read_only, on_change=lambda event: turn(bool(event.value)))
    switch.props("dense")


def _keys_dialog() -> ui.dialog:
    with ui.dialog() as dialog, ui.element("div").classes("dialog"):
        tag("h2", "Keys")
        with ui.element("dl").classes("facts"):
            for key, what in KEYS:
                with ui.element("dt"):
                    tag("kbd", key)
                tag("dd", what)
        action("Close", dialog.close)
    return dialog


def _go_by_keys(keys: ui.dialog) -> None:
    last = [""]

    def on_key(event: Any) -> None:  # noqa: ANN401  # NiceGUI's
        key, before = pressed(event), last[0]
        if not key:
            return
        last[0] = key
        goal = {"f": "/", "a": "/account", "g": "/guard"}.get(key) if before == "g" else None
        if goal is not None:
            last[0] = ""
            ui.navigate.to(goal)
        elif key == "?":
            keys.open()

    ui.keyboard(on_key)


def ask_why(
    session: ConsoleSession, command: str, streams: Sequence[str], give: Callable[[str], Awaitable[None]]
) -> None:
    """Ask for the reason of a command on streams, then ``give`` it."""
    if session.feed.read_only:
        ui.notify("Read-only: turn the switch off first.", type="warning")
        return
    # Not where it was asked for: a page that is filled anew would take the dialog away from whoever is typing.
    with ui.context.client.content, ui.dialog() as dialog, ui.element("div").classes("dialog"):
        number = f"{len(streams):,} streams" if len(streams) > 1 else say(streams[0], 100)
        tag("h2", f"{command.capitalize()} {number}?")
        for each in streams[:_MOST_NAMED] if len(streams) > 1 else ():
            tag("div", each, "faint")
        why = ui.textarea("Why, for the record").props("outlined autofocus autogrow maxlength=1000")

        async def done() -> None:
            if not say(why.value or ""):
                why.props("error error-message='Say why: the record keeps it.'")
                return
            dialog.close()
            await give(why.value)

        with ui.element("div").classes("tools"):
            kind = "stop" if command in {"hold", "approve"} else "go"
            action(command.capitalize(), done, kind)
            action("Cancel", dialog.close)
    dialog.open()
