"""A server that does not answer is left alone for a while, and costs nobody else anything."""

from __future__ import annotations

from contextlib import suppress

import pytest

from sesguard.errors import ChannelError
from sesguard.notify.http.breaker import FAILURES, MOST, REST_SECONDS, Breaker

HUNG = "https://hung.example/a"


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def call(breaker: Breaker, url: str = HUNG, tenant: str = "acme", *, error: ChannelError | None = None) -> bool:
    """Whether the call was let through."""
    made = False
    with suppress(ChannelError), breaker.calling(tenant, url):
        made = True
        if error:
            raise error
    return made


def hang(breaker: Breaker, times: int, **more: str) -> None:
    for _ in range(times):
        call(breaker, error=ChannelError("no answer", retryable=True, unanswered=True), **more)


def test_after_some_calls_without_an_answer_a_server_rests_and_then_gets_one_call():
    time = Time()
    breaker = Breaker(time)
    hang(breaker, FAILURES)
    assert not call(breaker)
    assert not call(breaker, "https://HUNG.example/b")  # the server, whatever the path
    time.now += REST_SECONDS
    hang(breaker, 1)
    assert not call(breaker)
    time.now += REST_SECONDS
    assert call(breaker)
    assert call(breaker)


def test_no_tenant_closes_a_server_for_another():
    breaker = Breaker(Time())
    hang(breaker, FAILURES)
    assert call(breaker, tenant="beta")
    assert call(breaker, tenant="")  # the operator


@pytest.mark.parametrize("error", [ChannelError("HTTP 500", retryable=True), ChannelError("HTTP 404")])
def test_a_server_that_answers_is_there_whatever_it_says(error):
    breaker = Breaker(Time())
    for _ in range(FAILURES * 3):
        assert call(breaker, error=error)


def test_what_is_remembered_is_bounded():
    breaker = Breaker(Time())
    for number in range(MOST + 10):
        hang(breaker, FAILURES, url=f"https://h{number}.example/")
    assert call(breaker, "https://h0.example/")
    assert not call(breaker, f"https://h{MOST + 9}.example/")
