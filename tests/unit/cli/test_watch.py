"""``sesguard watch``: the fleet live in a terminal, news as lines elsewhere, and an operator's word from either."""

from __future__ import annotations

import asyncio
import re
import signal
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import Input

from sesguard.cli.live.feed import Feed, ReadOnlyError
from sesguard.cli.live.fleet_screen import FleetScreen
from sesguard.cli.live.widgets import FleetTable
from sesguard.cli.watch import print_news
from sesguard.errors import AwsError
from sesguard.pausing.record import Sending, StreamRecord, Waiting
from sesguard.pausing.state import Status, StreamState
from sesguard.policy import Policy
from tests.fakes.clock import MINUTE, NOW
from tests.fakes.fleet import MemoryFleet, a_stream, an_hour
from tests.fakes.guard import ALICE
from tests.fakes.own_terminal import CLOSED, ended_on_a_terminal
from tests.fakes.states import held, paused, probation, watched
from tests.fakes.terminal import recorded, settled, shown

LATER = NOW + MINUTE
SCREENS = Path(__file__).parent / "screens"
HOSTILE = "[red]evil[/red]\x1b[2J\u202etxt"


class World:
    """A fleet whose readings can be made to fail; ``feed`` reads it as Alice."""

    def __init__(self, *, read_only: bool = False) -> None:
        self.fleet = MemoryFleet()
        self.at = NOW
        self.feed = Feed(self.fleet, lambda: ALICE, read_only=read_only, clock=lambda: self.at)

    def put(self, name: str, state: StreamState, **changes: Any) -> None:
        stream = a_stream(name)
        record = StreamRecord(stream, 1, state, Policy(), **{"turned_off": state.off, **changes})
        self.fleet.memory.streams.records[stream] = record
        self.fleet.memory.switch.sets[stream] = Sending.OFF if state.off else Sending.ON
        self.fleet.sets = sorted({*self.fleet.sets, name})

    def state(self, name: str) -> Status:
        return self.fleet.memory.streams.load(a_stream(name)).state.status


@pytest.fixture
def world() -> World:
    world = World()
    world.put("paused", paused(NOW))
    world.fleet.sets += ["loud", "quiet"]
    world.fleet.sent[a_stream("loud")] = an_hour(1_234, 24)
    for name in ("loud", "quiet"):
        world.fleet.memory.switch.sets[a_stream(name)] = Sending.ON
    return world


def test_a_change_is_news_once(world):
    assert world.feed.read() == []
    world.put("paused", held(NOW))
    assert [each.text for each in world.feed.read()] == ["paused → held"]
    assert world.feed.read() == []


def test_credentials_that_expire_leave_what_was_read_and_say_what_to_do(world):
    world.feed.read()
    fleet = world.feed.fleet

    def expired(_: str) -> None:
        raise AwsError("Query", "ExpiredTokenException", retryable=False)

    world.fleet.memory.streams.hook = expired
    assert world.feed.read() == []
    assert world.feed.fleet is fleet
    assert "sign in again" in world.feed.problem
    world.fleet.memory.streams.hook = lambda _: None
    world.feed.read()
    assert world.feed.problem == ""


def test_a_word_goes_the_way_of_the_commands_and_onto_the_record(world):
    (done,) = world.feed.give("hold", [a_stream("loud")], "ticket 12")
    assert (world.state("loud"), done.text, done.failed) == (Status.HELD, "hold: done, it is held", False)
    (entry,) = [it for it in world.fleet.memory.streams.journal if it.who]
    assert (entry.who, entry.why) == (ALICE, "ticket 12")


def test_one_stream_that_fails_stops_no_other(world):
    def refuses(name: str) -> None:
        if name == "look":
            world.fleet.memory.switch.hook = lambda _: None
            raise AwsError("GetConfigurationSet", "AccessDeniedException", retryable=False)

    world.fleet.memory.switch.hook = refuses
    first, second = world.feed.give("hold", [a_stream("quiet"), a_stream("loud")], "why")
    assert first.failed
    assert "sesguard permissions" in first.text
    assert (second.failed, world.state("loud")) == (False, Status.HELD)


def test_a_waiting_pause_is_approved_or_dismissed(world):
    for name in ("one", "two"):
        world.put(name, watched(), waiting=Waiting(NOW, "bounces", 2.0))
    world.feed.give("approve", [a_stream("one")], "yes")
    world.feed.give("dismiss", [a_stream("two")], "no")
    assert world.state("one") is Status.PAUSED
    assert world.fleet.memory.streams.load(a_stream("two")).waiting is None


@pytest.mark.parametrize(("command", "reason"), [("hold", "  "), ("hold", "\x1b\u202e"), ("obliterate", "why")])
def test_a_word_without_a_reason_or_that_there_is_not_is_refused(world, command, reason):
    with pytest.raises(ValueError, match=r"say why|expected one of"):
        world.feed.give(command, [a_stream("loud")], reason)
    assert world.state("loud") is Status.HEALTHY


def test_a_view_that_is_to_look_only_takes_no_word():
    world = World(read_only=True)
    with pytest.raises(ReadOnlyError):
        world.feed.give("hold", [a_stream("loud")], "why")


def test_without_a_terminal_news_are_lines(world, capsys):
    class EndError(Exception):
        pass

    def sleep(_: float) -> None:
        if world.at == LATER:
            raise EndError
        world.at = LATER
        world.put("paused", held(NOW))

    with pytest.raises(EndError):
        print_news(world.feed, sleep=sleep)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "2026-11-21 18:00:00Z  0 held, 1 paused, 0 probation, 0 watched, 2 healthy"
    assert lines[1] == "2026-11-21 18:00:00Z  paused: paused, risk 0.00"
    assert lines[-1] == "2026-11-21 18:01:00Z  paused: paused → held"


def text_on(app: FleetScreen) -> str:
    return "\n".join(shown(app))


def on_screen(world: World, play: Any, size: tuple[int, int] = (120, 30)) -> None:
    async def run() -> None:
        app = FleetScreen(world.feed)
        async with app.run_test(size=size) as pilot:
            while app.query_one(FleetTable).row_count == 0:
                await pilot.pause(0.02)
            await pilot.pause()
            await play(app, pilot)

    asyncio.run(run())


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40)])
def test_the_screen_has_what_needs_attention_first_and_who_looks(world, size):
    async def play(app, pilot):
        text = text_on(app)
        assert "1 paused" in text
        assert text.index("paused ") < text.index("loud") < text.index("quiet")

    on_screen(world, play, size)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (140, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_screen_is_as_recorded_with_more_streams_than_fit(world, size):
    world.put("held-for-a-person", held(NOW), tenant="toy-store")
    world.put("on-probation", probation(NOW), tenant="cup-of-news")
    world.put("a-name-as-long-as-ses-lets-a-configuration-set-have", watched(), tenant="coupons")
    for number in range(60):
        world.fleet.sets.append(f"tenant-{number:02}-news")
        world.fleet.sent[a_stream(f"tenant-{number:02}-news")] = an_hour(987_654 - number, 9_000, 400)

    async def play(app, pilot):
        lines = [re.sub(r"in \d+\.\d s", "in 0.0 s", line).rstrip() for line in await settled(app, pilot)]
        assert lines == recorded(lines, SCREENS / f"watch-{size[0]}x{size[1]}.txt")

    on_screen(world, play, size)


def test_the_cursor_stays_with_its_stream_when_the_table_is_made_for_another_width(world):
    async def play(app, pilot):
        await pilot.press("j")
        before = app.query_one(FleetTable).chosen
        await pilot.resize_terminal(50, 20)
        await settled(app, pilot)
        assert app.query_one(FleetTable).chosen == before == str(a_stream("loud"))
        assert "tenant" not in text_on(app)

    on_screen(world, play, (140, 40))


def test_names_are_text_and_move_or_colour_nothing(world):
    world.put(HOSTILE, held(NOW), tenant=HOSTILE)

    async def play(app, pilot):
        assert "[red]evil[/red]" in text_on(app)
        assert "\x1b" not in text_on(app)
        assert "\u202e" not in text_on(app)
        await pilot.press("enter")
        await pilot.pause(0.3)
        assert "no run of its mail is over a limit" in text_on(app)

    on_screen(world, play)


def test_a_search_and_the_attention_filter_leave_out_the_rest(world):
    async def play(app, pilot):
        await pilot.press("slash", *"lou", "enter")
        await pilot.pause()
        assert app.query_one(FleetTable).row_count == 1
        await pilot.press("escape", "t")
        await pilot.pause()
        assert app.query_one(FleetTable).row_count == 1
        assert "loud" not in text_on(app)

    on_screen(world, play)


def test_hold_asks_why_and_is_left_by_escape(world):
    async def play(app, pilot):
        await pilot.press("j", "h")
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert world.state("loud") is Status.HEALTHY
        await pilot.press("h")
        await pilot.pause()
        app.screen.query_one(Input).value = "ticket 12"
        await pilot.press("enter")
        for _ in range(100):
            await pilot.pause(0.02)
            if world.state("loud") is Status.HELD:
                return
        pytest.fail(f"not held: {text_on(app)}")

    on_screen(world, play)


ON_A_TERMINAL = """
import sys
from sesguard.cli import watch
from sesguard.cli.main import main

class Feed:
    home, fleet, who, read_only, problem = ("", ""), None, "", True, "nothing answers there"

    def read(self):
        return []

def with_guard(_, work):
    from sesguard.cli.live.fleet_screen import FleetScreen

    FleetScreen(Feed()).result()
    return 0

watch.with_guard = with_guard
sys.exit(main(["watch"]))
"""


@pytest.mark.parametrize(
    ("how", "code", "said"),
    [
        (b"q", 0, ""),
        (b"\x03", 130, "stopped"),
        (signal.SIGINT, 130, "stopped"),
        (signal.SIGTERM, -signal.SIGTERM, ""),
        (signal.SIGHUP, -signal.SIGHUP, ""),
    ],
)
def test_whatever_ends_it_leaves_the_terminal_as_it_was(how, code, said):
    ended = ended_on_a_terminal(ON_A_TERMINAL, "nothing answers there", how)
    assert (ended.code, ended.restored) == (code, True)
    assert ended.printed.rstrip().endswith(said)
    assert "Traceback" not in ended.printed


def test_a_terminal_that_is_closed_ends_it():
    assert ended_on_a_terminal(ON_A_TERMINAL, "nothing answers there", CLOSED).code == 128 + signal.SIGHUP
