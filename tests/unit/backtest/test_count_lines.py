"""Lines of counts: what is read, and what is said of a line that cannot be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sesguard.backtest.count_lines import moment_of, read_line
from sesguard.backtest.moment import (
    Counted,
    Resume,
    SeenAcknowledgement,
    SeenBounces,
    SeenComplaints,
    SeenDeliveries,
    SeenMoment,
    Send,
    Transient,
    UnusableError,
)

EXAMPLE = (
    b'{"stream": "acme", "seen_at": 3660.0, "rows": [["send", 3600, 41], ["bounce", 3600, 3, "example.com"], '
    b'["complaint", 3600, 1], ["delivery", 3600, 38], ["transient", 3600, 2], ["acknowledge"], ["resume"]]}'
)


def a_line(*rows: Any, **fields: Any) -> bytes:
    return json.dumps({"stream": "acme", "seen_at": 3_660, "rows": list(rows), **fields}).encode()


def problem_of(line: bytes) -> str:
    with pytest.raises(UnusableError) as caught:
        read_line(line)
    return str(caught.value)


def test_the_documented_line_is_read_whole() -> None:
    assert read_line(EXAMPLE) == SeenMoment(
        "acme",
        3_660.0,
        [
            Send(3_600, 41),
            SeenBounces(3_600, 3, "example.com"),
            SeenComplaints(3_600, 1),
            SeenDeliveries(3_600, 38),
            Transient(3_600, 2),
            SeenAcknowledgement(),
            Resume(),
        ],
    )


def test_the_careful_reader_reads_the_same_as_the_fast_one() -> None:
    assert moment_of(json.loads(EXAMPLE)) == read_line(EXAMPLE)


def test_seconds_may_have_fractions_and_counts_may_be_written_as_such() -> None:
    read = read_line(a_line(["send", 3_599.5, 41.0]))
    assert read is not None
    assert read.rows == [Send(3_599.5, 41)]


def test_a_domain_counts_as_the_guard_counts_it_and_may_stand_in_any_row() -> None:
    read = read_line(a_line(["bounce", 1, 1, "Example.COM."], ["send", 1, 1, "a.example"], ["bounce", 1, 1, "\x1b[2J"]))
    assert read is not None
    assert [row.domain for row in read.rows if isinstance(row, Counted)] == ["example.com", "a.example", "invalid"]


def test_fields_that_nobody_knows_are_left_alone() -> None:
    assert read_line(a_line(["send", 1, 1], note="x")) == read_line(a_line(["send", 1, 1]))


@pytest.mark.parametrize("document", [b'{"eventType": "Send"}', b"{}", b"[]", b"3", b'"text"', b"null"])
def test_what_is_no_line_of_counts_is_left_to_others(document: bytes) -> None:
    assert read_line(document) is None


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"stream": "acme", "seen_at": 36', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (a_line(seen_at=None), "seen_at: null; expected a time in seconds"),
        (a_line(seen_at="3660"), 'seen_at: "3660"; expected a time in seconds'),
        (a_line(seen_at=-1), "seen_at: -1; expected a time in seconds from 0"),
        (a_line(seen_at=1_795_281_600_000), "seen_at: 1795281600000; expected a time in seconds"),
        (b'{"stream": "acme", "seen_at": NaN, "rows": []}', "not JSON"),
        (b'{"stream": "acme", "seen_at": 1e999, "rows": []}', "not JSON"),
        (a_line(stream=""), 'stream: ""; expected a name of 1 to 256 characters'),
        (a_line(stream=7), "stream: 7; expected a name"),
        (a_line(stream="x" * 257), "expected a name of 1 to 256 characters"),
        (a_line(rows="send"), 'rows: "send"; expected a list'),
        (b'{"stream": "acme", "seen_at": 3660}', "rows: missing"),
        (b'{"seen_at": 3660, "rows": []}', "stream: missing"),
        (b'{"stream": "acme", "rows": []}', "seen_at: missing"),
        (a_line(["sent", 3_600, 41]), 'rows[0]: ["sent",3600,41]; expected one of the kinds send, delivery'),
        (a_line(["send", 1, 1], ["open", 2, 2]), 'rows[1]: ["open",2,2]; expected one of the kinds'),
        (a_line(["send", 3_600]), 'expected ["send", second of sending, count]'),
        (a_line(["send", 3_600, 1, "a.example", 5]), 'expected ["send", second of sending, count]'),
        (a_line(["acknowledge", 3_600]), 'rows[0]: ["acknowledge",3600]; expected ["acknowledge"] alone'),
        (a_line([]), "rows[0]: []; expected a list that begins with a kind"),
        (a_line([3_600, 41]), "rows[0]: [3600,41]; expected a list that begins with a kind"),
        (a_line({"send": 1}), "expected a list that begins with a kind"),
        (a_line(["send", 3_661, 41]), "rows[0][1]: 3661; expected a second of sending not after seen_at (3660)"),
        (a_line(["send", -60, 41]), "rows[0][1]: -60; expected the second of sending"),
        (a_line(["send", "3600", 41]), 'rows[0][1]: "3600"; expected the second of sending'),
        (a_line(["bounce", 3_600, -3]), "rows[0][2]: -3; expected a whole number of mails from 0 to 1000000000"),
        (a_line(["bounce", 3_600, 1.5]), "rows[0][2]: 1.5; expected a whole number"),
        (a_line(["bounce", 3_600, True]), "rows[0][2]: true; expected a whole number"),
        (a_line(["bounce", 3_600, "3"]), 'rows[0][2]: "3"; expected a whole number'),
        (a_line(["bounce", 3_600, 10**12]), "rows[0][2]: 1000000000000; expected a whole number"),
        (a_line(["bounce", 3_600, 1, 5]), "rows[0][3]: 5; expected a receiving domain"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_with_the_value_and_what_was_expected(line: bytes, problem: str) -> None:
    assert problem in problem_of(line)


def test_a_long_value_is_cut_in_the_message() -> None:
    assert len(problem_of(a_line(["x" * 10_000, 1, 1]))) < 300


def test_one_bad_row_spoils_its_line_so_that_nothing_is_half_counted() -> None:
    assert "rows[1]" in problem_of(a_line(["send", 1, 1], ["bounce", 1, -1]))


def test_a_line_may_say_whose_stream_it_is_where_mail_goes_and_why_it_is_refused() -> None:
    line = b"""{"stream": "acme-news", "tenant": "acme", "seen_at": 3660, "rows":
        [["send", 3600, 41, "GMail.com"], ["delivery", 3600, 38, "gmail.com"],
         ["bounce", 3600, 3, "example.com", "5.7.26"], ["bounce", 3600, 1, null, "(5.1.1)"]]}"""
    moment = read_line(line)
    assert moment is not None
    assert moment.tenant == "acme"
    sent, delivered, refused, unknown = moment.rows
    assert isinstance(sent, Send)
    assert isinstance(delivered, SeenDeliveries)
    assert isinstance(refused, SeenBounces)
    assert isinstance(unknown, SeenBounces)
    assert (sent.domain, delivered.domain) == ("gmail.com", "gmail.com")
    assert (refused.code, unknown.code, unknown.domain) == ("5.7.26", "5.1.1", None)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            b'{"stream": "a", "seen_at": 9, "rows": [["bounce", 1, 1, "", "none"]]}',
            'rows[0][4]: "none"; expected an en',
        ),
        (b'{"stream": "a", "seen_at": 9, "rows": [["bounce", 1, 1, "", 5]]}', "rows[0][4]: 5; expected an enhanced"),
        (b'{"stream": "a", "seen_at": 9, "rows": [["send", 1, 1, "", "5.1.1"]]}', "a receiving domain if known"),
        (b'{"stream": "a", "tenant": 7, "seen_at": 9, "rows": []}', "tenant: 7; expected a name of at most 256"),
    ],
)
def test_a_tenant_or_code_that_is_none_is_named(line: bytes, problem: str) -> None:
    with pytest.raises(UnusableError) as caught:
        read_line(line)
    assert problem in str(caught.value)
