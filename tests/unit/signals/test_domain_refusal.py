"""Posture's word to enforce is read as it was written, and nothing else is taken for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sesguard.signals.guard_message import (
    DomainRefusal,
    PauseRequest,
    read_domain_refusal,
    read_pause_request,
    write_domain_refusal,
    write_pause_request,
)
from sesguard.stream import StreamId

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
STREAM = StreamId("111122223333", "eu-west-1", "acme-news")


@pytest.mark.parametrize("refused", [True, False])
def test_it_is_read_as_it_was_written(refused: bool):
    of = DomainRefusal(STREAM, "acme.example", refused, AT)
    assert read_domain_refusal(write_domain_refusal(of)) == of


def test_nothing_else_is_one():
    assert read_domain_refusal(write_pause_request(PauseRequest(STREAM, 1.0, AT))) is None
    assert read_pause_request(write_domain_refusal(DomainRefusal(STREAM, "a.example", refused=True, at=AT))) is None
    for body in ("", "{}", "[]", '{"sesguard":"domain refusal","stream":"x","domain":"a","refused":true}'):
        assert read_domain_refusal(body) is None
