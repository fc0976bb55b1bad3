"""A block of hours before the day that is lived through: its volume, logged and folded as the sweep does it.

What folding writes and keeps repeats with each block (:mod:`sesguard.aws.counts.hour_blocks`), and shorter samples of
the day see no whole one. Of very much mail some of a block stands for it.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bench.metered import LOG, READ_CARRIED, MeteredDynamoDB
from bench.traffic import receiving_domain
from sesguard.aws.counts.hour_blocks import BLOCK_HOURS
from sesguard.aws.counts.unfolded import VolumeLog
from sesguard.aws.counts.volume_fold import EVERY, SETTLED, VolumeFold
from sesguard.aws.counts.volume_log import FoldProgress, log_request, new_key, packed, packed_taken, progress_item
from sesguard.costs.sqs_model import ReceivePace
from sesguard.detection.rows import HOUR
from sesguard.detection.sample import names_of
from sesguard.ingest.volume import COLUMNS, Volume
from sesguard.ses_events.observe import ONE_OF
from sesguard.stream import StreamId

_MOST_FOLDED: Final = 55_000
"""Mails that are folded at once, however new they are: their log has grown large (volume_fold.LARGEST)."""
_MOST: Final = 250_000
_PROCESSES: Final = 4
"""That read what is carried after each fold: the sweep's, and those of ingest that two short batches a second need."""


class FoldedBlock(NamedTuple):
    """What folding came to: hours of mail, write units, bytes that stay, and read units of what was carried."""

    hours: float
    writes: int
    stored: int
    reads: float


def fold_block(
    store: MeteredDynamoDB, fold: VolumeFold, home: StreamId, names: list[str], pace: ReceivePace, end: datetime
) -> FoldedBlock:
    """Log and fold the block until ``end`` of mail at that pace by streams of those ``names``."""
    chance, reader = random.Random(11), VolumeLog(store, "cohorts")  # type: ignore[arg-type]  # stands in for the client
    mails = pace.events / pace.seconds * timedelta(days=1).total_seconds()
    mails_a_block = mails * BLOCK_HOURS / 24
    each = min(mails / (timedelta(days=1) / EVERY), _MOST_FOLDED)
    folds = min(round(mails_a_block / each), round(_MOST / each))
    time = timedelta(days=1) * each / mails
    # All before is folded, and nothing carried.
    start = round((end - time * folds).timestamp()) * 1_000
    store.put_item(Item=progress_item(home, FoldProgress(cut=start, before=start, since=0)))
    for number in range(folds):
        begin = end - time * (folds - number)
        _log(store, home, names, round(each), round(pace.events_a_batch), begin, time, chance)
        fold.fold(begin + time + SETTLED)
        reader.reading(home, begin + time + SETTLED, lambda _: None)
    writes, stored = store.write_units.total() - store.write_units[LOG], store.stored_bytes
    reads = store.read_units[READ_CARRIED] * _PROCESSES / 2  # the fold's, and a reader's
    store.forget_what_was_metered()
    return FoldedBlock(time * folds / timedelta(hours=1), writes, stored, reads)


def _log(
    store: MeteredDynamoDB,
    home: StreamId,
    names: list[str],
    mails: int,
    at_once: int,
    begin: datetime,
    time: timedelta,
    chance: random.Random,
) -> None:
    items = -(-mails // at_once)
    for number in range(items):
        at = begin + time * (number / items)
        minute, hour = int(at.timestamp()) // 60, int(at.timestamp()) // 3600
        slot = minute % HOUR * COLUMNS
        volumes: dict[str, Volume] = {}
        for mail in range(number * at_once, min(mails, (number + 1) * at_once)):
            name = chance.choice(names)
            volume = volumes.setdefault(name, Volume(home._replace(configuration_set=name), hour, []))
            volume.entries += (slot, 1, mail)
            if chance.randrange(ONE_OF) == 0:
                volume.sample = volume.sample or {}
                for counted in names_of(receiving_domain(mail), minute):
                    volume.sample[counted] = volume.sample.get(counted, 0) + 1
        for some, body in packed(volumes.values()):
            key = new_key(int(at.timestamp() * 1_000))
            store.put_item(**log_request("cohorts", home, key, body, packed_taken(some)))
