"""``sesguard console`` in front of its pages: who may talk to it, what it puts into text, and what a CSV holds."""

from __future__ import annotations

import ast
import asyncio
from pathlib import Path
from typing import Any

import pytest
import socketio

from sesguard.cli.console import loopback
from sesguard.cli.console.loopback import BrowserAccess, LoopbackGuard
from sesguard.cli.console.rows import (
    ALL,
    AT_RISK,
    CSV_COLUMNS,
    OFF_NOW,
    ON_THE_WAY,
    as_csv,
    belongs,
    grid_rows,
    matches,
)
from sesguard.fleet.read import read_fleet
from sesguard.stream import StreamId
from tests.fakes.clock import NOW
from tests.fakes.console import FORMULA, HOSTILE, PAUSED, WAITING, Platform
from tests.fakes.guard import STACK

PORT = 8_766
HOST = (b"host", f"127.0.0.1:{PORT}".encode())
CONSOLE = Path(loopback.__file__).parent


class Asked:
    """A console behind its guard. links: those that were printed after the first."""

    def __init__(self) -> None:
        self.links: list[str] = []
        self.access = BrowserAccess(PORT, self.links.append)
        self.passed = 0

    def ask(self, *headers: tuple[bytes, bytes], kind: str = "http", method: str = "GET", query: str = "") -> Any:
        sent: list[dict[str, Any]] = []

        async def application(scope: Any, receive: Any, send: Any) -> None:
            self.passed += 1
            if scope["type"] == "http":
                assert await receive() == {"type": "http.request", "body": b"all of it"}
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"ok"})
            else:
                await send({"type": "websocket.accept"})

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": f"{kind}.request", "body": b"all of it"}

        scope = {"type": kind, "method": method, "headers": list(headers), "query_string": query.encode(), "path": "/"}
        asyncio.run(LoopbackGuard(application, self.access)(scope, receive, send))
        return sent[0]

    def signed_in(self) -> tuple[bytes, bytes]:
        answer = self.ask(HOST, query=self.access.link.partition("?")[2])
        cookie = dict(answer["headers"])[b"set-cookie"]
        return b"cookie", cookie.partition(b";")[0]


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_the_link_is_exchanged_for_a_cookie_that_no_script_and_no_other_site_gets(asked):
    answer = asked.ask(HOST, query=asked.access.link.partition("?")[2])
    headers = dict(answer["headers"])
    assert (answer["status"], headers[b"location"]) == (303, b"/")
    assert headers[b"set-cookie"].endswith(b"; HttpOnly; SameSite=Strict; Path=/")
    assert asked.passed == 0


def test_a_link_works_once_and_the_next_is_printed(asked):
    stolen = asked.access.link.partition("?")[2]
    asked.signed_in()
    assert asked.ask(HOST, query=stolen)["status"] == 403
    assert asked.links == [asked.access.link]


def test_whoever_has_the_cookie_is_served_with_a_policy_that_names_no_foreign_source(asked):
    answer = asked.ask(HOST, asked.signed_in())
    headers = dict(answer["headers"])
    assert answer["status"] == 200
    policy = headers[b"content-security-policy"].decode()
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "*" not in policy
    assert headers[b"x-frame-options"] == b"DENY"


def test_a_request_of_somebody_who_has_left_is_not_served(asked):
    """Behind the guard is engine.io itself, which would raise a KeyError."""

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    engine = socketio.ASGIApp(socketio.AsyncServer(async_mode="asgi"))
    query, path = b"EIO=4&transport=polling", "/socket.io/"
    headers = [HOST, asked.signed_in()]
    scope = {"type": "http", "method": "GET", "headers": headers, "query_string": query, "path": path}
    with pytest.raises(KeyError):
        asyncio.run(engine(scope, receive, send))
    asyncio.run(LoopbackGuard(engine, asked.access)(scope, receive, send))


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "headers",
    [
        [(b"host", b"evil.example")],
        [(b"host", f"127.0.0.1.evil.example:{PORT}".encode())],
        [(b"host", b"127.0.0.1:1")],
        [],
        [HOST, HOST],
        [HOST, (b"origin", b"https://evil.example")],
        [HOST, (b"origin", b"null")],
        [HOST, (b"origin", b"http://127.0.0.1:1")],
        [HOST, (b"sec-fetch-site", b"cross-site")],
        [HOST, (b"sec-fetch-site", b"same-site")],
    ],
)
def test_a_foreign_host_origin_or_site_is_turned_away_cookie_or_not(asked, kind, headers):
    cookie = asked.signed_in()
    for with_cookie in ([], [cookie]):
        answer = asked.ask(*headers, *with_cookie, kind=kind)
        assert answer.get("status", answer.get("code")) in {403, 1008}
    assert asked.passed == 0


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "cookie", [b"", b"sesguard_8766=", b"sesguard_8766=guess", b"sesguard_1=x", b"\xff\xfe=;;;", b"a" * 9_000]
)
def test_without_the_cookie_nobody_is_served(asked, kind, cookie):
    answer = asked.ask(HOST, (b"cookie", cookie), kind=kind)
    assert answer.get("status", answer.get("code")) in {403, 1008}
    assert asked.passed == 0


def test_a_key_is_taken_by_get_alone(asked):
    assert asked.ask(HOST, method="POST", query=asked.access.link.partition("?")[2])["status"] == 403


def test_a_socket_of_the_consoles_own_page_is_let_through(asked):
    origin = (b"origin", f"http://127.0.0.1:{PORT}".encode())
    assert asked.ask(HOST, origin, asked.signed_in(), kind="websocket")["type"] == "websocket.accept"


# ---- text


MARKUP = frozenset(
    {"html", "markdown", "mermaid", "restructured_text", "add_body_html", "add_head_html", "interactive_image"}
)
SCRIPTED = frozenset({"run_javascript", "add_slot"})


def calls(path: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("module", sorted(CONSOLE.glob("*.py")), ids=lambda path: path.name)
def test_pages_make_no_markup_of_anything(module):
    for call in calls(module):
        assert called(call) not in MARKUP, ast.unparse(call)
        assert "html_columns" not in {keyword.arg for keyword in call.keywords}


@pytest.mark.parametrize("module", sorted(CONSOLE.glob("*.py")), ids=lambda path: path.name)
def test_script_is_constant_but_for_the_grids_number_and_a_direction(module):
    for call in calls(module):
        if called(call) not in SCRIPTED:
            continue
        names = {ast.unparse(node) for node in ast.walk(call.args[0]) if isinstance(node, ast.Attribute | ast.Name)}
        assert {it for it in names if not it.startswith("grids")} <= {"self", "self.grid", "self.grid.id", "key"}


def test_javascript_in_the_grids_options_is_constant():
    tree = ast.parse((CONSOLE / "grid.py").read_text(encoding="utf-8"))
    options = [node for node in ast.walk(tree) if isinstance(node, ast.Dict)]
    for each in options:
        for key, value in zip(each.keys, each.values, strict=True):
            if isinstance(key, ast.Constant) and str(key.value).startswith(":"):
                assert isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and value.id.isupper())


# ---- rows


@pytest.fixture(scope="module")
def platform() -> Platform:
    return Platform(20, NOW)


def test_four_numbers_are_filters_of_the_grid(platform):
    fleet = read_fleet(platform, NOW)
    chosen = {each: {row.stream.configuration_set for row in fleet.rows if belongs(row, each)} for each in
              (OFF_NOW, ON_THE_WAY, AT_RISK)}  # fmt: skip
    assert chosen == {
        OFF_NOW: {FORMULA, HOSTILE, PAUSED},
        ON_THE_WAY: {WAITING},
        AT_RISK: {"fit-club-mail", "cup-of-news"},
    }
    assert len(grid_rows(fleet, fleet.place, ALL)) == len(fleet.rows) == 27


def test_a_search_finds_each_of_its_words_anywhere(platform):
    rows = grid_rows(read_fleet(platform, NOW), STACK)
    assert [row["stream"] for row in rows if matches(row, "lead PAUSED")] == [PAUSED]
    assert [row for row in rows if matches(row, "lead healthy")] == []


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_of_a_csv_is_a_formula(platform, name):
    fleet = read_fleet(platform, NOW)
    (row,) = [row for row in grid_rows(fleet, STACK) if row["stream"] == PAUSED]
    text = as_csv([{**row, "tenant": name, "cause": 'a,"b"\n'}])
    assert text.splitlines()[0] == ",".join(CSV_COLUMNS)
    assert f"'{name}" in text
    assert '"a,""b""\n"' in text


def test_a_stream_of_another_region_says_so(platform):
    platform.registered[StreamId(STACK.account, "us-east-1", "abroad")] = "acme"
    names = {row["stream"] for row in grid_rows(read_fleet(platform, NOW), STACK)}
    assert "us-east-1/abroad" in names


def test_where_streams_of_several_accounts_are_together_their_place_is_apart_from_their_name(platform):
    fleet = read_fleet(platform, NOW)
    (row,) = [row for row in grid_rows(fleet, fleet.place._replace(account="")) if row["stream"] == PAUSED]
    assert row["where"] == f"{STACK.account}/{STACK.region}"
    assert matches(row, f"{STACK.account} lead")
    assert as_csv([row]).splitlines()[1].endswith(row["where"])
