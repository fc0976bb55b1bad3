"""Events that are read many at a time count as they do when each is read by itself."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sesguard.ingest.plain_volume import tally_plain
from sesguard.ingest.tally import Outcomes, Tally
from sesguard.ingest.volume_sums import VolumeSums
from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import read
from sesguard.ses_events.observation import Observation
from tests.ses_events import SENT_MINUTE, a_bounce, a_delivery, a_mail, a_send, in_eventbridge, in_sns

TIMES = [
    "2026-11-20T09:14:07.412Z",
    "2026-11-20T09:14:59.999Z",
    "2026-11-20T09:15:60.000Z",
    "2026-11-20T09:15:61.000Z",
    "2026-11-20T09:14:07 +0000",
    "2026-11-20T29:14:07.412Z",
    "2026-11-20T09:14:0x.412Z",
    "2027-11-20T09:14:07.412Z",
    None,
    5,
]
mails = st.builds(
    lambda to, **fields: a_mail(*to, **fields),
    st.lists(st.sampled_from(["a@x.example", "b@gmail.com", "c@simulator.amazonses.com"]), max_size=2),
    timestamp=st.sampled_from(TIMES),
    configuration_set=st.sampled_from(["acme-news", "acme-receipts", "a/b", "", None]),
    sendingAccountId=st.sampled_from(["123456789012", "-", "12", None]),
    sourceArn=st.sampled_from(["arn:aws:ses:eu-west-1:123456789012:identity/acme.example", "none", None]),
    messageId=st.integers(0, 60).map(str),
)
events = st.one_of(
    mails.map(lambda mail: a_send(mail=mail)),
    mails.map(lambda mail: a_delivery(*mail["destination"], mail=mail)),
    mails.map(lambda mail: {"eventType": "Delivery", "mail": mail}),
    mails.map(lambda mail: a_bounce(mail=mail)),
    mails.map(lambda mail: in_sns(a_send(mail=mail))),
    mails.map(lambda mail: in_eventbridge(a_send(mail=mail))),
    st.just("hello"),
)


def contents(tally: Tally) -> list[Any]:
    """The sums of a tally in an order that does not depend on that of adding, and by which way they came."""
    volumes: dict[Any, tuple[list[Any], Counter[str]]] = {}
    found: list[Any] = []
    for part in [part for parts in tally.parts() for part in parts]:
        if isinstance(part, Outcomes):
            found.append((part.stream, part.hour, sorted(part.messages.items())))
            continue
        for volume in part.volumes() if isinstance(part, VolumeSums) else [part]:
            entries, sample = volumes.setdefault((volume.stream, volume.hour), ([], Counter()))
            entries += zip(volume.entries[::3], volume.entries[1::3], volume.entries[2::3], strict=True)
            sample.update(volume.sample or {})
    found += [(*key, sorted(entries), sorted(sample.items())) for key, (entries, sample) in volumes.items()]
    return sorted(found, key=repr)


@given(st.lists(events, max_size=12))
def test_what_is_read_many_at_a_time_counts_as_if_each_were_read_by_itself(batch: list[Any]) -> None:
    context = Context(account="999999999999", region="us-east-1", latest_minute=SENT_MINUTE + 5)
    bodies = [it if isinstance(it, str) else json.dumps(it, separators=(",", ":")) for it in batch]
    one_by_one, together = Tally(), Tally()
    for number, body in enumerate(bodies):
        seen = read(body, context)
        if isinstance(seen, Observation):
            one_by_one.add(seen, number)
    for number in tally_plain(bodies, context, together):
        seen = read(bodies[number], context)
        if isinstance(seen, Observation):
            together.add(seen, number)
    assert contents(together) == contents(one_by_one)
