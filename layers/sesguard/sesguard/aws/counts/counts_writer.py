"""Writing a batch's sums to DynamoDB. How the items lie is told in :mod:`sesguard.aws.counts.cohorts`."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from sesguard.aws.boto_types import DynamoDBClient
from sesguard.aws.clients import calling
from sesguard.aws.counts.account_sums import DynamoAccountSums
from sesguard.aws.counts.cohorts import late_before, touched
from sesguard.aws.counts.outcome_writes import MOST_BESIDE, Tables, chunks
from sesguard.aws.counts.transactions import commit
from sesguard.aws.counts.volume_log import Logged, log_request, new_key, packed, packed_taken
from sesguard.aws.counts.volume_writes import touch, volume_update
from sesguard.aws.workers import Workers
from sesguard.errors import AwsError, code_of
from sesguard.ingest.tally import Outcomes, Part, Unwritten
from sesguard.ingest.volume import Volume
from sesguard.ingest.volume_sums import VolumeSums
from sesguard.stream import StreamId

# A transaction needs the permissions of what it holds:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
ACTIONS: Final = frozenset({"dynamodb:UpdateItem", "dynamodb:PutItem"})

_MOST_REMEMBERED: Final = 20_000
"""Streams and hours of which it is remembered how many outcomes there were: some 4 MB."""

TimeLeft = Callable[[], bool]

_log = logging.getLogger(__name__)


class DynamoCountsWriter:
    """The port ``CountsWriter`` over DynamoDB.

    pause: sleeps so many seconds. account: adds up what is written. home: the account and region whose streams' volume
    is logged, as the sweep folds that log: a stream without a set. Everybody else's, and late volume, goes into its
    hour at once.
    """

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        workers: Workers,
        pause: Callable[[float], None] = time.sleep,
        account: DynamoAccountSums | None = None,
        home: StreamId | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._client = client
        self._tables = tables
        self._workers = workers
        self._pause = pause
        self._account = account
        self._home = home
        self._clock = clock
        self._beside: dict[tuple[StreamId, int], int] = {}  # events of a stream and hour, as far as it matters

    def add(self, parts: Sequence[Part], now: datetime, left: TimeLeft) -> list[Unwritten]:
        """Write the sums of a batch; return what could not be written, to be delivered again.

        left: whether there is time for another call. Bounces and complaints are counted once however often a message
        comes. Volume is counted at least once: it counts again with a new delivery of its messages, and what is not
        logged with a further try of the client's own after a lost answer; so it is over-counted by at most what was
        tried again, which makes the guard milder by that share.
        """
        unwritten: list[Unwritten] = []
        minute = int(now.timestamp()) // 60
        late = late_before(minute)
        logged: list[Logged] = []
        others: list[Volume | Outcomes] = []
        for part in parts:
            if isinstance(part, Outcomes):
                others.append(part)
            elif part.hour >= late and _home_of(part) == self._home:
                logged.append(part)
            else:
                others += _by_stream(part)

        def write(part: list[Logged] | Volume | Outcomes) -> None:
            if isinstance(part, list):
                self._log(part, left, unwritten)
            elif isinstance(part, Outcomes):
                self._write_outcomes(part, minute, left, unwritten)
            else:
                self._write_volume(part, minute, left, unwritten)

        self._workers.each(write, [logged, *others] if logged else others)
        if self._account is not None:
            self._account.add(_without(parts, {part.stream for part in unwritten}))
            self._account.write(now)
        return sorted(unwritten)

    def _log(self, volumes: Sequence[Logged], left: TimeLeft, unwritten: list[Unwritten]) -> None:
        """Write one item for all of them, or as few as hold them."""
        for some, body in packed(volumes):
            # The key is made right before the call: from when on an item may be there is known by it.
            key = new_key(int(self._clock() * 1_000))
            request = log_request(self._tables.cohorts, _home_of(some[0]), key, body, packed_taken(some))
            with _noting(some, "PutItem", unwritten):
                if not left():
                    raise _out_of_time()
                self._client.put_item(**request)

    def _write_volume(self, volume: Volume, minute: int, left: TimeLeft, unwritten: list[Unwritten]) -> None:
        table = self._tables.cohorts
        with _noting([volume], "UpdateItem", unwritten):
            if not left():
                raise _out_of_time()
            self._client.update_item(**volume_update(table, volume))
            # After the volume, so that who settles in between settles again. A crash in between brings the messages
            # again, and then the touch.
            for key in touched(volume.hour, minute):
                self._client.update_item(**touch(table, volume.stream, key, volume.hour // 24))

    def _write_outcomes(self, outcomes: Outcomes, minute: int, left: TimeLeft, unwritten: list[Unwritten]) -> None:
        for chunk in chunks(outcomes, beside=self._names_beside(outcomes)):
            try:
                if not left():
                    raise _out_of_time()
                commit(self._client, self._tables, chunk, minute=minute, pause=self._pause)
            except Exception as error:
                if not isinstance(error, AwsError):
                    _log.exception("outcomes of %s", outcomes.stream)
                messages = [message for identity in chunk.adds for message in outcomes.messages[identity]]
                unwritten.append(Unwritten(outcomes.stream, tuple(messages), code_of(error)))

    def _names_beside(self, outcomes: Outcomes) -> bool:
        """Whether the names may go beside the counts: of the first few of a stream and hour that come to this process.

        How many those are is nothing to rely on: readers look for names in both places.
        """
        if len(self._beside) > _MOST_REMEMBERED:
            self._beside.clear()
        key = outcomes.stream, outcomes.hour
        count = self._beside.get(key, 0) + len(outcomes.events)
        self._beside[key] = count
        return count <= MOST_BESIDE


def _home_of(volume: Logged) -> StreamId:
    """The account and region of volume, as a stream without a set."""
    return volume.numbered.home if isinstance(volume, VolumeSums) else volume.stream._replace(configuration_set="")


def _by_stream(volume: Logged) -> list[Volume]:
    return volume.volumes() if isinstance(volume, VolumeSums) else [volume]


def _without(parts: Iterable[Part], streams: Collection[StreamId]) -> Iterable[Part]:
    """Leave out all sums of ``streams``."""
    if not streams:
        return parts
    every = [it for part in parts for it in ([part] if isinstance(part, Outcomes) else _by_stream(part))]
    return [part for part in every if part.stream not in streams]


@contextmanager
def _noting(volumes: Sequence[Logged], operation: str, unwritten: list[Unwritten]) -> Iterator[None]:
    """Note ``volumes`` as unwritten where what is within fails, whatever it is: it stops no other."""
    try:
        with calling(operation):
            yield
    except Exception as error:
        failed = [volume for some in volumes for volume in _by_stream(some)]
        if not isinstance(error, AwsError):
            _log.exception("volume of %d streams and hours", len(failed))
        unwritten += [Unwritten(volume.stream, tuple(volume.all_messages()), code_of(error)) for volume in failed]


def _out_of_time() -> AwsError:
    return AwsError("Writing", "OutOfTime", retryable=True)
