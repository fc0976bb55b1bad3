"""Events that are read many at a time count as they do when each is read by itself."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from zlib import crc32

from hypothesis import given
from hypothesis import strategies as st

from sesguard.ingest.plain_volume import tally_plain
from sesguard.ingest.tally import Outcomes, Tally
from sesguard.ingest.volume_sums import VolumeSums
from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import read
from sesguard.ses_events.observation import Observation
from sesguard.ses_events.observe import ONE_OF
from tests.ses_events import SENT_AT, SENT_MINUTE, a_bounce, a_delivery, a_mail, a_send, in_eventbridge, in_sns

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
    mails.map(lambda mail: in_eventbridge(a_delivery(*mail["destination"], mail=mail))),
    mails.map(lambda mail: in_eventbridge(a_bounce(mail=mail))),
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


def written(event: Any) -> str:
    return event if isinstance(event, str) else json.dumps(event, separators=(",", ":"))


SAMPLED_ID = next(str(number) for number in range(1_000) if crc32(str(number).encode()) % ONE_OF == 0)
A_SEND = written(a_send(mail=a_mail(messageId=SAMPLED_ID)))
A_DELIVERY = written(a_delivery(mail=a_mail(messageId=SAMPLED_ID)))
ENVELOPED = [written(in_eventbridge(event(mail=a_mail(messageId=SAMPLED_ID)))) for event in (a_send, a_delivery)]
ARN = "arn:aws:ses:eu-west-1:123456789012:identity/acme.example"
DEEP = 200_000
# What stands in an event -> what may stand there instead: hostile, odd, or of another version of SES.
INSTEAD = {
    '"eventType":"Send"': [
        '"eventType":"Send","eventType":"Delivery"',
        '"eventType":"Delivery","eventType":"Send"',
        '"eventType":"Send","eventType":null',
        '"eventType":"\\u0053end"',
        '"eventType":"Send","notificationType":"Bounce"',
        '"eventType":"Send","Type":"Notification","Message":"{}"',
        '"eventType":"Send","source":"aws.ses","detail":{"eventType":"Bounce"}',
        '"eventType":"Send","mail":null',
    ],
    '["acme-news"]': [
        '["\\u0061cme-news"]',
        '["acme-news","other"]',
        '["other","acme-news"]',
        '["other"],"ses:configuration-set":["acme-news"]',
        '["acme-news"],"ses:configuration-set":["other"]',
        '["acme-news"],"ses:configuration-set":"other"',
        '["acme-news"],"ses:configuration-set":null',
        '["Acme-News"]',
        '["sesguard-drill-x"]',
        '["acme-news\\u0000"]',
        '["\\ud800"]',
        '["\u0430cme-news"]',
        '[""]',
        "[]",
    ],
    SENT_AT: [
        "2026-11-20T09:14:07Z",
        "2026-11-20T09:14:07.41Z",
        "2026-11-20T09:14:07,412Z",
        "2026-11-20T09:14:60.412Z",
        "2026-11-20T09:14:61.412Z",
        "2026-11-20T09:14:07.412+00:00",
        "2026-11-20T11:14:07.412+02:00",
        "2026-11-20 09:14:07.412Z",
        " 2026-11-20T09:14:07.412Z",
        "2026-11-20T09:14:07.412z",
        "2026-11-20T09:14:07.4\uff112Z",
        "2026-02-30T09:14:07.412Z",
        "2026-11-20T24:00:00.000Z",
        "2026-11-20T09:20:00.000Z",
        "2011-01-24T23:59:59.999Z",
        "0001-01-01T00:00:00.000Z",
        "9999-12-31T23:59:59.999Z",
    ],
    "ada@inbox.example": [
        "a@SIMULATOR.AmazonSES.com",
        "a@simulator.amazonses.com.",
        "a@\u017fimulator.amazon\u017fe\u017f.com",
        "a@simulator\u3002amazonses.com",
        "Ada <a@simulator.amazonses.com>",
        "a@x.example, b@y.example",
        'a@x.example","b@simulator.amazonses.com',
        "a@x.example\\u0000",
        "\\ud800@x.example",
        "a@\\udfff.example",
        "",
        "@",
    ],
    ARN: [
        "arn:aws:ses:eu-west-1:210987654321:identity/acme.example",
        "arn:aws:ses:us-east-1:123456789012:identity/acme.example",
        "arn:aws-cn:ses:eu-west-1:123456789012:identity/acme.example",
        "arn:aws:ses:EU-WEST-1:123456789012:identity/acme.example",
        "arn:aws:ses::123456789012:identity/acme.example",
        "arn:aws:ses:eu-west-1::identity/acme.example",
        "arn:aws:ses:eu-west-1:123456789012",
        f"{ARN}{'x' * 500}",
        "",
    ],
    '"sendingAccountId":"123456789012"': [
        f'"sendingAccountId":{account}'
        for account in (
            '"210987654321"',
            '"-"',
            '""',
            '"1234-5678-9012"',
            '"\uff1123456789012"',
            "123456789012",
            "null",
        )
    ],
    f'"messageId":"{SAMPLED_ID}"': [
        f'"messageId":{value}'
        for value in ('"\\ud800"', '"\\udc00\\ud800"', '"\ud800"', '"\\u0000"', '""', "null", "5")
    ],
    '"headersTruncated":false': [
        f'"headersTruncated":{value}'
        for value in ("1e999999", "NaN", "9" * 5_000, "[" * DEEP + "]" * DEEP, '"\ud800"', '"\t"', "tru", "[}")
    ],
}
# The same of EventBridge's envelope.
AROUND = {
    '"version":"0"': [
        '"version":0',
        '"version":"1","version":"0"',
        f'"version":"0","x":{"[" * DEEP + "]" * DEEP}',
        *(f'"version":"0",{more}' for more in (A_SEND[1:-1], A_DELIVERY[1:-1], f'"detail":{A_SEND}', '"detail":null')),
        '"version":"0","eventType":"Bounce"',
        '"version":"0","eventType":null',
        '"version":"0","notificationType":"Delivery"',
        '"version":"0","notificationType":5',
        f'"version":"0","Type":"Notification","Message":{json.dumps(A_DELIVERY)}',
        '"version":"0","Message":"hello"',
        '"version":"0","Type":"Notification","Message":null',
    ],
    '"source":"aws.ses"': [
        '"source":"aws.ses","source":"acme"',
        '"source":"acme","source":"aws.ses"',
        '"source":"aws.s\\u0065s"',
        '"source":"AWS.SES"',
        '"source":"acme"',
        '"source":null',
        '"source":["aws.ses"]',
        '"sourc":"aws.ses"',
    ],
    '"account":"123456789012"': ['"account":"210987654321"', '"account":"-"', '"account":null'],
    '"region":"eu-west-1"': ['"region":"us-east-1"', '"region":"EU"', '"region":null'],
    '"time":"2026-11-20T09:16:30Z"': ['"time":"soon"', '"time":null'],
    '"detail":{': [
        '"detail":{"detail":{},',
        '"detail":{"source":"acme",',
        '"detail":{"Message":"hello",',
        '"Detail":{',
    ],
}
places = st.lists(st.sampled_from([*INSTEAD, *AROUND]), max_size=3, unique=True)
ends = st.sampled_from(["{}"] * 4 + ["\ufeff{}", " {}", "{} ", "{}x", "{0}{0}", "{}\0"])


@st.composite
def hostile(draw: st.DrawFn) -> str:
    """The text of a Send or Delivery with something odd in up to three places, and around it."""
    text = draw(st.sampled_from([A_SEND, A_DELIVERY, *ENVELOPED]))
    for place in draw(places):
        text = text.replace(place, draw(st.sampled_from((INSTEAD | AROUND)[place])))
    return draw(ends).replace("{}", text).replace("{0}", text)


@given(st.lists(events, max_size=12))
def test_what_is_read_many_at_a_time_counts_as_if_each_were_read_by_itself(batch: list[Any]) -> None:
    assert_counted_alike([written(it) for it in batch])


@given(st.lists(hostile(), max_size=6))
def test_whatever_a_body_says_it_counts_as_if_it_were_read_by_itself(bodies: list[str]) -> None:
    assert_counted_alike([A_SEND, *bodies])


def test_each_oddity_alone_counts_as_if_it_were_read_by_itself() -> None:
    for place, others in INSTEAD.items():
        for other in others:
            for text in (A_SEND, A_DELIVERY, *ENVELOPED):
                assert_counted_alike([A_SEND, text.replace(place, other), A_DELIVERY])


def test_each_oddity_of_an_envelope_alone_counts_as_if_it_were_read_by_itself() -> None:
    for place, others in AROUND.items():
        for other in others:
            for text in ENVELOPED:
                assert place in text
                assert_counted_alike([A_SEND, text.replace(place, other), A_DELIVERY])


def assert_counted_alike(bodies: list[str]) -> None:
    context = Context(account="999999999999", region="us-east-1", latest_minute=SENT_MINUTE + 5)
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
