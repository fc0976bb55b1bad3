"""Volume of many streams as numbers says the same as an object a stream, however it is parted, cut and written."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from sesguard.aws.counts import volume_log
from sesguard.aws.counts.account_sums import DynamoAccountSums
from sesguard.aws.counts.counts_writer import DynamoCountsWriter
from sesguard.aws.counts.volume_log import MOST_ENTRIES, decode, decode_taken, packed, packed_taken
from sesguard.aws.workers import Workers
from sesguard.ingest import plain_volume
from sesguard.ingest.plain_volume import tally_plain
from sesguard.ingest.tally import Outcomes, Tally
from sesguard.ingest.volume_sums import HOUR_SLOTS, NO_CELL, NumberedStreams, VolumeSums, sum_up
from sesguard.ses_events.context import Context
from sesguard.ses_events.envelope import read
from sesguard.stream import DRILL
from tests.fakes.clock import DAY, NOW, minute_of
from tests.fakes.dynamodb import failure
from tests.fakes.tables import TABLES, in_memory, items
from tests.fakes.world import ACME
from tests.ses_events import a_bounce, a_delivery, a_mail, a_send

HOME = ACME._replace(configuration_set="")
CONTEXT = Context(latest_minute=minute_of(NOW) + 60)
ARN = "arn:aws:ses:eu-west-1:123456789012:identity/acme.example"


def a_body(name="acme-news", number=0, *, kind=a_send, at=NOW, **fields):
    to = f"reader-{number}@mail{number % 7}.example"
    time = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    fields = {"sourceArn": ARN, "sendingAccountId": "123456789012", "messageId": f"id-{number}", **fields}
    mail = a_mail(to, timestamp=time, configuration_set=name, **fields)
    return json.dumps(kind(to, mail=mail) if kind is a_delivery else kind(mail=mail))


def plain(bodies):
    """The sums of a batch of which each stream has been met."""
    for body in bodies:
        read(body, CONTEXT)
    tally = Tally()
    others = tally_plain(bodies, CONTEXT, tally)
    return tally, others


def sums_of(bodies):
    (_, found) = plain(bodies)[0].parts()
    return found


def written(client, parts, now=NOW, left=lambda: True, **more):
    writer = DynamoCountsWriter(client, TABLES, Workers(1), home=HOME, clock=NOW.timestamp, **more)
    return writer.add(parts, now, left)


def what_is_said(parts):
    """What the items of a log say of ``parts``, summed up."""
    said: Counter[object] = Counter()
    for some, body in packed(parts):
        for name, entries in decode(body).items():
            for hour, attribute, count in entries:
                said[name, hour, attribute] += count
        for name, domain, day, count in decode_taken(packed_taken(some)):
            said[name, domain, day] += count
    return said


def a_batch(streams=40, events=400):
    kinds = (a_send, a_delivery)
    return [a_body(f"set-{number % streams}", number, kind=kinds[number % 3 % 2]) for number in range(events)]


def test_a_log_says_of_sums_what_it_says_of_each_streams_volume():
    (sums,) = sums_of(a_batch())
    assert isinstance(sums, VolumeSums)
    assert what_is_said([sums]) == what_is_said(sums.volumes())
    assert sum(count for key, count in what_is_said([sums]).items() if str(key[2]) in "sd") == 400


@pytest.mark.parametrize("most", [1, 7, 64, 10_000])
def test_sums_are_cut_without_loss_and_every_message_is_of_one_piece(most):
    (sums,) = sums_of(a_batch())
    pieces = list(sums.pieces(most))
    assert what_is_said(pieces) == what_is_said([sums])
    messages = [number for piece in pieces for volume in piece.volumes() for number in volume.all_messages()]
    assert sorted(messages) == list(range(400))


def test_many_sums_are_several_items_none_too_large():
    numbered = NumberedStreams(HOME)
    cells = [numbered.add(ACME._replace(configuration_set=f"{number:064}")) + 5 for number in range(9_000)]
    (sums,) = sum_up(cells, [(numbered, 500_000)], [(cell, f"{'d' * 90}.example") for cell in cells[::16]])
    found = list(packed([*sums.volumes()[:2_000], sums]))
    assert [len(some) for some, _ in found] == [2_000, 1, 1, 1]
    assert max(len(body) + len(packed_taken(some)) for some, body in found) < 400_000
    assert len(list(packed([sums]))) == -(-sums.size() // MOST_ENTRIES)


def test_what_is_of_streams_that_are_to_be_weighed_is_apart():
    bodies = [*a_batch(), a_body("set-3", kind=a_bounce)]
    tally, others = plain(bodies)
    assert others == [400]
    for number in others:
        tally.add(read(bodies[number], CONTEXT), number)
    first, rest = tally.parts()
    assert {volume.stream for part in first for volume in volumes(part)} == {ACME._replace(configuration_set="set-3")}
    assert what_is_said([part for part in [*first, *rest] if not isinstance(part, Outcomes)]) == what_is_said(
        sums_of(a_batch())
    )


def volumes(part):
    return part.volumes() if isinstance(part, VolumeSums) else []


def test_a_batch_of_plain_events_is_one_item():
    client = in_memory()
    assert written(client, sums_of(a_batch())) == []
    assert len(list(items(client, HOME))) == 1
    assert list(items(client, ACME._replace(configuration_set="set-3"))) == []


def test_only_messages_whose_item_was_not_written_come_again(monkeypatch):
    monkeypatch.setattr(volume_log, "MOST_ENTRIES", 30)
    client = in_memory()
    put, calls = client.put_item, iter(range(100))

    def put_item(**request):
        if next(calls) == 1:
            raise failure("ThrottlingException", "PutItem")
        return put(**request)

    monkeypatch.setattr(client, "put_item", put_item)
    (sums,) = sums_of(a_batch())
    unwritten = written(client, [sums], account=DynamoAccountSums(client, TABLES.cohorts))
    again = {number for each in unwritten for number in each.messages}
    there = Counter(
        name
        for item in items(client, HOME)
        if "v" in item
        for name, entries in decode(bytes(item["v"]["B"])).items()
        for _, attribute, count in entries
        if attribute in ("s", "d")
        for _ in range(count)
    )
    assert 0 < len(again) < 400
    assert there == Counter(f"set-{number % 40}" for number in range(400) if number not in again)
    assert {each.code for each in unwritten} == {"ThrottlingException"}


def test_where_there_is_no_time_every_message_comes_again():
    unwritten = written(in_memory(), sums_of(a_batch()), left=lambda: False)
    assert sorted(number for each in unwritten for number in each.messages) == list(range(400))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"at": NOW - DAY}, id="mail of a day ago"),
        pytest.param({"sendingAccountId": "999988887777"}, id="of another account"),
        pytest.param({"sourceArn": ARN.replace("eu-west-1", "us-east-1")}, id="of another region"),
    ],
)
def test_what_no_log_here_is_for_is_written_into_its_hour_at_once(body):
    client = in_memory()
    (sums,) = sums_of([a_body(number=number, **body) for number in range(5)])
    assert written(client, [sums]) == []
    (volume,) = sums.volumes()
    (hour,) = [item for item in items(client, volume.stream) if item["cohort"]["S"].startswith("v#")]
    assert hour["s"]["N"] == "5"
    assert not [item for item in items(client, HOME) if item["cohort"]["S"].startswith("w#")]


def test_an_account_is_summed_up_by_what_was_counted():
    client = in_memory()
    written(client, sums_of(a_batch()), account=DynamoAccountSums(client, TABLES.cohorts))
    (sums,) = [item for item in items(client, HOME) if item["cohort"]["S"].startswith("a#")]
    assert int(sums["s"]["N"]) + int(sums["d"]["N"]) == 400


def test_identities_of_one_set_are_one_stream_and_those_of_two_regions_are_not():
    arns = [ARN, ARN.replace("acme", "news.acme"), ARN.replace("eu-west-1", "us-east-1")]
    found = sums_of([a_body(number=number, sourceArn=arns[number % 3]) for number in range(9)])
    assert [(volume.stream.region, volume.all_messages()) for sums in found for volume in sums.volumes()] == [
        ("eu-west-1", [0, 1, 3, 4, 6, 7]),
        ("us-east-1", [2, 5, 8]),
    ]


def test_events_of_an_account_are_plain_whoever_was_not_met_comes_first(monkeypatch):
    monkeypatch.setattr(plain_volume, "_numbered", {})
    met = [a_body(number=number) for number in range(3)]
    for body in met:
        read(body, CONTEXT)
    assert tally_plain([a_body("never-met"), *met], CONTEXT, Tally()) == [0]


def test_a_drills_mail_is_no_part_of_any_sums():
    _, others = plain([a_body(f"{DRILL}1"), a_body()])
    assert others == [0]


def test_streams_beyond_what_is_numbered_are_left_to_be_read_one_by_one(monkeypatch):
    monkeypatch.setattr("sesguard.ingest.volume_sums.MOST_STREAMS", 3)
    monkeypatch.setattr(plain_volume, "_numbered", {})
    _, others = plain(a_batch(streams=5, events=10))
    assert others == [3, 4, 8, 9]


def test_streams_are_numbered_anew_once_there_are_many(monkeypatch):
    numbered = {}
    monkeypatch.setattr(plain_volume, "_numbered", numbered)
    monkeypatch.setattr(plain_volume, "_MOST_REMEMBERED", 4)
    before = sums_of(a_batch(streams=5, events=10))
    after = sums_of(a_batch(streams=5, events=10))
    assert what_is_said(before) == what_is_said(after)
    assert [len(each.streams) for each in numbered.values()] == [5]


def test_cells_of_two_hours_and_of_no_event_are_told_apart():
    numbered = NumberedStreams(HOME)
    first = numbered.add(ACME)
    next_hour = 1 << 24
    found = sum_up([first, NO_CELL, first + next_hour + 4, first], [(numbered, 7), (numbered, 8)], [])
    assert [(sums.hour, sums.sums) for sums in found] == [(7, {0: 2}), (8, {4: 1})]
    assert [volume.entries for sums in found for volume in sums.volumes()] == [[0, 1, 0, 0, 1, 3], [4, 1, 2]]
    assert HOUR_SLOTS == 240
