"""DynamoDB in memory, which the bench meters."""

from __future__ import annotations

from bench.metered import MeteredDynamoDB
from bench.past import Past
from sesguard.aws.counts.cohorts import VOLUME, hour_text
from sesguard.aws.counts.volume_writes import volume_update
from sesguard.aws.query import between
from sesguard.ingest.volume import Volume
from sesguard.stream import StreamId

STREAM = StreamId("111122223333", "eu-west-1", "acme-news")
HOUR = 490_000


def test_what_is_written_of_any_later_hour_is_read_again():
    store = MeteredDynamoDB(HOUR, Past(0, 0))
    written = [VOLUME + hour_text(HOUR + after) for after in (0, 23, 25, 100)]
    for after in (0, 23, 25, 100):
        store.update_item(**volume_update("cohorts", Volume(STREAM, HOUR + after, [0, 1, 0])))
    found = store.query(**between("cohorts", str(STREAM), f"{VOLUME}{hour_text(HOUR)}", f"{VOLUME}~"))["Items"]
    assert [item["cohort"]["S"] for item in found] == written
