"""What no stream alone shows, as deployed: a tenant that splits its mail over many streams, a provider that fails."""

from __future__ import annotations

import re
import time

import pytest

from localcloud.setting_up import stream_of
from sesguard.aws.counts.rollups import UNTOUCHED, clump_text, day_request
from sesguard.detection.rows import DayTotals
from sesguard.policy import Policy
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
    assert re.search(r"This one's own part: [1-5] of 1?\d mails", mail)  # as many as were counted by then
    assert all(platform.may_send(stream) for stream in good)


def refusals(platform: Platform) -> list[str]:
    """What the operator was told of a provider, whose subject is not part of the message."""
    lead = "The mailbox provider google refuses mail of many tenants that have nothing else in common."
    return [text for text in platform.told() if lead in " ".join(text.split())]


def test_a_provider_that_refuses_everybody_is_told_and_stops_nobody_for_long(platform: Platform) -> None:
    streams = [platform.stream(owner=f"owner@tenant-{number}.example") for number in range(10)]
    today = int(time.time()) // 86_400
    for stream in streams:
        for day in range(today - 9, today - 3):  # a good past, as it is on record of days that are over
            totals = DayTotals(1_000, 8, 0, 0, 1_000)
            platform.dynamodb.put_item(
                **day_request(
                    platform.outputs["CohortsTableName"],
                    str(stream_of(stream)),
                    day,
                    totals,
                    UNTOUCHED,
                    clump_text(Policy()),
                )
            )
    for _ in range(4):
        for stream in streams:
            for number in range(3):
                platform.send(stream, *(f"person-{number}-{seat}@gmail.com" for seat in range(4)))
                platform.send(stream, f"person-{number}@customers.example")
    for stream in streams:
        platform.send(stream, *(f"gone-{seat}@gmail.com" for seat in range(40)))
    platform.wait_until(lambda: refusals(platform), "the operator is told")
    platform.wait_until(lambda: all(platform.may_send(stream) for stream in streams), "nobody is off")
    assert len(refusals(platform)) == 1
    bad = streams[0]
    platform.send(bad, *(f"gone-{seat}@domain-{seat}.example" for seat in range(48)))
    platform.wait_until(lambda: not platform.may_send(bad), "a bad list is paused all the same")
