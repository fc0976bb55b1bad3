"""``sesguard console`` in a real Chromium, over a world in memory: pages, words, hostile names, strangers, axe.

With SESGUARD_SCREENSHOTS set to a folder, every page is kept as a picture.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from axe_core_python.selenium import Axe
from selenium.common.exceptions import ElementClickInterceptedException, ElementNotInteractableException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from tests.cloud.browser import DESK, PHONE, browsing, look, shot
from tests.fakes.console import CALM, FORMULA, HOSTILE, OTHER_ACCOUNT, PAUSED, WAITING
from tests.fakes.guard import STACK

ROOT: Final = Path(__file__).resolve().parents[3]
STREAM: Final = f"/stream/{STACK.account}/{STACK.region}/"
PAGES: Final = {"fleet": "/", "stream": STREAM + PAUSED, "account": "/account", "guard": "/guard"}
STREAMS: Final = 400
PATIENCE_SECONDS: Final = 60
HARMFUL: Final = ("\u202e", "\u2066", "\x1b", "\x00")
SERIOUS: Final = {"serious", "critical"}


class Console:
    """A console of its own process; ``link`` has been printed last."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self._log = log
        with log.open("w") as out:
            self.process = subprocess.Popen(  # noqa: S603 (our own program)
                [sys.executable, "-m", "tests.fakes.console", *arguments],
                cwd=ROOT,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self._wait_for_link()

    def _wait_for_link(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.links:
            assert self.process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, self._log.read_text()
            time.sleep(0.1)

    @property
    def links(self) -> list[str]:
        return re.findall(r"http://\S+", self._log.read_text())

    @property
    def origin(self) -> str:
        return self.links[0].partition("/?")[0]


@contextmanager
def serving(log: Path, *arguments: str) -> Iterator[Console]:
    console = Console(log, *arguments)
    try:
        yield console
    finally:
        console.process.terminate()
        console.process.wait(20)


@contextmanager
def opened(console: Console) -> Iterator[Chrome]:
    """A browser that has followed the console's newest link."""
    with browsing() as chrome:
        look(chrome, DESK)
        chrome.get(console.links[-1])
        yield chrome


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with serving(tmp_path_factory.mktemp("console") / "log", str(STREAMS)) as console:
        yield console


@pytest.fixture(scope="module")
def session(console: Console) -> Iterator[Chrome]:
    with opened(console) as chrome:
        yield chrome


@pytest.fixture
def chrome(session: Chrome) -> Chrome:
    look(session, DESK)
    session.get_log("browser")
    return session


def until(chrome: Chrome, happened: Any) -> Any:
    return WebDriverWait(chrome, PATIENCE_SECONDS).until(lambda _: happened())


def in_dialog(chrome: Chrome, act: Callable[[], None]) -> None:
    """Do it once the dialog has opened: in the moments before, what is in it can be found and not yet used."""
    opening = [ElementNotInteractableException, ElementClickInterceptedException]
    WebDriverWait(chrome, PATIENCE_SECONDS, ignored_exceptions=opening).until(lambda _: act() is None)


def write_why(chrome: Chrome, why: str) -> None:
    field = until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, ".dialog textarea"))[0]
    in_dialog(chrome, lambda: field.send_keys(why))


def confirm(chrome: Chrome) -> None:
    in_dialog(chrome, chrome.find_element(By.CSS_SELECTOR, ".dialog button").click)


def open_page(chrome: Chrome, console: Console, path: str) -> None:
    chrome.get(console.origin + path)
    until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, "html[lang=en-US] h1"))
    until(chrome, lambda: "Reading …" not in text(chrome))
    if path == "/":
        until(chrome, lambda: len(names(chrome)) > 5)
    if path.startswith("/stream"):
        until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, ".chart canvas"))


def cells(chrome: Chrome, column: str) -> list[str]:
    script = f"return [...document.querySelectorAll('.ag-row [col-id={column}]')].map(it => it.textContent)"
    return list(chrome.execute_script(script))


def names(chrome: Chrome) -> list[str]:
    return cells(chrome, "stream")


def text(chrome: Chrome) -> str:
    return str(chrome.execute_script("return document.body.innerText"))


def press(chrome: Chrome, label: str) -> None:
    (button,) = [it for it in chrome.find_elements(By.TAG_NAME, "button") if it.text == label and it.is_displayed()]
    button.click()


def choose(chrome: Chrome, filter_name: str) -> None:
    """Press a filter, once."""
    (button,) = [
        it for it in chrome.find_elements(By.CSS_SELECTOR, "button.number") if it.text.split()[-1] == filter_name
    ]
    button.click()
    until(chrome, lambda: button.get_attribute("aria-pressed") == "true")


def writing(chrome: Chrome) -> None:
    """Turn the read-only switch off."""
    switch = chrome.find_element(By.CSS_SELECTOR, ".q-toggle")
    if switch.get_attribute("aria-checked") == "true":
        switch.click()
        until(chrome, lambda: switch.get_attribute("aria-checked") == "false")


def test_what_needs_attention_is_first_of_all_streams(chrome, console):
    open_page(chrome, console, "/")
    assert names(chrome)[:4] == [FORMULA, HOSTILE, WAITING, PAUSED]
    assert f"{STREAMS + 7} streams" in text(chrome)


def test_on_a_phone_risk_stands_beside_the_name(chrome, console):
    look(chrome, PHONE)
    open_page(chrome, console, "/")
    shown = until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, ".ag-row [col-id=risk]"))[0]
    assert 0 < shown.rect["x"] < PHONE["width"] - 50


@pytest.mark.parametrize("path", ["/nothing", STREAM + "a%0Ab", "/incident/x"])
def test_where_there_is_no_page_it_says_so_and_leads_to_those_that_there_are(chrome, console, path):
    chrome.get(console.origin + path)
    until(chrome, lambda: "There is no such page" in text(chrome))
    assert [it.text for it in chrome.find_elements(By.TAG_NAME, "a")] == ["Fleet", "Account", "Guard"]
    chrome.get_log("browser")  # of its 404


@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_a_name_of_ten_thousand_letters_leaves_room_for_the_others_and_turns_nothing_round(chrome, console, screen):
    size = PHONE if screen == "phone" else DESK
    look(chrome, size)
    open_page(chrome, console, STREAM + quote(FORMULA, safe=""))
    assert [it for it in HARMFUL if it in text(chrome)] == []
    assert "=cmd|' /C calc'!A0 gnp. [31m" in text(chrome)
    assert max(it.rect["height"] for it in chrome.find_elements(By.CSS_SELECTOR, "dd, td")) < size["height"]
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("screen", ["light", "dark", "phone"])
def test_a_page_is_whole_on_every_screen_owned_by_nobody_and_axe_finds_nothing_serious(chrome, console, name, screen):
    size = PHONE if screen == "phone" else DESK
    look(chrome, size, dark=screen == "dark")
    open_page(chrome, console, PAGES[name])
    assert "owned" not in chrome.title
    assert chrome.find_elements(By.CSS_SELECTOR, "img[src=x]") == []
    assert "{{7*7}}" in chrome.page_source or HOSTILE not in text(chrome)
    width = chrome.execute_script("return document.documentElement.scrollWidth")
    assert width <= size["width"]
    found = [it for it in Axe().run(chrome)["violations"] if it["impact"] in SERIOUS]
    assert [(it["id"], it["nodes"][0]["html"][:200]) for it in found] == []
    if folder := os.environ.get("SESGUARD_SCREENSHOTS"):
        shot(chrome, Path(folder), f"console-{name}-{screen}", size, dark=screen == "dark")


def test_nothing_is_asked_of_anybody_else_and_the_browser_has_no_complaint(chrome, console):
    for path in PAGES.values():
        open_page(chrome, console, path)
        asked = chrome.execute_script("return performance.getEntriesByType('resource').map(it => it.name)")
        assert [url for url in asked if not url.startswith((console.origin, "data:", "blob:"))] == []
    assert [it["message"] for it in chrome.get_log("browser") if it["level"] == "SEVERE"] == []


def test_a_hostile_stream_has_a_page_and_an_incident_of_its_own(chrome, console):
    open_page(chrome, console, PAGES["stream"])
    link = until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, "a[href^='/incident/']"))[0]
    chrome.get(link.get_attribute("href"))
    until(chrome, lambda: "SES has turned sending off" in text(chrome))
    assert HOSTILE in text(chrome)  # an alarm of somebody else's is called so
    assert "owned" not in chrome.title
    assert [(it["id"], it["nodes"][0]["html"][:200]) for it in Axe().run(chrome)["violations"]
            if it["impact"] in SERIOUS] == []  # fmt: skip


@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_notices_are_in_frames_that_may_do_nothing(chrome, console, screen):
    size = PHONE if screen == "phone" else DESK
    look(chrome, size)
    open_page(chrome, console, PAGES["stream"])
    link = until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, "a[href^='/incident/']"))[0]
    chrome.get(link.get_attribute("href"))
    frames = until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, "iframe.notice"))
    assert [it.get_attribute("sandbox") for it in frames] == ["", ""]
    assert chrome.execute_script("return [...document.querySelectorAll('iframe')].map(it => it.contentDocument)") == [
        None,
        None,
    ]
    assert "slack: not sent: " + HOSTILE in text(chrome)
    assert "As rendered from the record" in text(chrome)
    for frame in frames:
        chrome.switch_to.frame(frame)
        until(chrome, lambda: PAUSED in text(chrome))
        assert chrome.find_elements(By.CSS_SELECTOR, "script, img[src=x]") == []
        chrome.switch_to.default_content()
    assert "owned" not in chrome.title
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= size["width"]
    assert [it["message"] for it in chrome.get_log("browser") if it["level"] == "SEVERE"] == []
    found = [it for it in Axe().run(chrome)["violations"] if it["impact"] in SERIOUS]
    assert [(it["id"], it["nodes"][0]["html"][:200]) for it in found] == []


def test_a_notice_that_would_run_script_does_not(chrome, console):
    """The very frame, with the worst that a template could say."""
    open_page(chrome, console, PAGES["stream"])
    link = until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, "a[href^='/incident/']"))[0]
    chrome.get(link.get_attribute("href"))
    frame = until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, "iframe.notice"))[0]
    ran = "document.body.textContent = 'ran'; top.document.title = 'owned'"
    worst = f'<p>loaded</p><script>{ran}</script><img src=x onerror="{ran}">'
    chrome.execute_script("arguments[0].srcdoc = arguments[1]", frame, worst)
    chrome.switch_to.frame(frame)
    until(chrome, lambda: text(chrome) == "loaded")
    chrome.switch_to.default_content()
    assert "owned" not in chrome.title


def test_a_filter_and_a_search_leave_the_others_out(chrome, console):
    open_page(chrome, console, "/")
    choose(chrome, "off")
    until(chrome, lambda: set(names(chrome)) == {FORMULA, HOSTILE, PAUSED})
    choose(chrome, "all")
    box = chrome.find_element(By.CSS_SELECTOR, "input[aria-label=Search]")
    box.send_keys("planet")
    until(chrome, lambda: names(chrome) == [CALM])


def test_risk_is_drawn_by_the_minute_the_hour_and_the_day_and_months_have_none(chrome, console):
    open_page(chrome, console, PAGES["stream"])
    for width, charts in (("minute", 4), ("day", 4), ("month", 3), ("hour", 4)):
        press(chrome, f"by {width}")
        until(chrome, lambda charts=charts: len(chrome.find_elements(By.CSS_SELECTOR, ".chart canvas")) == charts)
        until(chrome, lambda width=width: ("No risk by the month" in text(chrome)) == (width == "month"))


def test_another_policy_is_tried_on_the_kept_days_by_hostile_name_too(chrome, console):
    open_page(chrome, console, PAGES["stream"])
    until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, ".whatif input"))
    limit = chrome.find_element(By.CSS_SELECTOR, "input[aria-label='bounce limit']")
    limit.send_keys("lots")
    press(chrome, "Replay")
    until(chrome, lambda: "'lots' is not allowed" in text(chrome))
    limit.send_keys(Keys.BACKSPACE * 4, "50%")
    press(chrome, "Replay")
    until(chrome, lambda: "in the end" in text(chrome))
    press(chrome, "Registered policies")
    until(chrome, lambda: "Registered policies: 1, now in the list" in text(chrome))
    assert chrome.find_elements(By.CSS_SELECTOR, "img[src=x]") == []
    found = [it for it in Axe().run(chrome)["violations"] if it["impact"] in SERIOUS]
    assert [(it["id"], it["nodes"][0]["html"][:200]) for it in found] == []


@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_a_stream_that_nobody_knows_is_said_to_be_so(chrome, console, screen):
    size = PHONE if screen == "phone" else DESK
    look(chrome, size)
    chrome.get(console.origin + STREAM + "%3Cimg%20src=x%3E")
    until(chrome, lambda: "There is no such stream" in text(chrome))
    assert chrome.find_elements(By.CSS_SELECTOR, ".chart, img[src=x]") == []
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= size["width"]
    assert [it["id"] for it in Axe().run(chrome)["violations"] if it["impact"] in SERIOUS] == []


def test_a_filters_button_outlives_what_is_read_anew(chrome, console):
    """One that was made anew between a finger's going down and up would take no click."""
    open_page(chrome, console, "/")
    button = chrome.find_elements(By.CSS_SELECTOR, "button.number")[1]
    for filter_name in ("off", "all", "off", "all"):
        choose(chrome, filter_name)
    assert chrome.find_elements(By.CSS_SELECTOR, "button.number")[1] == button


@pytest.mark.parametrize("screen", ["desk", "phone"])
def test_the_guard_says_causes_errors_onboarding_and_cost_when_it_is_asked(chrome, console, screen):
    size = PHONE if screen == "phone" else DESK
    look(chrome, size)
    open_page(chrome, console, "/guard")
    until(chrome, lambda: "Read causes" in text(chrome))
    assert "stays: no retry helps" not in text(chrome)
    for label, said in (
        ("Read causes", "stays: no retry helps"),
        ("Read errors", "1 h ago"),
        ("Read onboarding", "396 of 401"),
        ("Read cost", "$12.00"),
    ):
        press(chrome, label)
        until(chrome, lambda said=said: said in text(chrome))
    assert text(chrome).count(HOSTILE) >= 6
    assert chrome.find_elements(By.CSS_SELECTOR, "img[src=x]") == []
    assert "owned" not in chrome.title
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= size["width"]
    found = [it for it in Axe().run(chrome)["violations"] if it["impact"] in SERIOUS]
    assert [(it["id"], it["nodes"][0]["html"][:200]) for it in found] == []


def test_the_account_says_what_of_the_quota_is_used_and_what_a_day_brings(chrome, console):
    open_page(chrome, console, "/account")
    until(chrome, lambda: "412,345 of 1,000,000 mails in 24 h" in text(chrome))
    assert re.search(r"at most [\d,]+ within 24 h", text(chrome))
    assert "Pro; from next month on none: à la carte" in text(chrome)
    rows = chrome.execute_script("return [...document.querySelectorAll('tr')].map(it => it.innerText)")
    assert [row.split("\t")[:4] for row in rows if row.startswith("shop.example")] == [
        ["shop.example", "yes", "refused", "none"]
    ]
    assert re.search(r"[\d,]+ mails an hour, of the last 3 hours", text(chrome))


def test_the_account_says_how_each_mailbox_provider_takes_its_mail_and_what_vdm_could_not_say(chrome, console):
    open_page(chrome, console, "/account")
    until(chrome, lambda: "By mailbox provider" in text(chrome))
    cells = "return [...document.querySelectorAll('tr')].map(it => [...it.children].map(it => it.textContent))"
    rows = {row[0]: row[1:] for row in chrome.execute_script(cells) if len(row) == 6}
    assert rows["Gmail"] == ["210,000", "98.6 %", "0.43 %", "1 %", "none come back"]
    assert rows[HOSTILE][:3] == ["90,000", "67.8 %", "6 %"]
    assert rows["all others"][1] == "?"
    assert f"VDM's numbers: Yahoo: {HOSTILE}" in text(chrome)


def test_read_only_holds_nothing(chrome, console):
    open_page(chrome, console, STREAM + CALM)
    if chrome.find_element(By.CSS_SELECTOR, ".q-toggle").get_attribute("aria-checked") == "false":
        chrome.find_element(By.CSS_SELECTOR, ".q-toggle").click()
    press(chrome, "Hold")
    until(chrome, lambda: "turn the switch off first" in text(chrome))


def test_a_hold_asks_why_and_is_on_the_page_and_on_the_record(chrome, console):
    open_page(chrome, console, STREAM + CALM)
    writing(chrome)
    press(chrome, "Hold")
    until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, ".dialog textarea"))
    confirm(chrome)
    until(chrome, lambda: "Say why" in text(chrome))
    write_why(chrome, HOSTILE)
    confirm(chrome)
    until(chrome, lambda: "it is held" in text(chrome))
    open_page(chrome, console, STREAM + CALM)
    until(chrome, lambda: HOSTILE in text(chrome))
    assert "owned" not in chrome.title


def test_several_are_acknowledged_with_one_reason_by_keyboard(chrome, console):
    open_page(chrome, console, "/")
    writing(chrome)
    until(chrome, lambda: PAUSED in names(chrome))
    choose(chrome, "off")
    until(chrome, lambda: PAUSED in names(chrome) and len(names(chrome)) < 6)
    chrome.find_element(By.CSS_SELECTOR, ".ag-header-select-all input").click()
    # A box that has the focus would swallow the key; the grid says in its own time that the selection has changed.
    until(chrome, lambda: chrome.execute_script("return document.activeElement.type !== 'checkbox'"))
    chrome.find_element(By.TAG_NAME, "body").send_keys("a")
    write_why(chrome, "the import is deleted")
    confirm(chrome)
    until(chrome, lambda: "acknowledge: done" in text(chrome))


def test_a_question_stays_with_what_was_typed_while_its_page_is_filled_anew(chrome, console):
    """Somebody else's word, from another tab, changes the stream meanwhile."""
    path = STREAM + "fit-club-mail"
    open_page(chrome, console, path)
    writing(chrome)
    press(chrome, "Hold")
    write_why(chrome, "the list is")
    asking = chrome.current_window_handle
    chrome.switch_to.new_window("tab")
    open_page(chrome, console, path)
    press(chrome, "Hold")
    write_why(chrome, "ticket 12")
    confirm(chrome)
    until(chrome, lambda: "it is held" in text(chrome))
    chrome.close()
    chrome.switch_to.window(asking)
    until(chrome, lambda: chrome.find_elements(By.CSS_SELECTOR, "main .state-held"))
    why = chrome.find_element(By.CSS_SELECTOR, ".dialog textarea")
    assert why.get_attribute("value") == "the list is"
    write_why(chrome, " deleted")
    confirm(chrome)
    until(chrome, lambda: "nothing to do, it is held" in text(chrome))


def test_keys_are_listed_and_lead_to_pages(chrome, console):
    open_page(chrome, console, "/account")
    body = chrome.find_element(By.TAG_NAME, "body")
    body.send_keys("?")
    until(chrome, lambda: "hold what is selected" in text(chrome))
    chrome.find_element(By.TAG_NAME, "body").send_keys(Keys.ESCAPE)
    until(chrome, lambda: "hold what is selected" not in text(chrome))
    chrome.find_element(By.TAG_NAME, "body").send_keys("g", "g")
    until(chrome, lambda: chrome.current_url.endswith("/guard"))


def test_a_stolen_link_is_of_no_use(console, session):
    for link in console.links[:-1]:
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(link, timeout=20)  # noqa: S310 (of our own server)


def test_a_foreign_page_can_neither_frame_it_nor_open_a_socket(chrome, console):
    chrome.get(f"data:text/html,<iframe src='{console.origin}/'></iframe>")
    address = console.origin.replace("http", "ws")
    socket = f"""const done = arguments[arguments.length - 1];
      const it = new WebSocket('{address}/_nicegui_ws/socket.io/?EIO=4&transport=websocket');
      it.onopen = () => done('open'); it.onerror = () => done('refused');"""
    assert chrome.execute_async_script(socket) == "refused"
    frame = chrome.find_element(By.TAG_NAME, "iframe")
    chrome.switch_to.frame(frame)
    assert "Fleet" not in text(chrome)
    chrome.switch_to.default_content()


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """The console of three guards, one of which cannot be reached."""
    with serving(tmp_path_factory.mktemp("many") / "log", "10", "--many") as console:
        yield console


@pytest.fixture(scope="module")
def guards(many: Console) -> Iterator[Chrome]:
    with opened(many) as chrome:
        yield chrome


def guard_links(chrome: Chrome) -> dict[str, Any]:
    return {it.text: it for it in chrome.find_elements(By.CSS_SELECTOR, "nav[aria-label=Guards] a")}


@pytest.mark.parametrize("screen", ["light", "dark", "phone"])
def test_streams_of_all_guards_are_on_one_page_and_a_guard_that_cannot_be_read_is_named(guards, many, screen):
    size = PHONE if screen == "phone" else DESK
    look(guards, size, dark=screen == "dark")
    open_page(guards, many, "/")
    until(guards, lambda: names(guards).count(CALM) == 2)
    if screen != "phone":  # which has the column a scroll away
        assert {cells(guards, "where")[n] for n, name in enumerate(names(guards)) if name == CALM} == {
            f"{STACK.account}/{STACK.region}",
            f"{OTHER_ACCOUNT}/{STACK.region}",
        }
    until(guards, lambda: "2 guards of 2 accounts, 1 region; 1 not read" in text(guards))
    assert "555555555555/eu-west-1/sesguard is not read: stack 'sesguard' " + HOSTILE in text(guards)
    assert "owned" not in guards.title
    assert guards.execute_script("return document.documentElement.scrollWidth") <= size["width"]
    found = [it for it in Axe().run(guards)["violations"] if it["impact"] in SERIOUS]
    assert [(it["id"], it["nodes"][0]["html"][:200]) for it in found] == []
    if folder := os.environ.get("SESGUARD_SCREENSHOTS"):
        shot(guards, Path(folder), f"console-many-{screen}", size, dark=screen == "dark")


@pytest.mark.parametrize("path", ["/account", "/guard"])
def test_each_guard_and_account_has_its_page_and_one_that_cannot_be_reached_says_why(guards, many, path):
    look(guards, DESK)
    open_page(guards, many, path)
    until(guards, lambda: len(guard_links(guards)) == 3)
    guard_links(guards)[f"{OTHER_ACCOUNT}/{STACK.region}/sesguard"].click()
    until(guards, lambda: OTHER_ACCOUNT in guards.current_url and guards.find_elements(By.CSS_SELECTOR, ".card"))
    chosen = guards.find_elements(By.CSS_SELECTOR, "nav[aria-label=Guards] a[aria-current=page]")
    assert [it.text for it in chosen] == [f"{OTHER_ACCOUNT}/{STACK.region}/sesguard"]
    if folder := os.environ.get("SESGUARD_SCREENSHOTS"):
        shot(guards, Path(folder), f"console-many{path.replace('/', '-')}", DESK)
    guard_links(guards)[f"555555555555/{STACK.region}/sesguard"].click()
    until(guards, lambda: "555555555555" in guards.current_url and "Not read: stack 'sesguard' " in text(guards))
    assert not guards.find_elements(By.CSS_SELECTOR, ".card")


def test_a_word_on_a_stream_of_another_account_is_given_there_and_not_on_its_namesake_at_home(guards, many):
    look(guards, DESK)
    open_page(guards, many, f"/stream/{OTHER_ACCOUNT}/{STACK.region}/{CALM}")
    writing(guards)
    press(guards, "Hold")
    write_why(guards, "ticket 12")
    confirm(guards)
    until(guards, lambda: "it is held" in text(guards))
    open_page(guards, many, f"/stream/{OTHER_ACCOUNT}/{STACK.region}/{CALM}")
    assert "Operators/bob" in text(guards)
    open_page(guards, many, STREAM + CALM)
    assert not guards.find_elements(By.CSS_SELECTOR, "main .state-held")
