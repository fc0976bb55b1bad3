"""Writing a batch's sums to DynamoDB. How the items lie is told in :mod:`sesguard.aws.counts.cohorts`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from sesguard.aws.clients import aws_error
from sesguard.aws.counts.cohorts import late_before, touched
from sesguard.aws.counts.outcome_writes import chunks
from sesguard.aws.counts.transactions import Tables, commit
from sesguard.aws.counts.volume_writes import touch, volume_update
from sesguard.errors import AwsError
from sesguard.ingest.tally import Outcomes, Part, Unwritten

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from sesguard.aws.counts.account_sums import DynamoAccountSums
    from sesguard.aws.workers import Workers

# A transaction needs the permissions of what it holds:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
ACTIONS: Final = frozenset({"dynamodb:UpdateItem", "dynamodb:PutItem"})

TimeLeft = Callable[[], bool]


class DynamoCountsWriter:
    """The port ``CountsWriter`` over DynamoDB. pause: sleeps so many seconds. account: adds up what is written."""

    def __init__(
        self,
        client: DynamoDBClient,
        tables: Tables,
        workers: Workers,
        pause: Callable[[float], None] = time.sleep,
        account: DynamoAccountSums | None = None,
    ) -> None:
        self._client = client
        self._tables = tables
        self._workers = workers
        self._pause = pause
        self._account = account

    def add(self, parts: Sequence[Part], now: datetime, left: TimeLeft) -> list[Unwritten]:
        """Write the sums of a batch; return what could not be written, to be delivered again.

        left: whether there is time for another call. Bounces and complaints are counted once however often a message
        comes. Volume is counted at least once: a part of it counts again with each further try of the call, be it the
        client's own after a lost answer or a new delivery of its messages; so it is over-counted by at most what was
        tried again, which makes the guard milder by that share.
        """
        unwritten: list[Unwritten] = []
        minute = int(now.timestamp()) // 60
        late = late_before(minute)
        update, table = self._client.update_item, self._tables.cohorts

        def write(part: Part) -> None:
            if isinstance(part, Outcomes):
                self._write_outcomes(part, minute, left, unwritten)
                return
            try:
                if not left():
                    raise _out_of_time()
                update(**volume_update(table, part))
                if part.hour < late:
                    # After the volume, so that who settles in between settles again. A crash in between brings the
                    # messages again, and then the touch.
                    for key in touched(part.hour, minute):
                        update(**touch(table, part.stream, key, part.hour // 24))
            except (ClientError, BotoCoreError, AwsError) as error:
                code = error.code if isinstance(error, AwsError) else aws_error("UpdateItem", error).code
                unwritten.append(Unwritten(part.stream, tuple(part.all_messages()), code))

        self._workers.each(write, parts)
        if self._account is not None:
            wanting = {part.stream for part in unwritten}
            self._account.add([part for part in parts if part.stream not in wanting] if wanting else parts)
            self._account.write(now)
        return sorted(unwritten)

    def _write_outcomes(self, outcomes: Outcomes, minute: int, left: TimeLeft, unwritten: list[Unwritten]) -> None:
        for chunk in chunks(outcomes):
            try:
                if not left():
                    raise _out_of_time()
                commit(self._client, self._tables, chunk, minute=minute, pause=self._pause)
            except AwsError as error:
                messages = [message for identity in chunk.adds for message in outcomes.messages[identity]]
                unwritten.append(Unwritten(outcomes.stream, tuple(messages), error.code))


def _out_of_time() -> AwsError:
    return AwsError("Writing", "OutOfTime", retryable=True)
