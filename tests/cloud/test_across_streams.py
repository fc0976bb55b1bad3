"""What no stream alone shows, as deployed: a tenant that splits its mail over many streams is paused all the same."""

from __future__ import annotations

import pytest

from tests.cloud.conftest import Platform

pytestmark = pytest.mark.cloud


def test_mail_split_over_many_streams_is_paused_and_the_owner_reads_why(platform: Platform) -> None:
    split, good = platform.tenant("owner@split.example", 12), platform.tenant("owner@well.example", 2)
    for number, stream in enumerate(split):
        platform.send(stream, *(f"person-{seat}@inbox.example" for seat in range(11)))
        for seat in range(5):
            platform.send(stream, f"gone-{seat}@domain-{number}-{seat}.example")
    for stream in good:
        platform.send_good(stream, mails=2)
        platform.send(stream, "gone-1@inbox.example")
    platform.wait_until(lambda: any(not platform.may_send(stream) for stream in split), "a stream is paused")
    platform.wait_until(lambda: sum(platform.may_send(stream) for stream in split) <= 4, "and the rest that matter")
    platform.wait_until(lambda: platform.mails_to("owner@split.example"), "the owner is told")
    mail = " ".join(platform.mails_to("owner@split.example")[0].split())
    assert "All streams of yours together are over a limit" in mail
    assert "This one's own part: 5 of 16 mails" in mail
    assert all(platform.may_send(stream) for stream in good)
