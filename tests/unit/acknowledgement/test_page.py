"""The acknowledgement page: opening shows, only the button acknowledges, and what is no good link gets one answer."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace

from sesguard.acknowledgement import pages
from sesguard.acknowledgement.page import BY_LINK
from sesguard.acknowledgement.pages import Response
from sesguard.acknowledgement.request import LARGEST
from sesguard.pausing.decision import Alarm, Command, Operator
from sesguard.pausing.enforce import act
from sesguard.pausing.journal import read_entry, write_entry
from sesguard.signals.alarm_value import AlarmValue
from sesguard.stream import StreamId
from tests.fakes.clock import DAY, HOUR, NOW
from tests.fakes.owner import EVIDENCE, FIXED, FORM, HOST, Owner
from tests.fakes.states import healthy, held, paused, probation
from tests.fakes.world import ACME

SECOND = timedelta(seconds=1)


@pytest.fixture
def owner() -> Owner:
    return Owner()


# ---- opening


def seen(page: Response) -> str:
    """The page's text with plain spaces."""
    return " ".join(page.body.split())


def test_opening_the_link_shows_what_happened_and_asks_what_was_fixed(owner):
    page = owner.open()
    assert page.status == 200
    for text in ("acme-news", "Hard bounce rate 14.5 %, limit 5 %", "48 of 330 mails", "gone.example: 30", "5.1.1: 48"):
        assert text in seen(page)
    for text in ("less than once in ten million", "not before 21 November 2026, 19:00 UTC", "<textarea", "<button"):
        assert text in seen(page)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_opening_the_link_changes_nothing(owner, method):
    before = owner.memory.streams.records[ACME]
    owner.ask(method)
    owner.ask(method, sec_purpose="prefetch", purpose="prefetch", sec_fetch_site="cross-site")
    assert owner.memory.streams.records[ACME] == before
    assert owner.words == []


def test_names_from_outside_are_escaped(owner):
    assert "<b>" not in owner.open().body
    assert "&lt;b&gt;bold&lt;/b&gt;.example: 2" in owner.open().body


@pytest.mark.parametrize("evidence", ["null", "{}", '{"kind": "bounces", "volume": "many"}', "[1]", "{"])
def test_a_pause_of_which_the_journal_says_nothing_usable_is_shown_without_numbers(owner, evidence):
    decision = owner.memory.streams.journal[0]
    owner.memory.streams.journal[0] = read_entry(write_entry(decision) | {"evidence": evidence})
    page = owner.open()
    assert page.status == 200
    assert "<h2>Why</h2>" not in page.body


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "get"])
def test_other_methods_are_refused(owner, method):
    page = owner.ask(method)
    assert (page.status, page.headers["allow"]) == (405, "GET, HEAD, POST")
    assert owner.reads == 0


# ---- the button


def test_the_button_acknowledges_and_says_so(owner):
    page = owner.press()
    assert page.status == 200
    assert "What you wrote is on record" in page.body
    assert owner.state.acknowledge is False
    assert owner.words == [(BY_LINK, FIXED)]


def test_the_cool_down_still_runs(owner):
    owner.press()
    assert not owner.state.may_resume(NOW + HOUR - SECOND)
    assert owner.state.may_resume(NOW + HOUR)


def test_what_the_owner_wrote_is_in_no_event_and_no_log(owner, caplog):
    owner.press(fixed="ask jane@example.com")
    assert "jane" not in str(owner.memory.streams.records[ACME])
    assert "jane" not in caplog.text
    assert owner.words == [(BY_LINK, "ask jane@example.com")]


def test_the_form_that_is_shown_is_the_form_that_is_taken(owner):
    assert '<form method="post"' in owner.open().body
    assert 'name="fixed"' in owner.open().body
    assert "action=" not in owner.open().body  # to its own address, wherever the page lies


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Please write what you have fixed."),
        (" \r\n\t ", "Please write what you have fixed."),
        ("123456789", "at least 10 characters"),
        ("  123456789  ", "at least 10 characters"),
        ("x" * 1_001, "shorten it to 1,000 characters; it has 1,001"),
    ],
)
def test_too_little_or_too_much_is_not_taken_and_what_was_typed_is_kept(owner, text, says):
    page = owner.press(fixed=text)
    assert page.status == 422
    assert page.body.count(says) == 2  # in the summary, and at the field
    assert text.strip() in page.body
    assert 'aria-invalid="true"' in page.body
    assert owner.state.acknowledge is True


@pytest.mark.parametrize("text", ["1234567890", "ä" * 10, "x" * 1_000, "\U0001f600" * 1_000])
def test_ten_to_a_thousand_characters_are_taken(owner, text):
    assert owner.press(fixed=text).status == 200
    assert owner.words == [(BY_LINK, text)]


def test_what_is_kept_is_trimmed_and_holds_nothing_that_cannot_be_seen(owner):
    owner.press(fixed="  first line  \r\n\x1b[31msecond\u202eline\x00 \r\n\r\n")
    assert owner.words == [(BY_LINK, "first line\n [31msecond line")]


def test_what_was_typed_is_shown_again_as_text_alone(owner):
    page = owner.press(fixed="</textarea><script>alert(1)</script>" + "x" * 1_000)
    assert page.status == 422
    assert "<script" not in page.body
    assert "&lt;/textarea&gt;" in page.body


# ---- one answer for whatever is no good link


def bad_links(owner: Owner) -> dict[str, str]:
    good = owner.link()
    return {
        "none": "",
        "malformed": "x",
        "cut": good[:-5],
        "forged": good[:-1] + ("A" if good[-1] != "A" else "B"),
        "signed with another key": owner.link(key=b"o" * 64),
        "expired": owner.link(lifetime=HOUR / 4),
        "of another pause": owner.link(pause=NOW - HOUR),
        "of another incident": owner.link(incident="2026-01-01T00:00:00.000000Z"),
        "of an unknown stream": owner.link(stream=StreamId(ACME.account, ACME.region, "nobody")),
    }


def test_every_link_that_is_no_good_gets_the_same_answer_opened_or_pressed(owner):
    answers = {name: (owner.open(token), owner.press(token=token)) for name, token in bad_links(owner).items()}
    assert {name for name, pair in answers.items() if pair != (pages.unusable(),) * 2} == set()
    assert pages.unusable().status == 404
    assert owner.words == []


def test_a_bad_link_is_told_nothing_of_what_else_is_wrong_with_the_form(owner):
    assert owner.press(token="x", fixed="") == pages.unusable()


def test_the_record_is_read_for_genuine_links_alone(owner):
    for name in ("none", "malformed", "cut", "forged", "signed with another key", "expired"):
        owner.open(bad_links(owner)[name])
        owner.press(token=bad_links(owner)[name])
    assert owner.reads == 0


def test_a_link_is_useless_once_there_was_another_pause(owner):
    owner.put(paused(acknowledge=True, strikes=(NOW, NOW + HOUR)))
    assert owner.open() == owner.press() == pages.unusable()
    assert owner.words == []


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (paused(), "not before 21 November 2026, 19:00 UTC"),
        (held(strikes=(NOW,)), "the operator of your platform has to turn it on"),
        (probation(strikes=(NOW,)), "The pause is over. Mail goes out, on probation"),
        (healthy(strikes=(NOW,)), "The pause is over, and so is the probation"),
    ],
    ids=["paused", "held", "probation", "healthy"],
)
def test_who_comes_back_to_the_link_sees_how_the_pause_stands_and_can_change_nothing(owner, state, said):
    owner.put(state)
    page = owner.open()
    assert page.status == 200
    assert said in seen(page)
    assert "<form" not in page.body
    assert owner.press() == pages.unusable()
    assert owner.words == []


def test_after_the_button_the_same_link_shows_when_it_comes_back(owner):
    owner.press()
    page = owner.open()
    assert page.status == 200
    assert "does not wait for your word any more" in seen(page)
    assert "19:00 UTC" in seen(page)
    assert owner.press() == pages.unusable()
    assert len(owner.words) == 1


@pytest.mark.parametrize(("later", "good"), [(30 * DAY - SECOND, True), (30 * DAY, False)])
def test_a_link_is_good_for_its_lifetime(owner, later, good):
    owner.now = NOW + later
    assert (owner.open() != pages.unusable()) is good


def test_an_operators_hold_on_top_and_its_release_leave_the_link_good(owner):
    link = owner.link()
    for command in (Command.HOLD, Command.RELEASE):
        act(owner.memory.deps, ACME, Operator(command), owner.now)
        assert owner.open(link).status == 200
    assert owner.press(token=link).status == 200


def test_every_answer_has_every_header_and_the_one_answer_nothing_else(owner):
    answers = [owner.open(), owner.press(fixed=""), owner.ask("PUT"), owner.open("x"), owner.press()]
    owner.cut_off("load")
    answers.append(owner.open())
    assert [answer.status for answer in answers] == [200, 422, 405, 404, 200, 503]
    for answer in answers:
        assert answer.headers.items() >= pages.HEADERS.items()
    assert pages.unusable().headers == pages.HEADERS


def test_headers_forbid_scripts_frames_referrers_and_keeping():
    policy = pages.HEADERS["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script" not in policy
    assert "unsafe" not in policy
    for directive in ("form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert directive in policy
    assert (pages.HEADERS["referrer-policy"], pages.HEADERS["cache-control"]) == ("no-referrer", "no-store")
    assert "set-cookie" not in pages.HEADERS


# ---- forms of others


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"sec_fetch_site": "none"}, 200),
        ({"sec_fetch_site": "same-origin", "origin": "null"}, 200),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"sec_fetch_site": "cross-site", "origin": f"https://{HOST}"}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(owner, headers, status):
    assert owner.press(**headers).status == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("null", 200),
        (f"https://{HOST}", 200),
        (f"https://{HOST.upper()}", 200),
        ("https://evil.example", 403),
        (f"https://{HOST}.evil.example", 403),
        (f"https://evil.example/{HOST}", 403),
        ("", 403),
        ("http://[", 403),
        ("http://a]b", 403),
        ("http://x\u2100y", 403),
    ],
)
def test_a_browser_without_fetch_metadata_is_asked_for_its_origin(owner, origin, status):
    headers = {"content-type": FORM["content-type"], **({"origin": origin} if origin is not None else {})}
    assert owner.ask("POST", body=urlencode({"fixed": FIXED}).encode(), **headers).status == status


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/x-www-form-urlencoded", 200),
        ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", 200),
        ("text/plain", 415),
        ("application/json", 415),
        ("multipart/form-data; boundary=x", 415),
        ("", 415),
    ],
)
def test_only_a_form_is_taken(owner, kind, status):
    assert owner.press(content_type=kind).status == status


@pytest.mark.parametrize(("size", "status"), [(LARGEST, 422), (LARGEST + 1, 413)])
def test_a_form_has_a_largest_size(owner, size, status):
    assert owner.ask("POST", body=b"fixed=".ljust(size, b"x"), **FORM).status == status


@pytest.mark.parametrize(
    "body",
    [b"fixed=%ff%fe", b"fixed=one+two+three&fixed=four", "fixed=größer als zehn".encode(), b"&".join([b"a=b"] * 9)],
)
def test_what_no_browser_sends_is_refused(owner, body):
    assert owner.ask("POST", body=body, **FORM).status == 400
    assert owner.words == []


def test_a_form_without_the_field_is_asked_for_it(owner):
    assert owner.ask("POST", body=b"other=1", **FORM).status == 422


def test_what_is_refused_before_the_token_says_the_same_for_every_token(owner):
    for token in ("x", owner.link()):
        assert owner.press(token=token, sec_fetch_site="cross-site").status == 403
        assert owner.press(token=token, content_type="text/plain").status == 415
        assert owner.ask("PUT", token).status == 405
    assert owner.reads == 0


# ---- several at once, and trouble


def test_of_two_clicks_at_once_one_is_taken_and_both_are_thanked(owner):
    first: list[int] = []

    def somebody_is_faster(step: str) -> None:
        if step == "save" and not first:
            first.append(0)
            first.append(owner.press(fixed="the first click").status)

    owner.memory.streams.hook = somebody_is_faster
    assert owner.press(fixed="the second click").status == 200
    assert first == [0, 200]
    assert owner.words == [(BY_LINK, "the first click")]


def test_a_word_that_an_operators_resume_overtakes_is_told_that_the_pause_is_over(owner):
    overtaken: list[bool] = []

    def an_operator_is_faster(step: str) -> None:
        if step == "save" and not overtaken:
            overtaken.append(True)
            act(owner.memory.deps, ACME, Operator(Command.RESUME), owner.now)

    owner.memory.streams.hook = an_operator_is_faster
    assert owner.press() == pages.unusable()
    assert owner.words == []


def test_another_write_in_between_costs_only_another_try(owner):
    written: list[bool] = []

    def an_alarm_is_faster(step: str) -> None:
        if step == "save" and not written:
            written.append(True)
            act(owner.memory.deps, ACME, Alarm(AlarmValue.ALARM, owner.now), owner.now)

    owner.memory.streams.hook = an_alarm_is_faster
    assert owner.press().status == 200
    assert owner.words == [(BY_LINK, FIXED)]


@pytest.mark.parametrize("step", ["load", "save"])
def test_where_the_record_cannot_be_reached_the_owner_is_asked_to_try_again_and_nothing_is_lost(owner, step):
    link = owner.link()
    owner.cut_off(step)
    page = owner.press(token=link)
    assert (page.status, page.headers["retry-after"]) == (503, "60")
    owner.memory.streams.hook = lambda _: None
    assert owner.press(token=link).status == 200


# ---- what the page says of different pauses


def test_a_hold_says_that_an_operator_has_to_turn_it_on():
    owner = Owner(held(acknowledge=True))
    assert "the operator of your platform has to turn it on" in owner.open().body
    assert "not before" not in owner.open().body


def test_a_pause_whose_time_is_over_says_so(owner):
    owner.now = NOW + HOUR
    assert "waiting time is over" in owner.open().body
    assert "within a few minutes" in owner.open().body


def test_a_pause_that_was_only_observed_says_that_mail_goes_out():
    owner = Owner(turned_off=False)
    assert "would have been paused" in owner.open().body
    assert "has been refused" not in owner.open().body


def test_a_pause_for_complaints_says_so(owner):
    decision = owner.memory.streams.journal[0]
    owner.memory.streams.journal[0] = replace(decision, evidence={**EVIDENCE, "kind": "complaints"})
    assert "Complaint rate" in owner.open().body
    assert "true complaint rate" in owner.open().body


def test_nothing_on_the_page_comes_from_elsewhere_and_nothing_is_run(owner):
    elsewhere = re.compile(r"<(script|img|link|iframe|object|base)|https?:|url\(|@import|\s(style|src|on\w+)=")
    seen = [owner.open(), owner.press(fixed=""), owner.open("x"), owner.ask("PUT"), owner.press()]
    assert [match[0] for page in seen for match in elsewhere.finditer(page.body)] == []
